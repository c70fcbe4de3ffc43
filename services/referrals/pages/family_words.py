"""What a person reads at the top of their own page: their own answer, and what follows from it.

Never another's: the words depend on the reader's answer and on what has become of the request.
"""

from services.referrals.domain.referral import Referral
from services.referrals.domain.says import Fact, may_say
from services.referrals.domain.values import ConsentNeeds, ConsentStatus, ReferralStatus
from shared.words import day_words

_STOPPED = "This request has been stopped. We will not share anything more with the service."
_FINISHED = "This request is finished. There is nothing more to answer."
_OVERRIDDEN = (
    "This request goes ahead without your agreement, for a reason that has been recorded. You can "
    "ask those who made the request what the reason is."
)
_AGREED, _REFUSED = "You have agreed.", "You have said no."
_RECORDED = ("We have written down that you agreed.", "We have written down that you said no.")
_CAN_CHANGE = "You can change your answer on this page."
_ALL = "This request will be sent once everyone who was asked has agreed."
_EXPIRED = (
    "The agreement has run out, so the service cannot see the plan at the moment. The request "
    "keeps its place. Please answer again."
)
_OVERRIDE_OVER = (
    "This request went ahead without your agreement for a time. That time is over, so the service "
    "cannot see the plan at the moment. The request keeps its place. Please answer."
)
_EARLIER = (
    "You {said} on {on}. The request has changed since then, so that answer does not count any "
    "more. Please look at it and answer again."
)
_LONG_AGO = (
    "You {said} on {on}. That answer does not count any more. Please look at the request and "
    "answer again."
)


def notice_of(referral: Referral, person_id: str) -> str | None:
    """The words; None where nothing has been said yet."""
    kept = referral.consent
    if Fact.STOPPED in may_say(referral.status, kept.status):
        return _STOPPED
    if referral.status is not ReferralStatus.DRAFT and not referral.is_open:
        return _FINISHED
    mine = kept.said_by(person_id)
    if kept.status is ConsentStatus.OVERRIDDEN:
        return _OVERRIDDEN
    if mine is not None:
        own = (_AGREED, _REFUSED) if mine.recorded_by is None else _RECORDED
        words = [own[0] if mine.agrees else own[1], _CAN_CHANGE]
        if not referral.is_open and mine.agrees and kept.needs is ConsentNeeds.ALL:
            words.append(_ALL)
        return " ".join(words)
    if kept.status is ConsentStatus.EXPIRED:
        return _OVERRIDE_OVER if kept.reason else _EXPIRED
    earlier = [a for a in kept.earlier if a.person_id == person_id]
    if not earlier:
        return None
    said = "agreed" if earlier[-1].agrees else "said no"
    told = _EARLIER if kept.earlier_shown else _LONG_AGO
    return told.format(said=said, on=day_words(earlier[-1].on))
