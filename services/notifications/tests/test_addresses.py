"""Numbers and addresses: every field that takes one takes only what can be reached by it."""

import importlib
import inspect
import pkgutil
import threading
from collections.abc import Iterator
from typing import Any

import marshmallow
import pytest

import services
from deploy.local.notify import NotifyStub
from services.notifications.commands.send import send_waiting
from services.notifications.domain.telephone import NO_TEXTS, takes_texts
from services.notifications.domain.values import Channel
from services.notifications.providers.notify import NotifyProvider, NotifyTexts
from services.notifications.schemas import (
    _NOT_AN_ADDRESS,
    EmailAddress,
    MobileNumber,
    TelephoneNumber,
)
from services.notifications.store.changes import CHANGES
from shared.store.changes import Changes
from shared.web import fields as f
from tests.support.family import Family
from tests.support.house import Service
from tests.support.stubs import served_notify
from tests.support.world import outlets

_SPEAKS_OF = {
    "email": EmailAddress,
    "mobile": MobileNumber,
    "phone": TelephoneNumber,
    "telephone": TelephoneNumber,
}
"""Part of a field's name -> the only kind of field that may bear it."""
TAKEN = {
    "07700 900 982": "+447700900982",  # Ofcom keeps these for drama
    "+44 (0)7911 123456": "+447911123456",
    "0044 7911 123456": "+447911123456",
    "0044 (0) 7911 123456": "+447911123456",
    "(07911) 123-456": "+447911123456",
    "07911.123.456": "+447911123456",
    "447911123456": "+447911123456",
    "tel:+447911123456": "+447911123456",
    "\uff10\uff17\uff19\uff11\uff11\uff11\uff12\uff13\uff14\uff15\uff16": "+447911123456",
    "\u06f0\u06f7\u06f9\u06f1\u06f1\u06f1\u06f2\u06f3\u06f4\u06f5\u06f6": "+447911123456",
    "07911\u00a0123\u00a0456": "+447911123456",
    "\u202a07911\u200b 123\u2011456\u202c": "+447911123456",
    "07624 494949": "+447624494949",  # the Isle of Man: no pager
    "07797 712345": "+447797712345",  # Jersey
    "07781 123456": "+447781123456",  # Guernsey
    "+48 512 345 678": "+48512345678",
    "0048 (0)512 345 678": "+48512345678",
    "+92 300 1234567": "+923001234567",
    "+353 85 123 4567": "+353851234567",
    "+1 212 555 0123": "+12125550123",  # mobiles and landlines are not told apart there
}
REFUSED = {
    "0800 1111": "cannot get text",
    "0808 800 5000": "cannot get text",
    "07600 123456": "cannot get text",  # a pager
    "070 1234 5678": "cannot get text",  # a personal number
    "+44 7000 000000": "cannot get text",
    "0909 879 0000": "cannot get text",
    "0300 123 4567": "cannot get text",
    "+800 1234 5678": "cannot get text",
    "056 1234 5678": "",  # internet telephony
    "01534 123456": "",  # a landline of Jersey
    "020 7946 0958": "landline",
    "+44 20 7946 0958": "landline",
    "+39 06 1234 5678": "landline",
    "07911 12345": "+ and its country code",  # one digit short
    "07911 1234567": "+ and its country code",
    "7911 123456": "+ and its country code",
    "512 345 678": "+ and its country code",  # Poland's, without its country
    "48 512 345 678": "+ and its country code",
    "0300 1234567": "",  # Pakistan's
    "085 123 4567": "+ and its country code",  # Ireland's
    "(212) 555 0123": "+ and its country code",
    "5512345678": "+ and its country code",
    "011 44 7911 123456": "+ and its country code",
    "999": "+ and its country code",
    "60006": "+ and its country code",
    "07911 123456 ext 5": "extension",
    "07911 123456 x5": "extension",
    "07911 123456#5": "extension",
    "07911 123456 (Mum)": "+ and its country code",  # letters are no digits
    "O7911 123456": "+ and its country code",
    "07911 123456 / 07911 123457": "+ and its country code",
    "Mum": "+ and its country code",
}
ADDRESSES = {
    "parent@families.example": "parent@families.example",
    " parent@Families.EXAMPLE\u00a0": "parent@families.example",
    "\u200bparent@families.example\ufeff": "parent@families.example",
    "mailto:parent@families.example": "parent@families.example",
    "\uff50arent\uff20families.example": "parent@families.example",
    "parent@xn--bcher-kva.example": "parent@b\u00fccher.example",
    "parent@b\u00fccher.example": "parent@b\u00fccher.example",
}
NO_ADDRESSES = (
    "parent@example.invalid",
    "parent@localhost",
    "parent@mail.local",
    "parent@dotless",
    "parent@families.example.",
    "par ent@families.example",
    "Ann <parent@families.example>",
    "<parent@families.example>",
    "parent@[192.0.2.1]",
    "parent@192.0.2.1",
    "a@b@families.example",
    "a@families.example, b@families.example",
    "a@families.example;b@families.example",
    "a..b@families.example",
    ".a@families.example",
    "a@-families.example",
    "a@fam_ilies.example",
    '"a b"@families.example',
    "@families.example",
    "parent@",
    "parent",
    "x" * 65 + "@families.example",
    "parent@families.example\u2028x",
    "parent@\u0378.example",
)


def _schemas() -> Iterator[type[marshmallow.Schema]]:
    """Every schema of every service, wherever in it."""
    for module in pkgutil.walk_packages(services.__path__, "services."):
        if ".tests" in module.name:
            continue
        for _, found in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(found, marshmallow.Schema) and found.__module__ == module.name:
                yield found


def _fields() -> list[tuple[str, marshmallow.fields.Field[Any]]]:
    return [
        (f"{schema.__module__}.{schema.__name__}.{name}", field)
        for schema in _schemas()
        for name, field in schema._declared_fields.items()
    ]


def test_every_field_for_a_number_or_an_address_is_of_the_kind_that_looks_at_it() -> None:
    found = {
        name: kind
        for name, field in _fields()
        for part, kind in _SPEAKS_OF.items()
        if part in name.rpartition(".")[2].split("_")
        and isinstance(field, marshmallow.fields.String)
    }
    assert len(found) >= 3, found
    kinds = dict(_fields())
    assert {name: type(kinds[name]) for name in found} == found


def _of_kind(kind: type) -> list[Any]:
    return [field for _, field in _fields() if type(field) is kind]


@pytest.mark.parametrize(("written", "kept"), TAKEN.items())
def test_every_way_of_writing_a_mobile_number_is_kept_as_one(written: str, kept: str) -> None:
    assert [field.deserialize(written) for field in _of_kind(MobileNumber)] == [kept]
    assert takes_texts(kept)


@pytest.mark.parametrize(("written", "why"), REFUSED.items())
def test_a_number_that_can_take_no_text_is_refused_with_what_to_do(written: str, why: str) -> None:
    for field in _of_kind(MobileNumber):
        with pytest.raises(marshmallow.ValidationError) as refused:
            field.deserialize(written)
        (words,) = refused.value.messages
        assert why in words and "nter a mobile number" in words
    assert not takes_texts(written)


@pytest.mark.parametrize("written", [*TAKEN, *(n for n in REFUSED if not n[-1].isalpha())][:24])
def test_a_number_to_call_may_be_a_landline(written: str) -> None:
    for field in _of_kind(TelephoneNumber):
        assert field.deserialize(written) == f.Text(most=40).deserialize(written)


@pytest.mark.parametrize("written", ["ask for Sam", "-", "12", "x" * 41])
def test_a_number_to_call_is_a_number(written: str) -> None:
    for field in _of_kind(TelephoneNumber):
        with pytest.raises(marshmallow.ValidationError):
            field.deserialize(written)


@pytest.mark.parametrize(("written", "kept"), ADDRESSES.items())
def test_an_email_address_is_kept_as_it_is_used(written: str, kept: str) -> None:
    assert [field.deserialize(written) for field in _of_kind(EmailAddress)] == [kept]


@pytest.mark.parametrize("written", NO_ADDRESSES)
def test_what_can_take_no_mail_is_refused_with_what_to_do(written: str) -> None:
    for field in _of_kind(EmailAddress):
        with pytest.raises(marshmallow.ValidationError) as refused:
            field.deserialize(written)
        assert refused.value.messages == [_line_is_refused(written) or _NOT_AN_ADDRESS]


def _line_is_refused(written: str) -> str | None:
    """What the rule for every line says first, if it refuses this one."""
    try:
        f.Text(most=254).deserialize(written)
    except marshmallow.ValidationError as problem:
        return str(problem.messages[0])
    return None


@pytest.fixture
def family(notifications: Service) -> Family:
    notifications.database["messages"].delete_many({})
    made = Family(notifications)
    made.link()
    return made


def test_the_api_names_the_field_and_keeps_nothing(family: Family) -> None:
    at = f"/settings/{family.setting}/contacts"
    made = family.add_contact(mobile="07911 123456")
    for details, pointer in (
        ({"mobile": "0800 1111"}, "/details/mobile"),
        ({"email": "a@example.invalid"}, "/details/email"),
    ):
        body = {"person_id": family.child, "details": {**made["details"], **details}}
        problem = family.senco.refused(422, "POST", at, body)
        assert [one["pointer"] for one in problem["errors"]] == [pointer]
        at_one = f"/contacts/{made['id']}"
        problem = family.senco.refused(422, "PUT", at_one, body["details"], version=1)
        assert [one["pointer"] for one in problem["errors"]] == [pointer.removeprefix("/details")]
    (kept,) = family.senco.get(at)["items"]
    assert kept["details"]["mobile"] == "+447911123456"


@pytest.fixture
def stub() -> Iterator[tuple[NotifyStub, NotifyProvider]]:
    with served_notify() as found:
        yield found


def _keep_as_before(family: Family, mobile: str) -> str:
    """A contact whose number an earlier release took. Answers its id."""
    made = family.add_contact(channels=["sms", "email"])
    family.service.database["contacts"].update_one(
        {"_id": made["id"]}, {"$set": {"details.mobile": mobile}}
    )
    return str(made["id"])


def test_a_number_of_before_that_can_take_no_text_is_its_contacts_own_trouble(
    family: Family, stub: tuple[NotifyStub, NotifyProvider]
) -> None:
    kept, provider = stub
    other = Family(family.service)
    other.link()
    other.add_contact(mobile="07911 123457", channels=["sms"])
    contact = _keep_as_before(family, "+448001111")
    family.issue_copy()
    other.issue_copy()
    through = outlets(family.service, email=provider, sms=NotifyTexts(provider._settings))
    send_waiting(family.service.store, through)
    send_waiting(family.service.store, through)
    # It goes by email instead, and its neighbour's by text.
    assert sorted(one["type"] for one in kept.taken) == ["email", "sms"]
    assert family.messages()[0]["state"] == "sent"
    (failing,) = family.senco.get(f"/contacts/{contact}")["failing"]
    assert (failing["channel"], failing["reason"]) == ("sms", NO_TEXTS)
    due = family.senco.get(f"/settings/{family.setting}/due")
    assert [one["person_id"] for one in due if one["kind"] == "contact_failing"] == [family.parent]
    assert all(h.has_turn for h in through.of(family.setting)[Channel.SMS].health())


def test_numbers_of_before_are_on_the_settings_list_without_anything_being_sent(
    family: Family,
) -> None:
    contact = _keep_as_before(family, "+448001111")
    good = Family(family.service, setting=family.setting)
    made = good.add_contact(mobile="07911 123458")
    family.service.database["stored_changes"].delete_many({})
    assert Changes(family.service.database, CHANGES, pause=0).round(threading.Event()) == 0
    found = family.senco.get(f"/contacts/{contact}")
    assert [one["reason"] for one in found["failing"]] == [NO_TEXTS]
    assert family.senco.get(f"/contacts/{made['id']}")["failing"] == []
    # Put right, it is off the list.
    details = {**found["details"], "mobile": "07911 123456"}
    right = family.senco.put(f"/contacts/{contact}", details, version=found["version"])
    assert right["failing"] == []
