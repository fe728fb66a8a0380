"""The published dataset report by report, in little memory: one partition, its tables side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from warehouse.errors import WarehouseError
from warehouse.layout import file_path
from warehouse.schema import SCHEMAS

BATCH, LONG_BATCH = 8192, 512
"""Rows of a table that are decoded at once; those of `reports` hold whole texts."""

Columns = dict[str, list[Any]]
"""Rows of one report in a table, column by column."""


@dataclass(frozen=True, slots=True)
class Rows:
    """One report: its row of `reports`, its rows of the other tables, and a digest of all of them."""

    report: dict[str, Any]
    tables: dict[str, Columns]
    digest: str


def partition_file(root: Path, table: str, year: int, province: str) -> Path:
    """The file of a table, whether or not it exists."""
    return root / file_path(table, year, province)


def report_rows(root: Path, year: int, province: str, wanted: dict[str, Sequence[str]]) -> Iterator[Rows]:
    """The reports of a partition with the `wanted` columns of each table, in the order of the file.

    A table or column that the dataset does not have gives nothing, so that pages can be made for a dataset
    that is older or newer. Raises WarehouseError where a file is damaged, or its rows stand in another order.
    """
    others = {
        table: _groups(partition_file(root, table, year, province), table, columns)
        for table, columns in wanted.items()
        if table != "reports"
    }
    waiting = {table: next(groups, None) for table, groups in others.items()}
    for key, row in _groups(partition_file(root, "reports", year, province), "reports", wanted["reports"]):
        digest = blake2b(row.serialize(), digest_size=12)
        tables: dict[str, Columns] = {}
        for table, groups in others.items():
            group = waiting[table]
            while group is not None and group[0] < key:  # rows of a report that is none
                group = next(groups, None)
            waiting[table] = group
            tables[table] = {}
            if group is not None and group[0] == key:
                digest.update(group[1].serialize())
                tables[table] = group[1].to_pydict()
                waiting[table] = next(groups, None)
        yield Rows(row.to_pylist()[0], tables, digest.hexdigest())


def _groups(file: Path, table: str, columns: Sequence[str]) -> Iterator[tuple[str, pa.RecordBatch]]:
    """The rows of each report, with its id."""
    key: str | None = None
    pieces: list[pa.RecordBatch] = []
    for batch in _batches(file, table, columns):
        runs = pc.run_end_encode(batch.column("report_id"))
        start = 0
        for value, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
            piece = batch.slice(start, end - start)
            start = end
            if value == key:
                pieces.append(piece)
                continue
            if key is not None:
                if value < key:
                    raise WarehouseError(f"{file}: not sorted by report; run 'nianbao publish'")
                yield key, _joined(pieces)
            key, pieces = value, [piece]
    if key is not None:
        yield key, _joined(pieces)


def _joined(pieces: list[pa.RecordBatch]) -> pa.RecordBatch:
    return pieces[0] if len(pieces) == 1 else pa.concat_batches(pieces)


def _batches(file: Path, table: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    if table not in SCHEMAS or not file.exists():
        return
    try:
        with pq.ParquetFile(file) as parquet:
            held = set(parquet.schema_arrow.names)
            chosen = ["report_id", *(name for name in columns if name in held and name != "report_id")]
            yield from parquet.iter_batches(LONG_BATCH if table == "reports" else BATCH, columns=chosen)
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
