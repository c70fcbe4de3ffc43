"""The faults: what each does to the running system, and how it is undone."""

import json
import os
import random
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from amqp import Connection
from amqp.basic_message import Message
from kombu.exceptions import OperationalError
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from deploy.local.stack import SERVICES
from deploy.local.tap import Tap
from shared import clock, ids
from shared.events.registry import read_by
from tests.faults.found import Poison
from tests.faults.proxy import Network
from tests.faults.stack import PATIENCE_SECONDS, SECOND, FaultyStack, only
from tests.faults.worker import POINTS

Fault = Callable[[], str]
_HELD_SECONDS = 2.0
_DEADLINE_SECONDS = 11.0
"""Longer than a publisher waits for its confirms."""


@dataclass
class Faults:
    """Does faults to a system, chosen by `chance`. Each answers what it did, and has undone it."""

    stack: FaultyStack
    tap: Tap
    chance: random.Random
    poison: list[Poison] = field(default_factory=list)
    kill_senders: bool = True
    """A sender that was killed leaves a message claimed for minutes: not at the end of a run."""

    # --- processes

    def kill_an_api(self) -> str:
        return self._kill(self.chance.choice(only(self.stack.processes, "-api")))

    def kill_a_worker(self) -> str:
        workers = [n for n in self.stack.processes if "-worker" in n]
        if not self.kill_senders:
            workers.remove("notifications-worker")
        return self._kill(self.chance.choice(workers))

    def kill_the_relay_holder(self) -> str:
        """Whichever of the two workers of plans holds the lease."""
        holder = self._lease().get("holder", "")
        name = next(
            (n for n in ("plans-worker", SECOND)
             if f":{self.stack.running[n].pid}:" in str(holder)), SECOND,
        )  # fmt: skip
        return self._kill(name)

    def die_at_a_point(self) -> str:
        """A worker is killed at one certain point of its work."""
        points = [p for p in POINTS if self.kill_senders or not p.startswith("sender")]
        return self.die_at(self.chance.choice(points))

    def die_at(self, point: str) -> str:
        """A worker passes this point once more, and not again."""
        service = "notifications" if point.startswith("sender") else self._any_service()
        name = f"{service}-worker"
        self.stack.kill_process(name)
        self.stack.wrong[name] = f"die:{point}:{self.chance.randrange(1, 4)}"
        if service == "plans":  # the other worker would have the lease
            self.stack.kill_process(SECOND)
        self.stack.start_process(name)
        by = time.monotonic() + 12
        while self.stack.running[name].alive() and time.monotonic() < by:
            time.sleep(0.1)
        died = not self.stack.running[name].alive()
        self.stack.wrong.pop(name)
        self._kill(name)
        if service == "plans":
            self.stack.start_process(SECOND)
        return f"{name} {'died' if died else 'did not come by'}: {point}"

    def step_a_clock(self) -> str:
        """A process whose clock is minutes off comes and goes."""
        names = [n for n in self.stack.processes if n != SECOND]
        if not self.kill_senders:
            names.remove("notifications-worker")
        name = self.chance.choice(names)
        self.stack.clocks[name] = self.chance.choice([-120, 120])
        said = f"{self._kill(name)}, its clock {self.stack.clocks[name]:+d} s off"
        self._until_ready()
        time.sleep(_HELD_SECONDS)
        self.stack.clocks.pop(name)
        self._kill(name)
        return said

    # --- the broker

    def stop_the_broker(self) -> str:
        node = self.chance.choice(self.stack.broker)
        self.stack.stop_one(node)
        time.sleep(_HELD_SECONDS)
        self.stack.start_rabbitmq()
        return f"{node} stopped and started"

    def kill_the_broker(self) -> str:
        node = self.chance.choice(self.stack.broker)
        self.stack.kill_one(node)
        time.sleep(_HELD_SECONDS)
        self.stack.start_rabbitmq()
        return f"{node} killed and started"

    def freeze_the_broker(self) -> str:
        """A node that neither answers nor goes: its machine swaps, or its disk hangs."""
        node = self.chance.choice(self.stack.broker)
        pid = self.stack.running[node].pid
        os.kill(pid, signal.SIGSTOP)
        time.sleep(_DEADLINE_SECONDS)
        os.kill(pid, signal.SIGCONT)
        return f"{node} frozen for {_DEADLINE_SECONDS:.0f} s"

    def close_connections(self) -> str:
        self._ctl("close_all_connections", "a fault")
        return "RabbitMQ closed all connections"

    def raise_the_memory_alarm(self) -> str:
        """Publishers are blocked for longer than they wait for a confirm."""
        self._ctl("set_vm_memory_high_watermark", "absolute", "1MB")
        time.sleep(_DEADLINE_SECONDS)
        self._ctl("set_vm_memory_high_watermark", "absolute", "1GB")
        return f"memory alarm for {_DEADLINE_SECONDS:.0f} s"

    def raise_the_disk_alarm(self) -> str:
        self._ctl("set_disk_free_limit", "900000GB")
        time.sleep(_HELD_SECONDS)
        self._ctl("set_disk_free_limit", "200MB")
        return f"disk alarm for {_HELD_SECONDS:.0f} s"

    # --- the network between worker and broker

    def cut_the_network(self) -> str:
        return self._network(Network.CUT, _HELD_SECONDS)

    def half_open_connections(self) -> str:
        return self._network(Network.HANGING, _DEADLINE_SECONDS)

    def no_confirms(self) -> str:
        return self._network(Network.DEAF, _DEADLINE_SECONDS)

    def slow_network(self) -> str:
        return self._network(Network.SLOW, _HELD_SECONDS * 2)

    # --- the database

    def kill_the_database(self) -> str:
        if self.stack.replicas > 1:
            return self._kill_the_primary()
        self.stack.kill_one("mongod")
        time.sleep(self.chance.random())
        self.stack.start_mongod()
        return "mongod killed and started"

    def step_the_primary_down(self) -> str:
        if self.stack.replicas == 1:
            return self.kill_the_database()
        # Under this load no other may have caught up in time: it steps down all the same.
        self._admin("replSetStepDown", 5, secondaryCatchUpPeriodSecs=2, force=True)
        return "the primary stepped down"

    def steal_the_lease(self) -> str:
        """The lease runs out in the middle of a batch: the other worker takes it meanwhile."""
        with MongoClient[dict[str, Any]](self.stack.mongodb_url) as mongo:
            mongo[f"{self.stack.database_prefix}_plans"]["leases"].update_one(
                {"_id": "relay"}, {"$set": {"until": clock.now(), "holder": "a thief"}}
            )
        return "the relay's lease was stolen"

    # --- messages

    def repeat_and_reorder(self) -> str:
        """What was delivered before comes again, in another order."""
        known = self.tap.events[-400:]
        again = self.chance.sample(known, min(80, len(known)))
        with self._channel() as connection:
            channel = connection.channel()
            for event in again:
                body = json.dumps(event)
                for service in SERVICES:
                    if event["type"] in read_by(service):
                        self._put(channel, service, event["id"], body)
        return f"{len(again)} events repeated out of order"

    def mix_poison_in(self) -> str:
        """No JSON, unknown type, too new a version, and what is well formed but impossible."""
        valid = next(
            (e for e in reversed(self.tap.events) if e["type"] == "plans.CheckRecorded"), None
        )
        put = 0
        with self._channel() as connection:
            channel = connection.channel()
            for service in SERVICES:
                self._poison(channel, service, "{not json", "JSONDecodeError")
                put += 1
                if valid is None:
                    continue
                stranger = {**valid, "id": ids.new_id(), "type": "plans.NobodySaidThis"}
                self._poison(channel, service, stranger, "unknown type")
                newer = {**valid, "id": ids.new_id(),
                         "dataschema": valid["dataschema"].rpartition(":")[0] + ":99"}  # fmt: skip
                if valid["type"] in read_by(service):
                    self._poison(channel, service, newer, "")
                    put += 1
                if service == "plans":  # others take its word for what there is
                    impossible = {**valid, "id": ids.new_id(),
                                  "data": {**valid["data"], "plan_id": ids.new_id()}}  # fmt: skip
                    self._poison(channel, service, impossible, "NotFound")
                    put += 1
                put += 1
        return f"{put} poison messages"

    # --- inside

    def _kill(self, name: str) -> str:
        self.stack.kill_process(name)  # or it has died by itself: that counts the same
        self.stack.start_process(name)
        return f"{name} killed"

    def _any_service(self) -> str:
        return self.chance.choice(
            SERVICES if self.kill_senders else [s for s in SERVICES if s != "notifications"]
        )

    def _network(self, network: Network, seconds: float) -> str:
        service = self.chance.choice(sorted(self.stack.proxies))
        self.stack.proxies[service].be(network)
        time.sleep(seconds)
        self.stack.proxies[service].be(Network.GOOD)
        return f"network of {service}'s workers {network} for {seconds:.0f} s"

    def _kill_the_primary(self) -> str:
        port = int(self._admin("hello")["primary"].rpartition(":")[2])
        number = self.stack.members.index(port)
        self.stack.kill_one(f"mongod-{number}")
        time.sleep(_HELD_SECONDS)
        self.stack.start_member(number)
        return f"primary mongod-{number} killed and started"

    def _admin(self, command: str, value: Any = 1, **more: Any) -> dict[str, Any]:
        with MongoClient[dict[str, Any]](self.stack.mongodb_url) as mongo:
            return dict(mongo.admin.command(command, value, **more))

    def _lease(self) -> Mapping[str, Any]:
        try:
            with MongoClient[dict[str, Any]](self.stack.mongodb_url) as mongo:
                found = mongo[f"{self.stack.database_prefix}_plans"]["leases"]
                return found.find_one({"_id": "relay"}) or {}
        except PyMongoError:
            return {}

    def _ctl(self, *arguments: str) -> None:
        self.stack.ctl(*arguments)

    def _until_ready(self) -> None:
        by = time.monotonic() + PATIENCE_SECONDS
        while self.stack.unready() and time.monotonic() < by:
            time.sleep(0.2)

    def _channel(self) -> Connection:
        connection = Connection(f"127.0.0.1:{self.stack.ports['rabbitmq']}", confirm_publish=True)
        try:
            connection.connect()
        except OSError as problem:
            raise OperationalError(str(problem)) from problem
        return connection

    def _poison(self, channel: Any, service: str, what: Any, reason: str) -> None:
        message_id = what["id"] if isinstance(what, dict) else ids.new_id()
        body = json.dumps(what) if isinstance(what, dict) else what
        self._put(channel, service, message_id, body)
        self.poison.append(Poison(service, message_id, reason))

    def _put(self, channel: Any, service: str, message_id: str, body: str) -> None:
        channel.basic_publish(
            Message(body, content_type="application/cloudevents+json", delivery_mode=2,
                    message_id=message_id),
            routing_key=f"{service}.events",
        )  # fmt: skip
