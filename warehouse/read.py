"""Reading the dataset with pandas."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds

from warehouse.errors import NoDatasetError, UnknownNameError, WarehouseError
from warehouse.layout import DATASET, scan
from warehouse.schema import PARTITIONS, SCHEMAS

# Counts stay whole numbers where some are missing; pandas would turn them into floats.
_INTEGERS = {pa.int16(): pd.Int16Dtype(), pa.int32(): pd.Int32Dtype(), pa.int64(): pd.Int64Dtype()}


def read(
    table: str,
    *,
    home: str | Path | None = None,
    year: int | Collection[int] | None = None,
    province: str | None = None,
    columns: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Rows of a table (`reports`, `cells`, `checks`), sorted by year, province and report.

    `home` is by default NIANBAO_HOME, else ./data; `year` is one or several, `province` a Chinese name
    (甘肃省; 中央 for central bodies), `columns` those wanted. Only the files and columns asked for are read.
    The columns `year` and `province` are always there. All rows belong to one publication.

    Raises UnknownNameError, NoDatasetError, WarehouseError (a damaged file).
    """
    if table not in SCHEMAS:
        raise UnknownNameError(f"no table {table!r}; the dataset has {', '.join(SCHEMAS)}")
    wanted = list(dict.fromkeys([*(SCHEMAS[table].names if columns is None else columns), *PARTITIONS.names]))
    if unknown := set(wanted) - {*SCHEMAS[table].names, *PARTITIONS.names}:
        names = ", ".join(sorted(unknown))
        raise UnknownNameError(f"{table} has no column {names}; CODEBOOK.md in the dataset lists them all")
    rows = ds.scalar(True)
    if year is not None:
        years = list(year) if isinstance(year, Collection) else [year]
        rows &= ds.field("year").isin(pa.array(years, pa.int64()))
    if province is not None:
        rows &= ds.field("province") == province
    root = Path(home or os.environ.get("NIANBAO_HOME", "data")) / DATASET
    frame: pd.DataFrame = _scan_one_edition(root, table, wanted, rows).to_pandas(types_mapper=_INTEGERS.get)
    return frame


def _scan_one_edition(root: Path, table: str, columns: list[str], rows: ds.Expression) -> pa.Table:
    """Scan, and again where a publication replaced the dataset meanwhile."""
    while True:
        edition = _edition(root)
        try:
            found = scan(root, table, columns, rows)
        except WarehouseError:
            if edition == _edition(root):
                raise
        else:
            if edition == _edition(root):
                return found


def _edition(root: Path) -> tuple[int, int]:
    """What tells one publication's directory from the next."""
    try:
        found = root.stat()
    except FileNotFoundError:
        raise NoDatasetError(
            f"{root}: nothing published here yet; run 'nianbao run' or name the home"
        ) from None
    return found.st_ino, found.st_mtime_ns
