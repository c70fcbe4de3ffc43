"""The family is shown all that the service will see, and agrees to that and nothing else.

Every field of a request, every kind of question and file goes through: a new one without words for
the family fails here.
"""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_type_hints

import pytest

from services.referrals.domain.consent import Asking, Consent, ConsentAnswer
from services.referrals.domain.errors import RuleBroken
from services.referrals.domain.form import FormQuestion, QuestionKind
from services.referrals.domain.parts import Attachment, Request
from services.referrals.domain.referral import Referral
from services.referrals.domain.shown import (
    BESIDE,
    LABELS,
    NOT_ROWS,
    from_token,
    kind_in_words,
    to_token,
    version_of,
    what_is_shown,
)
from services.referrals.domain.values import ConsentNeeds, ConsentStatus, Urgency
from services.referrals.providers import content
from services.referrals.schemas.referral import ReferralOut, RequestOut
from services.referrals.schemas.triage import QueuedOut
from services.referrals.tests.test_consent import Json, answer, asked, hidden, look
from shared import clock
from tests.support.house import Person, Service, settle
from tests.support.story import School
from tests.support.world import CONSENT, REQUEST, add_service, attach

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)

HINTS = get_type_hints(Request)
# A value for each field of a request, told by its type; and another.
VALUES: dict[str, tuple[Any, Any]] = {
    "str | None": ("First words", "Other words"),
    "datetime.date | None": (date(2019, 5, 6), date(2019, 5, 7)),
    "int | None": (1, 2),
    str(Urgency): (Urgency.SOON, Urgency.URGENT),
    "dict[str, Any]": ({"hearing": "Tested"}, {"hearing": "Not tested"}),
}
# What the service's API shows of a referral -> the sentence of the page, or the rows, that say so.
SEEN_BY_SERVICE = {
    "request": "rows",
    "attachments": "rows",
    "consent": "agreement",
    "questions": "later",
    "id": "dates",
    "child_id": "rows",
    "setting_id": "rows",
    "drafted_at": "dates",
    "submitted_at": "dates",
    "received_at": "dates",
    "history": "dates",
    "changed_at": "dates",
    "withdrawn_because": "dates",
    "version": "dates",
    "escalation_id": "dates",
    "origin": "dates",
}
# What the service itself writes there.
WRITTEN_BY_SERVICE = {
    "status",
    "respond_by",
    "claimed_by",
    "decision",
    "waiting_since",
    "allocated_to",
    "began_on",
    "waited_days",
    "work",
    "reports",
    "closed_outcome",
    "notes",
}


def _value(name: str, which: int = 0) -> Any:
    return VALUES[str(HINTS[name]).replace("typing.", "")][which]


def _request() -> Request:
    return Request(**{f.name: _value(f.name) for f in fields(Request)})


def _file(**changes: Any) -> Attachment:
    made = Attachment("one", "letter.pdf", "application/pdf", 2048, "f", "senco", NOW)
    return replace(made, **changes)


QUESTION = FormQuestion("hearing", "Has hearing been tested?", QuestionKind.TEXT)


def _draft(request: Request | None = None) -> Referral:
    made = Referral(id="r", child_id="c", setting_id="s", drafted_at=NOW)
    made.edit(request or _request())
    return made


def _shown(referral: Referral) -> dict[str, str]:
    rows = what_is_shown(referral.request, [QUESTION], referral.attachments)
    return dict(version_of(referral.request, rows))


def _agreed(referral: Referral) -> None:
    asking = Asking(["mother"], ConsentNeeds.ONE, _shown(referral))
    referral.ask_consent(NOW.date(), asking)
    referral.answer_consent(ConsentAnswer("mother", True, NOW.date()), asking)
    assert referral.consent.status is ConsentStatus.GIVEN


@pytest.mark.parametrize("name", [f.name for f in fields(Request)])
def test_every_field_of_a_request_has_words_for_the_family(name: str) -> None:
    assert (name in LABELS) != (name in NOT_ROWS)
    if name in LABELS:
        rows = {row.name: row for row in what_is_shown(_request(), [QUESTION], [])}
        assert rows[name].label == LABELS[name] and rows[name].text


def test_a_field_without_words_is_shown_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(LABELS, "setting_contact")
    rows = {row.name: row.text for row in what_is_shown(_request(), [], [])}
    assert rows["setting_contact"] == "First words"


def test_all_that_the_services_api_shows_is_said_to_the_family() -> None:
    shown = set(QueuedOut().fields)
    assert shown == set(SEEN_BY_SERVICE) | WRITTEN_BY_SERVICE
    assert set(SEEN_BY_SERVICE.values()) <= {"rows", *BESIDE}
    assert set(RequestOut().fields) == {f.name for f in fields(Request)}
    assert set(ReferralOut().fields) < shown


@pytest.mark.parametrize("name", [f.name for f in fields(Request)])
def test_whatever_is_changed_is_asked_about_anew(name: str) -> None:
    referral = _draft()
    _agreed(referral)
    before = _shown(referral)
    referral.edit(replace(_request(), **{name: _value(name, 1)}))
    unseen = name in ("form_version", "plan_id")  # no row of the page changes by these
    assert (referral.consent.status is ConsentStatus.GIVEN) is unseen
    assert (_shown(referral) == before) is unseen
    if not unseen:
        assert [a.agrees for a in referral.consent.earlier] == (
            [] if name == "support_service_id" else [True]
        )
        with pytest.raises(RuleBroken) as refused:
            referral.submit(NOW, NOW.date(), NOW.date(), _shown(referral))
        assert refused.value.code == "no-consent"
        _agreed(referral)
    referral.submit(NOW, NOW.date(), NOW.date(), _shown(referral))


@pytest.mark.parametrize("name", [f.name for f in fields(Request)])
@pytest.mark.parametrize(
    "status", [s for s in ConsentStatus if s not in (ConsentStatus.NONE, ConsentStatus.ASKED)]
)
def test_no_state_of_the_agreement_outlives_a_change(name: str, status: ConsentStatus) -> None:
    referral = _draft()
    referral.consent = Consent(status, by="A", on=NOW.date(), shown=_shown(referral))
    referral.edit(replace(_request(), **{name: _value(name, 1)}))
    kept = name in ("form_version", "plan_id")
    assert (referral.consent.status is status) is kept


def test_files_are_part_of_what_is_agreed_to_until_it_is_sent() -> None:
    referral = _draft()
    _agreed(referral)
    referral.attach(_file())
    assert referral.consent.status is ConsentStatus.NONE and referral.consent.changed
    _agreed(referral)
    referral.attach(_file())  # the same one
    assert referral.consent.status is ConsentStatus.GIVEN
    referral.detach("one", by_service=False)
    assert referral.consent.status is ConsentStatus.NONE
    _agreed(referral)
    referral.submit(NOW, NOW.date(), NOW.date(), _shown(referral))
    referral.attach(_file(id="two"))  # what is added afterwards is shown, and told of beforehand
    assert referral.consent.status is ConsentStatus.GIVEN


@pytest.mark.parametrize("change", [{"name": "b.pdf"}, {"size": 9000}, {"media_type": "image/png"}])
def test_another_file_is_another_version(change: dict[str, Any]) -> None:
    before, after = _draft(), _draft()
    before.attach(_file())
    after.attach(_file(**change))
    assert _shown(before) != _shown(after)


@pytest.mark.parametrize("kind", list(QuestionKind))
def test_every_kind_of_question_is_shown_with_its_answer(kind: QuestionKind) -> None:
    given = {
        QuestionKind.TEXT: ("Words", "Words"),
        QuestionKind.LONG_TEXT: ("Words", "Words"),
        QuestionKind.CHOICE: ("One", "One"),
        QuestionKind.CHOICES: (["One", "Two"], "One, Two"),
        QuestionKind.YES_NO: (False, "No"),
        QuestionKind.NUMBER: (0, "0"),
        QuestionKind.DATE: ("2026-05-12", "12 May 2026"),
    }
    value, text = given[kind]
    question = FormQuestion("asked", "What is asked?", kind)
    rows = what_is_shown(Request(answers={"asked": value}), [question], [])
    assert [(r.label, r.text) for r in rows if r.name == "answers/asked"] == [
        ("What is asked?", text)
    ]
    reworded = what_is_shown(Request(answers={"asked": value}), [replace(question, text="B")], [])
    assert version_of(Request(), rows) != version_of(Request(), reworded)


def test_what_was_agreed_before_versions_were_kept_still_allows() -> None:
    referral = _draft()
    referral.consent = Consent(ConsentStatus.GIVEN, "Mother", "form", NOW.date())
    referral.submit(NOW, NOW.date(), NOW.date(), _shown(referral))
    assert referral.is_open


def test_a_version_comes_back_from_a_form_as_it_went() -> None:
    version = _shown(_draft())
    assert from_token(to_token(version)) == version
    assert from_token("no such thing,=,a") != version


# --- through the page


@pytest.fixture(scope="module")
def school(plans: Service) -> School:
    return School(plans)


@pytest.fixture
def senco(school: School, referrals: Service) -> Person:
    return school.at(referrals)


def test_the_page_shows_it_all_and_an_old_page_records_nothing(
    plans: Service, referrals: Service, school: School, senco: Person
) -> None:
    service_id = add_service(referrals)
    council = referrals.person("council_officer")
    question = {"name": "hearing", "text": "When was hearing tested?", "kind": "date"}
    council.post(f"/support-services/{service_id}/forms", {"questions": [question]}, version=1)
    story = asked(plans, referrals, school, service_id, 1)
    person, at = story["people"][0], story["at"]
    whole = {
        **REQUEST,
        "support_service_id": service_id,
        "child_name": "Robin Vennacombe",
        "child_born": "2018-03-04",
        "setting_name": "Thornbeck School",
        "setting_contact": "Ms Hale, 01234 567890",
        "urgency": "urgent",
        "urgency_reason": "Out of lessons",
        "answers": {"hearing": "2026-05-12"},
    }
    senco.put(f"{at}/request", whole, version=story["referral"]["version"])
    attach(senco, story["referral"]["id"])
    first = look(referrals, story, person)
    for words in (
        "Robin Vennacombe",
        "4 March 2018",
        "Thornbeck School",
        "Ms Hale, 01234 567890",
        "Urgently",
        "Out of lessons",
        "When was hearing tested?",
        "12 May 2026",
        "report.pdf (PDF, 1 KB)",
        *REQUEST.values(),
        *BESIDE.values(),
    ):
        assert words in first.replace("&#39;", "'"), words
    # The request is changed while the page lies open.
    now = senco.get(at)
    whole["reason"] = "Something else"
    senco.put(f"{at}/request", whole, version=now["version"])
    for agree in ("yes", "no"):
        late = answer(referrals, story, person, agree=agree, **hidden(first))
        assert late.status_code == 409 and "Your answer has not been saved" in late.text
        assert late.text.count(">Changed<") == 1 and "Something else" in late.text
        assert senco.get(at)["consent"]["answers"] == []
    taken = answer(referrals, story, person, agree="yes", **hidden(late.text))
    assert "You have agreed." in taken.text
    # Whoever changes it afterwards asks again, and is told so.
    whole["reason"] = "A third reason"
    now = senco.put(f"{at}/request", whole, version=senco.get(at)["version"])
    assert (now["consent"]["status"], now["consent"]["changed"]) == ("none", True)
    problem = senco.refused(409, "POST", f"{at}/submit", version=now["version"])
    assert problem["type"].endswith("no-consent") and "has changed since" in problem["detail"]
    again = look(referrals, story, person)
    assert "does not count any more" in again
    senco.post(f"{at}/consent/ask", version=now["version"])
    assert "You have agreed." in answer(referrals, story, person, agree="yes", **hidden(again)).text
    senco.post(f"{at}/submit", version=senco.get(at)["version"])


def test_a_form_in_other_words_is_not_what_was_agreed_to(
    plans: Service, referrals: Service, school: School, senco: Person
) -> None:
    service_id = add_service(referrals)
    council = referrals.person("council_officer")
    at_forms = f"/support-services/{service_id}/forms"
    question = {"name": "hearing", "text": "When was hearing tested?", "kind": "text"}
    council.post(at_forms, {"questions": [question]}, version=1)
    child = school.child()
    settle(plans, referrals)
    body = {**REQUEST, "support_service_id": service_id, "answers": {"hearing": "In May"}}
    made = senco.post(f"/children/{child['id']}/referrals", body)
    at = f"/referrals/{made['id']}"
    made = senco.post(f"{at}/consent", CONSENT, version=made["version"])
    other = {**question, "text": "When were hearing and sight tested?"}
    council.post(at_forms, {"questions": [other]}, version=2)
    problem = senco.refused(409, "POST", f"{at}/submit", version=made["version"])
    assert problem["type"].endswith("no-consent") and "other words" in problem["detail"]
    senco.post(f"{at}/consent/ask", version=made["version"])


DAYS: dict[str, tuple[Json, str]] = {
    "until 2099": ({"expires_on": "2099-12-31"}, "/expires_on"),
    "ended already": ({"on": "-30", "expires_on": "-1"}, "/expires_on"),
    "ends as it begins": ({"expires_on": "0"}, "/expires_on"),
    "tomorrow": ({"on": "1"}, "/on"),
    "long past": ({"on": "-400"}, "/on"),
    "before the child was born": ({"on": "-20"}, "/on"),
}


@pytest.mark.parametrize("status", ["given", "refused", "withdrawn", "overridden"])
@pytest.mark.parametrize("name", sorted(DAYS))
def test_days_that_cannot_be_are_refused(
    plans: Service, referrals: Service, school: School, senco: Person, name: str, status: str
) -> None:
    days, field = DAYS[name]
    child = school.child()
    settle(plans, referrals)
    born = (clock.today() - timedelta(days=10 if "born" in name else 3000)).isoformat()
    body = {**REQUEST, "support_service_id": add_service(referrals), "child_born": born}
    made = senco.post(f"/children/{child['id']}/referrals", body)
    said = {**CONSENT, "status": status, "reason": "In danger"}
    for key, value in days.items():
        day = (
            value if len(value) == 10 else (clock.today() + timedelta(days=int(value))).isoformat()
        )
        said[key] = day
    problem = senco.refused(
        422, "POST", f"/referrals/{made['id']}/consent", said, version=made["version"]
    )
    assert field in {e["pointer"] for e in problem["errors"]}
    assert senco.get(f"/referrals/{made['id']}")["consent"]["status"] == "none"


def test_every_kind_of_file_that_is_taken_has_words() -> None:
    taken = [*content._OFFICE.values(), *content._OPEN_DOCUMENT, *content._AS_THEY_ARE]
    assert [kind for kind in taken if kind_in_words(kind) == kind] == []
