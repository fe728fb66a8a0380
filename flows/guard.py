"""Run a command that must not outlive its parent: `python -m flows.guard COMMAND ...`.

The command runs in a process group of its own. The group is ended (TERM, after `GRACE` seconds KILL) when
the guard's standard input closes, which the kernel does for a parent that died in whatever way, or when the
guard is told to end with SIGTERM. What the command leaves behind in its group ends with it.
Exit status: that of the command; 128 + n if signal n ended it; 127 if it cannot be started.

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
from collections.abc import Sequence

GRACE = 5.0
"""Seconds between TERM and KILL."""


def guarded(command: Sequence[str]) -> list[str]:
    """The command line that runs `command` under the guard; start it with a pipe as standard input and in
    a session of its own, so that a Ctrl-C in the terminal reaches the parent alone."""
    return [sys.executable, "-m", "flows.guard", *command]


def main(command: Sequence[str]) -> int:
    """Run `command` until it ends or has to; gives the exit status."""
    if not command:
        print("usage: python -m flows.guard COMMAND ...", file=sys.stderr)
        return 2
    ending = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ending.set())
    signal.signal(signal.SIGINT, lambda *_: None)
    try:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return 127
    threading.Thread(target=_watch_stdin, args=(ending,), daemon=True).start()
    threading.Thread(target=_end_group, args=(child.pid, ending), daemon=True).start()
    status = child.wait()
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


def _end_group(group: int, ending: threading.Event) -> None:
    ending.wait()
    _signal_group(group, signal.SIGTERM)
    threading.Event().wait(GRACE)
    _signal_group(group, signal.SIGKILL)


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
