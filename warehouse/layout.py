"""Where the tables of the dataset lie, how they are read, and how a Parquet file is written."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from warehouse.errors import WarehouseError
from warehouse.schema import PARTITIONS, SCHEMAS

DATASET = "dataset"
FILE_NAME = "part-0.parquet"


def partition(year: int, province: str) -> str:
    """Directory of a partition inside its table; the Chinese name stands as it is."""
    return f"year={year}/province={province}"


def scan(
    root: Path, table: str, columns: list[str] | None = None, rows: pc.Expression | None = None
) -> pa.Table:
    """Rows of a table of the dataset at `root`, by year and province; partition columns included.

    A table without a file has no rows; a file written before a column existed gives nulls for it.
    Raises WarehouseError, naming the file, where one is damaged.
    """
    schema = pa.schema([*SCHEMAS[table], *PARTITIONS])
    try:
        return ds.dataset(
            sorted(str(path) for path in (root / table).glob(f"year=*/province=*/{FILE_NAME}")),
            format="parquet",
            schema=schema,
            partitioning=ds.partitioning(PARTITIONS, flavor="hive"),
        ).to_table(columns, filter=rows)
    except (pa.ArrowInvalid, OSError) as error:
        reason = str(error).splitlines()[0]
        raise WarehouseError(f"the dataset is damaged: {reason}; run 'nianbao publish'") from error


def parquet_bytes(table: pa.Table, *, labels: bool) -> bytes:
    """`table` as one Parquet file; equal rows give equal bytes.

    `labels` keeps the fields' metadata in the file, some 100 KB for the table of reports.
    """
    sink = pa.BufferOutputStream()
    pq.write_table(table.combine_chunks(), sink, compression="zstd", store_schema=labels)
    return bytes(sink.getvalue().to_pybytes())
