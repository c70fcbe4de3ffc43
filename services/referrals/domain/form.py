"""A support service's referral form, as data: its own questions, in versions."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from services.referrals.domain.errors import Faults

_NAME = re.compile(r"^[a-z][a-z0-9_]{0,39}$")
_VERSIONS_MOST = 100
"""How many versions are kept, the newest: a service can always ask something else."""
_SHORT, _LONG = 300, 5_000


class QuestionKind(StrEnum):
    """What an answer is."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"
    CHOICES = "choices"
    YES_NO = "yes_no"
    DATE = "date"
    NUMBER = "number"


class Source(StrEnum):
    """What is already recorded elsewhere and can fill an answer."""

    NEEDS = "needs"
    STRATEGIES = "strategies"
    PROVISIONS = "provisions"
    OUTCOMES = "outcomes"
    CHILD_VIEWS = "child_views"
    PARENT_VIEWS = "parent_views"
    CYCLES = "cycles"


@dataclass
class FormQuestion:
    """One question. `filled_from` names what is recorded already and can answer it."""

    name: str
    text: str
    kind: QuestionKind
    required: bool = False
    hint: str | None = None
    options: list[str] = field(default_factory=list)
    filled_from: Source | None = None

    def fault(self, answer: Any) -> str | None:
        """What is wrong with an answer, in words; None where nothing is."""
        match self.kind:
            case QuestionKind.TEXT | QuestionKind.LONG_TEXT:
                most = _SHORT if self.kind is QuestionKind.TEXT else _LONG
                right = isinstance(answer, str) and 0 < len(answer.strip()) <= most
                right = right and (self.kind is QuestionKind.LONG_TEXT or "\n" not in answer)
                words = f"Words, up to {most} characters."
            case QuestionKind.CHOICE:
                right, words = answer in self.options, "One of the options."
            case QuestionKind.CHOICES:
                right = isinstance(answer, list) and all(one in self.options for one in answer)
                right, words = right and len(set(answer)) == len(answer), "Some of the options."
            case QuestionKind.YES_NO:
                right, words = isinstance(answer, bool), "Yes or no."
            case QuestionKind.DATE:
                right, words = _is_date(answer), "A date such as 2027-03-05."
            case QuestionKind.NUMBER:
                right = isinstance(answer, int) and not isinstance(answer, bool)
                right, words = right and 0 <= answer <= 1_000_000, "A whole number."
        return None if right else words


@dataclass
class Form:
    """The questions of one version; it never changes once it is published."""

    version: int
    questions: list[FormQuestion]

    def must_make_sense(self) -> None:
        """Raises RuleBroken, which names every question that does not."""
        faults = Faults()
        seen = set()
        for number, question in enumerate(self.questions):
            at = f"/questions/{number}"
            if not _NAME.fullmatch(question.name):
                faults.add("name", "A name: small letters, digits and _.", field=f"{at}/name")
            if question.name in seen:
                faults.add("name", "Two questions have this name.", field=f"{at}/name")
            seen.add(question.name)
            chosen = question.kind in (QuestionKind.CHOICE, QuestionKind.CHOICES)
            if chosen != bool(question.options):
                faults.add(
                    "options",
                    "Options belong to a choice, and a choice has some.",
                    field=f"{at}/options",
                )
        faults.refuse()

    def check(self, answers: Mapping[str, Any], *, whole: bool) -> None:
        """Check what was answered; with `whole` that nothing is missing too.

        Raises RuleBroken with everything that is wrong or missing.
        """
        faults = Faults()
        for name, words in self._faults(answers, whole):
            # What is missing is for the state of the draft to say, what is wrong for the input.
            missing = name in {q.name for q in self.questions} and name not in answers
            code = "incomplete" if missing else "answer"
            faults.add(code, words, field=f"/answers/{name}", conflict=missing)
        faults.refuse()

    def _faults(self, answers: Mapping[str, Any], whole: bool) -> Iterator[tuple[str, str]]:
        known = {question.name: question for question in self.questions}
        for name, answer in answers.items():
            if name not in known:
                yield name, "The service's form does not ask this."
            elif words := known[name].fault(answer):
                yield name, words
        if whole:
            for question in self.questions:
                if question.required and question.name not in answers:
                    yield question.name, f"The service asks: {question.text}"


def publish(forms: list[Form], questions: list[FormQuestion]) -> list[Form]:
    """The versions with a new one at the end. Raises RuleBroken."""
    made = Form(forms[-1].version + 1 if forms else 1, questions)
    made.must_make_sense()
    return [*forms, made][-_VERSIONS_MOST:]


def _is_date(answer: Any) -> bool:
    try:
        return isinstance(answer, str) and len(answer) == 10 and bool(date.fromisoformat(answer))
    except ValueError:
        return False
