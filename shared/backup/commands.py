"""What `sen` does of it: back up, restore, hold events while something else backs up."""

import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from shared.backup import dump
from shared.backup.hold import Waiting, held, wait_until_quiet
from shared.messaging import queues, topology
from shared.messaging.broker import Outgoing, Publisher
from shared.store.database import MongoDatabase

Say = Callable[[str], None]


def back_up(
    folder: Path, databases: Mapping[str, MongoDatabase], amqp_url: str, api_url: str, *,
    patience: float, say: Say, when_quiet: Callable[[], None] = lambda: None,
) -> dict[str, Any]:  # fmt: skip
    """Hold events, write everything, let go. Commands go on meanwhile. Answers the manifest.

    Raises NotQuiet, FileExistsError.
    """
    with held(databases):
        waiting = wait_until_quiet(databases, amqp_url, api_url, patience=patience, say=say)
        when_quiet()
        manifest = dump.write(folder, databases, waiting)
    count = sum(c["documents"] for d in manifest["databases"].values() for c in d.values())
    say(f"{count:,} documents of {manifest['at']} in {folder}")
    return manifest


def hold_while(
    command: Sequence[str], databases: Mapping[str, MongoDatabase], amqp_url: str, api_url: str,
    messages: Path, *, patience: float, say: Say,
) -> int:  # fmt: skip
    """Hold events while another tool takes its snapshot; what rests in the broker is written to
    `messages`. Answers the command's exit status. Raises NotQuiet."""
    with held(databases):
        waiting = wait_until_quiet(databases, amqp_url, api_url, patience=patience, say=say)
        dump.keep_messages(messages, waiting)
        return subprocess.run(list(command), check=False).returncode  # noqa: S603


def restore(
    folder: Path, databases: Mapping[str, MongoDatabase], amqp_url: str, *, replace: bool, say: Say
) -> None:
    """Put databases and broker back as they were; no worker and no api runs meanwhile.

    Each service's worker does the rest at its next start. Raises BadBackup.
    """
    waiting = dump.read(folder, databases, replace=replace)
    say("the databases are back")
    with Publisher(amqp_url) as publisher:
        channel = publisher.channel()
        for service in topology.services():
            for name in queues.names(service):
                channel.queue_purge(name)
        if waiting:
            publisher.publish([_again(str(n), one) for n, one in enumerate(waiting)])
    say(f"the broker's queues are empty but for {len(waiting)} messages that rested")


def _again(number: str, message: Waiting) -> Outgoing:
    """A dead letter is one again; what waited in a ladder is tried at once."""
    service = message.queue.partition(".")[0]
    dead = message.queue == topology.dead_queue(service)
    return Outgoing(
        id=number, message_id=message.id, exchange="", headers=dict(message.headers),
        body=message.body.encode("utf-8", "surrogateescape"), content_type=message.content_type,
        routing_key=message.queue if dead else topology.events_queue(service),
    )  # fmt: skip
