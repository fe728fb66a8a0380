"""Publishing: staging to a new snapshot, and `dataset/` after it.

A publication writes what is new below `snapshots/<id>/`, then its manifest, then names itself in
`snapshots/current`: that one step decides. Whatever dies before it leaves a folder that the next publication
removes; whatever dies after it leaves `dataset/` to be brought up (`warehouse.mirror`).
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256

import pyarrow as pa
import pyarrow.compute as pc

from parsers.model import CellStatus, CheckOutcome
from warehouse.codebook import codebook, crosswalk_table, datapackage
from warehouse.corrections import load_corrections
from warehouse.errors import NoDatasetError, WarehouseError
from warehouse.inputs import (
    Change,
    change,
    corrected_anew,
    displaced,
    inputs_bytes,
    inputs_path,
    provinces_of,
    published_inputs,
    whole_province,
)
from warehouse.layout import as_dictionaries, file_path, in_schema, parquet_bytes, parquet_rows
from warehouse.levels import level_rows
from warehouse.manifest import (
    CURRENT,
    SNAPSHOTS,
    File,
    Manifest,
    columns_digest,
    load,
    manifest_of,
    new_id,
    place,
    save,
)
from warehouse.mirror import mirror
from warehouse.partitions import Partition, partitions
from warehouse.schema import SCHEMA_VERSION, SCHEMAS, STAGED
from warehouse.splice import rows_of, splice
from warehouse.staging import SiteMovedError, StagedProvince, adopt_folders, staged_sites
from warehouse.store import Held, Home, Store, open_store, plain_errors

_PROVINCES_AT_ONCE = 2
"""More would need more memory than one big province in all its years does."""

_TABLES_AT_ONCE = 2
"""`cells` takes as long as all others together."""

_COUNTS = [*(f"cells_{status}" for status in CellStatus), *(f"checks_{outcome}" for outcome in CheckOutcome)]


@dataclass(frozen=True, slots=True)
class Publication:
    """What a publication changed, and what the whole dataset holds after it.

    `snapshot` is the current one: a new one, or the one before if no byte changed. `written` and `removed`
    name partitions ("year=2023/province=甘肃省"): those where a file is new, other or gone, and those that
    lost their last report. `cells` and `checks` count by status and outcome. `refused` says of corrections of
    the reports that were made anew why they no longer fit, in a line each.
    """

    snapshot: str
    written: tuple[str, ...]
    removed: tuple[str, ...]
    reports: int
    cells: dict[CellStatus, int]
    checks: dict[CheckOutcome, int]
    refused: tuple[str, ...]


def publish(home: Home, sites: Collection[str] | None = None) -> Publication:
    """Bring the dataset up to the staging: all of it anew, or what changed in the reports of `sites`.

    A dataset that was written with another version of the schema is renewed whole. Raises WarehouseError
    (disk full, bucket out of reach, staging damaged); the published dataset is then as it was.
    """
    store = open_store(home)
    with plain_errors(store), store.exclusive(CURRENT) as held, _memory_used_once():
        adopt_folders(store)
        while True:
            try:
                return _Publishing(store, held).run(sites)
            except SiteMovedError:
                continue


@contextmanager
def _memory_used_once() -> Iterator[None]:
    """Let Arrow ask the system for memory: its own allocator takes huge pages, and a publication that uses
    them once pays for clearing them as much as for all its work on one site. And let the collector of garbage
    leave alone what was there before, which it would look through again and again."""
    before = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        pa.set_memory_pool(before)


class _Publishing:
    """One publication, under the lock."""

    def __init__(self, store: Store, held: Held) -> None:
        self._store = store
        self._held = held
        self._before = load(store, held.value) if held.value else None
        self._files_before = self._before.by_path() if self._before else {}
        self._id = new_id(held.value)
        self._corrections = load_corrections(store)
        self._refused: list[str] = []

    def run(self, sites: Collection[str] | None) -> Publication:
        self._remove_unfinished()
        with ExitStack() as undo:
            undo.callback(self._remove_new_folder)
            files = self._files(sites)
            manifest = manifest_of(self._id, self._held.value, files)
            files_now = manifest.by_path()
            paths = self._files_before.keys() | files_now.keys()
            changed = {path for path in paths if self._files_before.get(path) != files_now.get(path)}
            if self._before is not None and not changed and _of_this_schema(self._before):
                manifest = self._before
            else:
                self._link_unchanged(manifest)
                save(self._store, manifest)
                self._store.settle(f"{SNAPSHOTS}/{self._id}")
                undo.pop_all()  # from here on it may be the current one
                self._held.set(self._id)
        mirror(self._store, self._held, manifest)
        return _publication(manifest, self._files_before.values(), changed, self._refused)

    def _files(self, sites: Collection[str] | None) -> list[File]:
        """All files of the dataset after this publication, those that are new written."""
        staged = staged_sites(self._store)
        if sites is None or (self._before is not None and not _of_this_schema(self._before)):
            files = self._all(staged)
        else:
            files = self._changed(staged, sites)
        files.sort(key=lambda file: file.path)
        return [
            self._put("CODEBOOK.md", codebook()),
            self._put("crosswalk.csv", crosswalk_table()),
            self._put("datapackage.json", datapackage(file for file in files if file.rows is not None)),
            *files,
        ]

    def _remove_new_folder(self) -> None:
        """Free what a publication that failed wrote; what cannot be removed now, the next one removes."""
        with suppress(OSError):
            self._store.remove(f"{SNAPSHOTS}/{self._id}")

    def _all(self, staged: Mapping[str, str]) -> list[File]:
        """Every province made anew."""

        def renew(province: str) -> list[File]:
            here = [site for site, where in staged.items() if where == province]
            return list(self._made(whole_province(self._store, province, here, self._corrections)))

        return _in_turn(renew, sorted(set(staged.values())))

    def _changed(self, staged: Mapping[str, str], sites: Collection[str]) -> list[File]:
        """What changed in the reports of these sites, and everything else as it is."""
        inputs = published_inputs(self._store, self._before) if self._before else {}
        chosen = {*sites, *displaced(inputs, staged), *corrected_anew(inputs, self._corrections)}
        provinces = set(provinces_of(chosen, inputs, staged))

        def renew(province: str) -> list[File]:
            here = [site for site, where in staged.items() if where == province]
            found = change(
                self._store,
                province,
                here,
                chosen,
                inputs=inputs.get(province),
                corrections=self._corrections,
            )
            return list(self._made(found)) if found else self._of_province(province)

        kept = [file for province in inputs.keys() - provinces for file in self._of_province(province)]
        return [*kept, *_in_turn(renew, sorted(provinces))]

    def _remove_unfinished(self) -> None:
        """Remove what publications left that did not come to their end; their ids are the latest."""
        for folder in self._store.folders(SNAPSHOTS):
            if self._before is None or folder > self._before.snapshot:
                self._held.check()
                self._store.remove(f"{SNAPSHOTS}/{folder}")

    def _of_province(self, province: str) -> list[File]:
        """The files of a province as they are published."""
        return [file for path, file in self._files_before.items() if _province(path) == province]

    def _made(self, change: Change) -> Iterator[File]:
        """All files of a province after a change, those that it renews written."""
        if change.years is not None:
            kept = self._of_province(change.province)
            yield from (file for file in kept if file.rows and _year(file.path) not in change.years)
        if change.inputs.num_rows:
            yield self._put(inputs_path(change.province), inputs_bytes(change.inputs))
        staged = StagedProvince(change.province, change.files, change.agencies)
        years = staged.years() if change.years is None else change.years
        for part in partitions(staged, years, self._corrections):
            self._refused += [refused.reason for refused in part.refused]
            if change.agencies is not None:
                yield from self._spliced(part, change.agencies)
            else:
                for table, rows in part.tables.items():
                    yield from self._put_rows(table, part, rows)

    def _spliced(self, part: Partition, agencies: Collection[str]) -> Iterator[File]:
        """The files of a partition with the rows of some agencies put in their place (two tables at once)."""
        with ThreadPoolExecutor(_TABLES_AT_ONCE) as pool:
            for files in pool.map(lambda table: self._spliced_table(table, part, agencies), STAGED):
                yield from files

    def _spliced_table(self, table: str, part: Partition, agencies: Collection[str]) -> list[File]:
        """The file of a table, none without rows; where the rows are what was published it stays as it is."""
        schema = SCHEMAS[table]
        rows = part.tables.get(table, schema.empty_table())
        if (file := self._files_before.get(file_path(table, part.year, part.province))) is not None:
            before = self._rows(table, file)
            if in_schema(rows_of(before, agencies), schema).equals(in_schema(rows, schema)):
                levels = self._files_before.get(file_path("levels", part.year, part.province))
                return [file, levels] if table == "reports" and levels is not None else [file]
            renewed = as_dictionaries(rows, schema) if rows.num_rows else rows
            rows = splice(before, renewed, agencies)
        return self._put_rows(table, part, rows) if rows.num_rows else []

    def _put_rows(self, table: str, part: Partition, rows: pa.Table) -> list[File]:
        """Write the file of a table, and that of `levels` with the one of `reports`."""
        path = file_path(table, part.year, part.province)
        files = [self._put(path, parquet_bytes(rows, SCHEMAS[table]), _summed(table, rows), rows.num_rows)]
        if table == "reports" and (levels := level_rows(rows)).num_rows:
            files += self._put_rows("levels", part, levels)
        return files

    def _rows(self, table: str, file: File) -> pa.Table:
        """The published rows of a file, which the next ones build on; its bytes must be those published."""
        where = place(self._store, self._known_before(), file)
        data = self._store.read(where)
        if sha256(data).hexdigest() != file.sha256:
            raise WarehouseError(
                f"the dataset is damaged: {self._store.where(where)} is not what was published; "
                f"run 'nianbao publish'"
            )
        return parquet_rows(data, table, dictionaries=True)

    def _put(
        self, path: str, data: bytes, counts: dict[str, int] | None = None, rows: int | None = None
    ) -> File:
        """Write a file of the new snapshot; if the one before has these bytes, mend it where it must be."""
        before = self._files_before.get(path)
        file = File(
            path=path,
            bytes=len(data),
            sha256=sha256(data).hexdigest(),
            rows=rows,
            counts=counts or {},
            snapshot=self._id,
        )
        self._held.check()
        if before is None or not before.same_bytes(file):
            self._store.write(f"{SNAPSHOTS}/{self._id}/{path}", data)
            return file
        where = place(self._store, self._known_before(), before)
        if not _holds(self._store, where, data):
            self._store.write(where, data)
        return before

    def _link_unchanged(self, manifest: Manifest) -> None:
        if self._store.links:
            for file in manifest.by_path().values():
                if file.snapshot != self._id:
                    source = place(self._store, self._known_before(), file)
                    self._store.copy(source, f"{SNAPSHOTS}/{self._id}/{file.path}")

    def _known_before(self) -> Manifest:
        if self._before is None:
            raise NoDatasetError("nothing was published before")
        return self._before


def _in_turn(renew: Callable[[str], list[File]], provinces: Iterable[str]) -> list[File]:
    with ThreadPoolExecutor(_PROVINCES_AT_ONCE) as pool:
        return [file for files in pool.map(renew, provinces) for file in files]


def _province(path: str) -> str | None:
    """The province of a file of a snapshot, None for a document."""
    match path.split("/"):
        case [_, _, province, _]:
            return province.partition("=")[2]
        case [_, province]:
            return province.removesuffix(".parquet")
    return None


def _year(path: str) -> int:
    return int(path.split("/")[1].partition("=")[2])


def _summed(table: str, rows: pa.Table) -> dict[str, int]:
    return {name: pc.sum(rows[name]).as_py() or 0 for name in _COUNTS} if table == "reports" else {}


def _holds(store: Store, path: str, data: bytes) -> bool:
    try:
        return store.read(path) == data
    except FileNotFoundError:
        return False


def _of_this_schema(manifest: Manifest) -> bool:
    return (manifest.schema_version, manifest.columns) == (SCHEMA_VERSION, columns_digest())


def _publication(
    manifest: Manifest, before: Iterable[File], changed: set[str], refused: Iterable[str]
) -> Publication:
    of_tables = [file for file in manifest.files if file.rows is not None]
    removed = _partitions(file.path for file in before if file.rows is not None)
    removed -= _partitions(file.path for file in of_tables)
    written = _partitions(path for path in changed if path.partition("/")[0] in SCHEMAS) - removed
    sums = {name: sum(file.counts.get(name, 0) for file in of_tables) for name in _COUNTS}
    return Publication(
        snapshot=manifest.snapshot,
        written=tuple(sorted(written)),
        removed=tuple(sorted(removed)),
        reports=manifest.tables["reports"].rows,
        cells={status: sums[f"cells_{status}"] for status in CellStatus},
        checks={outcome: sums[f"checks_{outcome}"] for outcome in CheckOutcome},
        refused=tuple(sorted(refused)),
    )


def _partitions(paths: Iterable[str]) -> set[str]:
    return {"/".join(path.split("/")[1:3]) for path in paths}
