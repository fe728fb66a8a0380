"""Contents laid out on pages: prose and ruled tables from top to bottom, the page turned where it is full."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from unicodedata import east_asian_width

from tests.accuracy.alter import Parts, cut_rows
from tests.accuracy.printed import Content, Grid, Printed, places, width_of

MARGIN = 50.0
SIZE = 7.5
"""Points of the print in tables where nothing else is asked for; small, so that labels wrap."""
TEXT = 12.0


class Sheet(ABC):
    """Places texts and rules, in points from the top left corner; a format says how they are drawn."""

    def __init__(self, width: float, height: float, size: float = SIZE) -> None:
        self.width, self.height, self.size = width, height, size
        self.leading = size * 4 / 3
        self.top = MARGIN

    @abstractmethod
    def text(self, x: float, top: float, text: str, size: float) -> None:
        """Draws a line of text."""

    @abstractmethod
    def rule(self, x: float, top: float, width: float, height: float) -> None:
        """Draws the outline of a rectangle."""

    @abstractmethod
    def end_page(self) -> None:
        """Puts the page away; what follows stands on the next."""

    def turn(self) -> None:
        self.end_page()
        self.top = MARGIN

    def room(self) -> float:
        return self.height - MARGIN - self.top

    def paragraph(self, text: str, *, boxed: bool = False, size: float = TEXT) -> None:
        indent = "\u3000\u3000" if size == TEXT else ""
        lines = list(_wrap(indent + text, self.width - 2 * MARGIN - 8, size))
        start = self.top
        for line in lines:
            if self.room() < size * 1.6:
                self.turn()
                start = self.top
            self.text(MARGIN + 4, self.top, line, size)
            self.top += size * 1.6
        if boxed:
            self.rule(MARGIN, start - 3, self.width - 2 * MARGIN, self.top - start)
        self.top += 4

    def grid(self, grid: Grid, *, repeat: bool) -> None:
        """Draws a table; with `repeat` the rows above its first numbers are printed again on each page."""
        first = next((row for row, cells in enumerate(grid) if any(cell.cell for cell in cells)), 0)
        head = cut_rows(grid, first)[0] if repeat else []
        edges = self._edges(grid)
        while grid:
            heights = self._heights(grid, edges)
            fitting = sum(1 for count in range(1, len(grid) + 1) if sum(heights[:count]) <= self.room())
            if fitting <= len(head) + 1 and fitting < len(grid):
                self.turn()
                continue
            above, below = cut_rows(grid, fitting, self._flow(edges, heights, fitting))
            self._draw(above, edges, heights)
            grid = head + below if below else []
            if below:
                self.turn()
        self.top += 12

    def _edges(self, grid: Grid) -> list[float]:
        """Columns as wide as their longest label asks for."""
        width = width_of(grid)
        weight = [2.0] * width
        for _, column, cell in places(grid):
            if cell.colspan == 1 and cell.rowspan < 12:
                weight[column] = max(weight[column], min(len(cell.text), 8.0))
        unit = (self.width - 2 * MARGIN) / sum(weight)
        edges = [MARGIN]
        for share in weight:
            edges.append(edges[-1] + share * unit)
        return edges

    def _draw(self, grid: Grid, edges: Sequence[float], heights: Sequence[float]) -> None:
        tops = [self.top + sum(heights[:row]) for row in range(len(grid) + 1)]
        for row, column, cell in places(grid):
            x0, x1 = edges[column], edges[column + cell.colspan]
            self.rule(x0, tops[row], x1 - x0, tops[row + cell.rowspan] - tops[row])
            for number, line in enumerate(self._lines(cell, x1 - x0)):
                self.text(x0 + 2, tops[row] + 2 + number * self.leading, line, self.size)
        self.top = tops[-1]

    def _lines(self, cell: Printed, width: float) -> list[str]:
        if cell.cell:
            return [cell.text]
        return [line for part in cell.text.split("\n") for line in _wrap(part, width - 4, self.size)]

    def _heights(self, grid: Grid, edges: Sequence[float]) -> list[float]:
        heights = [self.leading + 6] * len(grid)
        for row, column, cell in sorted(places(grid), key=lambda place: place[2].rowspan):
            lines = self._lines(cell, edges[column + cell.colspan] - edges[column])
            rows = range(row, row + cell.rowspan)
            short = len(lines) * self.leading + 6 - sum(heights[r] for r in rows)
            heights[rows[-1]] += max(short, 0)
        return heights

    def _flow(self, edges: Sequence[float], heights: Sequence[float], end: int) -> Parts:
        """What a page break before row `end` does to merged cells: lines without room go on under it."""

        def parts(row: int, column: int, cell: Printed) -> tuple[str, str]:
            lines = self._lines(cell, edges[column + cell.colspan] - edges[column])
            room = max(int((sum(heights[row:end]) - 4) / self.leading), 1)
            return "\n".join(lines[:room]), "\n".join(lines[room:])

        return parts


def _share(character: str) -> float:
    """The width of a character, as a share of its size."""
    return 1.0 if east_asian_width(character) in "WFA" else 0.55


def _wrap(text: str, width: float, size: float) -> Iterator[str]:
    line = ""
    for character in text:
        if size * sum(map(_share, line + character)) > width:
            yield line
            line = ""
        line += character
    yield line


def lay_out(sheet: Sheet, content: Content, title: str, *, boxed: bool = False, repeat: bool = False) -> None:
    """Draws the content. `boxed` puts long prose in frames; `repeat` prints the head of a table
    on each of its pages."""
    sheet.paragraph(title, size=18)
    for block in content:
        if isinstance(block, str):
            sheet.paragraph(block, boxed=boxed and len(block) > 60)
        else:
            sheet.grid([list(row) for row in block], repeat=repeat)
    sheet.turn()
