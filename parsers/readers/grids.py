"""Ruled tables of pages: spans from the places of the rules, and one table where a page break cuts it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from pdfplumber.utils.clustering import cluster_list

from parsers.model import Box, GridCell, Table

EDGE_TOLERANCE = 4.0
"""Points within which two rules are one: a table moves by up to 3 when it goes over a page break."""

# The number that opens a heading of the text or a row label of the form: 一、 （三） 2. 4、
_CHINESE = "[一二三四五六七八九十]{1,3}"
_MARKER = re.compile(rf"[（(]({_CHINESE}|\d{{1,2}})[）)]|{_CHINESE}、|\d{{1,2}}[.、．](?!\d)")
_FIGURE = re.compile(r"[\d,.+\-/—－]+")
_ASCII_WORD = re.compile(r"[A-Za-z0-9]")


@dataclass(frozen=True, slots=True)
class RuledCell:
    """A ruled cell, rows counted from the top of its table; columns follow when the table is complete."""

    text: str
    row: int
    rowspan: int
    page: int
    box: Box
    doubtful: bool = False

    @property
    def end(self) -> int:
        return self.row + self.rowspan


@dataclass(slots=True)
class Grid:
    """A table of one or more pages in the making."""

    top: float
    cells: list[RuledCell]
    last_page: int

    def height(self) -> int:
        return max(cell.end for cell in self.cells)


def distinct_rules(edges: Iterable[float]) -> list[float]:
    """The distinct rules among positions that differ by a hair, in order."""
    return [cluster[0] for cluster in cluster_list(list(edges), EDGE_TOLERANCE)]


def _edges(cells: Iterable[RuledCell]) -> list[float]:
    return distinct_rules(edge for cell in cells for edge in (cell.box.x0, cell.box.x1))


def nearest_rule(edges: list[float], position: float) -> int:
    """The index of the rule at a position."""
    return min(range(len(edges)), key=lambda index: abs(edges[index] - position))


def continues(grid: Grid, below: Grid) -> bool:
    """Whether `below` is the rest of `grid`: the next page, between the same outer rules, its column
    rules all among those of the grid or the other way round."""
    if below.last_page != grid.last_page + 1:
        return False
    upper, lower = _edges(grid.cells), _edges(below.cells)
    if not (_near(upper[0], lower) and _near(upper[-1], lower)):
        return False
    return all(_near(edge, upper) for edge in lower) or all(_near(edge, lower) for edge in upper)


def _near(edge: float, edges: Iterable[float]) -> bool:
    return any(abs(edge - other) <= EDGE_TOLERANCE for other in edges)


def append(grid: Grid, below: Grid) -> None:
    """Puts the rest of a table under it: without the head that is printed again, and with the cells whole
    that the page break cut."""
    rest = _without_repeated_head(grid, below)
    height = grid.height()
    partners = {
        cell: above
        for cell in rest
        if cell.row == 0
        for above in grid.cells
        if above.end == height and _same_columns(above, cell)
    }
    first_row = [cell for cell in rest if cell.row == 0]
    row_is_cut = _is_cut_row([(partners[cell], cell) for cell in first_row if cell in partners], first_row)
    offset = height - 1 if row_is_cut else height
    for cell in rest:
        above = partners.get(cell)
        if above is not None and (row_is_cut or _is_cut_label(above, cell, first_row)):
            text = join_lines([above.text, cell.text])
            doubtful = above.doubtful or cell.doubtful
            whole = replace(above, text=text, rowspan=offset + cell.end - above.row, doubtful=doubtful)
            grid.cells[grid.cells.index(above)] = whole
        else:
            grid.cells.append(replace(cell, row=cell.row + offset))
    grid.last_page = below.last_page


def _without_repeated_head(grid: Grid, below: Grid) -> list[RuledCell]:
    above, rest = _texts_by_row(grid.cells), _texts_by_row(below.cells)
    repeated = 0
    while repeated in rest and above.get(repeated) == rest[repeated] and _is_head(rest[repeated]):
        repeated += 1
    return [replace(cell, row=cell.row - repeated) for cell in below.cells if cell.row >= repeated]


def _is_head(texts: Iterable[str]) -> bool:
    return all(text and not _FIGURE.fullmatch(text) for text in texts)


def _texts_by_row(cells: Iterable[RuledCell]) -> dict[int, list[str]]:
    rows: dict[int, list[str]] = defaultdict(list)
    for cell in cells:
        rows[cell.row].append(cell.text)
    return rows


def _same_columns(above: RuledCell, below: RuledCell) -> bool:
    return _near(above.box.x0, [below.box.x0]) and _near(above.box.x1, [below.box.x1])


def _is_cut_row(pairs: list[tuple[RuledCell, RuledCell]], first_row: list[RuledCell]) -> bool:
    """Whether the break runs through a row: its label goes on without a number of its own, and the figures
    all stand on one side."""
    if len(pairs) < len(first_row) or any(_MARKER.match(below.text) for _, below in pairs):
        return False
    labels = [(above, below) for above, below in pairs if _MARKER.match(above.text)]
    figures = [(above, below) for above, below in pairs if not _MARKER.match(above.text)]
    return any(above.rowspan == 1 and below.text for above, below in labels) and not (
        any(above.text for above, _ in figures) and any(below.text for _, below in figures)
    )


def _is_cut_label(above: RuledCell, below: RuledCell, first_row: Iterable[RuledCell]) -> bool:
    """Whether a label over several rows goes on under the break: the rest has no number of its own.

    With one row on each side of the break it is a label over both only beside the numbered labels of these
    rows; else it is the next row, of which the label has no number (其中：).
    """
    if not _MARKER.match(above.text) or _MARKER.match(below.text) or _FIGURE.fullmatch(below.text):
        return False
    if above.rowspan > 1 or below.rowspan > 1:
        return True
    return bool(below.text) and any(_MARKER.match(cell.text) for cell in first_row)


def to_table(grid: Grid) -> Table:
    """The complete table with columns and spans, counted over the rules of all its pages."""
    columns = _edges(grid.cells)
    cells = []
    for cell in sorted(grid.cells, key=lambda cell: (cell.row, cell.box.x0)):
        column = nearest_rule(columns, cell.box.x0)
        colspan = max(nearest_rule(columns, cell.box.x1) - column, 1)
        cells.append(
            GridCell(cell.text, cell.row, column, cell.rowspan, colspan, cell.page, cell.box, cell.doubtful)
        )
    return Table(tuple(cells))


def join_lines(lines: Iterable[str]) -> str:
    """Wrapped lines as one text: Chinese wraps without a blank, Latin words and numbers keep one."""
    text = ""
    for line in (part.strip() for part in lines):
        if text and line and _ASCII_WORD.match(text[-1]) and _ASCII_WORD.match(line[0]):
            text += " "
        text += line
    return text
