"""Every page that one signs in to: who is let in, whose things are there, what bad input gets."""

import base64
import importlib
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from deploy.local.issuer import ROLES
from shared import clock, ids
from shared.identity.links import Link, Links
from shared.web.guard import Rule
from tests.support.house import LINK_KEY, Service
from tests.support.signed_in import signed_in
from tests.support.world import World, build

_STAFF = ("senco", "teacher", "support_worker", "council_officer", "operator")


@pytest.fixture(scope="module")
def world(plans: Service, reviews: Service, referrals: Service, notifications: Service) -> World:
    return build(plans, reviews, referrals, notifications)


@pytest.fixture(params=["referrals", "notifications"])
def site(request: pytest.FixtureRequest, world: World) -> Service:
    """Each service that has pages for people who sign in."""
    found: Service = request.getfixturevalue(request.param)
    return found


def _pages(service: Service) -> list[tuple[str, str, Rule]]:
    """Method, path with its holes, and rule of every page."""
    access = importlib.import_module(f"services.{service.name}.access")
    rules = access.rules(service.store)
    found = []
    for url in service.app.url_map.iter_rules():
        rule = rules.get(url.endpoint)
        if rule and rule.page:
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", url.rule)
            found += [
                (method, path, rule)
                for method in sorted((url.methods or set()) - {"HEAD", "OPTIONS"})
            ]
    return found


def _filled(path: str, names: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda name: names.get(name[1], "note"), path)


def _person(
    service: Service, world: World, role: str, *, stranger: bool = False
) -> tuple[Any, str]:
    subject = {"senco": world.school.senco.id, "teacher": world.school.teacher.id}.get(role)
    token = service.issuer.token(
        role, subject=ids.new_id() if stranger or not subject else subject,
        settings=[ids.new_id() if stranger else world.school.id],
        services=[ids.new_id() if stranger else world.service_id],
    )  # fmt: skip
    return signed_in(service, token)


def _call(http: FlaskClient, method: str, path: str, **form: str) -> Any:
    return http.open(path, method=method, base_url="https://localhost",
                     data=form if method == "POST" else None)  # fmt: skip


def test_nobody_gets_in_without_signing_in(site: Service, world: World) -> None:
    for method, path, _ in _pages(site):
        answer = _call(site.anonymous(), method, _filled(path, world.ids))
        assert answer.status_code == 303, (method, path, answer.status_code)
        assert answer.headers["Location"].startswith("/sign-in?next=")


def test_a_role_that_is_not_in_the_table_is_told_so(site: Service, world: World) -> None:
    people = {role: _person(site, world, role) for role in ROLES}
    for method, path, rule in _pages(site):
        for role in set(ROLES) - set(rule.roles):
            http, csrf = people[role]
            answer = _call(http, method, _filled(path, world.ids), csrf_token=csrf)
            assert answer.status_code == 403, (role, method, path, answer.status_code)


def test_a_strangers_things_are_not_there_and_ones_own_are(site: Service, world: World) -> None:
    strangers = {role: _person(site, world, role, stranger=True) for role in _STAFF}
    people = {role: _person(site, world, role) for role in _STAFF}
    for method, path, rule in _pages(site):
        for role in rule.roles:
            if method == "GET" and path != "/queue/{support_service_id}/live":
                http, csrf = people[role]
                answer = _call(http, method, _filled(path, world.ids))
                own = "teacher" not in role or "{booking_id}" not in path
                expected = (200, 303, 302, 409) if own else (404,)
                assert answer.status_code in expected, (role, path, answer.status_code)
            if "{" in path and role in ("senco", "support_worker") and not _for_everybody(path):
                http, csrf = strangers[role]
                answer = _call(http, method, _filled(path, world.ids), csrf_token=csrf)
                assert answer.status_code == 404, (role, method, path, answer.status_code)


def _for_everybody(path: str) -> bool:
    """The directory, and the sessions that services put on for any setting."""
    return path.startswith("/directory") or path in (
        "/sessions/{session_id}", "/sessions/{session_id}/calendar.ics",
        "/sessions/{session_id}/book",
    )  # fmt: skip


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"version": "x", "status": "no", "areas": "all", "capacity": "-1", "starts_at": "later"},
        {"version": "1", "name": "a\x00b", "text": "x" * 20_000, "to": "\ud83d", "reason": "\x0b"},
        {"version": "9" * 40, "chosen": "x:y", "action": "explode", "useful": "nine"},
        {"key": "not a key", "occurred_on-year": "0", "occurred_on-month": "99"},
    ],
)
def test_whatever_a_form_says_it_is_answered_by_a_page(
    site: Service, world: World, form: dict[str, str]
) -> None:
    said = {name: value.encode("utf-8", "replace").decode() for name, value in form.items()}
    for method, path, rule in _pages(site):
        if method != "POST":
            continue
        for role in rule.roles:
            http, csrf = _person(site, world, role)
            for action in ("decline", "accept", "work", "consent", "ask", "withdraw"):
                names = {**world.ids, "action": action}
                answer = _call(http, method, _filled(path, names), csrf_token=csrf, **said)
                assert answer.status_code < 500, (role, path, action, answer.status_code)
                assert answer.content_type.startswith("text/html"), (role, path)
                if "{action}" not in path:
                    break


def test_a_form_without_its_token_does_nothing(site: Service, world: World) -> None:
    for method, path, rule in _pages(site):
        if method == "POST":
            http, _ = _person(site, world, min(rule.roles))
            for form in ({}, {"csrf_token": "x"}, {"csrf_token": "ü"}):
                answer = _call(http, method, _filled(path, world.ids), **form)
                assert answer.status_code == 400, (path, answer.status_code)


@pytest.mark.parametrize("query", ["cursor=x", "sort=nothing", "status=draft", "urgency=now",
                                   "area=nothing", "phase=nothing", "show=all"])  # fmt: skip
def test_whatever_an_address_asks_it_is_answered_by_a_page(
    site: Service, world: World, query: str
) -> None:
    for method, path, rule in _pages(site):
        if method == "GET" and not path.endswith(("/live", ".ics")):
            http, _ = _person(site, world, min(rule.roles))
            answer = _call(http, "GET", f"{_filled(path, world.ids)}?{query}")
            assert answer.status_code < 500, (path, query)


def test_a_button_pressed_twice_counts_once(referrals: Service, world: World) -> None:
    worker, csrf = _person(referrals, world, "support_worker")
    at = f"/referral/{world.ids['referral_id']}"
    version = str(referrals.store.referrals.get(world.ids["referral_id"]).version)
    form = {"csrf_token": csrf, "key": ids.new_id(), "version": version, "text": "Ring on Monday"}
    before = len(referrals.store.referrals.get(world.ids["referral_id"]).notes)
    for _ in range(2):
        assert _call(worker, "POST", f"{at}/note", **form).status_code == 303
    assert len(referrals.store.referrals.get(world.ids["referral_id"]).notes) == before + 1
    version = str(referrals.store.referrals.get(world.ids["referral_id"]).version)
    accept = {**form, "key": ids.new_id(), "version": version, "family_words": "Yes."}
    for _ in range(2):  # the second time it is not even offered any more
        answer = _call(worker, "POST", f"{at}/accept", **accept)
        assert answer.headers["Location"] == f"{at}?done=accept"


def test_what_a_setting_keeps_of_people_is_shown_as_words(
    notifications: Service, world: World
) -> None:
    evil = "<img src=x onerror=alert(1)>"
    notifications.store.contacts.collection.update_one(
        {"_id": world.ids["contact_id"]},
        {"$set": {"details.name": evil, "details.children.0.first_name": evil,
                  "details.email": evil, "failing": [
                      {"channel": "email", "since": clock.now(), "reason": evil}]}},
    )  # fmt: skip
    notifications.store.profiles.collection.update_many({}, {"$set": {"name": evil, "phone": evil}})
    notifications.store.messages.collection.update_one(
        {"_id": world.ids["message_id"]},
        {"$set": {"attempts": [{"at": clock.now(), "failure": "retryable", "reason": evil,
                                "channel": "email", "provider": None}]}},
    )  # fmt: skip
    shown = 0
    for method, path, rule in _pages(notifications):
        for role in rule.roles if method == "GET" else ():
            http, _ = _person(notifications, world, role)
            page = _call(http, "GET", _filled(path, world.ids)).get_data(as_text=True)
            assert "<img" not in page, (role, path)
            shown += page.count("&lt;img src=x")
    link = Link("preferences", world.ids["contact_id"], world.ids["person_id"])
    at = f"/family/preferences/{Links((LINK_KEY,), 90).sign(link)}"
    assert "<img" not in notifications.anonymous().get(at).get_data(as_text=True)
    assert shown >= 5


def test_a_session_ends_by_itself(referrals: Service, world: World) -> None:
    http, _ = _person(referrals, world, "senco")
    assert _call(http, "GET", "/directory").status_code == 200
    kept = referrals.database["page_sessions"]
    kept.update_many({}, [{"$set": {"seen_at": {"$dateSubtract": {
        "startDate": "$seen_at", "unit": "minute", "amount": 61}}}}])  # fmt: skip
    assert _call(http, "GET", "/directory").status_code == 303
    # What is kept is of no use without the browser's key.
    entry = kept.find_one({})
    assert entry and len(entry["_id"]) == 64
    assert base64.urlsafe_b64decode(entry["inside"]).find(b"Somebody") == -1


def test_what_people_write_is_shown_as_words(referrals: Service, world: World) -> None:
    """In every place where a page shows somebody's text."""
    evil = "<img src=x onerror=alert(1)>"
    held = referrals.store.referrals.collection
    text = {"id": ids.new_id(), "author_id": "x", "at": clock.now(), "text": evil}
    held.update_one({"_id": world.ids["referral_id"]}, {"$set": {
        **{f"request.{name}": evil for name in ("child_name", "setting_name", "reason",
                                               "strategies_tried", "desired_outcome")},
        "notes": [text], "reports": [text],
        "questions": [{"asked": evil, "asked_at": clock.now(), "asked_by": "x", "answer": evil}],
        "attachments.0.name": evil,
    }})  # fmt: skip
    referrals.store.support_services.collection.update_one(
        {"_id": world.service_id},
        {"$set": {f"details.{name}": evil for name in ("name", "criteria", "helps_with")}},
    )
    referrals.store.support_sessions.collection.update_one(
        {"_id": world.ids["session_id"]},
        {"$set": {"details.title": evil, "details.about": evil, "bookings.0.questions": evil}},
    )
    shown = 0
    for method, path, rule in _pages(referrals):
        if method == "GET" and not path.endswith(("/live", ".ics")):
            for role in rule.roles:
                http, _ = _person(referrals, world, role)
                page = _call(http, "GET", _filled(path, world.ids)).get_data(as_text=True)
                assert "<img" not in page, (role, path)
                shown += page.count("&lt;img src=x")
    for purpose in ("referral", "consent"):
        link = Link(purpose, world.ids["referral_id"], world.ids["person_id"])
        token = Links((LINK_KEY,), 90).sign(link)
        at = {"referral": "referrals", "consent": "consent"}[purpose]
        page = referrals.anonymous().get(f"/family/{at}/{token}").get_data(as_text=True)
        assert "<img" not in page
        shown += page.count("&lt;img src=x")
    assert shown > 30
