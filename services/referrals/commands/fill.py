"""Filling a referral from what is already recorded: nobody writes it down twice."""

from dataclasses import dataclass, field
from typing import Any

from services.referrals.domain.form import FormQuestion, QuestionKind, Source
from services.referrals.domain.parts import LONGEST_TEXT
from services.referrals.domain.referral import Referral
from services.referrals.domain.support_service import SupportService
from services.referrals.domain.values import ReferralStatus
from services.referrals.providers.recorded import Recorded
from services.referrals.store import ReferralsStore

_IDS = ("plan_id", "support_service_id")
_CUT = (
    "The plan says more than fits here, so only the first part has been filled in. The service can "
    "read the rest in the plan once you have sent this."
)
_OF_THE_RECORD = ("child_name", "child_born", "setting_name")
"""What plans owns: a draft keeps a copy, which a correction there does not reach by itself."""
_REASON, _STRATEGIES, _OUTCOME = "reason", "strategies_tried", "desired_outcome"


@dataclass
class Filled:
    """What a draft can begin with; `filled` names what came from elsewhere, `problem` says in
    words what could not be read."""

    request: dict[str, Any] = field(default_factory=dict)
    filled: list[str] = field(default_factory=list)
    problem: str | None = None


def fill(service: SupportService | None, recorded: Recorded) -> Filled:
    """The request and the answers to the service's own form that are recorded already."""
    texts = recorded.texts
    tried = [texts[s] for s in (Source.STRATEGIES, Source.PROVISIONS) if s in texts]
    long = {
        _REASON: texts.get(Source.NEEDS, ""),
        _STRATEGIES: "\n".join(tried),
        _OUTCOME: texts.get(Source.OUTCOMES, ""),
    }
    fitting = {name: _what_fits(text) for name, text in long.items()}
    request: dict[str, Any] = {
        **fitting,
        "plan_id": recorded.plan_id,
        "child_name": recorded.child_name,
        "child_born": recorded.child_born,
        "setting_name": recorded.setting_name,
    }
    request = {name: value for name, value in request.items() if value}
    answers = {}
    for question in service.form.questions if service else ():
        answer = _answer(question, texts)
        if answer is not None and question.fault(answer) is None:
            answers[question.name] = answer
    filled = [f"/{name}" for name in request] + [f"/answers/{name}" for name in answers]
    if service:
        request["support_service_id"] = service.id
    if answers:
        request["answers"] = answers
    problem = recorded.problem or (None if fitting == long else _CUT)
    return Filled(request, filled, problem)


def _what_fits(text: str) -> str:
    """As many whole lines as a referral has room for: a plan may say more than that."""
    if len(text) <= LONGEST_TEXT:
        return text
    kept = ""
    for line in text.splitlines():
        if len(kept) + len(line) >= LONGEST_TEXT:
            return kept or text[:LONGEST_TEXT]
        kept += f"{chr(10) if kept else ''}{line}"
    return kept


def remember(store: ReferralsStore, child_id: str, recorded: Recorded) -> None:
    """The plan that was found is this child's: its owner says so."""
    if recorded.plan_id:
        store.remember_plan(recorded.plan_id, child_id)


@dataclass
class Opened:
    """A draft as its page begins: what its fields hold, which of them come from the child's
    record, what the record says otherwise, and in words what could not be read. Nothing is written
    before somebody saves it."""

    values: dict[str, Any]
    answers: dict[str, Any]
    filled: list[str] = field(default_factory=list)
    differs: dict[str, str] = field(default_factory=dict)
    problem: str | None = None


def is_untouched(referral: Referral) -> bool:
    """Whether nobody has written in the draft since it was begun: what somebody has emptied on
    purpose is not filled again."""
    return referral.status is ReferralStatus.DRAFT and all(
        line.what != "edit_referral" for line in referral.history
    )


def wants_answers(referral: Referral, service: SupportService | None) -> bool:
    """Whether the service asks something that nobody has answered any of."""
    asks = service is not None and bool(service.form.questions)
    return referral.status is ReferralStatus.DRAFT and asks and not referral.request.answers


def open_draft(referral: Referral, service: SupportService | None, recorded: Recorded) -> Opened:
    """Fill what is empty with what is recorded; `filled` names what is as it is recorded."""
    found = fill(service, recorded)
    answers = found.request.pop("answers", {})
    made = Opened(dict(vars(referral.request)), dict(referral.request.answers))
    if is_untouched(referral):
        for name, value in found.request.items():
            made.values[name] = made.values[name] or value
            if str(made.values[name]) == str(value) and name not in _IDS:
                made.filled.append(name)
    if wants_answers(referral, service):
        made.answers = answers
        made.filled += [f"answers-{name}" for name in answers]
    for name in _OF_THE_RECORD:
        kept, owned = made.values[name], getattr(recorded, name)
        if kept and owned and str(kept) != str(owned):
            made.differs[name] = str(owned)
    made.problem = found.problem if is_untouched(referral) else recorded.problem
    return made


def _answer(question: FormQuestion, texts: dict[Source, str]) -> Any:
    text = texts.get(question.filled_from) if question.filled_from else None
    if text is None:
        return None
    if question.kind is QuestionKind.NUMBER:
        return int(text) if text.isdecimal() else None
    return text
