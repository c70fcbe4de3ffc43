"""A name in Arabic letters turns nothing round: pages, copies, emails; every template by its tree."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, nodes

from services.notifications.domain.values import Language
from services.notifications.rendering.links import _SIGNED
from services.notifications.rendering.messages import render_text_values, render_values
from services.notifications.rendering.samples import sample_text_values, sample_values
from services.notifications.rendering.templates import FOOTERS, VERSIONS, environment
from services.plans.rendering.document import _environment as copies
from shared.identity.links import Link, Links
from shared.web.bidi import IsolatingEnvironment, Place
from tests.front_doors.test_pages import _call, _filled, _pages, _person
from tests.support.house import LINK_KEY, Service
from tests.support.world import World, build

ROOT = Path(__file__).resolve().parents[2]
NAME = "محمد علی"
_MARKUP = {"csrf", "form_key", "super", "caller"}


@pytest.fixture(scope="module")
def world(plans: Service, reviews: Service, referrals: Service, notifications: Service) -> World:
    return build(plans, reviews, referrals, notifications)


def test_every_environment_isolates() -> None:
    wrong = []
    for room in ("shared", "services"):
        for path in (ROOT / room).rglob("*.py"):
            if "tests" in path.parts or path.name == "bidi.py":
                continue
            wrong += [
                f"{path.relative_to(ROOT)}:{node.lineno}"
                for node in ast.walk(ast.parse(path.read_text()))
                if isinstance(node, ast.Call)
                and ast.unparse(node.func).rpartition(".")[2] == "Environment"
            ]
    assert wrong == []


def _environments(service: Service) -> Iterator[tuple[Environment, str]]:
    pages: Environment = service.app.jinja_env
    for name in pages.list_templates(filter_func=lambda one: one.endswith(".html")):
        yield pages, name
    for other in (copies(), environment()):
        for name in other.list_templates(filter_func=lambda one: one.endswith(".html")):
            yield other, name


@pytest.mark.parametrize(
    "service", ["plans", "reviews", "referrals", "notifications"], indirect=True
)
def test_whatever_a_template_puts_out_as_text_is_isolated(service: Service) -> None:
    """Read from the trees that templates are compiled from."""
    seen = 0
    for made, name in _environments(service):
        assert made.loader is not None
        tree = made.parse(made.loader.get_source(made, name)[0], name)
        for output in tree.find_all(nodes.Output):
            for one in _after_a_tag(output):
                seen += 1
                known = isinstance(one, nodes.Filter) and one.name in ("said", "marked")
                assert known or "/textarea/" in name, (name, one)  # it has `dir` itself
    assert seen > 100


@pytest.fixture
def service(request: pytest.FixtureRequest) -> Service:
    found: Service = request.getfixturevalue(request.param)
    return found


def _after_a_tag(output: nodes.Output) -> Iterator[nodes.Node]:
    """What is put out where a tag has just ended."""
    before = ""
    for one in output.nodes:
        if isinstance(one, nodes.TemplateData):
            before = one.data
        elif not isinstance(one, nodes.Const):
            if re.search(r">[^<\"']*$", before):
                yield one
            before = ""


def test_where_a_template_stands() -> None:
    for html, element, in_tag in (
        ("<p>family's <b>", "", False),
        ('<a href="', "", True),
        ("<title>", "title", False),
        ('<a title="a > b">x', "", False),
        ("<option value='>'>", "option", False),
        ("<textarea><b>", "textarea", False),
        ("<title>x</title>", "", False),
        ("<p class=", "", True),
        ("<!-- <a href=' --> x", "", False),
        ("3 < 4 ", "", False),
    ):
        found = Place().after(html)
        assert (found.element, found.in_tag) == (element, in_tag), html
    assert Place().after('<a href="').after('" class="x">').in_tag is False


def _must_be_isolated(page: str, about: object) -> int:
    """Each appearance of the name stands in an element or between marks of its own, or where
    direction says nothing. Answers how many there were."""
    for value in re.findall(r"<(?:input|textarea)[^>]*>", page):
        if NAME in value:
            assert 'dir="auto"' in value, (about, value)
    text = re.sub(r"<textarea[^>]*>.*?</textarea>", " ", page, flags=re.DOTALL)
    text = re.sub(r"<[^>]*" + NAME + "[^>]*>", " ", text)
    alone = text.replace(f"<bdi>{NAME}</bdi>", "").replace(f"\u2068{NAME}\u2069", "")
    # What is put together in Python keeps its own direction too: `Oak (person 1 of 2)`.
    assert NAME not in alone, (about, alone[max(0, alone.find(NAME) - 80) :][:200])
    return page.count(NAME)


def test_pages_isolate_what_people_have_typed(
    plans: Service, referrals: Service, notifications: Service, world: World
) -> None:
    """Whatever text is kept, of whatever name, is put in Arabic letters; every page is read."""
    for service in (referrals, notifications):
        for repository in service.store.repositories:
            for kept in list(repository.collection.find({}, {"outbox": 0})):
                changed = {k: _turned(v) for k, v in kept.items() if k != "_id"}
                repository.collection.update_one({"_id": kept["_id"]}, {"$set": changed})
    shown = 0
    for service in (referrals, notifications):
        for method, path, rule in _pages(service):
            if method != "GET" or path.endswith(("/live", ".ics")) or "{attachment_id}" in path:
                continue
            for role in rule.roles:
                http, _ = _person(service, world, role)
                page = _call(http, "GET", _filled(path, world.ids)).get_data(as_text=True)
                shown += _must_be_isolated(page, (role, path))
    assert shown > 40


def test_families_pages_isolate_what_people_have_typed(
    plans: Service, reviews: Service, referrals: Service, notifications: Service, world: World
) -> None:
    """Every purpose that a link can have, and every page that it opens."""
    services = {one.name: one for one in (plans, reviews, referrals, notifications)}
    for service in services.values():
        for repository in service.store.repositories:
            for kept in list(repository.collection.find({}, {"outbox": 0})):
                changed = {k: _turned(v) for k, v in kept.items() if k != "_id"}
                repository.collection.update_one({"_id": kept["_id"]}, {"$set": changed})
    known = world.ids
    told = {"person_id": known["person_id"], "setting_id": known["setting_id"]}
    message = notifications.database["messages"].find_one({**told, "about.child_id": {"$ne": None}})
    assert message
    about = {
        "plan": known["plan_id"],
        "rights": known["child_id"],
        "news": message["_id"],
        "evening": f"{known['evening_id']}/{known['child_id']}",
        "preferences": known["contact_id"],
    }
    shown: dict[str, int] = {}
    for purpose, (name, path) in _SIGNED.items():
        link = Link(purpose, about.get(purpose, known["referral_id"]), known["person_id"])
        opened = path.format(token=Links((LINK_KEY,), 90).sign(link))
        answer = services[name].anonymous().get(opened)
        assert answer.status_code == 200, (purpose, answer.status_code)
        shown[purpose] = _must_be_isolated(answer.text, purpose)
    # The others name nobody where the family stands.
    assert {"plan", "referral", "consent", "evening"} <= {
        one for one, times in shown.items() if times
    }


_TYPED = frozenset(
    {
        "name",
        "first_name",
        "child_name",
        "setting_name",
        "setting_contact",
        "reason",
        "criteria",
        "strategies_tried",
        "desired_outcome",
        "urgency_reason",
        "helps_with",
        "text",
        "title",
        "place",
        "last_name",
        "about",
        "words",
        "asked",
        "answer",
        "questions",
        "family_words",
        "next_step",
        "phone",
    }
)


def _turned(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _turned(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_turned(one, name) for one in value]
    return NAME if isinstance(value, str) and value and name in _TYPED else value


@pytest.mark.parametrize("name", sorted(set(VERSIONS) - set(FOOTERS)))
@pytest.mark.parametrize("language", list(Language))
def test_emails_and_texts_isolate_names(name: str, language: Language) -> None:
    people = {"person": NAME, "child": NAME, "setting": NAME}
    made = render_values(name, {**sample_values(name, language), **people}, language)
    text = render_text_values(name, {**sample_text_values(name, language), **people}, language)
    for said in (made.subject, made.text, text.text):
        bare = said.replace(f"\u2068{NAME}\u2069", "")
        assert NAME not in bare, bare
        assert said.count("\u2068") == said.count("\u2069")
    body = made.html.partition("<body")[2]
    assert NAME not in re.sub(rf"<bdi>{NAME}</bdi>", "", body)


def test_names_of_before_are_no_links_and_no_lines() -> None:
    evil = "http://evil.example/\nhttp://evil.example\u2028\u202e www.evil.example bob@evil.example"
    people = {"person": evil, "child": evil, "setting": evil, "phone": evil}
    for name in sorted(set(VERSIONS) - set(FOOTERS)):
        values = {**sample_values(name), **people}
        made = render_values(name, values)
        for said in (made.subject, made.text, made.html):
            assert "evil.example" not in said, (name, said)
            assert "\u202e" not in said and "\u2028" not in said
        assert "\n" not in made.subject
        assert made.html.count("<a ") == render_values(name, sample_values(name)).html.count("<a ")


def test_a_language_says_its_name_in_itself() -> None:
    from services.notifications.pages.words import LANGUAGES

    for language, words in LANGUAGES.items():
        assert f'lang="{language.value}"' in words
        assert ('dir="rtl"' in words) is language.right_to_left
    assert isinstance(environment(), IsolatingEnvironment)
