"""Where a run works: the home, and a folder of this machine.

A home that is a folder is both. Of a home in a bucket the warehouse reads and writes the bucket itself; what
else a run needs (archive, runs, the Prefect server's files) lies in a folder of this machine, and the bucket
holds what outlasts the run: it is pulled before a step that needs it, and pushed after one that changed it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from crawler.archive import Capture
from crawler.digests import FILE as DIGESTS
from flows.ledger import Ledger, open_ledger
from warehouse.bucket import Bucket
from warehouse.store import BUCKET, Store, open_store

WORK = "NIANBAO_WORK"
"""Environment variable: the folder of this machine for homes in a bucket (default: ~/.cache/nianbao)."""
SUMMARIES = 30
"""Summaries of the newest runs that are pulled."""
_LEDGER = "runs/ledger.jsonl"
_RECORDS = ".warc.gz"


@dataclass(frozen=True, slots=True)
class Place:
    """`home` is a folder or `s3://bucket/prefix`, `work` the folder of this machine."""

    home: str
    work: Path

    @classmethod
    def of(cls, home: str | os.PathLike[str]) -> Place:
        """The place of a home. Raises nothing: whether it can be reached shows when it is used."""
        if not str(home).startswith(BUCKET):
            folder = Path(home).absolute()
            return cls(str(folder), folder)
        root = Path(os.environ.get(WORK) or Path.home() / ".cache" / "nianbao")
        return cls(str(home), root.absolute() / quote(str(home).removeprefix(BUCKET), safe=""))

    @property
    def is_bucket(self) -> bool:
        return self.home.startswith(BUCKET)

    @property
    def store(self) -> Store:
        """The home's store. Raises WarehouseError for a bucket without settings."""
        return open_store(self.home)

    def path(self, name: str) -> str:
        """Something of the home as people write it."""
        return f"{self.home}/{name}"

    @contextlib.contextmanager
    def archive(self, sites: Iterable[str] | None = None) -> Iterator[ArchiveFolder]:
        """The archive as a folder, for a crawl of these sites or to read what it holds (None: of all). Of a
        bucket it is a new folder with the indexes; its records come by `ArchiveFolder.fetch`."""
        if not self.is_bucket:
            yield ArchiveFolder(self.work / "archive", None)
            return
        self.work.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self.work, prefix="archive-") as folder:
            archive = ArchiveFolder(Path(folder), Bucket(self.home))
            archive.pull(None if sites is None else set(sites))
            yield archive

    @contextlib.contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """The ledger to change, one process at a time, on whatever machine."""
        if not self.is_bucket:
            with open_ledger(self.work) as ledger:
                yield ledger
            return
        store = self.store
        with store.exclusive("runs/ledger") as held:
            self.pull_runs()
            with open_ledger(self.work) as ledger:
                yield ledger
            held.check()
            store.write(_LEDGER, (self.work / _LEDGER).read_bytes())

    def pull_runs(self, run_id: str | None = None) -> None:
        """Bring ledger and newest summaries to `work`, and that of the run `run_id`."""
        if not self.is_bucket:
            return
        store = self.store
        (self.work / "runs").mkdir(parents=True, exist_ok=True)
        names = [name for name in store.files("runs") if name.endswith(".json")][-SUMMARIES:]
        missing = [name for name in [*names, *([f"{run_id}.json"] if run_id else [])] if not self._held(name)]
        for path in [_LEDGER, *(f"runs/{name}" for name in missing)]:
            with contextlib.suppress(FileNotFoundError):
                _put(self.work / path, store.read(path))

    def push_run(self, run_id: str) -> None:
        """Take the summary of a run to the bucket."""
        if self.is_bucket:
            name = f"runs/{run_id}.json"
            self.store.write(name, (self.work / name).read_bytes())

    def _held(self, name: str) -> bool:
        return (self.work / "runs" / name).exists()


class ArchiveFolder:
    """The archive at `root`; with a bucket it stands for the archive there."""

    def __init__(self, root: Path, bucket: Bucket | None) -> None:
        self.root = root
        self._bucket = bucket
        self._known: dict[str, tuple[int, int]] = {}
        self._with_holes: set[str] = set()

    def pull(self, sites: set[str] | None) -> None:
        """Bring everything here but the records: indexes, results, and what is remembered of these sites."""
        assert self._bucket is not None
        self.root.mkdir(parents=True, exist_ok=True)
        wanted = {quote(site, safe="") for site in sites or ()}
        for name in self._bucket.walk("archive"):
            remembered = name.startswith("memory/") and sites is not None
            if name.endswith(_RECORDS) or (remembered and Path(name).name.split(".jsonl")[0] not in wanted):
                continue
            _put(self.root / name, self._bucket.read(f"archive/{name}"))
        self._known = self._files()

    def push(self) -> None:
        """Take what is new or changed to the bucket; results last, for they say that a crawl is whole."""
        if self._bucket is None:
            return
        changed = [name for name, state in self._files().items() if self._known.get(name) != state]
        for name in sorted(changed, key=lambda name: (name.endswith(".result.json"), name)):
            self._bucket.write(f"archive/{name}", (self.root / name).read_bytes())
        self._known = self._files()

    def fetch(self, captures: Iterable[Capture]) -> None:
        """Bring the records of these captures here, where they are not: parser processes have no network. The
        files have holes where other records are. Raises OSError."""
        if self._bucket is None:
            return
        for capture in captures:
            path = self.root / capture.warc
            if path.exists() and capture.warc not in self._with_holes:
                continue
            data = self._bucket.read_range(f"archive/{capture.warc}", capture.offset, capture.length)
            with path.open("r+b" if path.exists() else "xb") as file:
                file.seek(capture.offset)
                file.write(data)
            self._with_holes.add(capture.warc)

    def _files(self) -> dict[str, tuple[int, int]]:
        """Size and time of every file that is whole."""
        found = {}
        for path in self.root.rglob("*"):
            name = str(path.relative_to(self.root))
            if path.is_file() and name not in self._with_holes and name != DIGESTS:
                status = path.stat()
                found[name] = (status.st_size, status.st_mtime_ns)
        return found


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_bytes(data)
    partial.replace(path)
