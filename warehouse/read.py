"""Reading a snapshot of the dataset: the current one, or an older one by its id."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pyarrow as pa

from warehouse.errors import UnknownNameError, WarehouseError
from warehouse.layout import parquet_rows, partition_of, table_of, with_partition
from warehouse.manifest import File, Manifest, load, place
from warehouse.schema import PARTITIONS, SCHEMAS
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
    snapshot: str | None = None,
) -> pd.DataFrame:
    """Rows of a table (`reports`, `cells`, `checks`), sorted by year, province and report.

    `home` is by default NIANBAO_HOME, else ./data; `year` is one or several, `province` a Chinese name
    (甘肃省; 中央 for central bodies), `columns` those wanted, `snapshot` an id (default: the current one).
    Only the files asked for are read. The columns `year` and `province` are always there. All rows belong to
    one publication.

    Raises UnknownNameError, NoDatasetError, WarehouseError (a damaged file).
    """
    rows = read_arrow(table, home=home, year=year, province=province, columns=columns, snapshot=snapshot)
    frame: pd.DataFrame = rows.to_pandas(types_mapper=_INTEGERS.get)
    return frame


def read_arrow(
    table: str,
    *,
    home: Home | None = None,
    year: int | Collection[int] | None = None,
    province: str | None = None,
    columns: Sequence[str] | None = None,
    snapshot: str | None = None,
) -> pa.Table:
    """As `read`, as an Arrow table."""
    if table not in SCHEMAS:
        raise UnknownNameError(f"no table {table!r}; the dataset has {', '.join(SCHEMAS)}")
    schema = SCHEMAS[table]
    wanted = list(dict.fromkeys([*(schema.names if columns is None else columns), *PARTITIONS.names]))
    if unknown := set(wanted) - {*schema.names, *PARTITIONS.names}:
        names = ", ".join(sorted(unknown))
        raise UnknownNameError(f"{table} has no column {names}; CODEBOOK.md in the dataset lists them all")
    inside = [name for name in wanted if name in schema.names]
    years = None if year is None else set(year) if isinstance(year, Collection) else {year}
    store = open_store(home if home is not None else os.environ.get("NIANBAO_HOME", "data"))
    with plain_errors(store):
        manifest = load(store, snapshot)

        def rows_of(file: File) -> pa.Table:
            return with_partition(file_rows(store, manifest, file, inside), *partition_of(file.path))

        files = list(_files(manifest, table, years, province))
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            parts = list(pool.map(rows_of, files))
    empty = pa.schema([*(schema.field(name) for name in inside), *PARTITIONS]).empty_table()
    return pa.concat_tables([empty, *parts]).select(wanted)


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


def _files(manifest: Manifest, table: str, years: set[int] | None, province: str | None) -> Iterator[File]:
    """The files of a table by year and province."""
    for file in manifest.files:
        if file.rows is not None and table_of(file.path) == table:
            of_year, of_province = partition_of(file.path)
            if (years is None or of_year in years) and province in (None, of_province):
                yield file
