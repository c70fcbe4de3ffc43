"""What a page offers to do with a referral: who may, when, what it asks, what it does."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from marshmallow import Schema

from services.referrals.commands import consent, elsewhere, refer, triage, work
from services.referrals.commands.people import people_of
from services.referrals.domain.parts import Scan
from services.referrals.domain.referral import Referral
from services.referrals.domain.values import (
    ACCEPTED,
    AWAITING_DECISION,
    CLOCK_RUNS,
    OPEN_WITH_SERVICE,
    ReferralStatus,
)
from services.referrals.pages import store
from services.referrals.pages.agreement import consent_fields
from services.referrals.pages.people import options_of
from services.referrals.pages.staff import (
    CLOSE_WORDS,
    DECLINE_WORDS,
    WITHDRAW_WORDS,
    WORK_WORDS,
    options,
    plans_url,
)
from services.referrals.providers.recorded import read_recorded
from services.referrals.schemas.referral import AnswerIn, ConsentIn, WithdrawIn, WordsIn
from services.referrals.schemas.triage import (
    AcceptIn,
    AllocateIn,
    CloseIn,
    DeclineIn,
    QuestionIn,
    RedirectIn,
    WorkIn,
)
from shared.web import fields as f
from shared.web.forms import Field
from shared.web.guard import authorization, caller

_SERVICE, _SETTING = "support_worker", "senco"


@dataclass(frozen=True)
class Action:
    """One thing to do. `do` is told the referral, the version that was seen, and what was said."""

    name: str
    label: str
    role: str
    when: Callable[[Referral], bool]
    do: Callable[[Referral, int, Any], object]
    fields: tuple[Field, ...] = ()
    schema: type[Schema] = f.Schema
    hint: str | None = None


def _is(*statuses: ReferralStatus) -> Callable[[Referral], bool]:
    return lambda referral: referral.status in statuses


def _mine(referral: Referral) -> bool:
    return referral.claimed_by == caller().id


def _others(referral: Referral) -> tuple[tuple[str, str], ...]:
    return tuple((s.id, s.details.name) for s in elsewhere.others_for(store, referral))


def _whom(referral: Referral) -> Field:
    """One of the service's people."""
    people = people_of(store, str(referral.support_service_id))
    return Field(
        "to",
        "To whom",
        "choice",
        options_of(people),
        hint="If someone is missing, add them to the people of your service in the directory.",
    )


def _record_consent(referral: Referral, version: int, said: Any) -> None:
    said.recorded_by = caller().id
    consent.record_consent(store, referral.id, said, version)


_FAMILY = Field("family_words", "What the family is told", "long_text",
                hint="Plain words. The setting reads the same.")  # fmt: skip
_ENDS = (
    "The service stops work on it, and any place on a waiting list is lost. The family and the "
    "service are told. You cannot undo this."
)
_IF_THEY_SAY_NO = f"If they do not agree any more, the request is stopped. {_ENDS}"
S = ReferralStatus


def actions(referral: Referral) -> list[Action]:
    """All of them, in the order in which a page offers them, with what can be chosen for this
    referral."""
    me, others = caller().id, _others(referral)
    to = (_whom(referral),) if _SERVICE in caller().roles else ()
    return [
        Action("claim", "Hold it", _SERVICE,
               lambda r: r.is_open and r.claimed_by is None,
               lambda r, _v, _b: triage.claim_referral(store, r.id, me)),
        Action("release", "Put it back", _SERVICE, lambda r: r.is_open and _mine(r),
               lambda r, _v, _b: triage.release_referral(store, r.id, me)),
        Action("acknowledge", "Mark as seen", _SERVICE, _is(S.SUBMITTED),
               lambda r, v, _b: triage.acknowledge_referral(store, r.id, v)),
        Action("accept", "Accept", _SERVICE, _is(*AWAITING_DECISION),
               lambda r, v, b: triage.accept_referral(store, r.id, me, b["family_words"], v),
               (_FAMILY,), AcceptIn),
        Action("ask", "Ask the setting", _SERVICE, _is(*CLOCK_RUNS),
               lambda r, v, b: triage.request_information(store, r.id, me, b["question"], v),
               (Field("question", "What do you need to know?", "long_text",
                      hint="The clock of your target stands still until they have answered."),),
               QuestionIn),
        Action("decline", "Decline", _SERVICE, _is(*AWAITING_DECISION),
               lambda r, v, b: triage.decline_referral(store, r.id, me, expected=v, **b),
               (Field("reason", "Why", "choice", options(DECLINE_WORDS)), _FAMILY,
                Field("next_step", "What the family can do next", "long_text"),
                Field("elsewhere", "Who else can help", "choices", others, optional=True)),
               DeclineIn),
        Action("redirect", "Pass it on", _SERVICE, _is(*AWAITING_DECISION),
               lambda r, v, b: triage.redirect_referral(
                   store, r.id, me, to=b["support_service_id"], family_words=b["family_words"],
                   expected=v),
               (Field("support_service_id", "To which service", "choice", others), _FAMILY),
               RedirectIn, "It keeps the date on which it was first received."),
        Action("waiting-list", "Put on the waiting list", _SERVICE,
               _is(S.ACCEPTED, S.ALLOCATED, S.IN_PROGRESS),
               lambda r, v, _b: work.put_on_waiting_list(store, r.id, v)),
        Action("allocate", "Allocate", _SERVICE, _is(*ACCEPTED),
               lambda r, v, b: work.allocate_referral(store, r.id, b["to"], v, by=me), to,
               AllocateIn),
        Action("work", "Record work", _SERVICE, _is(S.ALLOCATED, S.IN_PROGRESS),
               lambda r, _v, b: work.record_work(store, r.id, me, **b),
               (Field("occurred_on", "When", "date"),
                Field("kind", "What", "choice", options(WORK_WORDS)),
                Field("minutes", "How many minutes", "number"),
                Field("text", "What was done", "long_text", optional=True)), WorkIn),
        Action("report", "Report to the setting", _SERVICE, _is(*ACCEPTED),
               lambda r, _v, b: work.report_back(store, r.id, me, b["text"]),
               (Field("text", "What was found and done", "long_text"),), WordsIn),
        Action("close", "Close", _SERVICE, _is(*ACCEPTED),
               lambda r, v, b: work.close_referral(store, r.id, b["outcome"], v),
               (Field("outcome", "What the work came to", "choice", options(CLOSE_WORDS)),),
               CloseIn),
        Action("hand-over", "Hand over to a colleague", _SERVICE, _is(*OPEN_WITH_SERVICE),
               lambda r, v, b: triage.hand_over_referral(store, r.id, b["to"], v, by=me), to,
               AllocateIn),
        Action("note", "Add a note", _SERVICE, lambda _r: True,
               lambda r, _v, b: triage.add_note(store, r.id, me, b["text"]),
               (Field("text", "Note", "long_text", hint="Only your service reads it."),), WordsIn),
        Action("ask-consent", "Ask the family by email", _SETTING,
               lambda r: r.status in (S.DRAFT, *OPEN_WITH_SERVICE)
               and not r.consent.status.allows and bool(r.support_service_id),
               lambda r, v, _b: consent.ask_consent(store, r, v, partial(
                   read_recorded, plans_url(), authorization(), r.child_id))),
        Action("consent", "Record what the family said", _SETTING,
               _is(S.DRAFT, *OPEN_WITH_SERVICE), _record_consent,
               consent_fields(referral) if _SETTING in caller().roles else (), ConsentIn,
               _IF_THEY_SAY_NO if referral.is_open else None),
        Action("submit", "Send it to the service", _SETTING, _is(S.DRAFT),
               lambda r, v, _b: refer.submit_referral(store, r, v)),
        Action("answer", "Answer the service", _SETTING, _is(S.INFORMATION_REQUESTED),
               lambda r, v, b: refer.supply_information(store, r.id, b["answer"], v),
               (Field("answer", "Your answer", "long_text"),), AnswerIn),
        Action("withdraw", "Take it back", _SETTING, _is(S.DRAFT, *OPEN_WITH_SERVICE),
               lambda r, v, b: refer.withdraw_referral(store, r.id, b["because"], v),
               (Field("because", "Why", "choice", options(WITHDRAW_WORDS)),), WithdrawIn,
               _ENDS if referral.is_open else None),
    ]  # fmt: skip


def offered(referral: Referral) -> list[Action]:
    """What the reader may do with it now."""
    return [a for a in actions(referral) if a.role in caller().roles and a.when(referral)]


SCAN_WORDS = {
    Scan.WAITING: "waits to be scanned",
    Scan.CLEAN: "",
    Scan.UNSCANNABLE: "could not be scanned, and cannot be opened",
    Scan.INFECTED: "holds something harmful, and cannot be opened",
}
