"""A process that is told to stop stops: whichever thread is given the signal, and when."""

import signal
import subprocess
import sys

import pytest

from deploy.local.stack import ROOT

_PROCESS = """
import os, signal, sys, threading
from shared.stopping import stop_on_signals, wait_for
stopping = stop_on_signals()
def another():
    print("up", flush=True)
    sys.stdin.readline()
    signal.pthread_kill(threading.get_ident(), int(sys.argv[1]))
    stopping.wait()
threading.Thread(target=another).start()
wait_for(stopping)
print("stopped", flush=True)
"""


@pytest.mark.parametrize("to", ["another thread", "the process"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_heard_whichever_thread_is_given_it(number: signal.Signals, to: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _PROCESS, str(int(number))],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout and process.stdin
    try:
        assert process.stdout.readline() == "up\n"
        if to == "the process":
            process.send_signal(number)
        process.stdin.write("now\n")
        process.stdin.flush()
        assert process.wait(120) == 0
        assert process.stdout.read() == "stopped\n"
    finally:
        process.kill()
        process.wait()
