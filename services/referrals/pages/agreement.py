"""The family's agreement on pages of people who sign in: how it stands, what can be recorded."""

from services.referrals.commands.consent import CAN_ANSWER
from services.referrals.commands.standing import Standing, standing
from services.referrals.domain.referral import Referral
from services.referrals.domain.values import ConsentNeeds, ConsentStatus, ReferralStatus
from services.referrals.pages import store
from services.referrals.pages.staff import plans_url
from services.referrals.providers.recorded import people_of
from shared.web.bidi import marked
from shared.web.forms import Field
from shared.web.guard import authorization
from shared.words import day_words

_WORDS = {
    ConsentStatus.NONE: "Not asked yet",
    ConsentStatus.ASKED: "Asked, not answered yet",
    ConsentStatus.GIVEN: "Agreed",
    ConsentStatus.REFUSED: "Did not agree",
    ConsentStatus.DISPUTED: "Family members disagree",
    ConsentStatus.WITHDRAWN: "No longer agrees",
    ConsentStatus.EXPIRED: "Expired",
    ConsentStatus.OVERRIDDEN: "Goes ahead without agreement, for a recorded reason",
}
_TO_DO = {
    ConsentStatus.DISPUTED: "Talk to them before you send this.",
    ConsentStatus.EXPIRED: "Ask the family again.",
}
"""What is still to be done about it, while something can be."""
_CHANGED = "Changed since the family answered, so their answers no longer count. Ask them again."


def agreement_words(referral: Referral, stands: Standing) -> str:
    """How it stands, until when, whose answers are needed and how many there are."""
    kept, whose = referral.consent, stands.consent
    words = _CHANGED if kept.changed and kept.status is ConsentStatus.NONE else _WORDS[kept.status]
    if kept.status is ConsentStatus.ASKED and whose.answered:
        words = "Asked, and not all have answered yet"
    if kept.status.allows and kept.expires_on:
        words += f", until {day_words(kept.expires_on)}"
    if kept.status in _TO_DO and referral.status in CAN_ANSWER:
        words += f". {_TO_DO[kept.status]}"
    settled = referral.status is not ReferralStatus.DRAFT or kept.status is ConsentStatus.OVERRIDDEN
    if settled or len(whose.asked) < 2:
        return words
    everybody = whose.needs is ConsentNeeds.ALL
    needed = (
        f"All {len(whose.asked)} people must agree"
        if everybody
        else f"One of {len(whose.asked)} people must agree, and nobody may have said no"
    )
    return f"{words.removesuffix('.')}. {needed}. Answers so far: {whose.answered}."


def _who(number: int, names: list[str | None]) -> str:
    """How one of several is told from the others: two may both be a mother."""
    name, place = names[number], f"person {number + 1} of {len(names)}"
    if name is None:
        return f"{place[0].upper()}{place[1:]}"
    return name if names.count(name) == 1 else f"{marked(name)} ({place})"


def consent_fields(referral: Referral) -> tuple[Field, ...]:
    """What is asked of somebody who records an answer: also whose it is, where several decide."""
    asked = standing(store, referral).consent.asked
    whose: tuple[Field, ...] = ()
    if len(asked) > 1:
        names = people_of(plans_url(), authorization(), referral.child_id)
        options = [
            (person, _who(number, [names.get(one) for one in asked]))
            for number, person in enumerate(asked)
        ]
        whose = (Field("person_id", "Whose answer this is", "choice", options, optional=True),)
    return (
        Field(
            "status",
            "What they said",
            "choice",
            [
                ("given", "They agree"),
                ("refused", "They do not agree"),
                ("withdrawn", "They have changed their mind and do not agree"),
                ("overridden", "Send without their agreement, for safeguarding"),
            ],
        ),
        *whose,
        Field("by", "Who said so, or decided to send it without agreement"),
        Field("how", "How, such as by a signed form or by phone"),
        Field("on", "When", "date", optional=True),
        Field(
            "reason",
            "Why you are sending it without their agreement",
            "long_text",
            hint="The family is told that you are, not why.",
            optional=True,
        ),
        Field(
            "not_told_because",
            "Why telling the family would put the child or young person at risk",
            "long_text",
            hint="Only if it would. Then the family is not told.",
            optional=True,
        ),
        Field("may_pass_on", "The service may pass it on to another", "tick"),
    )
