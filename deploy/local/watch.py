"""What the demo waits for: events that flow, emails that arrive, what follows elsewhere."""

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

import requests

from deploy.local import client
from deploy.local.client import Json
from deploy.local.tap import Tap

T = TypeVar("T")

PATIENCE_SECONDS = 180.0
"""Long enough for a broker that is away for a minute."""


EXPECTED = (
    "plans.ChildRegistered",
    "plans.ParentLinked",
    "plans.AssessmentStarted",
    "plans.AssessmentCompleted",
    "plans.SenSupportStarted",
    "plans.SenStatusChanged",
    "plans.PlanAgreed",
    "plans.PlanActivated",
    "plans.PlanShared",
    "plans.PlanCopyIssued",
    "plans.CheckRecorded",
    "plans.PlanAmended",
    "reviews.ReviewScheduled",
    "reviews.ReviewHeld",
    "reviews.ReviewCompleted",
    "reviews.ReviewDecided",
    "reviews.ReviewDiscussed",
    "reviews.EscalationSuggested",
    "reviews.EscalationConfirmed",
    "reviews.EscalationDiscussed",
    "referrals.ReferralSuggested",
    "referrals.ReferralSubmitted",
    "referrals.ReferralConsentAsked",
    "referrals.ReferralAccepted",
    "referrals.ReferralWaiting",
    "notifications.MessageSent",
)
"""What has to have flowed by the end."""


class Watch:
    """Looks on while one family walks, and says what it sees."""

    child_id = ""

    def __init__(
        self,
        urls: Mapping[str, str],
        amqp_url: str,
        people: Mapping[str, str],
        say: Callable[[str], None],
    ) -> None:
        """`people` are the parents' ids, and under each the email address."""
        self.urls = urls
        self.say = say
        self.people = people
        self.mails: dict[str, int] = {}
        self.repeated: set[str] = set()
        """Message-IDs that came more than once: whoever sent them was killed before noting it."""
        self.tap = Tap(amqp_url)
        self._shown = 0

    def events(self) -> list[Json]:
        """What has flowed about this family, in the order of its coming. Looked for afterwards: the
        event of a new child may be here before the answer that says the child's id."""
        return [event for event in self.tap.events if self._ours(event)]

    def types(self) -> list[str]:
        """The types of these events."""
        return [event["type"] for event in self.events()]

    def told(self, subject: str, *, times: int = 1) -> list[Json]:
        """Both parents have this email, each once for each cause."""
        found = self.until(
            f"both parents are told: {subject}",
            lambda: _when(self.mail(subject), lambda mails: len(mails) >= 2 * times),
        )
        assert len(found) == 2 * times, f"{len(found)} emails '{subject}' instead of {2 * times}"
        self.mails[subject] = len(found)
        self.say(f"    email to both parents: {found[0]['subject']}")
        return found

    def mail(self, subject: str) -> list[Json]:
        """What both parents have with this in its subject. What came again under its Message-ID is
        one email, as mail programs have it, and is noted in `repeated`."""
        found: dict[str, Json] = {}
        for email in self.people.values():
            answer = requests.get(self.urls["desk"] + "/mail.json", {"to": email}, timeout=10)
            for mail in answer.json()["items"]:
                if subject not in mail["subject"]:
                    continue
                if mail["message_id"] in found:
                    self.repeated.add(mail["message_id"])
                found[mail["message_id"]] = mail
        return list(found.values())

    def saw(self, kind: str) -> None:
        """An event of this type has flowed. Raises TimeoutError."""
        self.until(f"event {kind}", lambda: kind in self.types())
        self._show_events()

    def until(self, what: str, look: Callable[[], T | None]) -> T:
        """Look until something is there. Raises TimeoutError."""
        found = client.eventually(what, look, seconds=PATIENCE_SECONDS)
        self._show_events()
        return found

    def _show_events(self) -> None:
        for event in self.events()[self._shown :]:
            self.say(f"      event {event['type']}  {event['id']}")
            self._shown += 1

    def step(self, words: str) -> None:
        """Say what comes next."""
        self.say(f"\n{words}")

    def _ours(self, event: Json) -> bool:
        data = event["data"]
        return data.get("child_id") == self.child_id or data.get("person_id") in self.people


def link_in(text: str) -> str:
    """The signed link that an email carries."""
    found = re.search(r"http\S+/family/\S+", text)
    assert found, "the email has no link"
    return found[0]


def _when(found: T, good: Callable[[T], bool]) -> T | None:
    return found if good(found) else None
