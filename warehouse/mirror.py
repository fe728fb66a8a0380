"""The plain folder `dataset/`: the current snapshot under names that never change, for any tool.

It follows the snapshot and decides nothing: a run that dies on the way leaves an older folder, which the
next publication brings up. On a disk the whole folder changes in one step. In a bucket each file does, so a
listing may show files of two publications for a while; `read` and the manifests do not.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

from warehouse.layout import DATASET
from warehouse.manifest import SNAPSHOTS, File, Manifest, load, place
from warehouse.store import Folder, Held, Store
from warehouse.swap import recover, replacing

_SHOWN = f"{SNAPSHOTS}/shown"
"""In a bucket: the snapshot that `dataset/` shows; empty while that changes."""

_AT_ONCE = 8


def mirror(store: Store, held: Held, manifest: Manifest) -> None:
    """Bring `dataset/` to a snapshot. The caller holds the lock of the snapshots."""
    if isinstance(store, Folder):
        _link(store, manifest)
    else:
        _copy(store, held, manifest)


def _link(store: Folder, manifest: Manifest) -> None:
    dataset = store.root / DATASET
    recover(dataset)
    sources = {file.path: store.root / place(store, manifest, file) for file in manifest.files}
    shown = store.walk(DATASET)
    if shown == sorted(sources) and all((dataset / path).samefile(sources[path]) for path in shown):
        return
    with replacing(dataset) as following:
        for path, source in sources.items():
            (following / path).parent.mkdir(parents=True, exist_ok=True)
            os.link(source, following / path)


def _copy(store: Store, held: Held, manifest: Manifest) -> None:
    try:
        shown = store.read(_SHOWN).decode()
    except FileNotFoundError:
        shown = ""
    if shown == manifest.snapshot:
        return
    known = load(store, shown).by_path() if shown else {}
    held.check()
    store.write(_SHOWN, b"")

    def copy(file: File) -> None:
        held.check()
        store.copy(place(store, manifest, file), f"{DATASET}/{file.path}")

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(copy, [file for file in manifest.files if not file.same_bytes(known.get(file.path))]))
    paths = {file.path for file in manifest.files}
    for path in store.walk(DATASET):
        if path not in paths:
            held.check()
            store.remove(f"{DATASET}/{path}")
    held.check()
    store.write(_SHOWN, manifest.snapshot.encode())
