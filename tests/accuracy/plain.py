"""Contents as plain text, the ways converters leave tables."""

from __future__ import annotations

import random

from tests.accuracy.printed import Content, Grid, places, width_of

LAYOUTS = ("lines", "tabs", "pipes", "markdown")


def to_text(content: Content, title: str, layout: str) -> bytes:
    """`lines` a cell a line; `tabs` and `pipes` rows with a place for each grid column; `markdown`."""
    lines = [title, ""]
    for block in content:
        lines += [block, ""] if isinstance(block, str) else [*_table(block, layout), ""]
    return "\n".join(lines).encode()


def _table(grid: Grid, layout: str) -> list[str]:
    if layout == "lines":
        return [line for row in grid for line in (*(f"\t{cell.text}" for cell in row), "")]
    texts = [[""] * width_of(grid) for _ in grid]
    for row, column, cell in places(grid):
        texts[row][column] = cell.text.replace("\n", "" if layout == "tabs" else "<br>")
    if layout == "tabs":
        return ["\t".join(row) for row in texts]
    lines = ["| " + " | ".join(row) + " |" for row in texts]
    if layout == "markdown":
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
