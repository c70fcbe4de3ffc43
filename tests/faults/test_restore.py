"""Backed up under load, destroyed, restored: the checker of the fault runs finds a consistent system."""

import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from pymongo import MongoClient

from deploy.local import mongod
from deploy.local.client import eventually
from deploy.local.issuer import Issuer
from deploy.local.stack import SERVICES
from deploy.local.tap import Tap
from shared.backup import commands
from shared.backup.dump import BadBackup
from shared.messaging import topology
from shared.messaging.broker import Outgoing, Publisher
from shared.store.database import MongoDatabase, connect
from tests.faults.checker import Checker
from tests.faults.found import Poison
from tests.faults.ledger import Ledger
from tests.faults.load import Load
from tests.faults.stack import PATIENCE_SECONDS, FaultyStack
from tests.faults.test_nothing_is_lost import pytestmark as marks

pytestmark = marks


def test_a_backup_under_load_is_a_whole_system_when_it_is_restored(tmp_path: Path) -> None:
    stack = FaultyStack(tmp_path / "stack")
    stack.start()
    try:
        _rehearse(stack, tmp_path / "backup")
    finally:
        stack.stop()


def _rehearse(stack: FaultyStack, folder: Path) -> None:
    ledger, lines = Ledger(), list[str]()
    mongod.let_in(stack.mongodb_url, "operator", "secret", mongod.OPERATOR)
    url = mongod.signed_in(stack.mongodb_url, "operator", "secret")
    databases = {s: connect(url, f"{stack.database_prefix}_{s}") for s in SERVICES}
    load = Load(stack.urls, Issuer(stack.folder / "issuer"), ledger, 5, threads=2, families=10)
    _rest_a_dead_letter(stack)
    kept, seen = Ledger(), 0
    wait = partial(eventually, seconds=PATIENCE_SECONDS)
    with Tap(stack.amqp_url) as tap:
        load.prepare()
        load.start()

        def when_quiet() -> None:
            """What was answered until now is surely in the backup; what was published too."""
            nonlocal seen
            kept.answers[:], kept.broken = list(ledger.answers), list(ledger.broken)
            seen = len(tap.events)

        try:
            wait(
                "there is something to back up",
                lambda: len(ledger.answers) > 250 and _documents(databases) > 600,
            )
            began = time.monotonic()
            manifest = commands.back_up(
                folder, databases, stack.amqp_url, stack.rabbitmq_api_url, patience=PATIENCE_SECONDS,
                say=lines.append, when_quiet=when_quiet,
            )  # fmt: skip
            print(f"backup took {time.monotonic() - began:.0f} s", lines)
            answered = len(ledger.answers)
            heard = len(tap.events)
            wait(
                "events flow again",
                lambda: len(tap.events) > heard and len(ledger.answers) > answered + 20,
            )
        finally:
            load.stop()
        assert len(ledger.answers) > answered > len(kept.answers), "commands went on meanwhile"
        before = tap.events[:seen]
    documents = sum(c["documents"] for d in manifest["databases"].values() for c in d.values())
    assert documents > 500

    # Everything goes: the processes, the databases, what is in the broker, the mail since then.
    for name in stack.processes:
        stack.kill_process(name)
    with MongoClient[dict[str, object]](stack.mongodb_url) as mongo:
        for database in databases.values():
            mongo.drop_database(database.name)
            mongo[database.name]["garbage"].insert_one({"of": "somebody"})
    _must_be_refused(folder, databases, stack)
    shutil.rmtree(stack.folder / "mail")
    (stack.folder / "mail").mkdir()
    for part in ("cur", "new", "tmp"):
        (stack.folder / "mail" / part).mkdir()

    commands.restore(folder, databases, stack.amqp_url, replace=True, say=lines.append)
    doubted = databases["notifications"]["messages"].count_documents(
        {"state": {"$in": ["created", "postponed", "temporary_failure", "sending"]}}
    )
    with Tap(stack.amqp_url) as tap:
        for name in stack.processes:
            stack.start_process(name)
        for service in SERVICES:
            stack.wait_for(service)
        known = {event["id"] for event in before}
        checker = Checker(
            stack.mongodb_url, stack.database_prefix, stack.ports["rabbitmq"],
            stack.folder / "mail", stack.depths, kept, [],
            [Poison("plans", "rests", "UnicodeDecodeError")],
        )  # fmt: skip
        moving = checker.wait_until_quiet(PATIENCE_SECONDS, stack.revive)
        assert moving == [], moving

        def heard_all() -> bool:
            after = [event for event in list(tap.events) if event["id"] not in known]
            checker.events = [*before, *after]
            return not checker.unheard()

        with suppress(TimeoutError):  # the checker says what is missing
            wait("the tap has heard all", heard_all)
        found = checker.look()
    # Mail of before the backup is not looked for again; that of after it was all written anew.
    wrong = [w for w in found.wrong if "is sent, 0 emails came" not in w]
    assert wrong == [], "\n".join([*lines, str(found)])
    assert found.counts["documents"] > 500 and len(kept.answers) > 200
    print(f"{doubted} messages waited in the backup; {found}")
    assert not databases["notifications"]["restored"].find_one(), "the mark is taken away"
    dead = {letter["id"] for letter in checker.dead("plans")}
    assert dead == {"rests"}


def _documents(databases: Mapping[str, MongoDatabase]) -> int:
    return sum(
        database[name].estimated_document_count()
        for database in databases.values()
        for name in database.list_collection_names()
    )


def _rest_a_dead_letter(stack: FaultyStack) -> None:
    with Publisher(stack.amqp_url) as publisher:
        sent = publisher.publish([
            Outgoing(id="1", message_id="rests", body=b"{not json \xff", exchange="",
                     routing_key=topology.events_queue("plans")),
        ])  # fmt: skip
    assert sent.confirmed


def _must_be_refused(
    folder: Path, databases: Mapping[str, MongoDatabase], stack: FaultyStack
) -> None:
    """Not over what is there, and not from what is not whole: nothing is changed."""

    def refused(at: Path, *, replace: bool = False) -> str:
        with pytest.raises(BadBackup) as problem:
            commands.restore(at, databases, stack.amqp_url, replace=replace, say=print)
        return str(problem.value)

    assert "not empty" in refused(folder)
    broken = folder.with_name("broken")
    shutil.copytree(folder, broken)
    with next(broken.glob("plans.children.bson")).open("ab") as file:
        file.write(b"x")
    assert "plans.children.bson is not what was written" in refused(broken, replace=True)
    (broken / "manifest.json").unlink()
    assert "no whole backup" in refused(broken, replace=True)
