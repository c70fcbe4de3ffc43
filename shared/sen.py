"""`sen`: what operators do when something is wrong.

sen dead list SERVICE              the dead letters: id, reason, tries
sen dead show SERVICE ID           one of them (ids and codes only; never anything personal)
sen dead redrive SERVICE ID|--all  send round again; the id and the history stay
sen dead discard SERVICE ID        drop for good
sen queues [SERVICE ...]           each queue: what waits, who reads, how far behind
sen outbox SERVICE                 what the broker has not confirmed yet, and since when
sen changes SERVICE                the changes of stored documents, and how far each is
sen support-service credentials ID   read-only credentials to its queue (a new password each time)
sen support-service revoke ID        take them away
sen service-user SERVICE [--user NAME]   a user of the broker with that service's rights, likewise
sen backup FOLDER                  all databases and what rests in the broker, at one moment
sen restore FOLDER [--replace]     the way back; no api and no worker runs meanwhile
sen hold FILE -- COMMAND ...       hold events while another tool takes its snapshot
sen definitions                    the topology and the policy, as RabbitMQ definitions
sen keep                           make the policy by which nothing that rests is dropped

Needs SEN_AMQP_URL, and SEN_MONGODB_URL for outboxes and for how far behind a service is
(SEN_MONGODB_DATABASE where it is not sen_<service>). Credentials need SEN_RABBITMQ_API_URL: the
management API's address, with an administrator's name and password. So do `sen keep`, what looks at
dead letters (at RabbitMQ 4, to rule out that they are lost by it), backup and hold. For these two
SEN_MONGODB_URL reaches the databases of all services (--prefix where they are not called
sen_<service>).
"""

import argparse
import json
import os
import select
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from environs import EnvError
from pymongo.errors import PyMongoError

from shared import clock
from shared.backup import commands
from shared.backup.dump import BadBackup
from shared.backup.hold import NotQuiet
from shared.errors import SenError
from shared.messaging import broker, credentials, dead, keep, management, queues, topology
from shared.messaging.dead import DeadLetter
from shared.messaging.definitions import definitions
from shared.messaging.keep import NotKept
from shared.messaging.management import Refused
from shared.settings import environment, secret
from shared.store import inbox, outbox
from shared.store.changes import ledger
from shared.store.database import MongoDatabase, connect, describe, is_forbidden

_STDOUT = 1
_READ_BY_OTHERS = "referrals"
"""The service whose events go to outside readers too."""
_REFUSALS = (
    EnvError, SenError, Refused, NotKept, BadBackup, NotQuiet, FileExistsError, ValueError,
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Answers the exit status."""
    options = _parser().parse_args(arguments)
    try:
        status = _run(options)
        sys.stdout.flush()
        return status
    except _REFUSALS as problem:
        print(problem, file=sys.stderr)
        return 2
    except broker.AWAY as problem:
        if _nobody_reads():
            os.dup2(os.open(os.devnull, os.O_WRONLY), _STDOUT)
            return 0
        print(f"RabbitMQ does not answer: {broker.describe(problem)}", file=sys.stderr)
        return 1
    except PyMongoError as problem:
        print(f"MongoDB does not answer: {describe(problem)}", file=sys.stderr)
        return 1


def _nobody_reads() -> bool:
    """Whether whoever read what we say has read enough (`| head -1`)."""
    looked = select.poll()
    looked.register(_STDOUT, select.POLLOUT)
    return any(said & select.POLLERR for _, said in looked.poll(0))


def _run(options: argparse.Namespace) -> int:
    if options.command == "definitions":
        print(json.dumps(definitions(), indent=1))
        return 0
    if options.command == "keep":
        return _keep()
    if options.command == "outbox":
        return _outbox(options.service)
    if options.command == "changes":
        return _changes(options.service)
    if options.command == "queues":
        return _queues(options.services or topology.services())
    if options.command in ("backup", "restore", "hold"):
        return _kept(options)
    if options.command == "support-service":
        return _reader(options.action, options.id)
    if options.command == "service-user":
        return _service_user(options.service, options.user)
    return _dead(options, secret(environment(), "AMQP_URL"))


@contextmanager
def _database(service: str) -> Iterator[MongoDatabase]:
    topology.must_be_service(service)
    env = environment()
    found = connect(secret(env, "MONGODB_URL"), env.str("MONGODB_DATABASE", f"sen_{service}"))
    with found.client:
        yield found


def _keep() -> int:
    env = environment()
    host = management.virtual_host(secret(env, "AMQP_URL", ""))
    keep.set_policy(secret(env, "RABBITMQ_API_URL"), host)
    print(f"{keep.NAME}: {keep.pattern()}")
    return 0


def _outbox(service: str) -> int:
    with _database(service) as database:
        waiting = outbox.survey(database)
    for name, (count, oldest) in waiting.items():
        age = f"oldest {(clock.now() - oldest).total_seconds():.0f} s" if oldest else ""
        print(f"{name:<20} {count:>8} documents  {age}".rstrip())
    return 0


def _changes(service: str) -> int:
    with _database(service) as database:
        for one in ledger(database).find().sort("_id"):
            state = "settled" if one.get("settled") else one["state"]
            print(f"{one['_id']:>4}  {state:<9}{one['changed']:>9} changed  {one['about']}")
    return 0


def _queues(services: Sequence[str]) -> int:
    for service in services:
        topology.must_be_service(service)
    url = secret(environment(), "AMQP_URL")
    # One database's name is said for one service.
    known = len(services) == 1 or not environment().str("MONGODB_DATABASE", "")
    behind = {topology.events_queue(service): _rate(service) for service in services if known}
    print(f"{'queue':<28}{'waiting':>9}{'readers':>9}  handled a minute, and so behind by")
    for state in queues.states(url, services):
        said = ""
        if (rate := behind.get(state.name)) is not None:
            still = state.messages and not rate
            behind_by = "stands still" if still else f"{state.messages / max(rate, 1) * 60:.0f} s"
            said = f"{rate:>6}  {behind_by}"
        print(f"{state.name:<28}{state.messages:>9}{state.consumers:>9}  {said}".rstrip())
    api_url = secret(environment(), "RABBITMQ_API_URL", "")
    not_kept = keep.not_kept(api_url, management.virtual_host(url)) if api_url else []
    for one in not_kept:
        print(f"{one.queue}: what rests here is dropped when it was given back {one.limit} times. "
              f"`sen keep` makes the policy {keep.NAME}; no other may have a higher priority.",
              file=sys.stderr)  # fmt: skip
    return 1 if not_kept else 0


def _reader(action: str, reader_id: str) -> int:
    env = environment()
    api_url = secret(env, "RABBITMQ_API_URL")
    if action == "revoke":
        credentials.revoke(api_url, _READ_BY_OTHERS, reader_id)
        print("revoked")
        return 0
    made = credentials.grant(secret(env, "AMQP_URL"), api_url, _READ_BY_OTHERS, reader_id)
    print(json.dumps(asdict(made), indent=1))
    return 0


def _service_user(service: str, user: str) -> int:
    env = environment()
    host = management.virtual_host(secret(env, "AMQP_URL", ""))
    api_url = secret(env, "RABBITMQ_API_URL")
    made = credentials.grant_service(api_url, service, user=user, virtual_host=host)
    print(json.dumps(asdict(made), indent=1))
    return 0


def _kept(options: argparse.Namespace) -> int:
    env = environment()
    url, amqp_url = secret(env, "MONGODB_URL"), secret(env, "AMQP_URL")
    databases = {s: connect(url, f"{options.prefix}_{s}") for s in topology.services()}
    if options.command == "restore":
        commands.restore(options.folder, databases, amqp_url, replace=options.replace, say=print)
        return 0
    api_url, patience = secret(env, "RABBITMQ_API_URL"), options.patience
    if options.command == "backup":
        commands.back_up(options.folder, databases, amqp_url, api_url, patience=patience, say=print)
        return 0
    return commands.hold_while(
        options.run, databases, amqp_url, api_url, options.file, patience=patience, say=print
    )


def _rate(service: str) -> int | None:
    """How many events a service has handled in the last minute, where its database is ours."""
    if not secret(environment(), "MONGODB_URL", ""):
        return None
    try:
        with _database(service) as database:
            return inbox.handled_since(database, clock.now() - timedelta(minutes=1))
    except PyMongoError as problem:
        if not is_forbidden(problem):
            raise
        return None


def _dead(options: argparse.Namespace, url: str) -> int:
    api_url = secret(environment(), "RABBITMQ_API_URL", "")
    if options.action == "list":
        for letter in dead.dead_letters(url, options.service, api_url):
            print(f"{letter.id}  {letter.type or 'no event'}  tries {letter.tries}  "
                   f"redriven {letter.redriven}  {letter.reason}")  # fmt: skip
        return 0

    def wanted(letter: DeadLetter) -> bool:
        return bool(options.all) or letter.id == options.id

    if not options.all and not options.id:
        print("Name a letter's id, or --all.", file=sys.stderr)
        return 2
    if options.action == "show":
        found = [x for x in dead.dead_letters(url, options.service, api_url) if wanted(x)]
        for letter in found:
            print(json.dumps(asdict(letter), indent=1))
        return 0 if found else 1
    act = dead.redrive if options.action == "redrive" else dead.discard
    count = act(url, options.service, wanted, api_url)
    print(f"{options.action}: {count}")
    return 0 if count else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sen", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    found = parser.add_subparsers(dest="command", required=True)
    found.add_parser("definitions")
    found.add_parser("keep")
    found.add_parser("outbox").add_argument("service")
    found.add_parser("changes").add_argument("service")
    found.add_parser("queues").add_argument("services", nargs="*")
    for name in ("backup", "restore", "hold"):
        kept = found.add_parser(name)
        kept.add_argument("--prefix", default="sen")
        kept.add_argument("--patience", type=float, default=300.0, help="seconds")
        if name == "restore":
            kept.add_argument("--replace", action="store_true")
        if name == "hold":
            kept.add_argument("file", type=Path)
            kept.add_argument("run", nargs="+")
        else:
            kept.add_argument("folder", type=Path)
    reader = found.add_parser("support-service")
    reader.add_argument("action", choices=["credentials", "revoke"])
    reader.add_argument("id")
    own = found.add_parser("service-user")
    own.add_argument("service")
    own.add_argument("--user", default="")
    letters = found.add_parser("dead")
    letters.add_argument("action", choices=["list", "show", "redrive", "discard"])
    letters.add_argument("service")
    letters.add_argument("id", nargs="?")
    letters.add_argument("--all", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main())
