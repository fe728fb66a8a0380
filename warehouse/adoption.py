"""Staging of version 1 of the schema, a folder of Parquet files a site, as the files of today."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.layout import in_schema
from warehouse.migrations import migrated
from warehouse.schema import STAGED
from warehouse.sitefile import pack
from warehouse.store import Folder, Store


def adopt(store: Store, path: str) -> None:
    """Put a site's file in the place of its folder, if there is one (homes in buckets came later). The caller
    holds the site's lock. A run that is killed on the way is completed by the next one."""
    if not isinstance(store, Folder):
        return
    place = store.root / path
    old, following = place.with_name(f".{place.name}.old"), place.with_name(f".{place.name}.next")
    if old.is_dir() and not place.exists():
        old.rename(place)
    if place.is_dir():
        tables = {name: _rows(place, name) for name in STAGED}
        following.write_bytes(pack(tables, 1))
        place.rename(old)
        following.rename(place)
    if old.is_dir():
        shutil.rmtree(old)


def _rows(folder: Path, table: str) -> pa.Table:
    schema = STAGED[table]
    try:
        data = (folder / f"{table}.parquet").read_bytes()
    except FileNotFoundError:
        return schema.empty_table()
    return in_schema(migrated(table, pq.ParquetFile(io.BytesIO(data)).read(), 1), schema)
