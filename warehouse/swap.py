"""One step from an old directory to a new one.

A killed process leaves the old directory or the new one, never a mixture. Readers that opened a file
before the step keep reading the old one: an open file outlives its name.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from warehouse.store import sync

NEXT, OLD = ".next", ".old"
"""Suffixes of the working directories beside the one that is replaced."""

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_NOT_SUPPORTED = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP}


@contextmanager
def replacing(current: Path) -> Iterator[Path]:
    """Give an empty directory to fill; on leaving it stands at `current`, and what stood there is gone.

    After an exception `current` is as it was. The caller holds the lock.
    """
    recover(current)
    following = _beside(current, NEXT)
    following.mkdir(parents=True)
    try:
        yield following
        for directory, _, _ in os.walk(following):
            sync(Path(directory))
        _put(following, current)
        sync(current.parent)
    finally:
        recover(current)


def recover(current: Path) -> None:
    """Bring `current` back where a killed run moved it away, and remove what that run left."""
    old = _beside(current, OLD)
    if old.exists() and not current.exists():
        old.rename(current)
    for leftover in (_beside(current, NEXT), old):
        shutil.rmtree(leftover, ignore_errors=True)


def _beside(current: Path, suffix: str) -> Path:
    return current.with_name(current.name + suffix)


def _put(following: Path, current: Path) -> None:
    if not current.exists():
        following.rename(current)
    elif not _exchange(following, current):
        # Two steps; `recover` takes the first one back if the second never comes.
        current.rename(_beside(current, OLD))
        following.rename(current)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two directories in one step; False where system or file system cannot.

    Called in libc, because Python's os module has no call for renameat2 and its RENAME_EXCHANGE.
    """
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    if renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in _NOT_SUPPORTED:
        return False
    raise OSError(code, os.strerror(code), str(one), None, str(other))
