"""Whether a snapshot is still what was published: every file against its manifest."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.layout import DATASET
from warehouse.manifest import CURRENT, File, load, place
from warehouse.store import Home, Store, open_store, plain_errors


class Flaw(NamedTuple):
    """A file that is not as its manifest says, and what is wrong with it."""

    path: str
    message: str


def verify(home: Home, snapshot: str | None = None) -> list[Flaw]:
    """Check presence, size, hash and count of rows of every file of a snapshot (default: the current one); of
    the current one those of `dataset/` too. Gives what is wrong. Raises NoDatasetError.
    """
    store = open_store(home)
    with plain_errors(store):
        manifest = load(store, snapshot)
        flaws: list[Flaw] = []
        for file in [*manifest.files, *manifest.inputs]:
            flaws += _flaws(store, place(store, manifest, file), file)
        for table, count in manifest.tables.items():
            files = [file for file in manifest.files if file.path.startswith(f"{table}/")]
            if (len(files), sum(file.rows or 0 for file in files)) != (count.files, count.rows):
                flaws.append(Flaw("manifest.json", f"the counts of {table} are not those of its files"))
        if not manifest.alone and store.record(CURRENT) == manifest.snapshot:
            for file in manifest.files:
                flaws += _flaws(store, f"{DATASET}/{file.path}", file)
    return flaws


def _flaws(store: Store, path: str, file: File) -> Iterator[Flaw]:
    try:
        data = store.read(path)
    except FileNotFoundError:
        yield Flaw(path, "is missing")
        return
    if sha256(data).hexdigest() != file.sha256 or len(data) != file.bytes:
        yield Flaw(path, f"holds {len(data)} bytes that are not the {file.bytes} published")
    elif file.rows is not None:
        rows = pq.ParquetFile(pa.BufferReader(data)).metadata.num_rows
        if rows != file.rows:
            yield Flaw(path, f"holds {rows} rows where the manifest counts {file.rows}")
