"""The page of the data: how to get and read it, its files, the codebook; and the files themselves."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from markdown_it import MarkdownIt
from markupsafe import Markup

from warehouse.layout import file_path, table_of
from warehouse.manifest import SNAPSHOTS, File, Manifest, load, place
from warehouse.site import state
from warehouse.site.pages import page, write
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
    changed: int | None


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
    before: dict[str, str] | None = None
    for each in manifests:
        files = {file.path: file.sha256 for file in each.files if file.rows is not None}
        changed = None
        if before is not None:
            paths = {path for path, _ in files.items() ^ before.items()}
            changed = len({path.partition("/")[2] for path in paths})
        before = files
        created = f"{each.created_at:%Y-%m-%d %H:%M UTC}"
        found.append(SnapshotLine(each.snapshot, created, each.tables["reports"].rows, changed))
    return found[::-1][:SNAPSHOTS_SHOWN]


def render(
    out: Path, manifest: Manifest, partitions: Sequence[tuple[int, str]], history: Sequence[SnapshotLine]
) -> bool:
    """Write the page `data.html`; tells whether it changed."""
    sizes: dict[str, int] = {}
    for file in manifest.files:
        sizes[table_of(file.path)] = sizes.get(table_of(file.path), 0) + file.bytes
    held = {file.path for file in manifest.files}
    addresses = {
        (year, province): f"{FOLDER}/" + quote(path, safe="/=")
        for year, province in partitions
        if (path := file_path("reports", year, province)) in held
    }
    return write(
        out / "data.html",
        page(
            "data.html",
            0,
            here="data",
            tables=[
                TableFiles(name, count.files, count.rows, sizes.get(name, 0))
                for name, count in manifest.tables.items()
            ],
            provinces=sorted({province for _, province in partitions}),
            years=sorted({year for year, _ in partitions}),
            addresses=addresses,
            ways=WAYS,
            snapshot=manifest.snapshot,
            created=f"{manifest.created_at:%Y-%m-%d}",
            software=manifest.software,
            history=history,
            codebook=_html((out / FOLDER / "CODEBOOK.md").read_text("utf-8")),
        ),
    )


def _html(text: str) -> Markup:
    """The codebook as markup, its headings two levels down, its tables in scrolling frames."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 2, 6)}"
        if token.type == "table_open":
            token.attrSet("class", "list")
    html = parser.renderer.render(tokens, parser.options, {})
    html = html.replace('<table class="list">', '<div class="scroll"><table class="list">')
    return Markup(html.replace("</table>", "</table></div>").replace("<th>", '<th scope="col">'))


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
