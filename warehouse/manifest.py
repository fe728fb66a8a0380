"""Snapshots: what each publication consists of, `snapshots/<id>/manifest.json`, and which one is current.

`snapshots/current` names the current one; whoever changes it holds its lock.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from importlib import metadata

from pydantic import BaseModel, Field

from warehouse.errors import NoDatasetError
from warehouse.schema import SCHEMA_VERSION, SCHEMAS
from warehouse.store import Store

SNAPSHOTS = "snapshots"
INPUTS = "inputs"
CURRENT = f"{SNAPSHOTS}/current"
_ID = "%Y%m%dT%H%M%S.%fZ"


class File(BaseModel):
    """A file of a snapshot. `rows` is null for documents; `counts` sums the numbers of cells and checks by
    status and outcome; `snapshot` is the publication that wrote these bytes."""

    path: str
    bytes: int
    sha256: str
    rows: int | None = None
    counts: dict[str, int] = {}
    snapshot: str

    def same_bytes(self, other: File | None) -> bool:
        return other is not None and self.sha256 == other.sha256


class TableCount(BaseModel):
    files: int
    rows: int


class Manifest(BaseModel):
    """A publication: its files by path, those of the dataset and those that only the next publication reads
    (`inputs/`: which site gave which report). Ids are times (UTC) and sort as such."""

    snapshot: str
    previous: str | None
    created_at: datetime
    software: str
    schema_version: int
    columns: str
    tables: dict[str, TableCount]
    files: list[File]
    inputs: list[File]
    alone: bool = Field(default=False, exclude=True)
    """Whether the home that it was read from is the folder of this one snapshot."""

    def by_path(self) -> dict[str, File]:
        return {file.path: file for file in [*self.files, *self.inputs]}


def columns_digest() -> str:
    """What changes with any column of any table."""
    described = [
        (name, [(field.name, str(field.type)) for field in schema]) for name, schema in SCHEMAS.items()
    ]
    return sha256(repr(described).encode()).hexdigest()


def new_id(previous: str | None) -> str:
    """An id for now, later than `previous` even if the clock was set back."""
    now = datetime.now(UTC)
    if previous is not None:
        now = max(now, datetime.strptime(previous, _ID).replace(tzinfo=UTC) + timedelta(microseconds=1))
    return now.strftime(_ID)


def manifest_of(snapshot: str, previous: str | None, files: list[File]) -> Manifest:
    """The manifest of a new publication from all its files."""
    tables = {
        table: [file.rows or 0 for file in files if file.path.startswith(f"{table}/")] for table in SCHEMAS
    }
    inputs = [file for file in files if file.path.startswith(f"{INPUTS}/")]
    return Manifest(
        snapshot=snapshot,
        previous=previous,
        created_at=datetime.strptime(snapshot, _ID).replace(tzinfo=UTC),
        software=f"nianbao {_version()}",
        schema_version=SCHEMA_VERSION,
        columns=columns_digest(),
        tables={table: TableCount(files=len(rows), rows=sum(rows)) for table, rows in tables.items()},
        files=[file for file in files if file not in inputs],
        inputs=inputs,
    )


def save(store: Store, manifest: Manifest) -> None:
    text = manifest.model_dump_json(indent=1) + "\n"
    store.write(f"{SNAPSHOTS}/{manifest.snapshot}/manifest.json", text.encode())


def load(store: Store, snapshot: str | None = None) -> Manifest:
    """The manifest of a snapshot, by default the current one; a home may also be the folder of a single
    snapshot. Raises NoDatasetError."""
    chosen = snapshot or store.record(CURRENT)
    if chosen is None:
        with suppress(FileNotFoundError):
            alone = Manifest.model_validate_json(store.read("manifest.json"))
            return alone.model_copy(update={"alone": True})
        raise NoDatasetError(
            f"{store.where('dataset')}: nothing published here yet; run 'nianbao run' or name the home"
        )
    try:
        return Manifest.model_validate_json(store.read(f"{SNAPSHOTS}/{chosen}/manifest.json"))
    except FileNotFoundError as error:
        known = ", ".join(store.folders(SNAPSHOTS)[-5:]) or "none"
        raise NoDatasetError(
            f"{store.where(SNAPSHOTS)}: no snapshot {chosen}; the last ones are {known}"
        ) from error


def place(store: Store, manifest: Manifest, file: File) -> str:
    """Where the bytes of a file of a snapshot lie: in its own folder where files can have two names, else in
    that of the publication that wrote them."""
    if manifest.alone:
        return file.path
    return f"{SNAPSHOTS}/{manifest.snapshot if store.links else file.snapshot}/{file.path}"


@cache
def _version() -> str:
    """Version of the installed package; empty for a checkout that is not installed."""
    try:
        return metadata.version("nianbao")
    except metadata.PackageNotFoundError:
        return "(not installed)"
