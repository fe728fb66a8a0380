"""Finds the form's rows in the tables of a document, with the header that each stands under.

All tables of a document are read as one stream of rows, because agencies cut one table in two (page
breaks), print several in one, or put them in another order. Rows are recognised by their labels only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise

from parsers.forms import Block, Column, Form, FormTable
from parsers.labels import FormLabels, RowPlace, normalise
from parsers.model import Document, Geometry, GridCell, Table
from parsers.torn import TornRow, torn_rows
from parsers.values import is_blank, is_number, is_value

Interval = tuple[int, int]

_RULE = re.compile(r"[\s:]*-{3,}[\s:]*")


@dataclass(frozen=True)
class Header:
    """The header printed above the rows of a block.

    `places` gives each column's grid interval [first, behind last) where all columns were found at
    places of their own; None otherwise. `complete` says that every column's label is printed, and in the
    form's order; `flat` that one row prints them all, with a cell for each and nothing else but a corner.
    `width` is the number of grid columns of the table that printed it, `unit` a unit named by it.
    """

    width: int
    places: dict[str, Interval] | None
    complete: bool
    flat: bool
    unit: str | None = None


@dataclass(frozen=True)
class DataRow:
    """A recognised row: `label` is the cell that names it (None in a block without row labels),
    `values` the cells behind it, left to right."""

    place: RowPlace | None
    label: GridCell | None
    values: tuple[GridCell, ...]


@dataclass
class Segment:
    """Rows of one block in one table of the document, under one header (None: it was lost)."""

    form_table: FormTable
    block: Block
    header: Header | None
    block_number: int
    table: int
    width: int
    geometry: Geometry
    rows: list[DataRow] = field(default_factory=list)


@dataclass
class Match:
    """The rows of one form that a document holds.

    `torn` are rows outside any table, `unmatched` counts by table the labelled rows of numbers that the form
    does not know though they stand among its rows, `subtotals` lists group headings that carry numbers (table
    and label), `strays` rows of numbers without a label.
    """

    form: Form
    found: list[Segment] = field(default_factory=list)
    torn: list[TornRow] = field(default_factory=list)
    unmatched: dict[str, int] = field(default_factory=dict)
    subtotals: list[tuple[str, str]] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)

    def fit(self, table: str) -> int:
        """How well the form fits the document's rows of this table: rows found less rows that contradict."""
        rows = sum(len(segment.rows) for segment in self.found if segment.form_table.code == table)
        whole = [t for t in self.torn if t.place.table.code == table and t.is_whole()]
        against = self.unmatched.get(table, 0) + sum(code == table for code, _ in self.subtotals)
        return rows + len(whole) - against


def _is_spacer(cells: Sequence[GridCell], *, last: bool) -> bool:
    """Whether the row is empty or the line of dashes under a markdown header. A blank row that ends a grid
    may be the value row of a table that was not filled in."""
    if all(is_blank(cell.text) for cell in cells):
        return not (last and len(cells) > 1)
    return all(_RULE.fullmatch(cell.text) for cell in cells)


def match_form(document: Document, form: Form) -> Match:
    """Every row of the form that the document holds, grouped into segments in reading order."""
    labels = labels_of(form)
    match = _Finder(labels).run(document)
    match.torn = torn_rows(document, labels)
    return match


@cache
def labels_of(form: Form) -> FormLabels:
    """The label index of a form, built once."""
    return FormLabels(form)


class _Finder:
    def __init__(self, labels: FormLabels) -> None:
        self.labels = labels
        self.result = Match(labels.form)
        self.header_rows: list[tuple[Table, list[GridCell]]] = []
        self.header_open = False
        self.headers: dict[str, Header] = {}
        self.row_before: RowPlace | None = None

    def run(self, document: Document) -> Match:
        number = -1
        for block_number, block in enumerate(document.blocks):
            if isinstance(block, Table):
                number += 1
                self._table(block, block_number, number)
        return self.result

    def _table(self, table: Table, block_number: int, number: int) -> None:
        current: Segment | None = None
        rows = table.rows()
        for cells in rows:
            if _is_spacer(cells, last=cells is rows[-1] and table.geometry is Geometry.GRID):
                continue
            if self._is_header(cells):
                self._add_header(cells, table)
                current = None
                continue
            found = self._data_row(cells)
            if found is None:
                continue
            form_table, block, row = found
            if self.header_open:
                self.headers[block.code] = self._header_for(block, table)
                self.header_open = False
            if current is None or current.block is not block:
                header = self.headers.get(block.code)
                width = _width(table)
                current = Segment(form_table, block, header, block_number, number, width, table.geometry)
                self.result.found.append(current)
            current.rows.append(row)

    def _is_header(self, cells: Sequence[GridCell]) -> bool:
        return not any(is_number(cell.text) for cell in cells) and any(
            self.labels.is_header(cell.text) for cell in cells if not is_blank(cell.text)
        )

    def _add_header(self, cells: list[GridCell], table: Table) -> None:
        if not self.header_open:
            self.header_rows = []
        self.header_rows.append((table, cells))
        self.header_open = True

    def _data_row(self, cells: Sequence[GridCell]) -> tuple[FormTable, Block, DataRow] | None:
        texts = [i for i, cell in enumerate(cells) if not is_value(cell.text)]
        first_number = next((i for i, cell in enumerate(cells) if is_number(cell.text)), len(cells))
        labelled = [i for i in texts if i < first_number]
        if not labelled:
            return None if texts else self._unlabelled_row(cells)
        last, place = self._row_label(cells, labelled)
        if place is None:
            self._unmatched(cells)
            return None
        self.row_before = place
        units = place.block.unit_cells
        values = tuple(cell for cell in cells[last + 1 :] if normalise(cell.text) not in units)
        if not place.row.heading:
            return place.table, place.block, DataRow(place, cells[last], values)
        if any(is_number(cell.text) for cell in values):
            self.result.subtotals.append((place.table.code, cells[last].text))
        return None

    def _row_label(self, cells: Sequence[GridCell], labelled: Sequence[int]) -> tuple[int, RowPlace | None]:
        """The cell that names the row, the rightmost that the form knows; a label may also be cut into
        several cells ("1." and "重复申请")."""
        for i in reversed(labelled):
            place = self.labels.row(cells[i].text, self.row_before)
            if place is not None:
                return i, place
        return labelled[-1], self.labels.row("".join(cells[i].text for i in labelled), self.row_before)

    def _unmatched(self, cells: Sequence[GridCell]) -> None:
        """Counts a labelled row of numbers that the form does not know, against the table it stands in."""
        if self.result.found and any(is_number(cell.text) for cell in cells):
            code = self.result.found[-1].form_table.code
            self.result.unmatched[code] = self.result.unmatched.get(code, 0) + 1

    def _unlabelled_row(self, cells: Sequence[GridCell]) -> tuple[FormTable, Block, DataRow] | None:
        """A row of values alone belongs to the block without row labels whose header stands above it."""
        for form_table in self.labels.form.tables:
            for block in form_table.blocks:
                if not block.rows and self.header_open and _leaf_labels(block, self._printed_header()):
                    return form_table, block, DataRow(None, None, tuple(cells))
        if any(is_number(cell.text) for cell in cells):
            self.result.strays.append(" | ".join(cell.text.strip() for cell in cells))
        return None

    def _header_for(self, block: Block, table: Table) -> Header:
        rows = self._printed_header()
        last = self.header_rows[-1][0]
        places = None
        if table.geometry is not Geometry.SEQUENCE:
            places = self._places(
                block, [cells for printed_in, cells in self.header_rows if printed_in is last]
            )
        printed = normalise("".join(cell.text for row in rows for cell in row))
        unit = "元" if "单位:元" in printed else None
        complete = self._in_form_order(block, rows)
        flat = complete and len(rows[-1]) == len(block.columns) + 1 and self._in_form_order(block, rows[-1:])
        return Header(_width(last), places, complete, flat, unit)

    def _printed_header(self) -> list[list[GridCell]]:
        return [cells for _, cells in self.header_rows]

    def _places(self, block: Block, rows: Sequence[Sequence[GridCell]]) -> dict[str, Interval] | None:
        """Each column's grid interval by the header cells over it; None if not every one is found."""
        cells = [cell for row in rows for cell in row if not is_blank(cell.text)]
        edges = sorted({edge for cell in cells for edge in (cell.column, cell.column + cell.colspan)})
        stacks: list[tuple[Interval, list[Column]]] = []
        for start, end in pairwise(edges):
            over = [c for c in cells if c.column <= start and end <= c.column + c.colspan]
            stacks.append(((start, end), self.labels.columns(block.code, tuple(cell.text for cell in over))))
        stacks = _by_order(block, stacks)
        places: dict[str, Interval] = {}
        for interval, columns in stacks:
            if len(columns) != 1:
                continue
            code = columns[0].code
            if code in places and places[code][1] != interval[0]:
                return None
            places[code] = (places[code][0], interval[1]) if code in places else interval
        return places if len(places) == len(block.columns) else None

    def _in_form_order(self, block: Block, rows: Sequence[Sequence[GridCell]]) -> bool:
        """Whether every column's label is printed once, each header row in the order of the form."""
        left = list(block.columns)
        for row in rows:
            position = 0
            for cell in row:
                candidates = self.labels.columns(block.code, (cell.text,))
                if not candidates:
                    continue
                index = next((i for i in range(position, len(left)) if left[i] in candidates), None)
                if index is None:
                    return False
                del left[index]
                position = index
        return not left


def _width(table: Table) -> int:
    return max(cell.column + cell.colspan for cell in table.cells)


def _leaf_labels(block: Block, rows: Iterable[Sequence[GridCell]]) -> bool:
    """Whether at least half of the block's columns have their label in these header rows."""
    printed = [normalise(cell.text) for row in rows for cell in row]
    wanted = [normalise(column.label) for column in block.columns]
    found = 0
    for label in wanted:
        if label in printed:
            printed.remove(label)
            found += 1
    return found * 2 >= len(wanted)


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
