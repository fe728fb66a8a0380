"""The guard: nothing outlives its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.flows.nianbao import ROOT, eventually

# A parent that starts a guarded child, tells the child's pid, and waits.
PARENT = """
import subprocess, sys
from flows.guard import guarded
child = subprocess.Popen(guarded(sys.argv[1:]), stdin=subprocess.PIPE, start_new_session=True)
child.wait()
"""
# A child that says its pid and then stays, whatever TERM says if it is stubborn.
CHILD = """
import os, signal, sys
if "stubborn" in sys.argv: signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(os.getpid(), flush=True)
while True: signal.pause()
"""


def _guard(*command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "flows.guard", *command],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@pytest.mark.parametrize("manner", ["docile", "stubborn"])
def test_the_child_ends_when_the_parent_is_killed(manner: str) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, sys.executable, "-c", CHILD, manner],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    eventually(lambda: not _alive(child))
    parent.stdout.close()


def test_the_child_ends_when_the_guard_is_told_to() -> None:
    with _guard(sys.executable, "-c", CHILD) as guard:
        assert guard.stdout is not None
        child = int(guard.stdout.readline())
        guard.terminate()
        assert guard.wait() == 128 + signal.SIGTERM
    assert not _alive(child)


def test_what_the_command_leaves_behind_ends_with_it() -> None:
    leave = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {CHILD!r}])"
    with _guard(sys.executable, "-c", leave + "; sys.exit(0)") as guard:
        assert guard.wait() == 0
        assert guard.stdout is not None
        said = guard.stdout.readline()
    assert not said or not _alive(int(said))


@pytest.mark.parametrize(("command", "status"), [("true", 0), ("exit 7", 7), ("kill -9 $$", 137)])
def test_the_exit_status_is_passed_on(command: str, status: int) -> None:
    with _guard("sh", "-c", command) as guard:
        assert guard.wait() == status


def test_a_command_that_is_not_there() -> None:
    with _guard(os.devnull + "/nothing") as guard:
        assert guard.wait() == 127
