"""The pages of the data: how to get and read it, its files, the codebook; and the files themselves."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

from markdown_it import MarkdownIt
from markupsafe import Markup

from warehouse.layout import file_path, partition_of, table_of
from warehouse.manifest import SNAPSHOTS, File, Manifest, load, place
from warehouse.site import state
from warehouse.site.pages import page, write
from warehouse.site.provinces import province_code
from warehouse.store import Folder, Store

FOLDER = "data"
SNAPSHOTS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class TableFiles:
    """The files of a table: how many, their rows and bytes."""

    name: str
    files: int
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class SnapshotLine:
    """A snapshot in the list: its reports, and the partitions that differ from the snapshot before."""

    id: str
    created_at: str
    reports: int
    changed: tuple[PartitionLine, ...] | None


@dataclass(frozen=True, slots=True)
class PartitionLine:
    """A partition that differs between two snapshots, with its reports before and after."""

    year: int
    province: str
    before: int
    after: int


def bring_files(store: Store, manifest: Manifest, out: Path) -> Path:
    """Let the files of a snapshot stand in the site: as links, which cost no space, else as copies.

    Gives their folder. The pages are made from it, so that they show one snapshot whatever is published
    meanwhile.
    """
    folder = out / FOLDER
    held: dict[str, str] = state.load(out, "data")
    now = {file.path: file.sha256 for file in manifest.files}
    for file in manifest.files:
        target = folder / file.path
        if held.get(file.path) != file.sha256 or not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            _bring(store, manifest, file, target)
    state.remove(folder / path for path in held.keys() - now.keys())
    text = manifest.model_dump_json(indent=1, exclude={"inputs"}) + "\n"
    write(folder / "manifest.json", text.encode())
    state.save(out, "data", now)
    return folder


def _bring(store: Store, manifest: Manifest, file: File, target: Path) -> None:
    source = place(store, manifest, file)
    if isinstance(store, Folder):
        partial = target.with_name(f".{target.name}.{os.getpid()}")
        partial.unlink(missing_ok=True)
        try:
            os.link(store.root / source, partial)
            partial.replace(target)
            return
        except OSError:
            partial.unlink(missing_ok=True)  # another file system, or one without links
    write(target, store.read(source))


def snapshots(store: Store, manifest: Manifest) -> list[SnapshotLine]:
    """The last snapshots, the newest first."""
    found: list[SnapshotLine] = []
    ids = [id for id in store.folders(SNAPSHOTS) if id <= manifest.snapshot]
    manifests = [load(store, id) for id in ids[-SNAPSHOTS_SHOWN - 1 :]]
    for before, each in pairwise([None, *manifests]):
        assert each is not None
        changed = None if before is None else tuple(_changed(before, each))
        created = f"{each.created_at:%Y-%m-%d %H:%M UTC}"
        found.append(SnapshotLine(each.snapshot, created, each.tables["reports"].rows, changed))
    return found[::-1][:SNAPSHOTS_SHOWN]


def _changed(before: Manifest, after: Manifest) -> Iterator[PartitionLine]:
    """The partitions of which any file has other bytes."""
    old, new = (
        {file.path: file for file in manifest.files if file.rows is not None} for manifest in (before, after)
    )
    differing = {
        partition_of(path)
        for path in old.keys() | new.keys()
        if path not in old or not old[path].same_bytes(new.get(path))
    }
    for year, province in sorted(differing):
        path = file_path("reports", year, province)
        counts = [files[path].rows or 0 if path in files else 0 for files in (old, new)]
        yield PartitionLine(year, province, *counts)


def render(
    out: Path, manifest: Manifest, partitions: Sequence[tuple[int, str]], history: Sequence[SnapshotLine]
) -> int:
    """Write the pages `data.html` and `codebook.html`; gives the number that changed."""
    sizes: dict[str, int] = {}
    for file in manifest.files:
        sizes[table_of(file.path)] = sizes.get(table_of(file.path), 0) + file.bytes
    held = {file.path for file in manifest.files}
    addresses = {
        (year, province): f"{FOLDER}/" + quote(path, safe="/=")
        for year, province in partitions
        if (path := file_path("reports", year, province)) in held
    }
    documents = sorted(file.path for file in manifest.files if file.rows is None)
    pages = {
        "data.html": page(
            "data.html",
            0,
            here="data",
            tables=[
                TableFiles(name, count.files, count.rows, sizes.get(name, 0))
                for name, count in manifest.tables.items()
                if count.files
            ],
            documents=[*documents, "manifest.json"],
            provinces=sorted({province for _, province in partitions}, key=province_code),
            years=sorted({year for year, _ in partitions}),
            addresses=addresses,
            ways=WAYS,
            snapshot=manifest.snapshot,
            created=f"{manifest.created_at:%Y-%m-%d}",
            software=manifest.software,
            history=history,
        ),
        "codebook.html": page(
            "codebook.html",
            0,
            here="data",
            codebook=_html((out / FOLDER / "CODEBOOK.md").read_text("utf-8")),
        ),
    }
    return sum(write(out / name, made) for name, made in pages.items())


def _html(text: str) -> Markup:
    """The codebook as markup: its headings are addresses, its tables stand in frames that scroll."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(text)
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{max(int(token.tag[1]), 2)}"
        if token.type == "heading_open" and following is not None:
            token.attrSet("id", following.content)
        if token.type == "table_open":
            token.attrSet("class", "list")
    html = parser.renderer.render(tokens, parser.options, {})
    html = html.replace('<table class="list">', '<div class="scroll" tabindex="0"><table class="list">')
    html = html.replace("</table>", "</table></div>").replace("<th>", '<th scope="col">')
    return Markup(html.replace("<pre>", '<pre class="code" tabindex="0">'))


WAYS = (
    ("pandas", 'import pandas as pd\npd.read_parquet("data/reports", filters=[("year", "==", 2023)])'),
    (
        "polars",
        "import polars as pl\n"
        'reports = pl.scan_parquet("data/reports/**/*.parquet", hive_partitioning=True)\n'
        'reports.filter(pl.col("year") == 2023).collect()',
    ),
    (
        "DuckDB",
        'SELECT agency, "applications.new_received.total"\n'
        "FROM read_parquet('data/reports/*/*/*.parquet', hive_partitioning = true)\n"
        "WHERE year = 2023;",
    ),
    (
        "R arrow",
        'library(arrow); library(dplyr)\nopen_dataset("data/reports") |> filter(year == 2023) |> collect()',
    ),
)
"""How to read the files beside the page, by program."""
