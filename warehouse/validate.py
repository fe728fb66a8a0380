"""Whether a snapshot keeps the contract: columns as in the codebook, keys unique, every report known."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from warehouse.codebook import KEYS
from warehouse.layout import partition_of, table_of
from warehouse.manifest import File, columns_digest, place
from warehouse.read import Snapshot
from warehouse.schema import SCHEMAS
from warehouse.store import Home
from warehouse.verify import Flaw, verify

_OF_REPORTS = {"cells", "checks", "facts", "revisions", "panel", "levels"}
"""Tables whose every row belongs to a report of the same partition."""


def validate(home: Home, snapshot: str | None = None) -> Iterator[Flaw]:
    """Everything that is wrong with a snapshot (default: the current one): what `verify` finds, and rows that
    break the contract. A snapshot of another schema is held against its keys alone. Raises NoDatasetError.
    """
    damaged = verify(home, snapshot)
    yield from damaged
    unreadable = {flaw.path for flaw in damaged}
    opened = Snapshot(home, snapshot)
    of_today = opened.manifest.columns == columns_digest()
    reports: dict[tuple[int, str], pa.Array | None] = {}
    for table in SCHEMAS:
        for file in opened.files(table):
            where, partition = place(opened.store, opened.manifest, file), partition_of(file.path)
            if where in unreadable:
                reports.setdefault(partition, None)  # which reports there are cannot be told
                continue
            parquet = pq.ParquetFile(pa.BufferReader(opened.store.read(where)))
            if of_today:
                yield from _wrong_columns(parquet, file)
            names = {"report_id", *KEYS.get(table, [])}
            rows = parquet.read([name for name in SCHEMAS[table].names if name in names])
            yield from _repeated(rows, file)
            if table == "reports":
                reports[partition] = rows["report_id"].combine_chunks()
            elif table in _OF_REPORTS:
                yield from _strange(rows, reports.get(partition, pa.array([], pa.string())), file)


def _strange(rows: pa.Table, reports: pa.Array | None, file: File) -> Iterator[Flaw]:
    if reports is not None:
        strange = rows.filter(pc.invert(pc.is_in(rows["report_id"], value_set=reports)))
        for report_id in pc.unique(strange["report_id"]).to_pylist():
            yield Flaw(file.path, f"holds rows of {report_id}, which is not among the reports")


def _wrong_columns(parquet: pq.ParquetFile, file: File) -> Iterator[Flaw]:
    schema = SCHEMAS[table_of(file.path)]
    held = parquet.schema_arrow
    if [(field.name, field.type) for field in held] != [(field.name, field.type) for field in schema]:
        differing = sorted(set(held.names) ^ set(schema.names)) or [
            field.name for field in schema if held.field(field.name).type != field.type
        ]
        yield Flaw(file.path, f"does not have the columns of the codebook: {', '.join(differing) or 'order'}")
        return
    required = [field.name for field in schema if not field.nullable]
    for name, column in zip(required, parquet.read(required).columns, strict=True):
        if column.null_count:
            yield Flaw(file.path, f"{name} is never null, but is in {column.null_count} rows")


def _repeated(rows: pa.Table, file: File) -> Iterator[Flaw]:
    keys = KEYS.get(table_of(file.path))
    if keys is None:
        return
    counts = rows.group_by(keys).aggregate([([], "count_all")])
    for row in counts.filter(pc.greater(counts["count_all"], 1)).to_pylist():
        key = " ".join(str(row[name]) for name in keys if row[name] is not None)
        yield Flaw(file.path, f"has {row['count_all']} rows of {key}")
