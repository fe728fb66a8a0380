"""A snapshot for programs that read no Parquet: CSV files, an SQLite or a DuckDB database.

One file or table for each table of the dataset, with the columns of `read`. CSV and SQLite know no lists:
those are JSON there.
"""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import pyarrow as pa

from warehouse.errors import WarehouseError
from warehouse.read import Snapshot
from warehouse.schema import SCHEMAS
from warehouse.store import Home


class Format(StrEnum):
    """What a dataset can be exported to."""

    CSV = "csv"
    """A folder of CSV files, UTF-8 with the mark by which Excel knows it."""
    SQLITE = "sqlite"
    DUCKDB = "duckdb"


def export(
    home: Home,
    target: Path,
    format_: Format,
    *,
    tables: Collection[str] = tuple(SCHEMAS),
    year: int | Collection[int] | None = None,
    province: str | None = None,
    snapshot: str | None = None,
) -> dict[str, int]:
    """Write tables of a snapshot to `target`, which must not exist; one partition at a time is in memory.

    Gives the rows by table. The target stands there whole or not at all. Raises WarehouseError,
    UnknownNameError, NoDatasetError.
    """
    if target.exists():
        raise WarehouseError(f"{target}: exists already; remove it or name another one")
    opened = Snapshot(home, snapshot)

    def rows(table: str, schema: pa.Schema) -> Iterator[pa.Table]:
        return (opened.rows(file, schema) for file in opened.files(table, year, province))

    schemas = {table: opened.schema(table) for table in tables}
    parts = {table: (schema, rows(table, schema)) for table, schema in schemas.items()}
    following = target.with_name(f".{target.name}.next")
    write = {Format.CSV: _csv, Format.SQLITE: _sqlite, Format.DUCKDB: _duckdb}[format_]
    try:
        following.parent.mkdir(parents=True, exist_ok=True)
        _remove(following)
        counts = write(following, parts)
        following.rename(target)
    except OSError as error:
        raise WarehouseError(
            f"{target}: {error.strerror or error}; make room there or name another"
        ) from error
    finally:
        _remove(following)
    return counts


Parts = dict[str, tuple[pa.Schema, Iterator[pa.Table]]]
"""The columns of each table and its rows, partition by partition."""


def _csv(folder: Path, parts: Parts) -> dict[str, int]:
    folder.mkdir()
    counts = {}
    for table, (schema, rows) in parts.items():
        # Not pyarrow's writer, which knows no lists and no mark at the beginning.
        with (folder / f"{table}.csv").open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(schema.names)
            counts[table] = 0
            for part in rows:
                writer.writerows(_flat_rows(part))
                counts[table] += part.num_rows
    return counts


_SQLITE_TYPES = {"bool": "integer", "int": "integer", "float": "real", "double": "real"}


def _sqlite(path: Path, parts: Parts) -> dict[str, int]:
    counts = {}
    with closing(sqlite3.connect(path)) as database:
        database.execute("pragma journal_mode = off")
        database.execute("pragma synchronous = off")
        try:
            for table, (schema, rows) in parts.items():
                columns = ", ".join(f"{_quoted(field.name)} {_sqlite_type(field.type)}" for field in schema)
                database.execute(f"create table {table} ({columns})")
                marks = ", ".join("?" * len(schema))
                counts[table] = 0
                for part in rows:
                    database.executemany(f"insert into {table} values ({marks})", _flat_rows(part))
                    counts[table] += part.num_rows
                database.execute(f"create index {table}_report on {table} (report_id)")
            database.commit()
        except sqlite3.Error as error:
            raise OSError(str(error)) from error
    return counts


def _duckdb(path: Path, parts: Parts) -> dict[str, int]:
    try:
        import duckdb
    except ImportError as error:
        raise WarehouseError("export to DuckDB needs it: pip install duckdb") from error
    counts = {}
    try:
        with duckdb.connect(str(path)) as database:
            for table, (schema, rows) in parts.items():
                database.register("part", schema.empty_table())
                database.execute(f"create table {table} as select * from part")
                counts[table] = 0
                for part in rows:
                    database.register("part", part)
                    database.execute(f"insert into {table} select * from part")
                    counts[table] += part.num_rows
    except duckdb.Error as error:
        raise OSError(str(error)) from error
    return counts


def _flat_rows(part: pa.Table) -> Iterable[tuple[Any, ...]]:
    return zip(*([_flat(value) for value in column.to_pylist()] for column in part.columns), strict=True)


def _flat(value: Any) -> Any:
    """A value as CSV and SQLite take it: dates in ISO 8601, lists as JSON, truth as 0 and 1."""
    match value:
        case bool():
            return int(value)
        case datetime() | date():
            return value.isoformat()
        case list():
            return json.dumps(value, ensure_ascii=False, default=_flat)
    return value


def _sqlite_type(kind: pa.DataType) -> str:
    return _SQLITE_TYPES.get(str(kind).rstrip("0123456789"), "text")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
