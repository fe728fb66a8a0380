"""What changed from one snapshot to another: files, reports, cells. Only files with other bytes are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from warehouse.layout import partition_of, report_bounds, table_of
from warehouse.manifest import File, Manifest, load
from warehouse.read import file_rows
from warehouse.schema import CELLS, SCHEMAS
from warehouse.store import Home, Store, open_store, plain_errors

_OF_A_CELL = ["value", "raw", "status"]


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A cell (id) with its value, raw text and status before and after, None where it had no row; or another
    column of `reports`."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class ReportChange:
    """A report that is in both snapshots with other rows in these `tables`."""

    report_id: str
    tables: tuple[str, ...]
    cells: tuple[ValueChange, ...]
    columns: tuple[ValueChange, ...]


@dataclass(slots=True)
class PartitionChange:
    """What changed in a year and province: paths of files and ids of reports."""

    year: int
    province: str
    files_added: list[str] = field(default_factory=list)
    files_removed: list[str] = field(default_factory=list)
    files_changed: list[str] = field(default_factory=list)
    reports_added: list[str] = field(default_factory=list)
    reports_removed: list[str] = field(default_factory=list)
    reports_changed: list[ReportChange] = field(default_factory=list)


@dataclass(frozen=True)
class Difference:
    """Two snapshots; `partitions` reads what changed, one partition at a time."""

    before: Manifest
    after: Manifest
    _store: Store

    def partitions(self) -> Iterator[PartitionChange]:
        """The partitions that changed, by year and province. Raises WarehouseError for a damaged file."""
        sides = [{f.path: f for f in side.files if f.rows is not None} for side in (self.before, self.after)]
        changed: dict[tuple[int, str], dict[str, tuple[File | None, File | None]]] = {}
        for path in sorted(sides[0].keys() | sides[1].keys()):
            pair = sides[0].get(path), sides[1].get(path)
            if pair[0] is None or not pair[0].same_bytes(pair[1]):
                changed.setdefault(partition_of(path), {})[path] = pair
        with plain_errors(self._store):
            for (year, province), files in sorted(changed.items()):
                yield self._partition(PartitionChange(year, province), files)

    def _partition(
        self, found: PartitionChange, files: dict[str, tuple[File | None, File | None]]
    ) -> PartitionChange:
        changed: dict[str, dict[str, tuple[pa.Table, pa.Table]]] = {}
        for path, (before, after) in files.items():
            kind = found.files_added if before is None else found.files_changed
            (found.files_removed if after is None else kind).append(path)
            table = table_of(path)
            old, new = self._by_report(self.before, before), self._by_report(self.after, after)
            if table == "reports":
                found.reports_added += sorted(new.keys() - old.keys())
                found.reports_removed += sorted(old.keys() - new.keys())
            none = SCHEMAS[table].empty_table()
            for report_id in old.keys() | new.keys():
                pair = old.get(report_id, none), new.get(report_id, none)
                if not pair[0].equals(pair[1]):
                    changed.setdefault(report_id, {})[table] = pair
        whole = {*found.reports_added, *found.reports_removed}
        found.reports_changed = [
            _report(report_id, changed[report_id]) for report_id in sorted(changed.keys() - whole)
        ]
        return found

    def _by_report(self, manifest: Manifest, file: File | None) -> dict[str, pa.Table]:
        if file is None:
            return {}
        rows = file_rows(self._store, manifest, file).combine_chunks()
        ids = rows["report_id"]
        return {ids[start].as_py(): rows.slice(start, end - start) for start, end in report_bounds(rows)}


def diff(home: Home, before: str | None = None, after: str | None = None) -> Difference:
    """The difference of two snapshots, by default of the current one (`after`) to the one before it.

    Raises NoDatasetError where there is no such snapshot.
    """
    store = open_store(home)
    with plain_errors(store):
        newer = load(store, after)
        # The first publication has none before it: everything is new.
        earlier = before or newer.previous
        older = load(store, earlier) if earlier else newer.model_copy(update={"files": []})
    return Difference(older, newer, store)


def _report(report_id: str, changed: dict[str, tuple[pa.Table, pa.Table]]) -> ReportChange:
    cells: list[ValueChange] = []
    columns: list[ValueChange] = []
    if "cells" in changed:
        old, new = ({row["cell"]: row for row in side.to_pylist()} for side in changed["cells"])
        for cell in sorted(old.keys() | new.keys(), key=list(CELLS).index):
            pair = _cell(old.get(cell)), _cell(new.get(cell))
            if pair[0] != pair[1]:
                cells.append(ValueChange(cell, *pair))
    if "reports" in changed:
        [old_row], [new_row] = (side.to_pylist() for side in changed["reports"])
        columns = [
            ValueChange(name, old_row[name], new_row[name])
            for name in SCHEMAS["reports"].names
            if name not in CELLS and old_row[name] != new_row[name]
        ]
    return ReportChange(report_id, tuple(changed), tuple(cells), tuple(columns))


def _cell(row: dict[str, Any] | None) -> dict[str, Any] | None:
    return {name: row[name] for name in _OF_A_CELL} if row else None
