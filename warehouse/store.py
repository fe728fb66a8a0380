"""The file-system seam: a home is a folder of this machine or a prefix of a bucket (`s3://bucket/prefix`).

Both give the same few operations. What is written stands whole under its name or not at all; a lock ends with
the process that holds it. Paths are relative to the home, with `/`.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Protocol

from warehouse.errors import WarehouseError

Home = str | os.PathLike[str]
"""A folder, or `s3://bucket/prefix` with its settings in the environment (`AWS_*`)."""

BUCKET = "s3://"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Held(Protocol):
    """A lock while it is held, and the record that it guards."""

    value: str | None
    """What the record holds; None for a new one."""

    def set(self, value: str) -> None:
        """Write the record in one step. Raises LockLostError."""

    def check(self) -> None:
        """Raises LockLostError where the lock was lost; called before every step that others can see."""


class Store(Protocol):
    """The operations on a home. A missing file is FileNotFoundError, any other failure another OSError."""

    links: bool
    """Whether one file can stand under two names, so that each snapshot is a whole folder by itself."""

    def read(self, path: str) -> bytes:
        """The bytes of a file."""

    def write(self, path: str, data: bytes) -> None:
        """Put a file in its place in one step, through to the disk."""

    def copy(self, source: str, target: str) -> None:
        """Let `target` be the same file as `source` (a hard link, a copy within the bucket)."""

    def remove(self, path: str) -> None:
        """Remove a file or a folder with all it holds; nothing where it does not exist."""

    def folders(self, path: str) -> list[str]:
        """Names of the folders directly in a folder, sorted."""

    def files(self, path: str) -> list[str]:
        """Names of the files directly in a folder, sorted."""

    def walk(self, path: str) -> list[str]:
        """Paths of all files below a folder, relative to it, sorted."""

    def settle(self, path: str) -> None:
        """Write the names in a folder and below it through to the disk."""

    def record(self, path: str) -> str | None:
        """What a record holds; None where there is none."""

    def exclusive(self, path: str) -> AbstractContextManager[Held]:
        """Hold the lock of a record, waiting for whoever holds it."""

    def where(self, path: str) -> str:
        """The path as people write it."""


def open_store(home: Home) -> Store:
    """The store of a home. Raises WarehouseError for a bucket without a name or settings."""
    if str(home).startswith(BUCKET):
        from warehouse.bucket import Bucket

        return Bucket(str(home))
    return Folder(Path(home))


@contextmanager
def plain_errors(store: Store) -> Iterator[None]:
    """Turn an OSError into a WarehouseError of one line with the way out."""
    try:
        yield
    except OSError as error:
        way_out = "free some space" if error.errno in _FULL else "make it readable and writable"
        raise WarehouseError(
            f"{error.filename or store.where('')}: {error.strerror or error}; nothing published has changed: "
            f"{way_out} and run it again"
        ) from error


class Folder:
    """A home in the file system. Locks are `flock`, which the kernel takes from a process that dies."""

    links = True

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, path: str) -> bytes:
        return (self.root / path).read_bytes()

    def write(self, path: str, data: bytes) -> None:
        target = self.root / path
        following = _following(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with following.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            following.replace(target)
            sync(target.parent)
        except OSError as error:
            with suppress(OSError):
                following.unlink(missing_ok=True)
            # The kernel's error does not name the file.
            raise OSError(error.errno, error.strerror, str(target)) from error

    def copy(self, source: str, target: str) -> None:
        link = self.root / target
        link.parent.mkdir(parents=True, exist_ok=True)
        os.link(self.root / source, link)

    def remove(self, path: str) -> None:
        target = self.root / path
        if target.is_dir():
            shutil.rmtree(target)
        else:
            target.unlink(missing_ok=True)

    def folders(self, path: str) -> list[str]:
        return sorted(entry.name for entry in self._entries(path) if entry.is_dir())

    def files(self, path: str) -> list[str]:
        return sorted(entry.name for entry in self._entries(path) if entry.is_file())

    def walk(self, path: str) -> list[str]:
        root = self.root / path
        return sorted(
            str(Path(folder, name).relative_to(root)) for folder, _, names in os.walk(root) for name in names
        )

    def settle(self, path: str) -> None:
        for folder, _, _ in os.walk(self.root / path):
            sync(Path(folder))

    def record(self, path: str) -> str | None:
        try:
            return self.read(path).decode()
        except FileNotFoundError:
            return None

    @contextmanager
    def exclusive(self, path: str) -> Iterator[Held]:
        lock = self.root / "locks" / path
        lock.parent.mkdir(parents=True, exist_ok=True)
        with lock.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield _HeldFolder(self, path)

    def where(self, path: str) -> str:
        return str(self.root / path)

    def _entries(self, path: str) -> Iterator[os.DirEntry[str]]:
        """What lies directly in a folder, without the files that are being written."""
        with suppress(FileNotFoundError), os.scandir(self.root / path) as entries:
            yield from (entry for entry in entries if not entry.name.startswith("."))


class _HeldFolder:
    def __init__(self, folder: Folder, path: str) -> None:
        self._folder = folder
        self._path = path
        self.value = folder.record(path)

    def set(self, value: str) -> None:
        self._folder.write(self._path, value.encode())
        self.value = value

    def check(self) -> None:
        """A `flock` is never lost."""


def sync(directory: Path) -> None:
    """Write the names in a directory through to the disk."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _following(target: Path) -> Path:
    """Where the next version of a file is written: one name, so a killed writer leaves one file at most."""
    return target.with_name(f".{target.name}.next")
