"""What a young person chooses is what their parents get: every message, every door.

One table in plans says what decides about each; it is held against all purposes of messages and
all signed links that there are.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from services.notifications.commands.decide import still_to_say
from services.notifications.commands.tell import Cause, tell_person, tell_recipients
from services.notifications.domain.message import About
from services.notifications.domain.values import Entitlement, Purpose, Suppressed
from services.notifications.handlers import handlers
from services.notifications.rendering.links import _SIGNED
from services.plans.domain.sharing import LINKS, MESSAGES, Decision, ForAll, Sharing
from shared import clock, ids
from shared.events.registry import event_types
from shared.identity.links import Link, Links
from tests.support.family import Family
from tests.support.house import LINK_KEY, Service, event, settle
from tests.support.world import World, build

Json = dict[str, Any]
NOT_OF_A_CHILD = {one for one in Purpose if one.for_staff or one.startswith("session_")}
OWN_CONTACT = {"preferences", "news"}
"""What a person is told of is looked at behind these, not who may open them."""


def test_every_message_and_every_link_has_its_row() -> None:
    assert set(MESSAGES) == set(Purpose) - NOT_OF_A_CHILD
    assert set(LINKS) == set(_SIGNED) - OWN_CONTACT
    assert {one for one in {*MESSAGES.values()} if isinstance(one, Sharing)} == set(Sharing)


@pytest.mark.parametrize("name", sorted(handlers(None)))  # type: ignore[arg-type]
def test_what_a_message_leads_to_opens_for_whoever_is_sent_it(
    notifications: Service, name: str
) -> None:
    """Of every event that makes messages: its link and itself are decided by the same."""
    from services.notifications.tests.test_events import _sample

    family = Family(notifications)
    family.link()
    row = event_types()[name]
    data = _sample(row.schema(), family)
    family.service.handle(event(row.name, data, subject=ids.new_id()))
    query = {"setting_id": family.setting}
    for made in notifications.store.messages.find_many(query):
        if made.about.link in LINKS:
            assert LINKS[made.about.link] is MESSAGES[made.purpose], (name, made.about.link)


@pytest.mark.parametrize("purpose", sorted(MESSAGES))
def test_who_gets_no_more_of_one_purpose_is_not_sent_it(
    notifications: Service, purpose: str
) -> None:
    """At making, and again at sending; and of every other purpose they are."""
    family, wanted = Family(notifications), Purpose(purpose)
    young = family.child

    def told(without: str | None) -> list[Json]:
        return [
            {"purpose": one, "people": [young] if one == without else [young, family.parent]}
            for one in MESSAGES
        ]

    store, cause = notifications.store, Cause(ids.new_id(), clock.now())
    both = [young, family.parent]
    family.say("RecipientsChanged", recipients=both, told=told(None), deciders=[])
    about = About(family.child)
    made = tell_recipients(
        store, cause=cause, setting_id=family.setting, purpose=wanted, about=about
    )
    assert [one.person_id for one in made] == both
    family.say("RecipientsChanged", recipients=both, told=told(purpose), deciders=[])
    for one in Purpose:
        if one in NOT_OF_A_CHILD:
            continue
        held = store.entitlement(family.child, family.parent, one)
        assert held is (Entitlement.ENDED if one is wanted else Entitlement.HELD)
        assert store.entitlement(family.child, young, one) is Entitlement.HELD
    reasons = [still_to_say(store, one, None)[1] for one in made]
    assert reasons == [None, Suppressed.NOT_ENTITLED]
    again = Cause(ids.new_id(), clock.now())
    made = tell_recipients(
        store, cause=again, setting_id=family.setting, purpose=wanted, about=about
    )
    assert [one.person_id for one in made] == [young]


def test_events_of_before_and_purposes_that_their_writer_did_not_know(
    notifications: Service,
) -> None:
    family = Family(notifications)
    store, other = notifications.store, ids.new_id()
    family.say("RecipientsChanged", recipients=[family.parent, other])
    assert store.recipients_of(family.child, Purpose.PLAN_READY) == [family.parent, other]
    rows = [
        {"purpose": "plan_ready", "people": [family.parent, other]},
        {"purpose": "let_us_talk", "people": [other]},
    ]
    family.say("RecipientsChanged", recipients=[family.parent, other], told=rows)
    assert store.recipients_of(family.child, Purpose.PLAN_READY) == [family.parent, other]
    # Nobody gets by an oversight what somebody did not want shared.
    assert store.recipients_of(family.child, Purpose.EVENING_SLOTS) == [other]


def test_who_is_no_more_told_is_known_in_whatever_order_it_is_heard(
    notifications: Service,
) -> None:
    family = Family(notifications)
    person, data = family.parent, {"child_id": family.child, "setting_id": family.setting}
    rows = [{"purpose": one, "people": [person]} for one in MESSAGES]
    fewer = [row for row in rows if row["purpose"] != "plan_ready"]
    gone = [*fewer, {"purpose": "plan_ready", "people": []}]
    said = [
        event(
            "RecipientsChanged",
            {**data, "recipients": [person], "told": told, "deciders": []},
            subject=family.child,
            sequence=number,
        )
        for number, told in enumerate((rows, gone), 1)
    ]
    notifications.handle(*reversed(said))
    found = notifications.store.entitlement(family.child, person, Purpose.PLAN_READY)
    assert found is Entitlement.ENDED


@pytest.fixture(scope="module")
def every(
    plans: Service, reviews: Service, referrals: Service, notifications: Service
) -> tuple[Service, ...]:
    return plans, reviews, referrals, notifications


@pytest.fixture(scope="module")
def world(every: tuple[Service, ...]) -> World:
    """A family whose child is 17 by now."""
    made = build(*every)
    senco, at = made.school.senco, f"/children/{made.ids['child_id']}"
    child = senco.get(at)
    born = clock.today() - timedelta(days=365 * 17 + 200)
    senco.put(
        at,
        {
            "first_name": child["first_name"],
            "last_name": child["last_name"],
            "date_of_birth": born.isoformat(),
        },
        version=child["version"],
    )
    settle(*every)
    return made


def _doors(every: tuple[Service, ...], world: World) -> Iterator[tuple[str, Service, str, str]]:
    """Purpose of the link, the service, the address with its token left open, what it opens."""
    by_name = {service.name: service for service in every}
    opens = {
        "plan": world.ids["plan_id"],
        "referral": world.ids["referral_id"],
        "consent": world.ids["referral_id"],
        "evening": f"{world.ids['evening_id']}/{world.ids['child_id']}",
        "rights": world.ids["child_id"],
    }
    for purpose in LINKS:
        service, path = _SIGNED[purpose]
        yield purpose, by_name[service], path, opens[purpose]


@pytest.mark.parametrize("chosen", [(), *((one,) for one in Sharing), tuple(Sharing)])
def test_a_door_opens_for_parents_as_the_young_person_chose(
    every: tuple[Service, ...], world: World, chosen: tuple[Sharing, ...]
) -> None:
    senco, at = world.school.senco, f"/children/{world.ids['child_id']}"
    now = senco.get(f"{at}/rights")
    senco.put(f"{at}/rights/sharing", {"parents_get": list(chosen)}, version=now["version"])
    settle(*every)
    for purpose, service, path, subject in _doors(every, world):
        for person, young in ((world.ids["child_id"], True), (world.ids["person_id"], False)):
            token = Links((LINK_KEY,), 90).sign(Link(purpose, subject, person))
            answer = service.anonymous().get(path.format(token=token))
            decided = Sharing.REFERRALS if purpose == "consent" else LINKS[purpose]
            opens = young or decided in chosen or decided is ForAll.EVERYBODY
            assert answer.status_code == (200 if opens else 404), (purpose, person, chosen)
            if purpose == "consent" and not young:  # told that there is a referral, asked nothing
                assert "Is not understood" not in answer.get_data(as_text=True)


def test_a_parent_who_acts_for_one_decision_gets_in_for_that_alone(
    every: tuple[Service, ...], world: World
) -> None:
    senco, at = world.school.senco, f"/children/{world.ids['child_id']}"
    now = senco.get(f"{at}/rights")
    senco.put(f"{at}/rights/sharing", {"parents_get": []}, version=now["version"])
    now = senco.get(f"{at}/rights")
    mother = world.ids["person_id"]
    body = {
        "decision": Decision.REFERRAL_CONSENT,
        "has_capacity": False,
        "acts_id": mother,
        "why": "As assessed",
    }
    senco.post(f"{at}/rights/capacity", body, version=now["version"])
    settle(*every)
    for purpose, service, path, subject in _doors(every, world):
        token = Links((LINK_KEY,), 90).sign(Link(purpose, subject, mother))
        status = service.anonymous().get(path.format(token=token)).status_code
        assert status == (200 if purpose in ("referral", "consent", "rights") else 404), purpose


def test_a_message_is_made_for_a_person_once_whoever_else_chooses(
    notifications: Service,
) -> None:
    """The event names whom: parents who get nothing else any more among them."""
    family = Family(notifications)
    rows = [
        {
            "purpose": one,
            "people": [family.child, family.parent]
            if MESSAGES[one] is ForAll.EVERYBODY
            else [family.child],
        }
        for one in MESSAGES
    ]
    family.say("RecipientsChanged", recipients=[family.child], told=rows, deciders=[])
    family.say("SharingChanged", basis="not_chosen_adult", people=[family.child, family.parent])
    made = notifications.store.messages.find_many({"setting_id": family.setting})
    assert {(one.person_id, one.purpose) for one in made} == {
        (family.child, "sharing_changed"),
        (family.parent, "sharing_changed"),
    }
    assert [still_to_say(notifications.store, one, None)[1] for one in made] == [None, None]
    tell_person(
        notifications.store,
        family.parent,
        cause=Cause(ids.new_id(), clock.now()),
        setting_id=family.setting,
        purpose=Purpose.PLAN_READY,
        about=About(family.child),
    )
    (late,) = notifications.store.messages.find_many(
        {"setting_id": family.setting, "purpose": "plan_ready"}
    )
    held = notifications.store.entitlement(family.child, late.person_id, late.purpose)
    assert held is not Entitlement.HELD
