"""`make up`: the whole system, sample data loaded, until Ctrl-C."""

import argparse
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from deploy.local import rabbitmq
from deploy.local.sample import load
from deploy.local.stack import ROOT, NotStarted, Stack, read_state

FOLDER = ROOT / ".local"


class Stopped(BaseException):
    """Somebody asked us to end."""


def main() -> int:
    """Run until asked to end. Answers the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-sample", action="store_true", help="load no sample data")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    options = parser.parse_args()
    if read_state(options.folder):
        print("The system runs already in another terminal.", file=sys.stderr)
        return 1
    if not os.environ.get("AMQP_URL") and not rabbitmq.installed():
        print("RabbitMQ is missing: run `make setup`, or set AMQP_URL.", file=sys.stderr)
        return 1
    stop_on_signals()
    began = time.monotonic()
    stack = Stack(options.folder, say=lambda line: print(f"  {line}", flush=True), traces=True)
    print("Starting SEN Support", flush=True)
    try:
        stack.start()
        ids = None if options.no_sample else load.ensure_loaded(stack.urls, options.folder)
        print(f"\nReady after {time.monotonic() - began:.0f} s. Ctrl-C ends it.\n", flush=True)
        _tell(stack, ids)
        return _watch(stack)
    except NotStarted as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    except Stopped:
        return 0
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        _say_quietly("\nStopping")
        stack.stop()
        _say_quietly("Stopped. The data is kept in .local/ for the next start.")


def _say_quietly(line: str) -> None:
    try:
        print(line, flush=True)
    except OSError:  # the terminal is gone
        pass


def stop_on_signals() -> None:
    """Let Ctrl-C, SIGTERM and the terminal's closing raise Stopped."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Stopped


def _watch(stack: Stack) -> int:
    while True:
        time.sleep(1)
        for managed in stack.dead():
            print(f"{managed.name} has ended:\n{managed.tail()}\n(log: {managed.log})",
                  file=sys.stderr)  # fmt: skip
            return 1


def _tell(stack: Stack, ids: dict[str, str] | None) -> None:
    urls = stack.urls
    print(f"  First page           {urls['desk']}/")
    print(f"  Pages to sign in to  {urls['referrals']}/ and {urls['notifications']}/")
    print(f"  Mailbox              {urls['desk']}/mail")
    print(f"  Texts                {urls['desk']}/texts")
    print(f"  Traces               {urls['desk']}/traces")
    for name in ("plans", "reviews", "referrals", "notifications"):
        print(f"  API of {name:<14}{urls[name]}/docs")
    if ids:
        school = ids["school"]
        print("\n  Try, in another terminal:")
        print(f"    TOKEN=$(make -s token ROLE=senco SETTING={school})")
        print(
            f'    curl -H "Authorization: Bearer $TOKEN" {urls["plans"]}/settings/{school}/children'
        )
        print(
            f'    curl -H "Authorization: Bearer $TOKEN" '
            f"'{urls['reviews']}/settings/{school}/reviews?state=overdue'"
        )
        print("    make demo")
    print(flush=True)


if __name__ == "__main__":
    sys.exit(main())
