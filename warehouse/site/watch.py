"""Documents that end the process that opens them: each is opened once and then left out.

<tried>/open-<process>   digest of the document that a process has open, blank when it has none
<tried>/<name>           one such file for each document that ended its process
"""

from __future__ import annotations

import faulthandler
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path

SECONDS = 60.0
"""Seconds that showing one document may take; none takes two."""
_LENGTH = 80
_NOWHERE = os.open(os.devnull, os.O_WRONLY)


def has_ended_one(tried: Path, digest: str) -> bool:
    """Whether this document has ended a process."""
    return _mark(tried, digest).exists()


@contextmanager
def watched(tried: Path, digest: str) -> Iterator[None]:
    """Let it be known that a document is open, and end this process if that takes too long: code below Python
    hears nothing else."""
    file = _own_file(tried, os.getpid())
    os.pwrite(file, digest.encode().ljust(_LENGTH), 0)
    faulthandler.dump_traceback_later(SECONDS, exit=True, file=_NOWHERE)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        os.pwrite(file, b" " * _LENGTH, 0)


def leave_out_what_was_open(tried: Path) -> None:
    """After a process has ended by itself: leave out what it, and those that ended with it, had open."""
    for file in tried.glob("open-*"):
        if digest := file.read_text().strip():
            _mark(tried, digest).touch()
    forget_processes(tried)


def forget_processes(tried: Path) -> None:
    """Before a rendering: whatever ended the one before, a kill or the machine, no document is to blame."""
    for file in tried.glob("open-*"):
        file.unlink()


@cache
def _own_file(tried: Path, process: int) -> int:
    tried.mkdir(parents=True, exist_ok=True)
    return os.open(tried / f"open-{process}", os.O_CREAT | os.O_WRONLY, 0o644)


def _mark(tried: Path, digest: str) -> Path:
    return tried / sha256(digest.encode()).hexdigest()[:32]
