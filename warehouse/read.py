"""Reading a snapshot of the dataset: the current one, or an older one by its id."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from warehouse.errors import UnknownNameError, WarehouseError
from warehouse.layout import parquet_rows, partition_of, table_of, with_partition
from warehouse.manifest import File, Manifest, load, place
from warehouse.schema import CELLS, PARTITIONS, SCHEMAS
from warehouse.store import Home, Store, open_store, plain_errors

# Counts stay whole numbers where some are missing; pandas would turn them into floats.
_INTEGERS = {pa.int16(): pd.Int16Dtype(), pa.int32(): pd.Int32Dtype(), pa.int64(): pd.Int64Dtype()}

_AT_ONCE = 4
"""Files that are read at the same time."""


def read(
    table: str,
    *,
    home: Home | None = None,
    year: int | Collection[int] | None = None,
    province: str | None = None,
    columns: Sequence[str] | None = None,
    pivot: str | None = None,
    snapshot: str | None = None,
) -> pd.DataFrame:
    """Rows of a table (`reports`, `cells`, ...: see `warehouse.schema.SCHEMAS`), sorted by year, province and
    report.

    `home` is by default NIANBAO_HOME, else ./data; `year` is one or several, `province` a Chinese name
    (甘肃省; 中央 for central bodies), `columns` those wanted, `snapshot` an id (default: the current one).
    Only the files asked for are read. The columns `year` and `province` are always there. All rows belong to
    one publication.

    `cells` with `pivot` (a column of it: "status", "raw", "capture", ...) gives one row a report that has
    cells, with that column of every cell under the cell's id; `columns` are then the cells wanted.

    Raises UnknownNameError, NoDatasetError, WarehouseError (a damaged file).
    """
    rows = read_arrow(
        table, home=home, year=year, province=province, columns=columns, pivot=pivot, snapshot=snapshot
    )
    frame: pd.DataFrame = rows.to_pandas(types_mapper=_INTEGERS.get)
    return frame


def read_arrow(
    table: str,
    *,
    home: Home | None = None,
    year: int | Collection[int] | None = None,
    province: str | None = None,
    columns: Sequence[str] | None = None,
    pivot: str | None = None,
    snapshot: str | None = None,
) -> pa.Table:
    """As `read`, as an Arrow table."""
    if pivot is not None:
        return _pivoted(table, pivot, columns, home=home, year=year, province=province, snapshot=snapshot)
    opened = Snapshot(home, snapshot)
    schema = opened.schema(table, columns)
    files = opened.files(table, year, province)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        parts = list(pool.map(lambda file: opened.rows(file, schema), files))
    return pa.concat_tables([schema.empty_table(), *parts])


class Snapshot:
    """One snapshot opened: all that is read of it belongs to one publication. Raises NoDatasetError."""

    def __init__(self, home: Home | None = None, snapshot: str | None = None) -> None:
        """Arguments as in `read`."""
        self.store = open_store(home if home is not None else os.environ.get("NIANBAO_HOME", "data"))
        with plain_errors(self.store):
            self.manifest = load(self.store, snapshot)

    def schema(self, table: str, columns: Sequence[str] | None = None) -> pa.Schema:
        """The columns of a table (None: all) with `year` and `province`. Raises UnknownNameError."""
        if table not in SCHEMAS:
            raise UnknownNameError(f"no table {table!r}; the dataset has {', '.join(SCHEMAS)}")
        known = {field.name: field for field in (*SCHEMAS[table], *PARTITIONS)}
        wanted = dict.fromkeys([*(SCHEMAS[table].names if columns is None else columns), *PARTITIONS.names])
        if unknown := wanted.keys() - known.keys():
            names = ", ".join(sorted(unknown))
            raise UnknownNameError(
                f"{table} has no column {names}; CODEBOOK.md in the dataset lists them all"
            )
        return pa.schema([known[name] for name in wanted])

    def files(
        self, table: str, year: int | Collection[int] | None = None, province: str | None = None
    ) -> list[File]:
        """The files of a table by year and province."""
        years = None if year is None else set(year) if isinstance(year, Collection) else {year}
        found = []
        for file in self.manifest.files:
            if file.rows is not None and table_of(file.path) == table:
                of_year, of_province = partition_of(file.path)
                if (years is None or of_year in years) and province in (None, of_province):
                    found.append(file)
        return found

    def rows(self, file: File, schema: pa.Schema) -> pa.Table:
        """The rows of a file in these columns. Raises WarehouseError where it is damaged or gone."""
        inside = [name for name in schema.names if name not in PARTITIONS.names]
        with plain_errors(self.store):
            rows = file_rows(self.store, self.manifest, file, inside)
        return with_partition(rows, *partition_of(file.path)).select(schema.names)


def _pivoted(table: str, pivot: str, cells: Sequence[str] | None, **selected: Any) -> pa.Table:
    """One row a report with the column `pivot` of each of `cells` (None: all), nulls where it has no row."""
    if table != "cells":
        raise UnknownNameError(f"only cells can be pivoted, not {table}")
    wanted = list(CELLS if cells is None else dict.fromkeys(cells))
    if unknown := set(wanted) - CELLS.keys():
        raise UnknownNameError(
            f"no cell {', '.join(sorted(unknown))}; CODEBOOK.md in the dataset lists them all"
        )
    keys = ["report_id", "agency", *PARTITIONS.names]
    rows = read_arrow(table, columns=[*keys, "cell", pivot], **selected)
    by_cell = pc.PivotWiderOptions(wanted, unexpected_key_behavior="ignore")
    wide = rows.group_by(keys, use_threads=False).aggregate([(["cell", pivot], "pivot_wider", by_cell)])
    return wide.flatten().rename_columns([*keys, *wanted])


def file_rows(store: Store, manifest: Manifest, file: File, columns: Sequence[str] | None = None) -> pa.Table:
    """The rows of one file of a snapshot, without year and province. Raises WarehouseError, naming it, where
    it is damaged or gone."""
    where = place(store, manifest, file)
    try:
        return parquet_rows(store.read(where), table_of(file.path), columns)
    except (pa.ArrowInvalid, OSError) as error:
        reason = str(error).partition("\n")[0]
        raise WarehouseError(
            f"the dataset is damaged: {store.where(where)}: {reason}; run 'nianbao publish'"
        ) from error
