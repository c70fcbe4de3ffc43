"""One message's own trouble stops no other, is seen by the SENCO, and is counted."""

import ast
import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jinja2
import pytest
from pymongo.errors import AutoReconnect, DocumentTooLarge, OperationFailure

from deploy.local.notify import NotifyStub
from services.notifications.commands import send
from services.notifications.commands.breakdown import FAILED
from services.notifications.domain.message import Message
from services.notifications.domain.values import MessageState
from services.notifications.pages import people
from services.notifications.pages.words import STATES
from services.notifications.providers.notify import NotifyProvider, NotifyTexts
from services.notifications.providers.provider import Email
from shared import clock, ids
from tests.support.family import Family
from tests.support.house import Service, event, types
from tests.support.stubs import served_notify
from tests.support.world import outlets

SECRET = "Wren Vennacombe parent@families.example"
"""What an error's words may hold, and nobody is shown."""


def _error(kind: type[Exception]) -> Exception:
    if issubclass(kind, UnicodeEncodeError):
        return kind("utf-8", SECRET, 0, 1, SECRET)
    if issubclass(kind, UnicodeDecodeError):
        return kind("utf-8", SECRET.encode(), 0, 1, SECRET)
    if issubclass(kind, OperationFailure):
        return kind(SECRET, 17280)
    return kind(SECRET)


ERRORS = [jinja2.UndefinedError, jinja2.TemplateNotFound, KeyError, ValueError, TypeError,
          AttributeError, IndexError, AssertionError, RecursionError, UnicodeEncodeError,
          UnicodeDecodeError, OSError, MemoryError, StopIteration, DocumentTooLarge,
          OperationFailure]  # fmt: skip
ONE_ERROR = KeyError


def _places() -> list[str]:
    """What a message goes through, by name: every function of elsewhere that sending calls."""
    source = ast.parse(inspect.getsource(send))
    on_its_way = ("_send", "_within_limits", "_hand_over", "_channel", "_suppress", "_postpone")
    called = {
        call.func.id
        for function in ast.walk(source)
        if isinstance(function, ast.FunctionDef) and function.name in on_its_way
        for call in ast.walk(function)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
    }
    functions = [
        name
        for name in called
        if inspect.isfunction(found := getattr(send, name, None))
        and found.__module__ != send.__name__
    ]
    # What deals with a failure is tried by the failures themselves.
    return sorted(set(functions) - {"break_down", "must_be_its_own", "without_words", "note_reach"})


@pytest.fixture(autouse=True)
def nothing_waits(notifications: Service) -> None:
    """What other tests left waiting is not sent by these."""
    notifications.store.messages.collection.update_many({}, {"$set": {"state": "suppressed"}})


@pytest.fixture
def stub() -> Iterator[tuple[NotifyStub, NotifyProvider]]:
    with served_notify() as found:
        yield found


@pytest.fixture
def families(notifications: Service) -> list[Family]:
    """Three, of three settings; the first has the trouble."""
    return [_family(notifications) for _ in range(3)]


def _family(notifications: Service, **details: Any) -> Family:
    made = Family(notifications)
    made.link()
    made.add_contact(**details)
    made.issue_copy()
    return made


def _counted() -> float:
    return float(FAILED.labels("technical")._value.get())


def _broken(real: Callable[..., Any], whose: str, problem: Exception) -> Callable[..., Any]:
    """Does as the real one does, but for one person."""

    def does(*args: Any, **more: Any) -> Any:
        for one in args:
            about = getattr(one, "person_id", None) or getattr(one, "to", None)
            if about == whose or isinstance(one, type) or one == whose:
                raise problem
        return real(*args, **more)

    return does


def _must_be_its_own(families: list[Family], why: str) -> None:
    first, *others = families
    (message,) = first.messages()
    assert message["state"] == "technical_failure"
    assert why in message["attempts"][-1]["reason"]
    assert SECRET not in str(message) and "Wren" not in str(message)
    for other in others:
        assert [one["state"] for one in other.messages()] == ["sent"]
    told = [e for e in first.service.take_events() if e["data"].get("person_id") == first.parent]
    assert {"ManualContactNeeded", "MessageFailed"} <= set(types(told))
    assert MessageState.TECHNICAL_FAILURE in people._BAD  # in red, on the person's page
    assert STATES[MessageState.TECHNICAL_FAILURE] == "Could not be sent"


@pytest.mark.parametrize("kind", ERRORS)
def test_whatever_is_wrong_in_saying_it_is_its_own(
    families: list[Family], stub: tuple[NotifyStub, NotifyProvider],
    monkeypatch: pytest.MonkeyPatch, kind: type[Exception],
) -> None:  # fmt: skip
    before = _counted()
    whose = families[0].parent
    monkeypatch.setattr(send, "compose", _broken(send.compose, whose, _error(kind)))
    send.send_waiting(families[0].service.store, outlets(families[0].service, email=stub[1]))
    _must_be_its_own(families, kind.__name__)
    assert _counted() == before + 1


@pytest.mark.parametrize("place", _places())
def test_wherever_on_its_way_it_fails_it_is_its_own(
    families: list[Family], stub: tuple[NotifyStub, NotifyProvider],
    monkeypatch: pytest.MonkeyPatch, place: str,
) -> None:  # fmt: skip
    """One place after the other, from the code; a new one is tried without being named here."""
    assert {"compose", "still_to_say"} <= set(_places())
    service = families[0].service
    met: list[object] = []
    problem = _error(ONE_ERROR)
    real = _broken(getattr(send, place), families[0].parent, problem)

    def counts(*args: Any, **more: Any) -> Any:
        met.append(place)
        return real(*args, **more)

    monkeypatch.setattr(send, place, counts)
    send.send_waiting(service.store, outlets(service, email=stub[1]))
    if not met or place == "next_morning":
        pytest.skip("this message did not come there")
    states = [family.messages()[0]["state"] for family in families]
    assert states[1:] == ["sent", "sent"]
    if states[0] != "sent":  # it had nothing of this person to fail with
        _must_be_its_own(families, ONE_ERROR.__name__)


@pytest.mark.parametrize("kind", [KeyError, ValueError, UnicodeEncodeError, RuntimeError])
def test_a_providers_own_error_is_one_messages(
    families: list[Family], stub: tuple[NotifyStub, NotifyProvider], kind: type[Exception]
) -> None:
    kept, provider = stub
    (poison,) = families[0].messages()

    class Odd(NotifyProvider):
        def send(self, email: Email, /) -> None:
            if email.message_id == poison["id"]:
                raise _error(kind)
            super().send(email)

    through = outlets(families[0].service, email=Odd(provider._settings))
    send.send_waiting(families[0].service.store, through)
    _must_be_its_own(families, kind.__name__)
    # It ends there: it is not tried for hours.
    with clock.frozen(clock.now() + timedelta(hours=5)):
        assert send.send_waiting(families[0].service.store, through) == 0
    assert len(kept.taken) == 2


def test_the_next_channel_has_its_turn_at_once(
    notifications: Service, stub: tuple[NotifyStub, NotifyProvider], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, provider = stub
    family = _family(notifications, mobile="07700 900161", channels=["email", "sms"])

    class Odd(NotifyProvider):
        def send(self, email: Email, /) -> None:
            raise KeyError(SECRET)

    through = outlets(
        notifications, email=Odd(provider._settings), sms=NotifyTexts(provider._settings)
    )
    for _ in range(2):
        send.send_waiting(notifications.store, through)
    (message,) = family.messages()
    assert (message["state"], message["channel"]) == ("sent", "sms")
    assert [one["type"] for one in kept.taken] == ["sms"]


@pytest.mark.parametrize(
    ("collection", "change"),
    [
        ("contacts", {"details.language": "xx"}),
        ("contacts", {"details.channels": ["pigeon"]}),
        ("contacts", {"details": None}),
        ("contacts", {"opted_out": 7}),
        ("messages", {"purpose": "unheard_of"}),
        ("messages", {"about": 7}),
        ("messages", {"created_on": None}),
        ("messages", {"parts": [{}]}),
    ],
)
def test_a_document_that_cannot_be_read_stops_no_other(
    families: list[Family], stub: tuple[NotifyStub, NotifyProvider], collection: str,
    change: dict[str, Any],
) -> None:  # fmt: skip
    service = families[0].service
    poisoned = service.database[collection]
    assert poisoned.update_one({"setting_id": families[0].setting}, {"$set": change}).modified_count
    before = _counted()
    for _ in range(2):
        send.send_waiting(service.store, outlets(service, email=stub[1]))
    for other in families[1:]:
        assert [one["state"] for one in other.messages()] == ["sent"]
    stored = service.database["messages"].find_one({"setting_id": families[0].setting})
    assert stored
    if collection == "contacts":
        assert stored["state"] == "technical_failure" and _counted() == before + 1
    else:  # whoever can read it, a newer worker perhaps, looks at it again
        assert len(families[0].messages()) <= 1  # its list is there all the same
        assert stored["state"] == "technical_failure" or stored["next_try"] > clock.now()
    service.database[collection].delete_many({"setting_id": families[0].setting})


@pytest.mark.parametrize("many", [2, 12])
def test_however_many_fail_the_others_go_out_in_the_same_look(
    notifications: Service, stub: tuple[NotifyStub, NotifyProvider],
    monkeypatch: pytest.MonkeyPatch, many: int,
) -> None:  # fmt: skip
    made = [_family(notifications) for _ in range(many + 6)]
    broken = {one.parent for one in made[:many]}
    real = send.compose

    def odd(store: Any, through: Any, message: Message, *more: Any) -> Any:
        if message.person_id in broken:
            raise ValueError(SECRET)
        return real(store, through, message, *more)

    monkeypatch.setattr(send, "compose", odd)
    through = outlets(notifications, email=stub[1])
    assert send.send_waiting(notifications.store, through, limit=40) == many + 6
    states = [one.messages()[0]["state"] for one in made]
    assert states == ["technical_failure"] * many + ["sent"] * 6


def test_a_database_that_is_away_is_no_messages_fault(
    families: list[Family], stub: tuple[NotifyStub, NotifyProvider], monkeypatch: pytest.MonkeyPatch
) -> None:
    service, before = families[0].service, _counted()
    away = _broken(send.compose, families[0].parent, AutoReconnect("gone"))
    with monkeypatch.context() as patched, pytest.raises(AutoReconnect):
        patched.setattr(send, "compose", away)
        send.send_waiting(service.store, outlets(service, email=stub[1]))
    assert _counted() == before
    with clock.frozen(clock.now() + timedelta(minutes=3)):
        send.send_waiting(service.store, outlets(service, email=stub[1]))
    assert [family.messages()[0]["state"] for family in families] == ["sent"] * 3


def test_what_is_out_and_cannot_be_noted_is_not_sent_once_more(
    notifications: Service, stub: tuple[NotifyStub, NotifyProvider], monkeypatch: pytest.MonkeyPatch
) -> None:
    family = _family(notifications)

    def odd(*_: Any, **__: Any) -> None:
        raise ValueError(SECRET)

    monkeypatch.setattr(Message, "hand_over", odd)
    for minutes in (0, 3, 300):
        with clock.frozen(clock.now() + timedelta(minutes=minutes)):
            send.send_waiting(notifications.store, outlets(notifications, email=stub[1]))
    assert family.messages()[0]["state"] == "sent" and len(stub[0].taken) == 1


def test_another_sender_that_was_quicker_is_no_failure(
    families: list[Family], stub: tuple[NotifyStub, NotifyProvider], monkeypatch: pytest.MonkeyPatch
) -> None:
    service, before = families[0].service, _counted()
    real = send.still_to_say

    def meanwhile(store: Any, message: Message, contact: Any) -> Any:
        if message.person_id == families[0].parent:
            store.messages.collection.update_one(
                {"_id": message.id}, {"$set": {"state": "suppressed"}, "$inc": {"version": 1}}
            )
        return real(store, message, contact)

    monkeypatch.setattr(send, "still_to_say", meanwhile)
    monkeypatch.setattr(
        send, "compose", _broken(send.compose, families[0].parent, ValueError(SECRET))
    )
    send.send_waiting(service.store, outlets(service, email=stub[1]))
    assert [one.messages()[0]["state"] for one in families] == ["suppressed", "sent", "sent"]
    assert _counted() == before + 1


@pytest.mark.parametrize("odd", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\n", "\r\n", "\x1c"])
def test_a_name_that_was_stored_with_a_line_end_is_sent_on_one_line(
    notifications: Service, stub: tuple[NotifyStub, NotifyProvider], odd: str
) -> None:
    family = _family(notifications)
    notifications.database["contacts"].update_one(
        {"setting_id": family.setting},
        {"$set": {"details.name": f"Wren{odd}Vennacombe",
                  "details.children.0.first_name": f"Ro{odd}bin"}},
    )  # fmt: skip
    through = outlets(notifications, email=stub[1])
    send.send_waiting(notifications.store, replace(through, gather_for=timedelta()))
    (mail,) = stub[0].taken
    assert len(mail["subject"].splitlines()) == 1 and "Ro bin" in mail["subject"]
    assert "Dear Wren Vennacombe" in mail["body"] and ids.new_id()


@pytest.mark.parametrize("broken", [0, 1, 2])
def test_of_what_goes_out_together_only_the_one_that_fails_stays_behind(
    notifications: Service, stub: tuple[NotifyStub, NotifyProvider],
    monkeypatch: pytest.MonkeyPatch, broken: int,
) -> None:  # fmt: skip
    """Three children of one parent, one evening: one of the three invitations cannot be written."""
    kept, provider = stub
    family, children = Family(notifications), [ids.new_id() for _ in range(3)]
    for child in children:
        notifications.handle(event("ParentLinked", {
            "child_id": child, "setting_id": family.setting, "person_id": family.parent,
            "recipients": [family.parent],
        }, subject=child))  # fmt: skip
    family.child = children[0]
    family.add_contact()
    notifications.handle(event("ParentsEveningAnnounced", {
        "setting_id": family.setting, "held_on": "2099-03-09", "children": children,
    }, subject=ids.new_id()))  # fmt: skip
    real = send.compose

    def odd(store: Any, through: Any, message: Any, who: Any, channel: Any, said: Any) -> Any:
        if any(part.about.child_id == children[broken] for part in said):
            raise jinja2.UndefinedError(SECRET)
        return real(store, through, message, who, channel, said)

    monkeypatch.setattr(send, "compose", odd)
    through = outlets(notifications, email=provider)
    for _ in range(3):
        send.send_waiting(notifications.store, through)
    states = {one["child_id"]: one["state"] for one in family.messages()}
    assert [states[child] for child in children] == [
        "technical_failure" if number == broken else "sent" for number in range(3)
    ]
    assert len(kept.taken) == 2
    told = [e for e in notifications.take_events() if e["type"].endswith("ManualContactNeeded")]
    assert [
        one["data"]["child_id"] for one in told if one["data"]["person_id"] == family.parent
    ] == [children[broken]]


@pytest.mark.parametrize("unreadable", [(0,), (4,), (0, 1, 2, 3), (1, 3), (0, 1, 2, 3, 4)])
@pytest.mark.parametrize("limit", [1, 2, 4, 5])
def test_what_cannot_be_read_hides_no_other_from_the_list(
    notifications: Service, unreadable: tuple[int, ...], limit: int
) -> None:
    family = _family(notifications)
    for version in range(2, 6):
        family.issue_copy(version)
    every = [one["id"] for one in family.messages()]
    gone = {"_id": {"$in": [every[number] for number in unreadable]}}
    notifications.database["messages"].update_many(gone, {"$set": {"about": 7}})
    seen, cursor = [], ""
    while cursor is not None:
        at = f"/settings/{family.setting}/messages?limit={limit}&cursor={cursor}"
        found = family.senco.get(at)
        seen += [one["id"] for one in found["items"]]
        cursor = found["next_cursor"]
    assert seen == [one for number, one in enumerate(every) if number not in unreadable]
