"""The independent checker: reads databases, queues and mailbox, and compares with the answers.

It uses nothing of the product but the registry of events (who reads what): raw documents, raw
messages, raw emails.
"""

import mailbox
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from amqp import Connection
from pymongo import MongoClient
from pymongo.database import Database

from shared.events.registry import read_by
from tests.faults.found import Found, Poison
from tests.faults.ledger import Json, Ledger
from tests.faults.stack import SENDERS

SERVICES = ("plans", "reviews", "referrals", "notifications")
RUNGS = (1, 5, 30, 120, 600, 3600)
_ROUND_SECONDS = 45.0
"""What is too new comes by every 30 s."""
_AGGREGATES = {
    "plans": ("settings", "children", "assessments", "plans", "checks", "copies"),
    "reviews": ("calendars", "reviews", "progress", "escalations"),
    "referrals": ("support_services", "service_people", "referrals"),
    "notifications": ("profiles", "contacts", "messages"),
}
# What shares its id with another: collection -> how the trail calls it.
_NAMESAKES = {"service_people": "list of a service's people"}
# Where what was answered 2xx has to be: kind of command -> service, collection.
_MADE = {
    "child": ("plans", "children"), "assessment": ("plans", "assessments"),
    "plan": ("plans", "plans"), "check": ("plans", "checks"),
    "referral": ("referrals", "referrals"), "contact": ("notifications", "contacts"),
}  # fmt: skip
# What a change answered 2xx has to have said: kind of command -> type of event.
_SAID = {
    "parent": "plans.ParentLinked", "assessed": "plans.AssessmentCompleted",
    "agreed": "plans.PlanAgreed", "active": "plans.PlanActivated",
    "held": "reviews.ReviewHeld", "completed": "reviews.ReviewCompleted",
    "decided": "reviews.ReviewDecided", "submitted": "referrals.ReferralSubmitted",
    "accepted": "referrals.ReferralAccepted",
}  # fmt: skip
# What may hold back a message before it goes out: purpose -> type of event about the same child.
_OVERTAKES = {
    "support_started": {"plans.SenStatusChanged"},
    "plan_ready": {"plans.PlanCopyIssued", "plans.PlanCeased", "plans.PlanSuperseded"},
    "review_to_discuss": {"reviews.ReviewDiscussed"},
    "let_us_talk": {"reviews.EscalationDiscussed", "reviews.EscalationDismissed",
                    "reviews.EscalationConfirmed", "reviews.NeedsAssessmentRequested"},
    "referral_consent": {"referrals.ReferralSubmitted", "referrals.ReferralWithdrawn",
                         "referrals.ReferralConsentAsked", "referrals.ReferralConsentAnswered"},
    "referral_decided": {"referrals.ReferralWithdrawn"},
    "assessment_requested": {"reviews.NeedsAssessmentDecided", "reviews.EhcPlanDecided"},
    "assessment_decided": {"reviews.EhcPlanDecided"},
}  # fmt: skip
_MARKED = {"contribution": ("plans", "assessments"), "said": ("reviews", "reviews")}


@dataclass
class Checker:
    """Looks at one run. `events` are those of a tap that missed nothing."""

    mongodb_url: str
    prefix: str
    amqp_port: int
    mail: Path
    depths: Callable[[], Mapping[str, int]]
    """How many messages each queue holds, those with a reader included."""
    ledger: Ledger
    events: Sequence[Json]
    poison: Sequence[Poison] = ()
    kills_of_senders: int = 0

    def __post_init__(self) -> None:
        self._client: MongoClient[Json] = MongoClient(self.mongodb_url, tz_aware=True)

    def database(self, service: str) -> Database[Json]:
        """One service's database."""
        return self._client[f"{self.prefix}_{service}"]

    def waiting(self, service: str) -> int:
        """How many events are on its ladder: for a newer worker, or their next try."""
        with Connection(f"127.0.0.1:{self.amqp_port}") as connection:
            channel = connection.channel()
            names = [f"{service}.retry.{rung}" for rung in RUNGS]
            return sum(channel.queue_declare(n, passive=True).message_count for n in names)

    def wait_until_quiet(self, seconds: float, nudge: Callable[[], object]) -> list[str]:
        """Wait until nothing is under way. Answers what still was when time was up."""
        by = time.monotonic() + seconds
        while moving := self._moving():
            if time.monotonic() > by:
                return moving
            nudge()
            time.sleep(0.5)
        return []

    def wait_until_heard(self, seconds: float) -> None:
        """Wait until the tap has heard every event and its readers have handled it, or time is up:
        `look` says then what is missing. What queues hold is said some seconds late."""
        by = time.monotonic() + seconds
        while time.monotonic() < by and self.unheard():
            time.sleep(0.5)

    def unheard(self) -> bool:
        """Whether an event was raised that the tap has not heard, or a reader has not handled."""
        found, by_subject = Found(), self._by_subject()
        self._states_and_events(found, by_subject)
        self._effects(found)
        return any("events; seen:" in line or "has not handled" in line for line in found.wrong)

    def look(self) -> Found:
        """Everything. Each wrong thing is one line."""
        found = Found()
        found.wrong += [f"an answer that no input may get: {what}" for what in self.ledger.broken]
        by_subject = self._by_subject()
        found.counts["events"] = len(self.events)
        found.counts["requests"] = self.ledger.tries
        found.counts.update(f"answers {a.said}" for a in self.ledger.answers)
        self._commands(found, by_subject)
        self._states_and_events(found, by_subject)
        self._effects(found)
        self._messages(found)
        self._poison(found)
        return found

    def _by_subject(self) -> Mapping[str, Sequence[Json]]:
        by_subject: dict[str, list[Json]] = defaultdict(list)
        for event in list(self.events):
            by_subject[event["subject"]].append(event)
        return by_subject

    # --- is what was answered 2xx there?

    def _commands(self, found: Found, by_subject: Mapping[str, Sequence[Json]]) -> None:
        for kind, (service, collection) in _MADE.items():
            there = set(self.database(service)[collection].distinct("_id"))
            for answer in self.ledger.of(kind):
                if answer.thing not in there:
                    found.wrong.append(f"lost: {kind} {answer.thing} was answered 2xx")
        for kind, said in _SAID.items():
            for answer in self.ledger.of(kind):
                assert answer.thing
                if said not in {event["type"] for event in by_subject.get(answer.thing, ())}:
                    found.wrong.append(f"lost: {said} of {answer.thing}, answered 2xx")
        for kind, (service, collection) in _MARKED.items():
            texts = Counter(
                said["text"].rpartition(" ")[2]
                for document in self.database(service)[collection].find({}, {"contributions": 1})
                for said in document.get("contributions", ())
            )
            for answer in self.ledger.answers:
                if answer.kind != kind or not answer.mark:
                    continue
                times = texts[answer.mark]
                wanted = {"yes": (1,), "no": (0,), "unknown": (0, 1)}[answer.said]
                if times not in wanted:
                    found.wrong.append(
                        f"{kind} {answer.mark} is there {times} times; answered {answer.said}"
                    )

    # --- state, events and audit trail of every document

    def _states_and_events(self, found: Found, by_subject: Mapping[str, Sequence[Json]]) -> None:
        for service, collections in _AGGREGATES.items():
            database = self.database(service)
            trail = self._trail(database)
            for collection in collections:
                for document in database[collection].find(
                    {}, {"version": 1, "sequence": 1, "outbox": 1}
                ):
                    found.counts["documents"] += 1
                    name = f"{service}.{collection} {document['_id']}"
                    said = sorted(
                        event["sequence"] for event in by_subject.get(document["_id"], ())
                        if event["type"].startswith(f"{service}.")
                    )  # fmt: skip
                    if said != list(range(1, document["sequence"] + 1)):
                        found.wrong.append(
                            f"{name} has raised {document['sequence']} events; seen: {said}"
                        )
                    if document["outbox"]:
                        found.wrong.append(f"{name} still has something in its outbox")
                    writes = trail[_NAMESAKES.get(collection, ""), document["_id"]]
                    if writes != document["version"]:
                        found.wrong.append(
                            f"{name} is at version {document['version']}; "
                            f"the audit trail has {writes} writes"
                        )

    def _trail(self, database: Database[Json]) -> Counter[tuple[str, str]]:
        found = database["audit"].find({"access": "write"}, {"about": 1})
        abouts = (entry["about"].partition("/") for entry in found)
        return Counter((kind if kind in _NAMESAKES.values() else "", of) for kind, _, of in abouts)

    # --- has every event had its effect, once?

    def _effects(self, found: Found) -> None:
        dead = {service: {d["id"] for d in self.dead(service)} for service in SERVICES}
        for service in SERVICES:
            handled = set(self.database(service)["inbox"].distinct("_id")) | dead[service]
            mine = read_by(service)
            for event in self.events:
                if event["type"] in mine:
                    found.counts["effects"] += 1
                    if event["id"] not in handled:
                        found.wrong.append(
                            f"{service} has not handled {event['type']} {event['id']}"
                        )
                    if event["id"] in dead[service]:
                        found.wrong.append(f"{service} gave up {event['type']} {event['id']}")
        self._versions(
            found, "plans", "plans",
            {"plans.PlanAgreed": "subject", "plans.PlanActivated": "subject",
             "plans.PlanShared": "subject", "plans.CheckOverdue": "subject",
             "plans.PlanSuperseded": "subject", "plans.CheckRecorded": "plan_id",
             "reviews.ReviewCompleted": "plan_id", "reviews.ReviewDecided": "plan_id"},
        )  # fmt: skip
        self._versions(
            found, "plans", "children",
            {"plans.ParentLinked": "subject", "plans.RecipientsChanged": "subject",
             "plans.AssessmentCompleted": "child_id"},
        )  # fmt: skip
        # Written when the first result comes.
        self._versions(
            found, "reviews", "progress", {"reviews.ReviewCompleted": "child_id"}, made=0
        )

    def _versions(
        self, found: Found, service: str, collection: str, causes: Mapping[str, str], made: int = 1
    ) -> None:
        """A document has been written once for being made, and once for each of these events."""
        wanted: Counter[str] = Counter()
        for event in self.events:
            if key := causes.get(event["type"]):
                wanted[event["subject"] if key == "subject" else event["data"][key]] += 1
        for document in self.database(service)[collection].find({}, {"version": 1}):
            times = wanted[document["_id"]] + made
            if document["version"] != times:
                found.wrong.append(
                    f"{service}.{collection} {document['_id']} was written "
                    f"{document['version']} times; its events account for {times}"
                )

    # --- has everybody been told, once?

    def _messages(self, found: Found) -> None:
        wanted: Counter[tuple[str, str]] = Counter()
        recipients = {
            c["_id"]: c["recipients"] for c in self.database("plans")["children"].find({})
        }
        for event in self.events:
            data = event["data"]
            if event["type"] == "plans.PlanCopyIssued":
                wanted[data["person_id"], "plan_ready"] += 1
            elif event["type"] == "plans.SenSupportStarted":
                for person in data["recipients"]:
                    wanted[person, "support_started"] += 1
            elif event["type"] == "reviews.ReviewCompleted":
                for person in recipients[data["child_id"]]:
                    wanted[person, "review_to_discuss"] += 1
            elif event["type"] == "referrals.ReferralAccepted":
                for person in recipients[data["child_id"]]:
                    wanted[person, "referral_decided"] += 1
        reachable = {c["person_id"] for c in self.database("notifications")["contacts"].find({})}
        made: Counter[tuple[str, str]] = Counter()
        mails = Counter(_message_ids(self.mail))
        for message in self.database("notifications")["messages"].find({}):
            if message["purpose"] == "review_coming":
                continue
            made[message["person_id"], message["purpose"]] += 1
            times = mails.pop(message["_id"], 0)
            found.counts["emails"] += times
            found.counts["emails repeated under one Message-ID"] += max(0, times - 1)
            if self._was_overtaken(message) and not times:
                found.counts["messages overtaken before they went out"] += 1
                continue
            if message["person_id"] in reachable and (message["state"], times < 1) != (
                "sent", False,
            ):  # fmt: skip
                found.wrong.append(
                    f"message {message['_id']} is {message['state']}, {times} emails came"
                )
        for message_id in mails:
            if not self.database("notifications")["messages"].find_one({"_id": message_id}):
                found.wrong.append(f"an email nobody knows of: {message_id}")
        for key in wanted.keys() | made.keys():
            if wanted[key] != made[key]:
                found.wrong.append(
                    f"{key[1]} to {key[0]}: {made[key]} messages for {wanted[key]} causes"
                )
        if found.counts["emails repeated under one Message-ID"] > self.kills_of_senders * SENDERS:
            found.wrong.append(
                f"{found.counts['emails repeated under one Message-ID']} emails repeated, "
                f"{self.kills_of_senders} times {SENDERS} senders killed"
            )

    def _was_overtaken(self, message: Json) -> bool:
        """Whether it was held back, and something was heard that is a reason to."""
        reasons = _OVERTAKES.get(message["purpose"], set())
        return message["suppressed"] == "stale" and any(
            event["type"] in reasons and event["data"].get("child_id") == message["child_id"]
            for event in self.events
        )

    # --- is the poison where it belongs?

    def _poison(self, found: Found) -> None:
        waiting = self._waiting({bad.id for bad in self.poison if not bad.reason})
        reasons = {
            (service, letter["id"]): letter["reason"]
            for service in SERVICES for letter in self.dead(service)
        }  # fmt: skip
        for bad in self.poison:
            found.counts["poison"] += 1
            if not bad.reason:
                if bad.id not in waiting:
                    found.wrong.append(f"what is too new for {bad.service} does not wait: {bad.id}")
            elif not str(reasons.get((bad.service, bad.id), "")).startswith(bad.reason):
                found.wrong.append(
                    f"poison {bad.id} of {bad.service} is not in the dead letters as "
                    f"{bad.reason!r}: {reasons.get((bad.service, bad.id))!r}"
                )
        strangers = set(reasons) - {(bad.service, bad.id) for bad in self.poison}
        found.wrong += [f"a dead letter nobody expected: {s} {reasons[s]}" for s in strangers]

    def _waiting(self, wanted: set[str]) -> set[str]:
        """Those of `wanted` that are in the ladders. One may be on its way from a rung through a
        worker back to it just when that rung is read: so they are read again for a while."""
        seen: set[str] = set()
        by = time.monotonic() + _ROUND_SECONDS
        while True:
            seen |= {
                str(letter["id"]) for service in SERVICES for rung in RUNGS
                for letter in self._held(f"{service}.retry.{rung}")
            }  # fmt: skip
            if wanted <= seen or time.monotonic() > by:
                return seen
            time.sleep(1)

    def dead(self, service: str) -> list[Json]:
        """The dead letters of a service, left where they are."""
        return self._held(f"{service}.dead")

    def _held(self, queue: str) -> list[Json]:
        with Connection(f"127.0.0.1:{self.amqp_port}") as connection:
            channel = connection.channel()
            letters = []
            while message := channel.basic_get(queue, no_ack=False):
                headers = message.headers or {}
                letters.append(
                    {"id": message.properties.get("message_id"),
                     "reason": headers.get("x-sen-reason")}
                )  # fmt: skip
            return letters

    def _moving(self) -> list[str]:
        """What is under way."""
        moving = []
        for service, collections in _AGGREGATES.items():
            for collection in collections:
                count = self.database(service)[collection].count_documents(
                    {"outbox.0": {"$exists": True}}
                )
                if count:
                    moving.append(f"{count} outboxes of {service}.{collection}")
        too_new = {bad.id for bad in self.poison if not bad.reason}
        for queue, count in self.depths().items():
            mine = ".events" in queue or ".retry." in queue or queue.startswith("tap.")
            if not count or not mine:
                continue
            # What is too new goes round the ladder; a kill between publish and ack doubles it there.
            if ".retry." in queue and {letter["id"] for letter in self._held(queue)} <= too_new:
                continue
            moving.append(f"{count} in {queue}")
        if owed := self.database("plans")["copies"].count_documents({"state": "owed"}):
            moving.append(f"{owed} copies owed")
        reachable = self.database("notifications")["contacts"].distinct("person_id")
        unsent = self.database("notifications")["messages"].count_documents(
            {"person_id": {"$in": reachable},
             "state": {"$in": ["created", "sending", "temporary_failure"]}}
        )  # fmt: skip
        return [*moving, *([f"{unsent} messages to send"] if unsent else [])]


def _message_ids(folder: Path) -> Iterable[str]:
    for message in mailbox.Maildir(str(folder)):
        found = re.match(r"<([0-9a-f-]{36})@", str(message["Message-ID"]))
        yield found[1] if found else str(message["Message-ID"])
