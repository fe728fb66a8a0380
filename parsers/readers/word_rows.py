"""Rows of cells as Word keeps them in DOC and RTF, made into blocks: a cell knows its left and right edge
and how it is merged, not its column.

Both formats are a stream: text, cell ends and row ends at some depth of nesting. The columns of a table
follow from the edges of all its rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from parsers.model import Block, Geometry, GridCell, Table
from parsers.readers.nesting import cell_text, is_data

EDGE_TOLERANCE = 60
"""Twips (1/20 point) within which two edges are one: rows dragged by hand differ by a hair."""
MOST_CELLS = 63
"""Word's own limit of cells in a row."""
MOST_DEPTH = 16
"""Deeper nesting is read as this deep."""


class Merge(StrEnum):
    """A cell's part in a merge across or down."""

    NONE = "none"
    FIRST = "first"
    """The cell that holds the contents."""
    REST = "rest"
    """A cell that the first one covers; what it holds is not shown."""


@dataclass(frozen=True, slots=True)
class CellShape:
    """A cell of a row definition: its edges in twips, and its part in merges."""

    left: int
    right: int
    across: Merge = Merge.NONE
    down: Merge = Merge.NONE


_Shapes = Sequence[CellShape]


@dataclass(slots=True)
class _OpenTable:
    """A table in the making: finished rows, cells of the open row, blocks of the open cell."""

    rows: list[tuple[_Shapes, list[list[Block]]]] = field(default_factory=list)
    cells: list[list[Block]] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)


class Flow:
    """Collects paragraphs, cell ends and row ends in the order of the text; depth 0 is outside tables."""

    def __init__(self) -> None:
        self._body: list[Block] = []
        self._open: list[_OpenTable] = []

    def add(self, blocks: Iterable[Block], depth: int) -> None:
        """Blocks of the text, or of the open cell of the table at this depth."""
        self._go_to(depth)
        self._target().extend(blocks)

    def end_cell(self, depth: int) -> None:
        self._go_to(depth)
        table = self._open[-1]
        table.cells.append(table.blocks)
        table.blocks = []

    def end_row(self, depth: int, shapes: _Shapes) -> None:
        """Ends a row; `shapes` are its cells from left to right, empty where the file has no definition."""
        self._go_to(depth)
        _end_row(self._open[-1], shapes)

    def finish(self) -> list[Block]:
        """All blocks: a table in the place of its rows, data tables nested in it behind it."""
        self._go_to(0)
        return self._body

    def _target(self) -> list[Block]:
        return self._open[-1].blocks if self._open else self._body

    def _go_to(self, depth: int) -> None:
        depth = min(depth, MOST_DEPTH)
        while len(self._open) > depth:
            table = self._open.pop()
            _end_row(table, ())
            self._target().extend(_blocks_of_table(table.rows) if table.rows else [])
        while len(self._open) < depth:
            self._open.append(_OpenTable())


def _end_row(table: _OpenTable, shapes: _Shapes) -> None:
    """Ends the row if it has cells, and before it a cell without an end if that holds anything."""
    if table.blocks:
        table.cells.append(table.blocks)
        table.blocks = []
    if table.cells:
        table.rows.append((shapes, table.cells))
        table.cells = []


def _blocks_of_table(rows: list[tuple[_Shapes, list[list[Block]]]]) -> Iterator[Block]:
    """A table and the data tables in its cells; the contents alone where it is a frame of one column."""
    known = all(_is_definition(shapes, cells) for shapes, cells in rows)
    placed = list(_placed(rows)) if known else list(_in_sequence(rows))
    width = max((cell.column + cell.colspan for cell, _ in placed), default=0)
    if all(cell.colspan == width for cell, _ in placed):
        for _, blocks in placed:
            yield from blocks
        return
    geometry = Geometry.GRID if known else Geometry.SEQUENCE
    yield Table(tuple(replace(cell, text=cell_text(blocks)) for cell, blocks in placed), geometry)
    for _, blocks in placed:
        yield from (block for block in blocks if isinstance(block, Table) and is_data(block))


def _is_definition(shapes: _Shapes, cells: list[list[Block]]) -> bool:
    """Whether the row's definition fits its cells: as many, one to the right of the other, and none that
    holds something without a width."""
    return len(shapes) == len(cells) and all(
        shape.left < shape.right or (shape.left == shape.right and not blocks)
        for shape, blocks in zip(shapes, cells, strict=True)
    )


def _in_sequence(rows: list[tuple[_Shapes, list[list[Block]]]]) -> Iterator[tuple[GridCell, list[Block]]]:
    for row, (_, cells) in enumerate(rows):
        for column, blocks in enumerate(cells):
            yield GridCell("", row, column), blocks


def _placed(rows: list[tuple[_Shapes, list[list[Block]]]]) -> list[tuple[GridCell, list[Block]]]:
    """The shown cells at their places in the grid, without text, and what each holds."""
    merged_rows = [list(_merged_across(shapes, cells)) for shapes, cells in rows]
    columns = _columns([shape for row in merged_rows for shape, _ in row])
    placed: list[tuple[GridCell, list[Block]]] = []
    open_merges: dict[tuple[int, int], int] = {}
    """Column and colspan to the index of the cell that a vertical merge continues there."""
    for row, cells in enumerate(merged_rows):
        continued: dict[tuple[int, int], int] = {}
        for shape, blocks in cells:
            column = columns[shape.left]
            place = column, columns[shape.right] - column
            if shape.down is Merge.REST and place in open_merges:
                continued[place] = index = open_merges[place]
                above, contents = placed[index]
                placed[index] = replace(above, rowspan=row - above.row + 1), contents
                continue
            if shape.down is not Merge.NONE:
                continued[place] = len(placed)
            placed.append((GridCell("", row, column, colspan=place[1]), blocks))
        open_merges = continued
    return placed


def _merged_across(shapes: _Shapes, cells: list[list[Block]]) -> Iterator[tuple[CellShape, list[Block]]]:
    """The cells of a row that have a width, those merged across as one."""
    merged: list[tuple[CellShape, list[Block]]] = []
    for shape, blocks in zip(shapes, cells, strict=True):
        if shape.left == shape.right:
            continue
        if shape.across is Merge.REST and merged:
            first, contents = merged[-1]
            merged[-1] = replace(first, right=shape.right), contents
        else:
            merged.append((shape, blocks))
    yield from merged


def _columns(shapes: list[CellShape]) -> dict[int, int]:
    """The grid column that begins at each edge."""
    edges = sorted({edge for shape in shapes for edge in (shape.left, shape.right)})
    columns: dict[int, int] = {}
    for before, edge in zip([edges[0], *edges], edges, strict=False):
        step = edge - before > EDGE_TOLERANCE
        columns[edge] = columns.get(before, 0) + step
    if all(columns[shape.left] < columns[shape.right] for shape in shapes):
        return columns
    return {edge: column for column, edge in enumerate(edges)}
