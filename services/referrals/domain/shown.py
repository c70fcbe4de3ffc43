"""Everything of a referral that its service will read, as the family that is asked is shown it.

An agreement is to what was shown, and to nothing else [UK GDPR Art. 4(11): specific, informed], so
both come from here: the rows of the family's page, and the version of the request that an answer is
given to.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from services.referrals.domain.form import FormQuestion, QuestionKind
from services.referrals.domain.parts import Attachment, Request
from services.referrals.domain.values import Urgency

Version = Mapping[str, str]
"""The name of each row that was shown -> a digest of what it said."""

ANSWERS, FILES, SERVICE = "answers", "files", "support_service_id"
LABELS = {
    "child_name": "Who it is about",
    "child_born": "Date of birth",
    "setting_name": "Who is asking",
    "setting_contact": "Who the service can contact there",
    "reason": "Reason",
    "strategies_tried": "What we have tried",
    "desired_outcome": "What we hope will change",
    "urgency": "How soon help is needed",
    "urgency_reason": "Why it is urgent",
}
"""A field of the request -> how a family reads it."""
NOT_ROWS = {
    SERVICE: "the heading of the page names the service",
    ANSWERS: "a row for each question",
    "form_version": "the questions are shown as that version asks them",
    "plan_id": "the plan has a sentence of its own",
}
BESIDE = {
    "plan": "The SEN support plan. The service can read it, and changes to it, while it is "
    "working on this request and while the agreement lasts.",
    "agreement": "Who agreed or did not, how and when.",
    "dates": "When this request was written, sent and answered, and by whom.",
    "later": "Answers to the service's questions, and files that are added later. You will be able "
    "to see them on this page.",
}
"""What the service sees besides the request itself: a sentence for each."""
_URGENCY = {
    Urgency.ROUTINE: "In the usual order",
    Urgency.SOON: "Soon",
    Urgency.URGENT: "Urgently",
}
_KINDS = (
    ("application/pdf", "PDF"),
    ("image/", "picture"),
    ("word", "Word document"),
    ("sheet", "spreadsheet"),
    ("presentation", "slides"),
    ("text", "document"),
)


@dataclass(frozen=True)
class Row:
    """One row of the page. `value` is what is kept, `text` what is read."""

    name: str
    label: str
    value: Any
    text: str
    counts: str | None = None
    """What else makes it another row when it changes: the words of a question."""

    @property
    def file_name(self) -> str | None:
        """What a row of a file begins with: it may run from right to left, as the rest does not."""
        return str(self.value[1]) if self.name.startswith(f"{FILES}/") else None

    @property
    def digest(self) -> str:
        """Short: a page carries one for each row."""
        said = json.dumps([self.counts, self.value], default=str, sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()[:16]


def what_is_shown(
    request: Request, questions: Iterable[FormQuestion], attachments: Iterable[Attachment]
) -> list[Row]:
    """The rows, in the order in which they are read. `questions` are those of the form's version
    that the request answers."""
    return [*_core(request), *_answers(request, questions), *_files(attachments)]


def version_of(request: Request, rows: Iterable[Row]) -> Version:
    """To what an answer is given: to this service, with these rows."""
    service = Row(SERVICE, "", request.support_service_id, "")
    return {row.name: row.digest for row in (service, *rows)}


def to_token(version: Version) -> str:
    """The version as a form carries it."""
    return ",".join(f"{name}={digest}" for name, digest in sorted(version.items()))


def from_token(token: str) -> Version:
    """The version that a form brings back; what cannot be read has no rows."""
    pairs = (pair.rpartition("=") for pair in token.split(","))
    return {name: digest for name, _, digest in pairs if name}


def changed(before: Version, now: Version) -> set[str]:
    """The names of the rows that are new or say something else."""
    return {name for name, digest in now.items() if before.get(name) != digest}


def gone(before: Version, now: Version) -> set[str]:
    """The names of the rows that are no more."""
    return set(before) - set(now)


def material(request: Request, attachments: Iterable[Attachment]) -> Any:
    """What of a request, when it changes, makes it another one to agree to."""
    kept = {f.name: getattr(request, f.name) for f in fields(request)}
    del kept["form_version"], kept["plan_id"]
    return kept, [(a.id, a.name, a.media_type, a.size) for a in attachments]


def size_in_words(size: int) -> str:
    """`12 KB`."""
    return f"{size / 1_048_576:.1f} MB" if size >= 1_048_576 else f"{max(1, round(size / 1024))} KB"


def kind_in_words(media_type: str) -> str:
    """`PDF`; the media type itself where there is no word for it."""
    return next((words for part, words in _KINDS if part in media_type), media_type)


def _core(request: Request) -> Iterable[Row]:
    # A field without a label is shown all the same: nothing is sent unseen.
    new = [f.name for f in fields(request) if f.name not in LABELS and f.name not in NOT_ROWS]
    for name in (*LABELS, *new):
        if (value := getattr(request, name)) not in (None, "", [], {}):
            label = LABELS.get(name, name.replace("_", " ").capitalize())
            yield Row(name, label, value, _in_words(value))


def _answers(request: Request, questions: Iterable[FormQuestion]) -> Iterable[Row]:
    known = {question.name: question for question in questions}
    ordered = [n for n in known if n in request.answers]
    for name in (*ordered, *(n for n in request.answers if n not in known)):
        question, value = known.get(name), request.answers[name]
        label = question.text if question else name.replace("_", " ").capitalize()
        dated = question is not None and question.kind is QuestionKind.DATE
        text = _in_words(date.fromisoformat(value) if dated else value)
        yield Row(f"{ANSWERS}/{name}", label, value, text, label)


def _files(attachments: Iterable[Attachment]) -> Iterable[Row]:
    for file in attachments:
        text = f"{file.name} ({kind_in_words(file.media_type)}, {size_in_words(file.size)})"
        yield Row(
            f"{FILES}/{file.id}", "File", [file.id, file.name, file.media_type, file.size], text
        )


def _in_words(value: Any) -> str:
    if isinstance(value, Urgency):
        return _URGENCY[value]
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, date):
        return f"{value:%-d %B %Y}"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)
