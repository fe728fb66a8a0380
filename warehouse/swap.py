"""One step from an old directory to a new one, and the lock of those who write.

A killed process leaves the old directory or the new one, never a mixture. Readers that opened a file
before the step keep reading the old one: an open file outlives its name.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from warehouse.errors import WarehouseError

NEXT, OLD = ".next", ".old"
"""Suffixes of the working directories beside the one that is replaced."""

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_NOT_SUPPORTED = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP}
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def exclusive(home: Path) -> Iterator[None]:
    """Hold the one write lock of `home` (created where absent), waiting for whoever holds it.

    Staging and publishing share it, so a publication sees every site as one whole version. The kernel
    releases the lock of a process that dies. An OSError inside becomes a WarehouseError.
    """
    lock = home / "warehouse.lock"
    try:
        home.mkdir(parents=True, exist_ok=True)
        with lock.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
    except OSError as error:
        way_out = "free some space" if error.errno in _FULL else "make it readable and writable"
        raise WarehouseError(
            f"{error.filename or home}: {error.strerror or error}; nothing published has changed: "
            f"{way_out} and run it again"
        ) from error


@contextmanager
def replacing(current: Path) -> Iterator[Path]:
    """Give an empty directory to fill; on leaving it stands at `current`, and what stood there is gone.

    After an exception `current` is as it was. The caller holds the lock and fills with `write`.
    """
    recover(current)
    following = _beside(current, NEXT)
    following.mkdir(parents=True)
    try:
        yield following
        for directory, _, _ in os.walk(following):
            _sync(Path(directory))
        _put(following, current)
        _sync(current.parent)
    finally:
        recover(current)


def recover(current: Path) -> None:
    """Bring `current` back where a killed run moved it away, and remove what that run left."""
    old = _beside(current, OLD)
    if old.exists() and not current.exists():
        old.rename(current)
    for leftover in (_beside(current, NEXT), old):
        shutil.rmtree(leftover, ignore_errors=True)


def recover_all(parent: Path) -> None:
    """`recover` every directory directly in `parent` that a killed run left something of."""
    for leftover in [path for path in parent.iterdir() if path.suffix in (NEXT, OLD)]:
        recover(leftover.with_suffix(""))


def write(path: Path, data: bytes) -> None:
    """Write a new file through to the disk; an OSError names it (the kernel's does not)."""
    try:
        with path.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


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


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
