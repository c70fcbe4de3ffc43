"""Several pieces of news as one, lists for SENCOs, daily limits: never twice, never forgotten."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from deploy.local.notify import NotifyStub
from services.notifications.commands.send import send_waiting
from services.notifications.commands.tell import release_digests, release_reminders
from services.notifications.domain.due import Due, in_lines
from services.notifications.domain.limits import Limits, next_morning
from services.notifications.domain.values import Channel
from services.notifications.providers.notify import NotifyProvider, NotifyTexts
from services.notifications.providers.several import Several
from shared import clock, ids
from shared.identity.links import Link, Links
from tests.support.family import Family
from tests.support.house import LINK_KEY, Service, event
from tests.support.kept import Kept
from tests.support.stubs import served_notify
from tests.support.world import contact, outlets

MONDAY = datetime(2030, 3, 4, 9, tzinfo=UTC)
GATHER = timedelta(minutes=3)


@pytest.fixture
def stub() -> Iterator[tuple[NotifyStub, NotifyProvider]]:
    with served_notify() as found:
        yield found


@pytest.fixture
def family(notifications: Service) -> Family:
    for left in ("messages", "profiles"):  # by other tests: jobs look at every setting
        notifications.database[left].delete_many({})
    made = Family(notifications)
    made.link()
    return made


def _send(family: Family, provider: NotifyProvider, at: datetime, **more: Any) -> None:
    through = outlets(family.service, email=provider, gather_for=GATHER, **more)
    with clock.frozen(at):
        while send_waiting(family.service.store, through):
            pass


def _coming(family: Family, day: str) -> str:
    """A review of the child's has a date. Answers its plan."""
    review, plan = ids.new_id(), ids.new_id()
    data = {"child_id": family.child, "setting_id": family.setting, "plan_id": plan, "due_on": day}
    family.service.handle(event("ReviewScheduled", data, subject=review))
    return review


def test_news_of_some_minutes_goes_out_as_one(
    family: Family, stub: tuple[NotifyStub, NotifyProvider]
) -> None:
    kept, provider = stub
    family.add_contact()
    with clock.frozen(MONDAY):
        family.progress()
    with clock.frozen(MONDAY + timedelta(minutes=1)):
        family.progress()
        _coming(family, "2030-03-18")
        release_reminders(family.service.store)
        family.issue_copy()
    _send(family, provider, MONDAY + timedelta(minutes=2))
    assert [one["subject"] for one in kept.taken] == [
        "your child's setting: your copy of Robin\u2019s plan"
    ]
    kept.taken.clear()
    _send(family, provider, MONDAY + timedelta(minutes=4))
    _send(family, provider, MONDAY + timedelta(minutes=9))
    (one,) = kept.taken
    assert one["subject"] == "your child's setting: 3 pieces of news for you"
    assert one["body"].count("/family/referrals/") == 2 and one["body"].count("/family/plans/") == 1
    assert "Robin\u2019s review is on Monday 18 March 2030" in one["body"]
    states = sorted(m["state"] for m in family.messages() if m["purpose"] != "plan_ready")
    assert states == ["gathered", "gathered", "sent"]
    leader = next(m for m in family.messages() if m["id"] == one["reference"])
    assert {m["gathered_in"] for m in family.messages()} == {None, leader["id"]}


def test_a_text_about_several_things_leads_to_a_page_that_lists_them(
    family: Family, stub: tuple[NotifyStub, NotifyProvider]
) -> None:
    kept, provider = stub
    family.add_contact(mobile="07700 900131", channels=["sms"])
    with clock.frozen(MONDAY):
        family.progress()
        family.progress()
    _send(family, provider, MONDAY + GATHER, sms=NotifyTexts(provider._settings))
    (text,) = kept.taken
    assert "2 pieces of news" in text["body"]
    code = text["body"].partition("notifications.example")[2].split()[0]
    http = family.service.anonymous()
    with clock.frozen(MONDAY + timedelta(hours=1)):
        at = http.get(code).headers["Location"].removeprefix("http://notifications.example")
        page = http.get(at).text
        assert page.count("/family/referrals/") == 2
        # Nobody else's link opens it, and what is no longer theirs to know is not on it.
        other = Links((LINK_KEY,), 90).sign(Link("news", text["reference"], ids.new_id()))
        assert http.get(f"/family/news/{other}").status_code == 404
        family.unlink()
        assert "nothing left" in http.get(at).text


def test_what_was_stopped_or_is_no_longer_true_is_left_out(
    family: Family, stub: tuple[NotifyStub, NotifyProvider]
) -> None:
    kept, provider = stub
    made = family.add_contact()
    with clock.frozen(MONDAY):
        family.progress()
        review = _coming(family, "2030-03-18")
        release_reminders(family.service.store)
        data = {"child_id": family.child, "setting_id": family.setting, "plan_id": ids.new_id(),
                "due_on": "2030-04-22", "previous_due_on": "2030-03-18"}  # fmt: skip
        family.service.handle(event("ReviewMoved", data, subject=review, sequence=2))
    _send(family, provider, MONDAY + GATHER)
    assert [one["subject"] for one in kept.taken] == [
        "your child's setting: where the request for help for Robin stands"
    ]
    by_purpose = {m["purpose"]: m for m in family.messages()}
    assert by_purpose["review_coming"]["suppressed"] == "stale"
    token = Links((LINK_KEY,), 90).sign(Link("preferences", made["id"], family.parent))
    with clock.frozen(MONDAY + timedelta(hours=1)):
        family.progress()
    family.service.anonymous().post(f"/family/preferences/{token}?purpose=referral_progress",
                                    data={"List-Unsubscribe": "One-Click"})  # fmt: skip
    _send(family, provider, MONDAY + timedelta(hours=2))
    assert len(kept.taken) == 1


def test_a_sender_that_dies_with_several_in_hand_loses_none_and_repeats_none(
    family: Family, stub: tuple[NotifyStub, NotifyProvider]
) -> None:
    kept, provider = stub
    family.add_contact()
    with clock.frozen(MONDAY):
        family.progress()
        family.progress()

    class Killed(BaseException):
        """What no handler catches."""

    class Dies(NotifyProvider):
        def send(self, email: Any, /) -> None:
            super().send(email)
            raise Killed

    with pytest.raises(Killed):
        _send(family, Dies(provider._settings), MONDAY + GATHER)
    _send(family, provider, MONDAY + timedelta(minutes=10))
    assert len(kept.taken) == 1
    assert sorted(m["state"] for m in family.messages()) == ["gathered", "sent"]


def test_when_several_things_cannot_be_delivered_each_is_made_known(
    family: Family, stub: tuple[NotifyStub, NotifyProvider]
) -> None:
    kept, provider = stub
    family.add_contact()
    with clock.frozen(MONDAY):
        family.progress()
        family.progress()
    kept.faults = [(400, "ValidationError")]
    family.service.take_events()
    _send(family, provider, MONDAY + GATHER)
    needed = [e for e in family.service.take_events() if e["type"].endswith("ManualContactNeeded")]
    assert [e["data"]["purpose"] for e in needed] == ["referral_progress"] * 2


# --- what waits for the SENCO


def _senco(family: Family, email: str = "senco@school.example") -> str:
    """Somebody who is to hear what is due."""
    person = ids.new_id()
    family.senco.post(f"/settings/{family.setting}/contacts", {
        "person_id": person, "details": {**contact(person, family.child)["details"],
                                         "name": "Sam Senco", "email": email, "children": []},
    })  # fmt: skip
    family.senco.put(f"/settings/{family.setting}/profile",
                     {"name": "Thornbeck School", "phone": "01234 567 890", "sencos": [person]},
                     version=0)  # fmt: skip
    return person


def _about(family: Family, **more: Any) -> dict[str, Any]:
    return {"child_id": family.child, "setting_id": family.setting, **more}


def test_a_senco_hears_once_a_working_day_what_is_due(
    family: Family, stub: tuple[NotifyStub, NotifyProvider]
) -> None:
    kept, provider = stub
    _senco(family)
    service, review, plan, escalation = family.service, ids.new_id(), ids.new_id(), ids.new_id()
    _coming(family, "2030-03-15")
    _coming(family, "2030-03-01")
    service.handle(
        event("DiscussionOverdue", _about(family, plan_id=plan, held_on="2030-02-01"), subject=review),
        event("CheckOverdue", _about(family, last_check_on="2030-01-10"), subject=plan),
        event("EscalationSuggested",
              _about(family, plan_id=plan, escalation_id=escalation, cycles=2), subject=review,
              sequence=9),
    )  # fmt: skip

    def release(at: datetime) -> int:
        with clock.frozen(at):
            return release_digests(service.store, 7)

    assert release(MONDAY.replace(hour=6)) == 0  # too early
    assert release(MONDAY - timedelta(days=1)) == 0  # a Sunday
    assert (release(MONDAY), release(MONDAY)) == (1, 0)
    _send(family, provider, MONDAY)
    (mail,) = kept.taken
    assert mail["subject"] == "Thornbeck School: what waits for you today"
    for line in ("1 review is past its day", "1 review comes in the next two weeks",
                 "1 review has not been talked about", "1 plan has had no check",
                 "1 suggestion to talk"):  # fmt: skip
        assert line in mail["body"], line
    assert "Robin" not in mail["body"] and f"/due/{family.setting}" in mail["body"]
    listed = family.senco.get(f"/settings/{family.setting}/due")
    assert {one["child_id"] for one in listed} == {family.child}
    # What is done is not due any more, in whatever order it is heard of.
    service.handle(
        event("ReviewDiscussed", _about(family, plan_id=plan, discussed_on="2030-03-04"),
              subject=review, sequence=2),
        event("CheckRecorded", _about(family, plan_id=plan, occurred_on="2030-03-04", statuses=[]),
              subject=ids.new_id()),
        event("EscalationDismissed", _about(family, dismissed_on="2030-03-04"), subject=escalation),
        event("CheckOverdue", _about(family, last_check_on="2030-02-10"), subject=plan, sequence=3),
    )  # fmt: skip
    with clock.frozen(MONDAY):
        kinds = {one["kind"] for one in family.senco.get(f"/settings/{family.setting}/due")}
    assert kinds == {"review_overdue", "review_coming"}
    # Three days later only that day's list goes out.
    assert release(MONDAY + timedelta(days=3)) == 1
    _send(family, provider, MONDAY + timedelta(days=3))
    assert len(kept.taken) == 2


def test_where_nothing_waits_nobody_is_written_to(
    family: Family, stub: tuple[NotifyStub, NotifyProvider]
) -> None:
    kept, provider = stub
    _senco(family)
    with clock.frozen(MONDAY):
        assert release_digests(family.service.store, 7) == 0
    _send(family, provider, MONDAY)
    assert kept.taken == []


@pytest.mark.parametrize(
    ("counts", "lines"),
    [({}, []), ({Due.REVIEW_OVERDUE: 1}, ["1 review is past its day"]),
     ({Due.REVIEW_COMING: 3, Due.SUGGESTION: 2},
      ["2 suggestions to talk about more support wait for you",
       "3 reviews come in the next two weeks"])],
)  # fmt: skip
def test_what_waits_is_said_in_a_line_each(counts: dict[Due, int], lines: list[str]) -> None:
    assert in_lines(counts) == lines


# --- limits, and no storm


def test_what_is_too_much_for_a_day_goes_out_the_next_morning(
    family: Family, stub: tuple[NotifyStub, NotifyProvider]
) -> None:
    kept, provider = stub
    family.add_contact()
    with clock.frozen(MONDAY):
        for version in range(5):
            family.issue_copy(version + 1)
    _send(family, provider, MONDAY, limits=Limits(person=3))
    assert len(kept.taken) == 3
    held = [m for m in family.messages() if m["state"] == "postponed"]
    assert {m["next_try"] for m in held} == {"2030-03-05T08:00:00+00:00"} and len(held) == 2
    _send(family, provider, MONDAY + timedelta(days=1), limits=Limits(person=3))
    assert len(kept.taken) == 5


def test_a_setting_that_has_sent_its_texts_of_a_day_sends_email(
    family: Family, stub: tuple[NotifyStub, NotifyProvider]
) -> None:
    kept, provider = stub
    family.add_contact(mobile="07700 900132", channels=["sms", "email"])
    with clock.frozen(MONDAY):
        for version in range(3):
            family.issue_copy(version + 1)
    both = {"sms": Several([NotifyTexts(provider._settings)]), "limits": Limits(texts=2)}
    _send(family, provider, MONDAY, **both)
    assert sorted(one["type"] for one in kept.taken) == ["email", "sms", "sms"]


@pytest.mark.parametrize("limits", [Limits(person=2), Limits(texts=2)], ids=["person", "texts"])
def test_what_one_setting_sends_takes_nothing_from_another(family: Family, limits: Limits) -> None:
    """A parent of children at two settings: whatever is counted is counted for each."""
    texts, other = Kept("texts"), Family(family.service, parent=family.parent)
    other.link()
    for one, mobile in ((family, "+447700900133"), (other, "+447700900134")):
        one.add_contact(None, mobile=mobile, channels=["sms"])
        with clock.frozen(MONDAY):
            for version in range(3):
                one.issue_copy(version + 1)
    through = outlets(family.service, sms=Several([texts]), limits=limits)
    with clock.frozen(MONDAY):
        while send_waiting(family.service.store, through):
            pass
    numbers = [text.to for text in texts.got]
    assert sorted(numbers) == ["+447700900133"] * 2 + ["+447700900134"] * 2


@pytest.mark.parametrize("channel", list(Channel))
def test_no_count_is_shared_by_two_settings(channel: Channel) -> None:
    here, there = (
        {name for name, _ in Limits().names(channel, setting, "person")} for setting in "ab"
    )
    assert here and here.isdisjoint(there)


@pytest.mark.parametrize(
    ("moment", "morning"),
    [("2026-03-28T12:00+00:00", "2026-03-29T07:00+00:00"),  # the clocks go forward
     ("2026-10-24T23:30+00:00", "2026-10-26T08:00+00:00")],  # 00:30 of the 25th in London
)  # fmt: skip
def test_the_next_morning_is_londons(moment: str, morning: str) -> None:
    assert next_morning(datetime.fromisoformat(moment)) == datetime.fromisoformat(morning)


def test_after_an_outage_each_review_is_reminded_of_once(
    family: Family, stub: tuple[NotifyStub, NotifyProvider]
) -> None:
    """Both reminders have come due in the outage: only the nearer one goes."""
    kept, provider = stub
    family.add_contact()
    _coming(family, (date(2030, 3, 4) + timedelta(days=1)).isoformat())
    with clock.frozen(MONDAY):
        for _ in range(3):
            release_reminders(family.service.store)
    _send(family, provider, MONDAY + GATHER)
    assert len(kept.taken) == 1
