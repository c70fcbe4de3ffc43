"""What waits after a referral: the service's questions and answers, and the family's."""

from services.notifications.domain.waiting import (
    Begin,
    Condition,
    Due,
    End,
    Kept,
    Order,
    Place,
    Row,
    any_of,
)

_ANSWERED = any_of(
    "referrals.ReferralAccepted",
    "referrals.ReferralDeclined",
    "referrals.ReferralRedirected",
    "referrals.ReferralWithdrawn",
    "referrals.ReferralClosed",
)
_ANSWER = "referrals.ReferralConsentAnswered"


def _family_says(
    kind: Due, one: str, many: str, code: str, *ends: str, of: tuple[Condition, ...] = ()
) -> Row:
    """The family's latest answer is this one. Once the setting has acted on it, it waits no more;
    what it does by telephone only a person can say. `of` says of which referrals."""
    when = (Condition("consent", frozenset({code})), Condition("by", frozenset({"family"})), *of)
    return Row(
        kind,
        one,
        many,
        begins=(Begin(_ANSWER, ("answered_on",), when=when),),
        ends=(
            End(_ANSWER, unless=when),
            *any_of("referrals.ReferralConsentAsked", "referrals.ReferralSubmitted", *ends),
        ),
        where=Place.REFERRAL,
        dated="answered on",
        done_by_hand=True,
    )


ROWS = (
    Row(
        Due.REFERRAL_OVERDUE,
        "referral has no answer in time from its service",
        "referrals have no answer in time from their services",
        begins=(Begin("referrals.ReferralOverdue", ("respond_by",), by="respond_by"),),
        ends=_ANSWERED,
        where=Place.REFERRAL,
        dated="answer was due on",
        order=Order.ONCE,
        kept=Kept.DUE,
    ),
    Row(
        Due.SERVICE_QUESTION,
        "support service has asked you for information",
        "support services have asked you for information",
        begins=(Begin("referrals.ReferralInformationRequested"),),
        ends=(End("referrals.ReferralInformationSupplied"), *_ANSWERED),
        where=Place.REFERRAL,
        dated="asked on",
    ),
    Row(
        Due.REFERRAL_DECLINED,
        "referral was declined: decide what to do next",
        "referrals were declined: decide what to do next",
        begins=(Begin("referrals.ReferralDeclined"),),
        ends=(),
        where=Place.REFERRAL,
        dated="declined on",
        done_by_hand=True,
    ),
    _family_says(
        Due.CONSENT_GIVEN,
        "family agrees to a referral: send it",
        "families agree to referrals: send them",
        "given",
        "referrals.ReferralWithdrawn",
        of=(Condition("status", frozenset({"draft"})),),
    ),
    _family_says(
        Due.CONSENT_REFUSED,
        "family says no to a referral",
        "families say no to referrals",
        "refused",
    ),
    _family_says(
        Due.CONSENT_DISPUTED,
        "family does not agree among themselves about a referral",
        "families do not agree among themselves about referrals",
        "disputed",
    ),
    _family_says(
        Due.CONSENT_WITHDRAWN,
        "family has withdrawn its agreement to a referral",
        "families have withdrawn their agreement to referrals",
        "withdrawn",
    ),
    Row(
        Due.CONSENT_EXPIRED,
        "agreement to a referral has run out: ask the family again",
        "agreements to referrals have run out: ask the families again",
        begins=(
            Begin(
                "referrals.ReferralConsentChanged",
                when=(Condition("consent", frozenset({"expired"})),),
            ),
        ),
        ends=(
            End(
                "referrals.ReferralConsentChanged",
                unless=(Condition("consent", frozenset({"expired"})),),
            ),
            *any_of(
                "referrals.ReferralConsentAsked",
                "referrals.ReferralDeclined",
                "referrals.ReferralRedirected",
                "referrals.ReferralWithdrawn",
                "referrals.ReferralClosed",
            ),
        ),
        where=Place.REFERRAL,
    ),
    Row(
        Due.REFERRAL_REPORT,
        "support service has reported back",
        "support services have reported back",
        begins=(Begin("referrals.ReferralReported"),),
        ends=(),
        where=Place.REFERRAL,
        dated="on",
        done_by_hand=True,
    ),
)
