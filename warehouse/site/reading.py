"""The dataset report by report, in little memory: one partition, its tables side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from warehouse.errors import WarehouseError
from warehouse.layout import file_path, repeats
from warehouse.schema import SCHEMAS
from warehouse.site.digests import group_digests

ROWS, LONG_ROWS = 1 << 15, 1 << 9
"""Rows of a table that are in memory at once; those of `reports` hold whole texts."""

Columns = dict[str, list[Any]]
"""Rows of one report in a table, column by column."""


def as_rows(columns: Columns) -> list[dict[str, Any]]:
    """The same, row by row."""
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


class Portion:
    """Rows of a table that were read together; a text is made once, however many rows have it."""

    def __init__(self, rows: pa.RecordBatch) -> None:
        self.rows = rows
        self._texts: dict[int, list[str | None]] = {}
        self._codes: dict[int, npt.NDArray[np.int32]] = {}

    @cached_property
    def agencies(self) -> list[str]:
        """The agency of each row."""
        found: list[str] = self.rows.column("agency").to_pylist()
        return found

    def columns(self, start: int, end: int) -> Columns:
        """The rows from `start` to before `end`."""
        return {
            name: self._values(place, column, start, end)
            for place, (name, column) in enumerate(
                zip(self.rows.schema.names, self.rows.columns, strict=True)
            )
        }

    def _values(self, place: int, column: pa.Array, start: int, end: int) -> list[Any]:
        if not pa.types.is_dictionary(column.type):
            values: list[Any] = column.slice(start, end - start).to_pylist()
            return values
        if place not in self._texts:
            self._texts[place] = [*column.dictionary.to_pylist(), None]  # the last one for no text
            self._codes[place] = pc.fill_null(column.indices, -1).to_numpy()
        return list(map(self._texts[place].__getitem__, self._codes[place][start:end].tolist()))


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one report in one table."""

    key: str
    digest: int
    portion: Portion
    start: int
    end: int

    @property
    def columns(self) -> Columns:
        return self.portion.columns(self.start, self.end)


class Rows:
    """One report: its row of `reports`, and its rows of the other tables."""

    def __init__(self, report: Group, others: dict[str, Group | None]) -> None:
        self._report = report
        self._others = others

    @property
    def agency(self) -> str:
        return self._report.portion.agencies[self._report.start]

    @cached_property
    def report(self) -> dict[str, Any]:
        """The row of `reports`."""
        return {name: values[0] for name, values in self._report.columns.items()}

    @cached_property
    def tables(self) -> dict[str, Columns]:
        """Rows by table, column by column; nothing where a table has none."""
        return {table: {} if group is None else group.columns for table, group in self._others.items()}

    @property
    def report_id(self) -> str:
        return self._report.key

    def digest(self, beside: int) -> str:
        """The same for the same rows, wherever in a file they stand, and the same number beside them."""
        digests = [group.digest if group else 0 for group in (self._report, *self._others.values())]
        return blake2b(repr([*digests, beside]).encode(), digest_size=8).hexdigest()


def partition_file(root: Path, table: str, year: int, province: str) -> Path:
    """The file of a table, whether or not it exists."""
    return root / file_path(table, year, province)


def report_rows(root: Path, year: int, province: str, wanted: dict[str, Sequence[str]]) -> Iterator[Rows]:
    """The reports of a partition with the `wanted` columns of each table, in the order of the file.

    A table or column that the dataset does not have gives nothing, so that pages can be made for a dataset
    that is older or newer. Raises WarehouseError where a file is damaged, or the tables do not hold the same
    reports in the same order.
    """
    others = {
        table: _groups(partition_file(root, table, year, province), table, columns)
        for table, columns in wanted.items()
        if table != "reports"
    }
    waiting = {table: next(groups, None) for table, groups in others.items()}
    for report in _groups(partition_file(root, "reports", year, province), "reports", wanted["reports"]):
        rows: dict[str, Group | None] = dict.fromkeys(others)
        for table, groups in others.items():
            group = waiting[table]
            if group is not None and group.key == report.key:
                rows[table] = group
                waiting[table] = next(groups, None)
        yield Rows(report, rows)
    for table, group in waiting.items():
        if group is not None:
            file = partition_file(root, table, year, province)
            raise WarehouseError(f"{file}: {group.key} is not where it is in reports; run 'nianbao publish'")


def grouped(rows: pa.RecordBatch, column: str) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Where each run of equal texts in a column begins, and the texts."""
    texts = rows.column(column)
    codes = (texts if pa.types.is_dictionary(texts.type) else texts.dictionary_encode()).indices.to_numpy()
    starts = np.append(0, np.flatnonzero(np.diff(codes)) + 1) if len(codes) else np.array([], np.int64)
    return starts, texts.take(pa.array(starts)).to_pylist()


def _groups(file: Path, table: str, columns: Sequence[str]) -> Iterator[Group]:
    """The rows of each report."""
    for rows in _whole_reports(file, table, columns):
        portion = Portion(rows)
        starts, keys = grouped(rows, "report_id")
        digests = group_digests(rows.remove_column(rows.schema.get_field_index("report_id")), starts).tolist()
        ends = [*starts[1:].tolist(), rows.num_rows]
        for key, digest, start, end in zip(keys, digests, starts.tolist(), ends, strict=True):
            yield Group(key, digest, portion, start, end)


def _whole_reports(file: Path, table: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """The rows of a file in portions that end with a report."""
    rest: pa.RecordBatch | None = None
    for batch in _batches(file, table, columns):
        rows = batch if rest is None else _joined([rest, batch])
        starts, _ = grouped(rows, "report_id")
        last = int(starts[-1])
        if last:
            yield rows.slice(0, last)
        rest = rows.slice(last)
    if rest is not None:
        yield rest


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    [joined] = pa.Table.from_batches(batches).unify_dictionaries().combine_chunks().to_batches()
    return joined


def _batches(file: Path, table: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    if table not in SCHEMAS or not file.exists():
        return
    # Of `reports`, a portion is few rows, and a dictionary would come with each of them whole.
    texts = [] if table == "reports" else [field.name for field in SCHEMAS[table] if repeats(field)]
    try:
        with pq.ParquetFile(file, read_dictionary=texts) as parquet:
            held = set(parquet.schema_arrow.names)
            chosen = ["report_id", *(name for name in columns if name in held and name != "report_id")]
            yield from parquet.iter_batches(
                LONG_ROWS if table == "reports" else ROWS, columns=chosen, use_threads=False
            )
    except (pa.ArrowInvalid, OSError) as error:
        reason = str(error).splitlines()[0]
        raise WarehouseError(f"{file}: {reason}; run 'nianbao publish'") from error


def table_rows(root: Path, table: str, year: int, province: str, columns: Sequence[str]) -> pa.Table | None:
    """These columns of a partition, in the schema's types, null where the file does not have them; None where
    there is no file. Raises WarehouseError where it is damaged."""
    file = partition_file(root, table, year, province)
    if table not in SCHEMAS or not file.exists():
        return None
    fields = [SCHEMAS[table].field(name) for name in columns]
    try:
        with pq.ParquetFile(file) as parquet:
            held = set(parquet.schema_arrow.names)
            rows = parquet.read([field.name for field in fields if field.name in held])
    except (pa.ArrowInvalid, OSError) as error:
        reason = str(error).splitlines()[0]
        raise WarehouseError(f"{file}: {reason}; run 'nianbao publish'") from error
    arrays = [
        rows[field.name].cast(field.type) if field.name in held else pa.nulls(rows.num_rows, field.type)
        for field in fields
    ]
    return pa.table(arrays, schema=pa.schema([field.remove_metadata() for field in fields]))
