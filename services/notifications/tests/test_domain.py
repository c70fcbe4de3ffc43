"""The rules of notifications."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.notifications.domain import events
from services.notifications.domain.contact import Contact, Details
from services.notifications.domain.errors import RuleBroken
from services.notifications.domain.message import CLAIM_FOR, About, Message
from services.notifications.domain.quiet import QuietHours
from services.notifications.domain.reminder import reminder_due
from services.notifications.domain.text_message import parts
from services.notifications.domain.values import (
    Channel,
    Failure,
    Language,
    MessageState,
    Purpose,
)

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def _message() -> Message:
    return Message("m", "p", "c", "s", Purpose.PLAN_READY, About("c"), NOW, NOW)


def test_a_claim_is_one_senders_until_it_is_abandoned() -> None:
    message = _message()
    message.claim(NOW)
    with pytest.raises(RuleBroken):
        message.claim(NOW + timedelta(seconds=1))
    message.claim(NOW + CLAIM_FOR)
    message.hand_over(NOW, 1, Channel.EMAIL, "smtp")
    assert message.state is MessageState.SENT


def test_a_permanent_failure_is_final_and_a_retryable_one_ends_some_day() -> None:
    message = _message()
    tries = 0
    while message.state is not MessageState.TECHNICAL_FAILURE:
        message.claim(message.next_try)
        message.fail(Failure.RETRYABLE, "busy", message.next_try)
        tries += 1
    assert tries == 10
    other = _message()
    other.claim(NOW)
    other.fail(Failure.PERMANENT, "no such mailbox", NOW)
    assert other.state is MessageState.PERMANENT_FAILURE


@pytest.mark.parametrize("other", [None, Channel.SMS])
@pytest.mark.parametrize("failure", Failure)
def test_however_it_fails_somebody_hears_of_it_once_and_soon(
    failure: Failure, other: Channel | None
) -> None:
    """Another channel has its turn, or a person is told, within a day or so. Without a contact
    nothing can be tried, and the SENCO sees that none is recorded."""
    message, told, after = _message(), 0, None
    while message.state is MessageState.CREATED or message.state is MessageState.TEMPORARY_FAILURE:
        at = message.next_try
        message.claim(at)
        message.fail(failure, "no", at, Channel.EMAIL, other)
        told += sum(isinstance(one, events.ManualContactNeeded) for one in message.raised)
        message.raised.clear()
        if after is None and (told or message.given_up):
            after = at - NOW
        if message.given_up and message.state is MessageState.TEMPORARY_FAILURE:
            break  # the other channel's turn
    assert told == (0 if message.state is MessageState.TEMPORARY_FAILURE else 1)
    assert (message.state is MessageState.TEMPORARY_FAILURE) is (
        other is not None and failure not in (Failure.NO_CONTACT, Failure.NO_LINK)
    )
    waits = timedelta(days=8) if failure in (Failure.NO_CONTACT, Failure.NO_LINK) else None
    assert after is not None and after <= (waits or timedelta(hours=26))


@pytest.mark.parametrize(
    ("days_to_go", "told", "due"),
    [(15, [], None), (14, [], 14), (13, [14], None), (2, [14], 2), (1, [], 2), (1, [2], None),
     (-1, [], None)],
)  # fmt: skip
def test_reminders_survive_an_outage_without_a_storm(
    days_to_go: int, told: list[int], due: int | None
) -> None:
    today = date(2026, 3, 2)
    assert reminder_due(today + timedelta(days=days_to_go), today, told) == due


def test_what_is_about_a_decision_cannot_be_switched_off() -> None:
    contact = Contact(
        "c", "p", "s", Details("A", "a@b.example", None, Language.ENGLISH, [Channel.EMAIL], [])
    )
    contact.opt_out(Purpose.REVIEW_COMING)
    with pytest.raises(RuleBroken):
        contact.opt_out(Purpose.PLAN_READY)


@pytest.mark.parametrize(
    ("moment", "over"),
    [
        ("2026-03-02T19:59+00:00", None),
        ("2026-03-02T20:00+00:00", "2026-03-03T08:00+00:00"),
        ("2026-03-03T07:59+00:00", "2026-03-03T08:00+00:00"),
        ("2026-03-03T08:00+00:00", None),
        # Summer: 20:00 in London is 19:00 UTC.
        ("2026-07-02T18:59+00:00", None),
        ("2026-07-02T19:00+00:00", "2026-07-03T07:00+00:00"),
        # The nights of the clock changes: an hour less, an hour more.
        ("2026-03-28T23:30+00:00", "2026-03-29T07:00+00:00"),
        ("2026-10-24T22:30+00:00", "2026-10-25T08:00+00:00"),
        ("2026-10-25T01:30+00:00", "2026-10-25T08:00+00:00"),
    ],
)
def test_quiet_hours_are_londons(moment: str, over: str | None) -> None:
    quiet = QuietHours(time(20), time(8))
    now = datetime.fromisoformat(moment)
    assert quiet.over_at(now) == (datetime.fromisoformat(over) if over else now)


@given(st.times(), st.times(), st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)))
def test_quiet_hours_end_and_what_is_over_is_not_quiet(
    begins: time, ends: time, naive: datetime
) -> None:
    begins, ends = begins.replace(second=0, microsecond=0), ends.replace(second=0, microsecond=0)
    assume(begins != ends)
    quiet, now = QuietHours(begins, ends), naive.replace(tzinfo=UTC)
    over = quiet.over_at(now)
    assert now <= over <= now + timedelta(hours=25)
    assert quiet.over_at(over) == over


@pytest.mark.parametrize(
    ("text", "count"),
    [("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3), ("€" * 80, 1), ("€" * 81, 2),
     ("ع" * 70, 1), ("ع" * 71, 2), ("ع" * 134, 2), ("ع" * 135, 3), ("😀" * 35, 1), ("😀" * 36, 2)],
)  # fmt: skip
def test_texts_are_counted_in_parts(text: str, count: int) -> None:
    assert parts(text) == count
