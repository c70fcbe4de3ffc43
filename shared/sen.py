"""`sen`: what operators do when something is wrong. Needs SEN_AMQP_URL.

sen dead list SERVICE              the dead letters: id, reason, tries
sen dead show SERVICE ID           one of them (ids and codes only; never anything personal)
sen dead redrive SERVICE ID|--all  send round again; the id and the history stay
sen dead discard SERVICE ID        drop for good
sen definitions                    the topology, as RabbitMQ definitions
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

from environs import EnvError

from shared.errors import SenError
from shared.messaging import dead, topology
from shared.messaging.broker import AWAY
from shared.messaging.dead import DeadLetter
from shared.settings import environment, secret


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Answers the exit status."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "definitions":
            print(json.dumps(topology.definitions(), indent=1))
            return 0
        return _dead(options, secret(environment(), "AMQP_URL"))
    except (EnvError, SenError) as problem:
        print(problem, file=sys.stderr)
        return 2
    except AWAY as problem:
        print(f"RabbitMQ does not answer: {type(problem).__name__}", file=sys.stderr)
        return 1


def _dead(options: argparse.Namespace, url: str) -> int:
    if options.action == "list":
        for letter in dead.dead_letters(url, options.service):
            print(f"{letter.id}  {letter.type or 'no event'}  tries {letter.tries}  "
                   f"redriven {letter.redriven}  {letter.reason}")  # fmt: skip
        return 0

    def wanted(letter: DeadLetter) -> bool:
        return bool(options.all) or letter.id == options.id

    if not options.all and not options.id:
        print("Name a letter's id, or --all.", file=sys.stderr)
        return 2
    if options.action == "show":
        found = [x for x in dead.dead_letters(url, options.service) if wanted(x)]
        for letter in found:
            print(json.dumps(asdict(letter), indent=1))
        return 0 if found else 1
    act = dead.redrive if options.action == "redrive" else dead.discard
    count = act(url, options.service, wanted)
    print(f"{options.action}: {count}")
    return 0 if count else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sen", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("definitions")
    letters = commands.add_parser("dead")
    letters.add_argument("action", choices=["list", "show", "redrive", "discard"])
    letters.add_argument("service")
    letters.add_argument("id", nargs="?")
    letters.add_argument("--all", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main())
