"""Contents as plain text, the ways converters leave tables."""

from __future__ import annotations

import csv
import random
from io import StringIO
from itertools import product

from tests.accuracy.printed import Content, Grid, places, width_of

LAYOUTS = ("lines", "tabs", "pipes", "markdown", "commas", "repeated")


def to_text(content: Content, title: str, layout: str) -> bytes:
    """`lines` a cell a line; `tabs`, `pipes` and `commas` rows with a place for each grid column; `markdown`;
    `repeated` the same with merged cells printed in each of their columns and rows."""
    lines = [title, ""]
    for block in content:
        lines += [block, ""] if isinstance(block, str) else [*_table(block, layout), ""]
    return "\n".join(lines).encode()


def _table(grid: Grid, layout: str) -> list[str]:
    if layout == "lines":
        return [line for row in grid for line in (*(f"\t{cell.text}" for cell in row), "")]
    texts = [[""] * width_of(grid) for _ in grid]
    for row, column, cell in places(grid):
        text = cell.text.replace("\n", "" if layout in ("tabs", "commas") else "<br>")
        for i, j in product(range(cell.rowspan), range(cell.colspan)):
            texts[row + i][column + j] = text if layout == "repeated" or i == j == 0 else ""
    if layout == "commas":
        file = StringIO()
        csv.writer(file, lineterminator="\n").writerows(texts)
        return file.getvalue().splitlines()
    if layout == "tabs":
        return ["\t".join(row) for row in texts]
    lines = ["| " + " | ".join(row) + " |" for row in texts]
    if layout in ("markdown", "repeated"):
        lines.insert(1, "|" + " --- |" * len(texts[0]))
    return lines


def torn(content: Content, title: str, rng: random.Random) -> bytes:
    """Every line of every cell alone on its line without any indent, blank cells gone, some rows' labels
    behind their numbers."""
    lines = [title]
    for block in content:
        if isinstance(block, str):
            lines.append(block)
            continue
        for row in block:
            labels = [part for cell in row if not cell.cell for part in cell.text.split("\n") if part]
            values = [cell.text for cell in row if cell.cell and cell.text]
            lines += values + labels if rng.random() < 0.1 else labels + values
    return "\n".join(lines).encode()
