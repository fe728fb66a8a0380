"""Reads the values of recognised rows into cells of the form.

A value is `stated` only when its column is beyond doubt:
by place, where the document's own grid puts one value cell under each printed column header;
by order, where a row holds exactly as many values as the form has columns and every column header is
printed in the form's order (in a grid: in one row, cell for cell as below it). A row whose places
contradict the header, or that has lost its header, is believed by order only if its own sums hold.
Everything else that was read is `uncertain`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from parsers.forms import Form, cell_id
from parsers.labels import FormLabels
from parsers.model import (
    Cell,
    CellStatus,
    CheckOutcome,
    Document,
    Evidence,
    Geometry,
    GridCell,
    Issue,
    IssueCode,
)
from parsers.rules import evaluate
from parsers.segments import DataRow, Segment, find_segments
from parsers.torn import TornRow, torn_rows
from parsers.values import is_blank, is_value, read_value


@dataclass
class FormReading:
    """What a document holds of one form. `score` tells by table code how well the form's rows fit it."""

    form: Form
    cells: dict[str, Cell] = field(default_factory=dict)
    score: dict[str, int] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)


def read_form(document: Document, form: Form, capture: str) -> FormReading:
    """Reads every cell of the form that the document prints; cells that it does not hold are left out."""
    return _Reader(form, capture).run(document)


class _Reader:
    def __init__(self, form: Form, capture: str) -> None:
        self.form, self.capture = form, capture
        self.reading = FormReading(form)

    def run(self, document: Document) -> FormReading:
        segments = find_segments(document, labels_of(self.form))
        for segment in segments.found:
            for row in segment.rows:
                self._row(segment, row)
                self._count(segment.form_table.code, 1)
        for table, rows in segments.unmatched.items():
            self._count(table, -rows)
        for table, label in segments.subtotals:
            self._count(table, -1)
            self._issue(IssueCode.SUBTOTAL_ROW, f"the group heading “{label.strip()}” carries numbers")
        for stray in segments.strays:
            self._issue(IssueCode.TORN_ROW, f"numbers without a row label: {stray}")
        for torn in torn_rows(document, labels_of(self.form)):
            self._torn(torn)
        return self.reading

    def _count(self, table: str, rows: int) -> None:
        self.reading.score[table] = self.reading.score.get(table, 0) + rows

    def _issue(self, code: IssueCode, message: str) -> None:
        self.reading.issues.append(Issue(code, message))

    def _row(self, segment: Segment, row: DataRow) -> None:
        by_place = _by_place(segment, row)
        if by_place is not None:
            self._put(segment, row, by_place)
            return
        header, grid = segment.header, segment.geometry is Geometry.GRID
        printed = [cell for cell in row.values if not is_blank(cell.text)]
        flat = grid and header is not None and header.flat
        every_cell = segment.geometry is Geometry.SEQUENCE and _exact_rows(segment)
        values = list(row.values) if flat or every_cell else printed
        columns = segment.block.columns
        name = row.label.text.strip() if row.label else segment.form_table.label
        if len(values) != len(columns) or not all(is_value(value.text) for value in values):
            message = f"“{name}” holds {len(printed)} values for {len(columns)} columns"
            self._issue(IssueCode.COLUMN_COUNT, message)
            self._doubt(segment, row, printed)
        elif self._order_holds(segment, row, values, trusted=flat or not grid):
            self._put(segment, row, values)
        else:
            message = f"the values of “{name}” do not stand under the column headers"
            self._issue(IssueCode.POSITION_LABEL, message)
            self._doubt(segment, row, printed)

    def _order_holds(
        self, segment: Segment, row: DataRow, values: Sequence[GridCell], *, trusted: bool
    ) -> bool:
        """Whether the order of the values settles their columns; `trusted`: a complete header is enough."""
        if segment.header is not None and not segment.header.complete:
            return False
        if segment.header is not None and trusted:
            return True
        return self._sums_hold(
            {name: self._cell(segment, name, v) for name, v in _pairs(segment, row, values)}
        )

    def _sums_hold(self, cells: dict[str, Cell]) -> bool:
        """Whether sums of the form bind every one of these cells among themselves, and hold."""
        sums = [
            instance
            for instance in self.form.instances
            if instance.rule.kind == "sum_equals" and cells.keys() >= {*instance.left, *instance.right}
        ]
        bound = {name for instance in sums for name in (*instance.left, *instance.right)}
        return bound == cells.keys() and all(evaluate(i, cells) is CheckOutcome.PASS for i in sums)

    def _cell(self, segment: Segment, name: str, value: GridCell) -> Cell:
        spec = self.form.cells[name]
        status, number = read_value(value.text, spec.kind, spec.unit)
        if number is not None and spec.unit == "万元" and segment.header and segment.header.unit == "元":
            number = number / 10_000
        return Cell(number, value.text.strip(), status, self._evidence(segment, value))

    def _evidence(self, segment: Segment, cell: GridCell) -> Evidence:
        return Evidence(
            self.capture, segment.block_number, segment.table, cell.row, cell.column, cell.page, cell.box
        )

    def _put(self, segment: Segment, row: DataRow, values: Sequence[GridCell]) -> None:
        for name, value in _pairs(segment, row, values):
            cell = self._cell(segment, name, value)
            if cell.status is CellStatus.UNCERTAIN:
                self._issue(IssueCode.UNREADABLE_VALUE, f"{name} prints “{cell.raw}”")
            self._keep(name, cell)

    def _doubt(self, segment: Segment, row: DataRow, printed: Sequence[GridCell]) -> None:
        """Marks the whole row uncertain; its candidates are all that the row prints."""
        raw = " | ".join(cell.text.strip() for cell in printed)
        where = row.label or (row.values[0] if row.values else None)
        evidence = self._evidence(segment, where) if where else None
        code = row.place.row.code if row.place else None
        for column in segment.block.columns:
            name = cell_id(segment.form_table.code, code, column.code)
            self._keep(name, Cell(None, raw, CellStatus.UNCERTAIN, evidence))

    def _torn(self, torn: TornRow) -> None:
        """A row outside any table counts only if it is whole and its own sums hold."""
        table, row = torn.place.table, torn.place.row
        columns = torn.place.block.columns
        cells = {}
        if len(torn.values) == len(columns):
            for column, text in zip(columns, torn.values, strict=True):
                status, number = read_value(text, column.kind, column.unit)
                evidence = Evidence(self.capture, torn.block_number)
                cells[cell_id(table.code, row.code, column.code)] = Cell(number, text, status, evidence)
        if not cells or not self._sums_hold(cells):
            values = " ".join(torn.values)
            self._issue(IssueCode.TORN_ROW, f"“{row.label}” is torn from its table, not read: {values}")
            return
        self._count(table.code, 1)
        for name, cell in cells.items():
            self._keep(name, cell)

    def _keep(self, name: str, cell: Cell) -> None:
        """Keeps the better reading of a cell; two different numbers make it uncertain."""
        before = self.reading.cells.get(name)
        if before is None or before.status is CellStatus.UNCERTAIN:
            self.reading.cells[name] = cell
        elif cell.status is not CellStatus.UNCERTAIN and cell.value != before.value:
            raw = f"{before.raw} | {cell.raw}"
            self._issue(IssueCode.DUPLICATE_ROW, f"{name} is printed twice: {raw}")
            self.reading.cells[name] = Cell(None, raw, CellStatus.UNCERTAIN, before.evidence)


@cache
def labels_of(form: Form) -> FormLabels:
    """The label index of a form, built once."""
    return FormLabels(form)


def _pairs(segment: Segment, row: DataRow, values: Sequence[GridCell]) -> Iterator[tuple[str, GridCell]]:
    code = row.place.row.code if row.place else None
    for column, value in zip(segment.block.columns, values, strict=True):
        yield cell_id(segment.form_table.code, code, column.code), value


def _by_place(segment: Segment, row: DataRow) -> list[GridCell] | None:
    """The row's value cells in column order if the grid settles them, else None.

    In a loose table places count only where a full row of the same table confirms them.
    """
    header = segment.header
    if header is None or header.places is None or header.table != segment.table:
        return None
    if segment.geometry is Geometry.LOOSE and not _places_confirmed(segment, header.places):
        return None
    return _cells_under(header.places, row, segment)


def _cells_under(
    places: Mapping[str, tuple[int, int]], row: DataRow, segment: Segment
) -> list[GridCell] | None:
    first, behind = min(p[0] for p in places.values()), max(p[1] for p in places.values())
    if row.label is not None and row.label.column + row.label.colspan > first:
        return None
    outside = [c for c in row.values if c.column + c.colspan <= first or c.column >= behind]
    if any(not is_blank(cell.text) for cell in outside):
        return None
    if segment.geometry is Geometry.GRID and any(cell.column >= behind for cell in outside):
        return None
    found = []
    for column in segment.block.columns:
        start, end = places[column.code]
        under = [c for c in row.values if c.column < end and start < c.column + c.colspan]
        if not under or any(c.column < start or c.column + c.colspan > end for c in under):
            return None
        printed = [c for c in under if not is_blank(c.text)]
        if len(printed) > 1:
            return None
        found.append(printed[0] if printed else under[0])
    return found


def _places_confirmed(segment: Segment, places: Mapping[str, tuple[int, int]]) -> bool:
    full = [r for r in segment.rows if _printed(r) == len(segment.block.columns)]
    return bool(full) and all(_cells_under(places, row, segment) is not None for row in full)


def _printed(row: DataRow) -> int:
    return sum(not is_blank(cell.text) for cell in row.values)


def _exact_rows(segment: Segment) -> bool:
    """Whether every row of the segment has one cell a column, so that blank cells keep their place."""
    return all(len(row.values) == len(segment.block.columns) for row in segment.rows)
