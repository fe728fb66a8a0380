"""Run a command that must not outlive its parent: `python -m flows.guard [--again] COMMAND ...`.

The command runs in a process group of its own. The group is ended (TERM, after `GRACE` seconds KILL) when
the guard's standard input closes, which the kernel does for a parent that died in whatever way, or when the
guard is told to end with SIGTERM. What the command leaves behind in its group ends with it.
Exit status: that of the command; 128 + n if signal n ended it; 127 if it cannot be started.
With `--again` a command that ends by itself is started again, until it fails `SHORT_LIVES` times in a row
soon after its start.

Linux could do this with PR_SET_PDEATHSIG, which Python's standard library does not reach and which looks at
the parent thread only; supervisors (supervisord, circus) are services of their own.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

GRACE = 5.0
"""Seconds between TERM and KILL."""
SHORT_LIVES = 3
"""Times in a row that a command may end within `SOON` seconds before it is not started again."""
SOON = 20.0


def guarded(command: Sequence[str], *, again: bool = False) -> list[str]:
    """The command line that runs `command` under the guard; start it with a pipe as standard input and in
    a session of its own, so that a Ctrl-C in the terminal reaches the parent alone."""
    return [sys.executable, "-m", "flows.guard", *(["--again"] if again else []), *command]


def main(arguments: Sequence[str]) -> int:
    """Run the command until it ends or has to; gives the exit status."""
    again = arguments[:1] == ["--again"]
    command = arguments[again:]
    if not command:
        print("usage: python -m flows.guard [--again] COMMAND ...", file=sys.stderr)
        return 2
    ending = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ending.set())
    signal.signal(signal.SIGINT, lambda *_: None)
    threading.Thread(target=_watch_stdin, args=(ending,), daemon=True).start()
    short_lives = 0
    while True:
        began = time.monotonic()
        status = _run(command, ending)
        short_lives = short_lives + 1 if time.monotonic() - began < SOON else 0
        if not again or ending.is_set() or short_lives >= SHORT_LIVES:
            return status


def _run(command: Sequence[str], ending: threading.Event) -> int:
    """Run the command once; it is ended as soon as `ending` is set."""
    try:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return 127
    over = threading.Event()
    threading.Thread(target=_end_group, args=(child.pid, ending, over), daemon=True).start()
    status = child.wait()
    over.set()
    _signal_group(child.pid, signal.SIGKILL)
    return status if status >= 0 else 128 - status


def _watch_stdin(ending: threading.Event) -> None:
    """Wait until standard input closes. It is closed here at once, so that nobody can still take the guard
    for alive by opening the other end of a named pipe."""
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    with contextlib.suppress(OSError):
        os.close(0)
    ending.set()


def _end_group(group: int, ending: threading.Event, over: threading.Event) -> None:
    ending.wait()
    if not over.is_set():
        _signal_group(group, signal.SIGTERM)
    if not over.wait(GRACE):
        _signal_group(group, signal.SIGKILL)


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
