"""The page of the data: how to get and read it, its files, the codebook; and the files themselves."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pyarrow.parquet as pq
from markdown_it import MarkdownIt
from markupsafe import Markup

from warehouse.layout import FILE_NAME, partition
from warehouse.schema import SCHEMAS
from warehouse.site.pages import page, write
from warehouse.site.reading import partition_file
from warehouse.site.state import remove

FOLDER = "data"
_DOCUMENTS = ("CODEBOOK.md", "datapackage.json")


@dataclass(slots=True)
class TableFiles:
    """The files of a table: how many, their rows and bytes."""

    name: str
    files: int = 0
    rows: int = 0
    bytes: int = 0


def publish_files(root: Path, out: Path, partitions: Sequence[tuple[int, str]]) -> list[TableFiles]:
    """Let the dataset's files stand in the site as well: as links, which cost no space, else as copies."""
    folder = out / FOLDER
    wanted = {folder / name: root / name for name in _DOCUMENTS if (root / name).exists()}
    tables = []
    for table in SCHEMAS:
        counted = TableFiles(table)
        for year, province in partitions:
            file = partition_file(root, table, year, province)
            if file.exists():
                wanted[folder / table / partition(year, province) / FILE_NAME] = file
                counted.files += 1
                counted.bytes += file.stat().st_size
                counted.rows += pq.read_metadata(file).num_rows
        tables.append(counted)
    for target, source in wanted.items():
        _bring(source, target)
    held = folder.glob(f"*/year=*/province=*/{FILE_NAME}")
    remove([file for file in held if file not in wanted])
    return [table for table in tables if table.files]


def _bring(source: Path, target: Path) -> None:
    there = source.stat()
    if target.exists():
        here = target.stat()
        if here.st_ino == there.st_ino or (here.st_size, here.st_mtime_ns) == (
            there.st_size,
            there.st_mtime_ns,
        ):
            return
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    partial.unlink(missing_ok=True)
    try:
        os.link(source, partial)
    except OSError:  # another file system, or one without links
        shutil.copy2(source, partial)
    partial.replace(target)


def render(
    root: Path, out: Path, partitions: Sequence[tuple[int, str]], tables: Sequence[TableFiles]
) -> bool:
    """Write the page `data.html`; tells whether it changed."""
    provinces = sorted({province for _, province in partitions})
    years = sorted({year for year, _ in partitions})
    addresses = {
        (year, province): f"{FOLDER}/reports/" + quote(f"{partition(year, province)}/{FILE_NAME}", safe="/=")
        for year, province in partitions
        if (out / FOLDER / "reports" / partition(year, province) / FILE_NAME).exists()
    }
    text = root / "CODEBOOK.md"
    return write(
        out / "data.html",
        page(
            "data.html",
            0,
            here="data",
            tables=tables,
            provinces=provinces,
            years=years,
            addresses=addresses,
            ways=WAYS,
            codebook=_html(text.read_text("utf-8")) if text.exists() else Markup(""),
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
