"""Finds the form's rows in the tables of a document, with the header that each stands under.

All tables of a document are read as one stream of rows, because agencies cut one table in two (page
breaks), print several in one, or put them in another order. Rows are recognised by their labels only.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property

from parsers.forms import Block, Form, FormTable
from parsers.headers import Header, HeaderReader, width_of
from parsers.labels import FormLabels, RowPlace, normalise
from parsers.model import Document, Geometry, GridCell, Table
from parsers.torn import COUNTS_ROWS, Order, TornRow, torn_rows
from parsers.values import Says, is_blank, is_number, says

_LONGEST_COUNT = 8
"""Characters of the head of a column that counts rows, with blanks in it."""
_RULE = re.compile(r"[\s:]*-{3,}[\s:]*")


@dataclass(frozen=True)
class DataRow:
    """A recognised row: `label` is the cell that names it (None in a block without row labels), `values` the
    cells behind it, left to right, `unit` what a column of units prints. `out_of_step`: labels and values
    of its table do not stand row by row."""

    place: RowPlace | None
    label: GridCell | None
    values: tuple[GridCell, ...]
    unit: str | None = None
    out_of_step: bool = False


@dataclass
class Segment:
    """Rows of one block in one table of the document, under one header (None: it was lost); `recognised` in
    a picture."""

    form_table: FormTable
    block: Block
    header: Header | None
    block_number: int
    table: int
    width: int
    geometry: Geometry
    recognised: bool
    rows: list[DataRow] = field(default_factory=list)

    def different_rows(self) -> int:
        """Rows of the form that stand here: a label that is a row of one form heads several of another."""
        return len({row.place.row.code if row.place else None for row in self.rows})


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

    def is_perfect(self) -> bool:
        """Whether nothing speaks for another form: every header is whole, every row of each table is there,
        and nothing else stands among them."""
        if self.unmatched or self.subtotals or self.strays or not self.found:
            return False
        if not all(segment.header and segment.header.is_whole() for segment in self.found):
            return False
        touched = {segment.form_table.code: segment.form_table for segment in self.found}
        expected = sum(
            sum(not row.heading for row in block.rows) or 1
            for table in touched.values()
            for block in table.blocks
        )
        return sum(len(segment.rows) for segment in self.found) == expected

    @cached_property
    def fits(self) -> Counter[str]:
        """How well the form fits the document's rows of each table: rows found, each once a segment, those
        under a header of the form twice, less rows that contradict."""
        found: Counter[str] = Counter()
        for segment in self.found:
            under_header = segment.header is not None and segment.header.is_whole()
            found[segment.form_table.code] += segment.different_rows() * (2 if under_header else 1)
        for row in self.torn:
            if row.is_whole():
                found[row.table.code] += 2 if row.order is Order.SETTLED else 1
        found.subtract(self.unmatched)
        found.subtract(code for code, _ in self.subtotals)
        return found


def _is_spacer(cells: Sequence[GridCell], kinds: Sequence[Says], *, last: bool) -> bool:
    """Whether the row is empty or the line of dashes under a markdown header. A blank row that ends a grid
    may be the value row of a table that was not filled in."""
    if kinds.count(Says.NOTHING) == len(kinds):
        return not (last and len(cells) > 1)
    return all(_RULE.fullmatch(cell.text) for cell in cells)


def _has_lost_its_label(kinds: Sequence[Says]) -> bool:
    """Whether the row prints values and nothing where its label should stand."""
    printed = set(kinds) - {Says.NOTHING}
    return kinds[0] is Says.NOTHING and bool(printed) and Says.TEXT not in printed


def match_form(document: Document, form: Form) -> Match:
    """Every row of the form that the document holds, grouped into segments in reading order."""
    labels = labels_of(form)
    tables = [block for block in document.blocks if isinstance(block, Table)]
    texts = {cell.text for table in tables for cell in table.cells}
    known = any(labels.is_exact(text) or labels.is_header(text) for text in texts)
    match = _Finder(labels).run(document) if known else Match(form)
    match.torn = torn_rows(document, labels, {segment.block.code for segment in match.found})
    return match


@cache
def labels_of(form: Form) -> FormLabels:
    """The label index of a form, built once."""
    return FormLabels(form)


class _Finder:
    def __init__(self, labels: FormLabels) -> None:
        self.labels = labels
        self.result = Match(labels.form)
        self.header = HeaderReader(labels)
        self.headers: dict[str, Header] = {}
        self.row_before: RowPlace | None = None
        self.rowless: tuple[Table, FormTable, Block] | None = None
        self.orphans = False
        self.is_gap = False
        self.gaps: set[str] = set()

    def run(self, document: Document) -> Match:
        number = -1
        for block_number, block in enumerate(document.blocks):
            if isinstance(block, Table):
                number += 1
                self._table(block, block_number, number)
        _mark_out_of_step(self.result.found, self.gaps, orphans=self.orphans)
        return self.result

    def _table(self, table: Table, block_number: int, number: int) -> None:
        current: Segment | None = None
        self.is_gap = False
        width = width_of(table)
        rows = self._rows(table)
        for cells in rows:
            kinds = [says(cell.text) for cell in cells]
            if _is_spacer(cells, kinds, last=cells is rows[-1] and table.geometry is Geometry.GRID):
                self.is_gap = True
                continue
            if self.header.is_header(cells, kinds) or self._continues_header(cells, kinds):
                self.header.add(cells, table, width)
                current = None
                continue
            found = self._data_row(cells, kinds, table)
            if found is None:
                if _has_lost_its_label(kinds):
                    self.orphans = True
                    self.header.open = False  # what follows does not stand under this header
                continue
            form_table, block, row = found
            if self.header.open:
                self.headers[block.code] = self.header.close(block, table.geometry)
            if current is None or current.block is not block:
                header = self.headers.get(block.code)
                place = (block_number, number, width)
                current = Segment(form_table, block, header, *place, table.geometry, table.recognised)
                self.result.found.append(current)
            elif self.is_gap:
                self.gaps.add(form_table.code)
            self.is_gap = False
            current.rows.append(row)

    def _rows(self, table: Table) -> list[list[GridCell]]:
        """The rows of a table without columns that count its rows (序号); labels that were read in a picture
        are spelt as the form spells them."""
        counting = {
            cell.column
            for cell in table.cells
            if not cell.text.isdigit()
            and len(cell.text) <= _LONGEST_COUNT
            and cell.colspan == 1
            and normalise(cell.text) in COUNTS_ROWS
        }
        rows = table.rows()
        if counting:
            rows = [[c for c in row if c.colspan > 1 or c.column not in counting] for row in rows]
        if not table.recognised:
            return rows
        return [[replace(cell, text=self.labels.respelt(cell.text)) for cell in row] for row in rows]

    def _continues_header(self, cells: Sequence[GridCell], kinds: Sequence[Says]) -> bool:
        """Whether the row holds the rest of labels that are cut over two rows (商业 / 企业)."""
        if not self.header.open or Says.NUMBER in kinds or kinds.count(Says.TEXT) < 2:
            return False
        texts = [cell.text for cell, kind in zip(cells, kinds, strict=True) if kind is Says.TEXT]
        return not any(self.labels.row(text, self.row_before) for text in texts)

    def _data_row(
        self, cells: Sequence[GridCell], kinds: Sequence[Says], table: Table
    ) -> tuple[FormTable, Block, DataRow] | None:
        first_number = kinds.index(Says.NUMBER) if Says.NUMBER in kinds else len(kinds)
        labelled = [i for i in range(first_number) if kinds[i] is Says.TEXT]
        last, place = self._row_label(cells, labelled) if labelled else (-1, None)
        if place is None:
            return self._rowless_row(cells, kinds, table, labelled=bool(labelled))
        self.row_before = place
        values, unit = tuple(cells[last + 1 :]), None
        if place.row.heading:
            if Says.NUMBER in kinds[last + 1 :]:
                self.result.subtotals.append((place.table.code, cells[last].text))
                self.orphans = True
            # Beside a group's label over more rows than this one, or before a blank and marks, the row's own
            # label is missing.
            behind = kinds[last + 1 :]
            is_unlabelled = behind[:1] == [Says.NOTHING] and Says.NONE_MARK in behind
            self.is_gap |= cells[last].rowspan > 1 or is_unlabelled
            return None
        if units := place.block.unit_cells:
            unit = next((normalise(cell.text) for cell in values if normalise(cell.text) in units), None)
            values = tuple(cell for cell in values if normalise(cell.text) not in units)
        return place.table, place.block, DataRow(place, cells[last], values, unit)

    def _row_label(self, cells: Sequence[GridCell], labelled: Sequence[int]) -> tuple[int, RowPlace | None]:
        """The cell that names the row, the rightmost that the form knows; a label may also be cut into
        several cells ("1." and "重复申请")."""
        for i in reversed(labelled):
            place = self.labels.row(cells[i].text, self.row_before)
            if place is not None:
                return i, place
        return labelled[-1], self.labels.row("".join(cells[i].text for i in labelled), self.row_before)

    def _rowless_row(
        self, cells: Sequence[GridCell], kinds: Sequence[Says], table: Table, *, labelled: bool
    ) -> tuple[FormTable, Block, DataRow] | None:
        """A row without a known label belongs to the block without row labels whose header stands above it;
        a second one in the same table is that row printed again. Any other is noted."""
        values = len(kinds) - kinds.count(Says.TEXT)
        for form_table in self.labels.form.tables:
            for block in form_table.blocks:
                if block.rows or values * 2 < len(block.columns):
                    continue
                again = self.rowless == (table, form_table, block)
                if again and kinds.count(Says.NOTHING) == len(kinds):
                    return None
                if again or self.header.stands_over(block):
                    self.rowless = (table, form_table, block)
                    return form_table, block, DataRow(None, None, tuple(cells))
        if Says.NUMBER in kinds:
            self.orphans = True
            if not labelled:
                self.result.strays.append(" | ".join(cell.text.strip() for cell in cells))
            elif self.result.found:
                code = self.result.found[-1].form_table.code
                self.result.unmatched[code] = self.result.unmatched.get(code, 0) + 1
        return None


def _mark_out_of_step(segments: Sequence[Segment], gaps: Container[str], *, orphans: bool) -> None:
    """Where numbers stand without a label, and in a table of the form a label without numbers, the labels
    may have slipped against the numbers: no row of that table is certain. So may they where a row without a
    label and numbers stands among the rows (`gaps`, by table), and nothing stands beside the last label."""
    for table in {segment.form_table.code for segment in segments}:
        own = [segment for segment in segments if segment.form_table.code == table]
        numbers = [any(is_number(v.text) for v in row.values) for segment in own for row in segment.rows]
        hangs = all(is_blank(value.text) for value in own[-1].rows[-1].values)
        is_apart = (orphans and not all(numbers)) or (table in gaps and hangs)
        if any(numbers) and is_apart:
            for segment in own:
                segment.rows[:] = [replace(row, out_of_step=True) for row in segment.rows]
