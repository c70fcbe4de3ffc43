"""The directory: who can help, in which order and why; forms as data, in versions."""

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.serving import make_server

from services.referrals.domain.errors import RuleBroken
from services.referrals.domain.form import Form, FormQuestion, QuestionKind
from services.referrals.domain.waiting import Waits, in_words, percentile
from tests.support.house import Person, Service, settle
from tests.support.story import School
from tests.support.world import CONSENT, REQUEST, add_service

FORM: list[dict[str, object]] = [
    {"name": "hearing_test", "text": "When was the hearing test?", "kind": "date",
     "required": True},
    {"name": "languages", "text": "Languages at home", "kind": "text"},
    {"name": "settings_tried", "text": "Where was it tried?", "kind": "choices",
     "options": ["class", "group", "alone"]},
    {"name": "tried", "text": "What was tried?", "kind": "long_text",
     "filled_from": "strategies"},
    {"name": "cycles", "text": "How many cycles?", "kind": "number", "filled_from": "cycles"},
]  # fmt: skip


@pytest.fixture(scope="module")
def school(plans: Service, referrals: Service) -> School:
    return School(plans)


def _publish(referrals: Service, service_id: str, questions: list[dict[str, object]]) -> Person:
    council = referrals.person("council_officer")
    version = council.get(f"/support-services/{service_id}")["version"]
    council.post(f"/support-services/{service_id}/forms", {"questions": questions}, version=version)
    return council


def test_the_best_fit_comes_first_with_its_reasons(
    plans: Service, referrals: Service, school: School
) -> None:
    child = school.child()
    school.assessed(child, referrals)  # it finds cognition and learning, MLD
    best = add_service(referrals, name="Learning", areas=["cognition_and_learning"],
                       primary_needs=["MLD"])  # fmt: skip
    good = add_service(referrals, name="Early learning", areas=["cognition_and_learning"],
                       phases=["early_years"], age_to=5)  # fmt: skip
    shut = add_service(referrals, name="Shut", areas=["cognition_and_learning"],
                       primary_needs=["MLD"], intake="paused",
                       intake_note="Until September")  # fmt: skip
    other = add_service(referrals, name="Vision", areas=["sensory_and_physical"])
    found = school.at(referrals).get(f"/children/{child['id']}/support-services?phase=school&age=8")
    assert found["needs"] == {"areas": ["cognition_and_learning"], "primary_need": "MLD"}
    ours = [m for m in found["items"] if m["service"]["id"] in (best, good, shut, other)]
    assert [m["service"]["id"] for m in ours] == [best, shut, good]
    assert "Helps with cognition and learning." in ours[0]["reasons"]
    assert "Knows this type of need best: moderate learning difficulty." in ours[0]["reasons"]
    assert ours[1]["obstacles"] == ["Takes no referrals at the moment: Until September"]
    assert "Is for ages 0 to 5." in ours[2]["obstacles"]


def test_a_form_asks_and_every_answer_is_checked(
    plans: Service, referrals: Service, school: School
) -> None:
    service_id = add_service(referrals)
    council = _publish(referrals, service_id, FORM)
    child_id = school.child()["id"]
    settle(plans, referrals)
    senco = school.at(referrals)
    asked = {**REQUEST, "support_service_id": service_id}
    for name, answer in (("hearing_test", "in May"), ("settings_tried", ["home"]),
                         ("cycles", "two"), ("unasked", "x")):  # fmt: skip
        problem = senco.refused(422, "POST", f"/children/{child_id}/referrals",
                                {**asked, "answers": {name: answer}})  # fmt: skip
        assert problem["errors"][0]["pointer"] == f"/answers/{name}"
    made = senco.post(f"/children/{child_id}/referrals", {**asked, "answers": {"cycles": 2}})
    at = f"/referrals/{made['id']}"
    made = senco.post(f"{at}/consent", CONSENT, version=made["version"])
    problem = senco.refused(409, "POST", f"{at}/submit", version=made["version"])
    assert problem["errors"] == [
        {"pointer": "/answers/hearing_test",
         "detail": "The service asks: When was the hearing test?"}
    ]  # fmt: skip
    # The form changes between draft and submission: what is asked today counts.
    version = council.get(f"/support-services/{service_id}")["version"]
    council.post(f"/support-services/{service_id}/forms", {"questions": FORM[4:]}, version=version)
    assert senco.post(f"{at}/submit", version=made["version"])["request"]["form_version"] == 2
    forms = council.get(f"/support-services/{service_id}/forms")["forms"]
    assert [len(form["questions"]) for form in forms] == [5, 1]


@pytest.mark.parametrize(
    ("question", "pointer"),
    [
        ({"name": "A b"}, "/questions/1/name"),
        ({"name": "cycles"}, "/questions/1/name"),
        ({"kind": "choice"}, "/questions/1/options"),
        ({"options": ["one"]}, "/questions/1/options"),
    ],
)
def test_a_form_that_makes_no_sense_is_refused(
    referrals: Service, question: dict[str, object], pointer: str
) -> None:
    service_id = add_service(referrals)
    council = referrals.person("council_officer")
    bad = {"name": "other", "text": "What?", "kind": "text", **question}
    problem = council.refused(422, "POST", f"/support-services/{service_id}/forms",
                              {"questions": [FORM[4], bad]}, version=1)  # fmt: skip
    assert problem["errors"][0]["pointer"] == pointer


@pytest.fixture
def plans_url(plans: Service) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, plans.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def test_a_referral_begins_with_what_is_recorded_already(
    plans: Service, referrals: Service, school: School, plans_url: str
) -> None:
    child = school.child()
    school.active(child, referrals)
    service_id = add_service(referrals)
    _publish(referrals, service_id, FORM)
    at = f"/children/{child['id']}/referral-start?support_service_id={service_id}"
    senco = school.at(referrals)
    said = senco.get(at)
    assert (said["filled"], "just now" in said["problem"]) == ([], True)  # plans is away
    before = dict(referrals.settings.service_urls)
    referrals.settings.service_urls["plans"] = plans_url
    try:
        found = senco.get(at)
    finally:
        referrals.settings.service_urls.update(before)
    assert found["problem"] is None
    asked = found["request"]
    assert (asked["child_name"], asked["setting_name"]) == ("Robin Vennacombe", "A School")
    assert asked["desired_outcome"] == "To add within 20"
    assert "Pre-teaching (Teacher, 2 times a week, 30 minutes)" in asked["strategies_tried"]
    assert asked["answers"] == {"tried": "Apparatus", "cycles": 1}
    # It is a body that can be sent as it is.
    made = senco.post(f"/children/{child['id']}/referrals", asked)
    assert made["request"]["answers"]["cycles"] == 1


@given(st.dictionaries(st.integers(0, 900), st.integers(1, 50), max_size=60),
       st.integers(1, 100))  # fmt: skip
def test_a_percentile_is_the_least_that_covers_so_many(
    histogram: dict[int, int], percent: int
) -> None:
    found = percentile(histogram, percent)
    everybody = sorted(day for day, count in histogram.items() for _ in range(count))
    if not everybody:
        assert found is None
        return
    assert found is not None
    within = sum(day <= found for day in everybody)
    before = sum(day < found for day in everybody)
    assert within * 100 >= percent * len(everybody) > before * 100


def test_waits_are_said_in_words_and_never_promised() -> None:
    assert "Too few" in in_words(Waits(3, 10, 20))
    assert in_words(Waits(40, 15, 80)) == (
        "Half of the children seen in the last year waited 3 weeks or less. "
        "92 of every 100 waited 12 weeks or less."
    )


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=9),
                    lambda inner: st.lists(inner, max_size=3), max_leaves=4))  # fmt: skip
def test_whatever_is_answered_a_form_says_yes_or_says_why_not(answer: object) -> None:
    for kind in QuestionKind:
        options = ["a", "b"] if kind in (QuestionKind.CHOICE, QuestionKind.CHOICES) else []
        form = Form(1, [FormQuestion("one", "One?", kind, options=options)])
        try:
            form.check({"one": answer}, whole=True)
        except RuleBroken as refusal:
            assert refusal.field == "/answers/one"
