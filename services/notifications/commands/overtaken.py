"""What was overtaken before it went out, purpose by purpose, or why nothing overtakes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.notifications.domain.due import Due
from services.notifications.domain.message import Message, Part
from services.notifications.domain.values import Purpose
from services.notifications.store import NotificationsStore
from shared import clock

_OVER = ("withdrawn", "declined", "redirected", "closed")
"""How a referral ends."""

Check = Callable[[NotificationsStore, Part, Message], bool]


@dataclass(frozen=True)
class Never:
    """Nothing overtakes it: says why."""

    why: str


def _support_ended(store: NotificationsStore, part: Part, _message: Message) -> bool:
    return store.standing.support_is_over(part.about.child_id)


def _copy_is_old(store: NotificationsStore, part: Part, message: Message) -> bool:
    """A newer copy of the same plan is told of by itself, and the same page shows it."""
    return store.standing.plan_is_over(part.about.subject_id) or _said_again(store, part, message)


def _review_not_coming(store: NotificationsStore, part: Part, _message: Message) -> bool:
    """Moved, held or cancelled meanwhile."""
    day = part.about.day
    return day is not None and not store.review_stands(part.about.subject_id, day)


def _discussed(store: NotificationsStore, part: Part, _message: Message) -> bool:
    return _is_over(store, part, Due.DISCUSSION_OVERDUE)


def _no_talk(store: NotificationsStore, part: Part, message: Message) -> bool:
    return _is_over(store, part, Due.TALK_TO_HOLD) or _said_again(store, part, message)


def _not_asked(store: NotificationsStore, part: Part, message: Message) -> bool:
    """The request went out with an agreement, or came to its end. Another's yes to a draft is no
    reason to leave somebody unasked."""
    status, consent = store.standing.referral(part.about.subject_id)
    if status in _OVER:
        return True
    gone_out = status not in (None, "draft")
    return (gone_out and consent in ("given", "overridden")) or _said_again(store, part, message)


def _referral_over(store: NotificationsStore, part: Part, _message: Message) -> bool:
    return store.standing.referral(part.about.subject_id)[0] in _OVER


def _withdrawn(store: NotificationsStore, part: Part, _message: Message) -> bool:
    return store.standing.referral(part.about.subject_id)[0] == "withdrawn"


def _not_the_news(store: NotificationsStore, part: Part, message: Message) -> bool:
    return _withdrawn(store, part, message) or _said_again(store, part, message)


def _no_seat(store: NotificationsStore, part: Part, message: Message) -> bool:
    about = part.about
    return not store.standing.seat_stands(about.subject_id, message.person_id, about.day)


def _no_such_move(store: NotificationsStore, part: Part, message: Message) -> bool:
    return _no_seat(store, part, message) or _said_again(store, part, message)


def _nothing_to_choose(store: NotificationsStore, part: Part, _message: Message) -> bool:
    """That it does not take place stays true; to choose a time there has to be one, and none
    chosen yet."""
    if part.about.outcome is not None:
        return False
    which = part.about.subject_id
    cancelled = store.evening_is_cancelled(str(which).partition("/")[0])
    return cancelled or store.standing.has_slot(which)


def _decided(store: NotificationsStore, part: Part, message: Message) -> bool:
    """Or the council's receipt has given it another date."""
    over = _is_over(store, part, Due.COUNCIL_TO_DECIDE)
    return over or _said_again(store, part, message)


def _plan_decided(store: NotificationsStore, part: Part, message: Message) -> bool:
    return _is_over(store, part, Due.FINAL_PLAN_DUE) or _said_again(store, part, message)


def _another_day(store: NotificationsStore, part: Part, message: Message) -> bool:
    """A date of birth was corrected, or the day has come, or the later notice is on its way."""
    day = part.about.day
    over = day is not None and not store.rights_pass_on(part.about.child_id, day)
    return over or _said_again(store, part, message)


def _nothing_due(store: NotificationsStore, part: Part, message: Message) -> bool:
    return not store.due.counts(message.setting_id, clock.today()) or _no_senco(store, message)


def _reached(store: NotificationsStore, part: Part, message: Message) -> bool:
    over = store.due.is_over(Due.NOT_REACHED, str(part.about.subject_id))
    return over or _no_senco(store, message) or _said_again(store, part, message)


def _is_over(store: NotificationsStore, part: Part, kind: Due) -> bool:
    """As far as the message says of which thing it tells."""
    return part.about.thing_id is not None and store.due.is_over(kind, part.about.thing_id)


def _no_senco(store: NotificationsStore, message: Message) -> bool:
    return message.person_id not in store.sencos_of(message.setting_id)


def _said_again(store: NotificationsStore, part: Part, message: Message) -> bool:
    """A later message tells the same person of the same thing, as it stands by then."""
    own = message if part.message_id == message.id else store.messages.find(part.message_id)
    return own is not None and store.is_said_again(own)


OVERTAKEN: Mapping[Purpose, Check | Never] = {
    Purpose.SUPPORT_STARTED: _support_ended,
    Purpose.PLAN_READY: _copy_is_old,
    Purpose.REVIEW_COMING: _review_not_coming,
    Purpose.REVIEW_TO_DISCUSS: _discussed,
    Purpose.LET_US_TALK: _no_talk,
    Purpose.REFERRAL_CONSENT: _not_asked,
    Purpose.REFERRAL_DECIDED: _withdrawn,
    Purpose.REFERRAL_PROGRESS: _not_the_news,
    Purpose.REFERRAL_ENDED: Never("a referral that was withdrawn does not come back"),
    Purpose.REFERRAL_OVERRIDDEN: _referral_over,
    Purpose.PLAN_ENDED: Never("a plan that has ended does not come back"),
    Purpose.SESSION_BOOKED: _no_seat,
    Purpose.SESSION_MOVED: _no_such_move,
    Purpose.SESSION_CANCELLED: Never("a cancelled session stays cancelled"),
    Purpose.EVENING_SLOTS: _nothing_to_choose,
    Purpose.ASSESSMENT_REQUESTED: _decided,
    Purpose.ASSESSMENT_DECIDED: _plan_decided,
    Purpose.EHC_PLAN_DECIDED: Never(
        "the council's decision stands, and the family may appeal against it, whatever follows"
    ),
    Purpose.RIGHTS_PASSING: _another_day,
    Purpose.RIGHTS_PASSED: _said_again,
    Purpose.SHARING_CHANGED: _said_again,
    Purpose.SENCO_DIGEST: _nothing_due,
    Purpose.RING_THEM: _reached,
}


def no_longer_true(store: NotificationsStore, part: Part, message: Message) -> bool:
    """Whether what a message, or a part of it, says was overtaken."""
    check = OVERTAKEN[part.purpose]
    return not isinstance(check, Never) and check(store, part, message)
