"""The header above the rows of a block: which columns it prints, in which order, and where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import pairwise

from parsers.forms import Block, Column
from parsers.labels import FormLabels, normalise
from parsers.model import Geometry, GridCell, Table
from parsers.values import Says, is_blank

Interval = tuple[int, int]

_FEWEST = 2
"""Columns that tell what a header is which leaves others out."""


class Header:
    """The header printed above the rows of a block.

    `places` gives each column's grid interval [first, behind last), in the form's order, where all columns
    were `found` at places of their own; None otherwise. `width` is the number of grid columns of the table
    that printed it, `unit` a unit named by it.
    """

    def __init__(
        self,
        labels: FormLabels,
        block: Block,
        rows: Sequence[Sequence[GridCell]],
        width: int,
        found: dict[str, Interval],
    ) -> None:
        self.places = found if len(found) == len(block.columns) else None
        self.width = width
        self._labels, self._block, self._rows, self._found = labels, block, rows, found

    @cached_property
    def some(self) -> dict[str, Interval] | None:
        """The places of the columns of a header that leaves columns out: those that it prints, and in the
        form's order; else None. A header that is whole for another block leaves nothing out."""
        if self.places is not None or len(self._found) < _FEWEST or self._is_whole_for_another():
            return None
        printed = {column.code for row in self._rows for cell in row for column in self._columns(cell.text)}
        in_order = list(self._found.values()) == sorted(self._found.values())
        return self._found if in_order and printed <= self._found.keys() else None

    def _is_whole_for_another(self) -> bool:
        texts = {cell.text for row in self._rows for cell in row}
        return any(
            {column.code for text in texts for column in self._labels.columns(block.code, (text,))}
            == {column.code for column in block.columns}
            for table in self._labels.form.tables
            for block in table.blocks
            if block is not self._block
        )

    @cached_property
    def unit(self) -> str | None:
        text = "".join(cell.text for row in self._rows for cell in row)
        return "元" if "元" in text and "单位:元" in normalise(text) else None

    @cached_property
    def complete(self) -> bool:
        """Whether every column's label is printed, and in the form's order."""
        return self._in_form_order(self._rows) or self._in_form_order(self._glued(self._rows))

    @cached_property
    def margin(self) -> frozenset[int]:
        """The grid columns where the last row of the header is blank: a sheet pads narrow tables."""
        return frozenset(cell.column for cell in self._rows[-1] if is_blank(cell.text))

    @cached_property
    def flat(self) -> bool:
        """Whether one row prints all labels, with a cell for each and nothing else but a corner."""
        last = self._rows[-1]
        return self.complete and len(last) == len(self._block.columns) + 1 and self._in_form_order([last])

    def is_whole(self) -> bool:
        """Whether every column's label was found."""
        return self.places is not None or self.complete

    def _in_form_order(self, rows: Iterable[Sequence[GridCell]]) -> bool:
        """Whether every column's label is printed once, each header row in the order of the form."""
        left = list(self._block.columns)
        for row in rows:
            position = 0
            for candidates in self._labels_in(row):
                index = next((i for i in range(position, len(left)) if left[i] in candidates), None)
                if index is None:
                    return False
                del left[index]
                position = index
        return not left

    def _glued(self, rows: Sequence[Sequence[GridCell]]) -> list[Sequence[GridCell]]:
        """The header rows with labels that are cut over two rows in one (商业, 科研 / 企业, 机构)."""
        glued: list[Sequence[GridCell]] = []
        for row in rows:
            whole = self._with_endings(glued[-1], row) if glued else None
            glued[-1:] = [whole] if whole else [*glued[-1:], row]
        return glued

    def _with_endings(self, row: Sequence[GridCell], endings: Sequence[GridCell]) -> list[GridCell] | None:
        """The row with these endings, in their order, at its unfinished labels; None if they do not fit."""
        left = [cell for cell in endings if not is_blank(cell.text)]
        whole = []
        for cell in row:
            text = cell.text
            if left and self._columns(text + left[0].text):
                text += left.pop(0).text
            whole.append(replace(cell, text=text))
        return None if left else whole

    def _labels_in(self, row: Sequence[GridCell]) -> list[list[Column]]:
        """The columns that each label of a header row can mean; a label may be cut over two cells."""
        found = []
        skip = False
        for cell, following in zip(row, [*row[1:], None], strict=True):
            columns = [] if skip else self._columns(cell.text)
            skip = False
            if not columns and following is not None and not is_blank(cell.text):
                columns = self._columns(cell.text + following.text)
                skip = bool(columns) and not self._columns(following.text)
                columns = columns if skip else []
            if columns:
                found.append(columns)
        return found

    def _columns(self, text: str) -> list[Column]:
        return self._labels.columns(self._block.code, (text,))


class HeaderReader:
    """Collects header rows until a row of values comes; the next header row then begins a new header."""

    def __init__(self, labels: FormLabels) -> None:
        self.labels = labels
        self.open = False
        self._rows: list[tuple[Table, list[GridCell]]] = []
        self._width = 0

    def is_header(self, cells: Sequence[GridCell], kinds: Sequence[Says]) -> bool:
        """Whether the row prints labels of columns and no number; `kinds` is what each cell says."""
        return Says.NUMBER not in kinds and any(
            self.labels.is_header(cell.text)
            for cell, kind in zip(cells, kinds, strict=True)
            if kind is not Says.NOTHING
        )

    def add(self, cells: list[GridCell], table: Table, width: int) -> None:
        """Takes a header row of a table of so many grid columns; a header may be cut over two tables."""
        if not self.open:
            self._rows = []
        self._rows.append((table, cells))
        self._width = width
        self.open = True

    def stands_over(self, block: Block) -> bool:
        """Whether the open header prints half of the block's column labels, or all in place or in order."""
        if not self.open:
            return False
        printed = [normalise(cell.text) for _, row in self._rows for cell in row]
        found = 0
        for column in block.columns:
            label = normalise(column.label)
            if label in printed:
                printed.remove(label)
                found += 1
        last = self._rows[-1][0]
        rows = [cells for table, cells in self._rows if table is last]
        if found * 2 >= len(block.columns) or self._places(block, rows) is not None:
            return True
        return Header(self.labels, block, [cells for _, cells in self._rows], self._width, {}).complete

    def close(self, block: Block, geometry: Geometry) -> Header:
        """The collected header as that of a block whose first row of values has come."""
        self.open = False
        last = self._rows[-1][0]
        rows = [cells for _, cells in self._rows]
        found: dict[str, Interval] = {}
        if geometry is not Geometry.SEQUENCE:
            found = self._found(block, [cells for table, cells in self._rows if table is last])
        whole = len(found) == len(block.columns) or geometry is Geometry.GRID
        return Header(self.labels, block, rows, self._width, found if whole else {})

    def _places(self, block: Block, rows: Iterable[Sequence[GridCell]]) -> dict[str, Interval] | None:
        """Each column's grid interval by the header cells over it; None if not every one is found."""
        found = self._found(block, rows)
        return found if len(found) == len(block.columns) else None

    def _found(self, block: Block, rows: Iterable[Sequence[GridCell]]) -> dict[str, Interval]:
        """The grid intervals of the columns that header cells stand over, in the form's order; none if one
        stands at two places."""
        cells = [cell for row in rows for cell in row if not is_blank(cell.text)]
        edges = sorted({edge for cell in cells for edge in (cell.column, cell.column + cell.colspan)})
        stacks: list[tuple[Interval, list[Column]]] = []
        for start, end in pairwise(edges):
            over = [c for c in cells if c.column <= start and end <= c.column + c.colspan]
            stacks.append(((start, end), self.labels.columns(block.code, tuple(cell.text for cell in over))))
        places: dict[str, Interval] = {}
        for interval, columns in _by_order(block, stacks):
            if len(columns) != 1:
                continue
            code = columns[0].code
            if code in places and places[code][1] != interval[0]:
                return {}
            places[code] = (places[code][0], interval[1]) if code in places else interval
        return {column.code: places[column.code] for column in block.columns if column.code in places}


def width_of(table: Table) -> int:
    """The number of grid columns of a table."""
    return max((cell.column + cell.colspan for cell in table.cells), default=0)


def _by_order(
    block: Block, stacks: list[tuple[Interval, list[Column]]]
) -> list[tuple[Interval, list[Column]]]:
    """Settles labels that several columns print when all columns stand there once, in the form's order."""
    leaves = [(interval, columns) for interval, columns in stacks if columns]
    if len(leaves) != len(block.columns):
        return stacks
    if all(column in columns for column, (_, columns) in zip(block.columns, leaves, strict=True)):
        return [(interval, [column]) for column, (interval, _) in zip(block.columns, leaves, strict=True)]
    return stacks
