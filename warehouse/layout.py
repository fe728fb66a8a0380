"""Where the tables of the dataset lie, and how rows become a Parquet file and come back."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from warehouse.schema import PARTITIONS, PROSE, SCHEMAS

DATASET = "dataset"
FILE_NAME = "part-0.parquet"
ROW_GROUP = 1 << 18
"""Rows of a row group."""
_IDENTITY = ["report_id", "agency", "report_year", "site"]


def partition(year: int, province: str) -> str:
    """Directory of a partition inside its table; the Chinese name stands as it is."""
    return f"year={year}/province={province}"


def file_path(table: str, year: int, province: str) -> str:
    """Path of the file of a partition inside the dataset."""
    return f"{table}/{partition(year, province)}/{FILE_NAME}"


def table_of(path: str) -> str:
    return path.partition("/")[0]


def partition_of(path: str) -> tuple[int, str]:
    """Year and province of `<table>/year=YYYY/province=<name>/part-0.parquet`."""
    year, province = (part.partition("=")[2] for part in path.split("/")[1:3])
    return int(year), province


def parquet_bytes(rows: pa.Table, schema: pa.Schema) -> bytes:
    """`rows`, not none, as one Parquet file with the labels of `schema`; equal rows give equal bytes.

    Texts may come plain or as dictionaries; either way the file holds the dictionary of each row group in the
    order in which its texts first appear (except of `PROSE`), and says that they are plain. Statistics are of
    the identity alone: what a value in a row group is at least says nothing to who looks for a report.
    """
    sink = pa.BufferOutputStream()
    coded = pa.schema([_coded(field) for field in schema])
    with pq.ParquetWriter(
        sink, coded, compression="zstd", write_statistics=_IDENTITY, store_schema=False
    ) as writer:
        # What readers of Arrow take the types and labels of the columns from.
        described = base64.b64encode(schema.serialize()).decode()
        writer.add_key_value_metadata({"ARROW:schema": described})
        for start in range(0, rows.num_rows, ROW_GROUP):
            group = as_dictionaries(rows.slice(start, ROW_GROUP), schema)
            columns = [_by_appearance(column.chunk(0)) for column in group.columns]
            writer.write_table(pa.table(columns, schema=coded), row_group_size=ROW_GROUP)
    return bytes(sink.getvalue())


def parquet_rows(
    data: bytes | pa.Buffer, table: str, columns: Sequence[str] | None = None, *, dictionaries: bool = False
) -> pa.Table:
    """The rows of a file of the dataset in today's columns (None: all); those it does not have are null.

    With `dictionaries` texts but `PROSE` come as dictionaries, which is many times faster. Raises
    pa.ArrowInvalid or OSError where the file is damaged.
    """
    schema = (
        SCHEMAS[table] if columns is None else pa.schema([SCHEMAS[table].field(name) for name in columns])
    )
    texts = [field.name for field in schema if repeats(field)]
    file = pq.ParquetFile(pa.BufferReader(data), read_dictionary=texts if dictionaries else None)
    held = set(file.schema_arrow.names)
    # With no column at all the count of rows would be lost.
    wanted = [name for name in schema.names if name in held] or file.schema_arrow.names[:1]
    rows = file.read(wanted)
    if rows.column_names == schema.names and (dictionaries or rows.schema.equals(schema)):
        return rows
    return in_schema(rows, schema)


def codes_of(texts: pa.ChunkedArray) -> pa.DictionaryArray:
    """Texts, plain or as dictionaries, as one dictionary array."""
    return texts.dictionary_encode().unify_dictionaries().combine_chunks()


def report_bounds(rows: pa.Table) -> list[tuple[int, int]]:
    """Where the rows of each report begin and end; they stand together."""
    if not rows.num_rows:
        return []
    codes = codes_of(rows["report_id"]).indices.to_numpy()
    starts = np.flatnonzero(np.diff(codes, prepend=-1)).tolist()
    return list(pairwise([*starts, rows.num_rows]))


def in_schema(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """`rows` in exactly these columns, texts plain; null where there is none of that name."""
    if rows.schema.equals(schema, check_metadata=True):
        return rows
    held = set(rows.column_names)
    columns = [
        rows[field.name].cast(field.type) if field.name in held else pa.nulls(rows.num_rows, field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def as_dictionaries(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """`rows`, not none, in the order of `schema`, each column in one piece, all texts but `PROSE` as
    dictionaries."""
    columns = [
        rows[field.name].dictionary_encode() if repeats(field) else rows[field.name].cast(field.type)
        for field in schema
    ]
    return pa.table(columns, schema.names).unify_dictionaries().combine_chunks()


def with_partition(rows: pa.Table, year: int, province: str) -> pa.Table:
    """`rows` with the columns `year` and `province`, which files do not hold."""
    for field, value in zip(PARTITIONS, (year, province), strict=True):
        rows = rows.append_column(field, pa.repeat(pa.scalar(value, field.type), rows.num_rows))
    return rows


def repeats(field: pa.Field) -> bool:
    """Whether a column holds texts that stand in many rows."""
    return field.type == pa.string() and field.name not in PROSE


def _coded(field: pa.Field) -> pa.Field:
    return field.with_type(pa.dictionary(pa.int32(), pa.string())) if repeats(field) else field


def _by_appearance(column: pa.Array) -> pa.Array:
    """A dictionary column with the texts that it uses in the order in which they first appear."""
    if not pa.types.is_dictionary(column.type):
        return column
    used = pc.unique(column.indices).drop_null()
    if used.equals(pa.array(np.arange(len(column.dictionary), dtype=np.int32))):
        return column
    codes = pc.index_in(column.indices, value_set=used)
    return pa.DictionaryArray.from_arrays(codes, column.dictionary.take(used))
