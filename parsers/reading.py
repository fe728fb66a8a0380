"""Reads the values of recognised rows into cells of the form.

A value is `stated` only when its column is beyond doubt:
by place, where the document's own grid puts one value cell under each printed column header;
by order, where a row holds exactly as many values as the form has columns and every column header is
printed in the form's order (in a grid: in one row, cell for cell as below it). A row whose places
contradict the header, or that has lost its header, is believed by order only if its own sums hold.
Everything else that was read is `uncertain`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from parsers.forms import CellSpec, Form, RuleInstance
from parsers.localisation import suspects
from parsers.model import (
    Cell,
    CellStatus,
    CheckOutcome,
    Evidence,
    Geometry,
    GridCell,
    Issue,
    IssueCode,
)
from parsers.placement import (
    by_place,
    columns_left,
    has_blank,
    has_odd_blank,
    header_settles_order,
    in_order,
    is_confirmed,
    is_displaced,
    is_one_of_a_full_row,
    lacks_its_last,
    one_end_is_blank,
    prints_only_its_last,
    reaches_the_edge,
)
from parsers.rules import evaluate
from parsers.segments import DataRow, Match, Segment
from parsers.torn import Order, TornRow
from parsers.values import is_blank, is_value, read_value


@dataclass
class Reading:
    """Cells that a document prints, and what was noted about them."""

    cells: dict[str, Cell] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)


def read_tables(match: Match, tables: Collection[str], capture: str) -> Reading:
    """Reads every cell of these tables of the matched form; cells that are not printed are left out."""
    return _Reader(match.form, capture).run(match, tables)


class _Reader:
    def __init__(self, form: Form, capture: str) -> None:
        self.form, self.capture = form, capture
        self.reading = Reading()
        self.fallible: set[str] = set()
        self.rows: dict[str, str] = {}
        self.open_ended: list[list[str]] = []

    def run(self, match: Match, tables: Collection[str]) -> Reading:
        for segment in match.found:
            if segment.form_table.code in tables:
                self._segment(segment)
        for table, label in match.subtotals:
            if table in tables:
                message = f"the group heading “{label.strip()}” carries numbers"
                self._issue(IssueCode.SUBTOTAL_ROW, message)
        for stray in match.strays:
            self._issue(IssueCode.TORN_ROW, f"numbers without a row label: {stray}")
        for torn in match.torn:
            if torn.table.code in tables:
                self._torn(torn)
        self._localise()
        return self.reading

    def _localise(self) -> None:
        """Where sums are broken and only a reading can be at fault, its cells are not certain. If one of them
        is in a row that is blank at one end, the whole row may have slipped sideways."""
        found = suspects(self.form, self.reading.cells, self.fallible)
        slipped = (row for row in self.open_ended if not found.isdisjoint(row))
        for name in sorted(found.union(*slipped)):
            cell = self.reading.cells[name]
            self.reading.cells[name] = replace(cell, value=None, status=CellStatus.UNCERTAIN)
            if name in found:
                self._issue(IssueCode.SUSPECT_READING, f"{name}: sums do not hold with {cell.raw}")

    def _issue(self, code: IssueCode, message: str) -> None:
        self.reading.issues.append(Issue(code, message))

    def _segment(self, segment: Segment) -> None:
        """Reads the rows. Where one has slipped sideways, so may have others that are blank at one end: their
        sums can hold by chance, or the blank column be that of all totals."""
        read = [(row, *self._values(segment, row)) for row in segment.rows]
        is_displaced_table = any(doubt for _, _, doubt in read) and is_displaced(segment)
        open_ended = {
            id(row)
            for row, values, _ in read
            if values
            and (
                one_end_is_blank(segment, row, values)
                or (is_displaced_table and (is_blank(values[0].text) or is_blank(values[-1].text)))
            )
        }
        has_slipped = is_displaced_table or any(
            doubt is IssueCode.POSITION_LABEL
            and values
            and (id(row) in open_ended or lacks_its_last(segment, row, values))
            for row, values, doubt in read
        )
        for row, values, doubt in read:
            if doubt is None and has_slipped and id(row) in open_ended:
                self._row(segment, row, values, IssueCode.POSITION_LABEL)
            else:
                self._row(segment, row, values, doubt)
                if doubt is None and id(row) in open_ended:
                    self.open_ended.append([spec.id for spec in self._specs(segment, row)])

    def _values(self, segment: Segment, row: DataRow) -> tuple[list[GridCell], IssueCode | None]:
        """The row's values in column order, and what speaks against that."""
        if row.out_of_step:
            return [], IssueCode.POSITION_LABEL
        placed = by_place(segment, row)
        if placed is not None:
            return placed, self._doubt_of_places(segment, row, placed)
        values = in_order(segment, row)
        return values, self._doubt_of_order(segment, row, values)

    def _row(
        self, segment: Segment, row: DataRow, values: Sequence[GridCell], doubt: IssueCode | None
    ) -> None:
        if doubt is None:
            self._put(segment, row, values)
            return
        name = row.label.text.strip() if row.label else segment.form_table.label
        printed = [cell for cell in row.values if not is_blank(cell.text)]
        expected = len(segment.block.columns)
        said = {
            IssueCode.COLUMN_COUNT: f"“{name}” prints {len(printed)} values in {len(values)} cells"
            f" for {expected} columns",
            IssueCode.POSITION_LABEL: f"the values of “{name}” do not stand under the column headers",
        }
        self._issue(doubt, said[doubt])
        self._mark_uncertain(segment, row, printed)

    def _doubt_of_places(
        self, segment: Segment, row: DataRow, values: Sequence[GridCell]
    ) -> IssueCode | None:
        """What speaks against values that stand under their headers.

        Under grouped headers another order of columns than the form's means that spans are broken; the
        row's sum cannot clear it, as it holds in any order.
        """
        places = [value.column for value in values]
        if places != sorted(places) and any(column.path for column in segment.block.columns):
            return IssueCode.POSITION_LABEL
        return IssueCode.POSITION_LABEL if self._has_slipped(segment, row, values) else None

    def _has_slipped(self, segment: Segment, row: DataRow, values: Sequence[GridCell]) -> bool:
        """Whether a blank where other rows have numbers makes the row's sums fail, the blank counted as
        nothing: its values may have slipped sideways. In a loose table any blank is suspect, as a converter
        may have dropped the cell before it."""
        if not has_blank(values):
            return False
        cells = self._cells(segment, row, values)
        counted = {n: replace(c, value=0) if c.value is None else c for n, c in cells.items()}
        # The sums within a row can hold by chance where it has slipped; those down its columns then fail.
        self.fallible |= cells.keys()
        sums = self._sums_within(cells)
        if segment.geometry is Geometry.LOOSE:
            if prints_only_its_last(values) and reaches_the_edge(segment, values):
                return False
            if not sums:
                return not reaches_the_edge(segment, values)
            anchored = is_confirmed(segment) or _is_anchored(sums, cells)
            return not (anchored and _prints_its_totals(sums, cells) and self._proved(counted))
        if not one_end_is_blank(segment, row, values) and not lacks_its_last(segment, row, values):
            sums = [i for i in sums if all(cells[name].status is not CellStatus.BLANK for name in i.right)]
            if not has_odd_blank(segment, row, values):
                return False
        return any(evaluate(i, counted) is CheckOutcome.FAIL for i in sums)

    def _doubt_of_order(self, segment: Segment, row: DataRow, values: Sequence[GridCell]) -> IssueCode | None:
        """What speaks against giving the values to the columns in the form's order, if anything does."""
        texts = [value for value in values if not is_value(value.text)]
        if len(values) != len(segment.block.columns) or (texts and not is_one_of_a_full_row(segment, texts)):
            return IssueCode.COLUMN_COUNT
        if segment.header is not None and not segment.header.complete:
            return IssueCode.POSITION_LABEL
        if header_settles_order(segment, values):
            return IssueCode.POSITION_LABEL if self._has_slipped(segment, row, values) else None
        cells = self._cells(segment, row, values)
        if not self._proved(cells):
            return IssueCode.POSITION_LABEL
        self.fallible |= cells.keys()
        return None

    def _sums_within(self, cells: dict[str, Cell]) -> list[RuleInstance]:
        return [i for i in self.form.sums if cells.keys() >= set(i.cells)]

    def _proved(self, cells: dict[str, Cell]) -> bool:
        """Whether sums of the form bind every one of these cells among themselves, and hold."""
        sums = self._sums_within(cells)
        bound = {name for instance in sums for name in instance.cells}
        return bound == cells.keys() and all(evaluate(i, cells) is CheckOutcome.PASS for i in sums)

    def _specs(self, segment: Segment, row: DataRow) -> tuple[CellSpec, ...]:
        """The cells of the form that the row prints."""
        specs = self.form.row(segment.form_table, segment.block, row.place.row if row.place else None)
        printed = columns_left(segment)
        return specs if printed is None else tuple(spec for spec in specs if spec.column in printed)

    def _cells(self, segment: Segment, row: DataRow, values: Sequence[GridCell]) -> dict[str, Cell]:
        """The values as the cells of their columns."""
        specs = self._specs(segment, row)
        unit = row.unit or (segment.header.unit if segment.header else None)
        cells = {}
        capture, block, table = self.capture, segment.block_number, segment.table
        for spec, value in zip(specs, values, strict=True):
            status, number = read_value(value.text, spec.kind, spec.unit)
            if number is not None and unit == "元" and spec.unit == "万元":
                number = number / 10_000
            if value.doubtful:
                status, number = CellStatus.UNCERTAIN, None
            evidence = Evidence(capture, block, table, value.row, value.column, value.page, value.box)
            cells[spec.id] = Cell(number, value.text.strip(), status, evidence)
        return cells

    def _put(self, segment: Segment, row: DataRow, values: Sequence[GridCell]) -> None:
        printed = _printed(values)
        for name, cell in self._cells(segment, row, values).items():
            if segment.recognised:
                self.fallible.add(name)
            if cell.status is CellStatus.UNCERTAIN:
                self._issue(IssueCode.UNREADABLE_VALUE, f"{name} prints “{cell.raw}”")
            self._keep(name, cell, printed)

    def _mark_uncertain(self, segment: Segment, row: DataRow, printed: Sequence[GridCell]) -> None:
        """Marks the whole row uncertain; its candidates are all that the row prints."""
        raw = _printed(printed)
        at = row.label or (row.values[0] if row.values else None)
        evidence = None
        if at is not None:
            block, table = segment.block_number, segment.table
            evidence = Evidence(self.capture, block, table, at.row, at.column, at.page, at.box)
        for spec in self.form.row(segment.form_table, segment.block, row.place.row if row.place else None):
            self._keep(spec.id, Cell(None, raw, CellStatus.UNCERTAIN, evidence), raw)

    def _torn(self, torn: TornRow) -> None:
        """A row outside any table counts only if it is whole, its own sums hold, and they or the order of its
        table bind every number."""
        cells = {}
        if torn.is_whole():
            specs = self.form.row(torn.table, torn.block, torn.row)
            for spec, text, block in zip(specs, torn.values, torn.block_numbers, strict=True):
                status, number = read_value(text, spec.kind, spec.unit)
                cells[spec.id] = Cell(number, text, status, Evidence(self.capture, block))
        if not cells or not self._is_believed(torn, cells):
            label, values = (torn.row or torn.table).label, " ".join(torn.values)
            self._issue(IssueCode.TORN_ROW, f"“{label}” is torn from its table, not read: {values}")
            return
        self.fallible |= cells.keys()
        for name, cell in cells.items():
            self._keep(name, cell, " | ".join(torn.values))

    def _is_believed(self, torn: TornRow, cells: dict[str, Cell]) -> bool:
        """Where a sum fails, a number may be lost and another have taken its place."""
        if torn.order is Order.SETTLED:
            counted = {n: replace(c, value=0) if c.value is None else c for n, c in cells.items()}
            return all(evaluate(i, counted) is not CheckOutcome.FAIL for i in self._sums_within(cells))
        return torn.order is Order.OPEN and self._proved(cells)

    def _keep(self, name: str, cell: Cell, row: str) -> None:
        """Keeps the better reading of a cell; a number that the other reading contradicts is uncertain. `row`
        is what its row prints: where a row is in doubt, only the whole of it can be the same as another."""
        before = self.reading.cells.get(name)
        row_before = self.rows.setdefault(name, row)
        if before is None or (before == cell):
            self.reading.cells[name] = cell
            return
        worse, better = sorted((before, cell), key=lambda c: c.status is not CellStatus.UNCERTAIN)
        if worse.status is CellStatus.UNCERTAIN:
            agree = better.status is CellStatus.UNCERTAIN or row == row_before
        else:
            agree = before.value == cell.value
        if agree:
            self.reading.cells[name] = better if worse.status is CellStatus.UNCERTAIN else before
            return
        raw = f"{before.raw} ≠ {cell.raw}"
        self._issue(IssueCode.DUPLICATE_ROW, f"{name} is printed twice: {raw}")
        self.reading.cells[name] = Cell(None, raw, CellStatus.UNCERTAIN, before.evidence)


def _printed(values: Iterable[GridCell]) -> str:
    """What a row prints, blank cells left out."""
    return " | ".join(text for value in values if (text := value.text.strip()))


def _prints_its_totals(sums: Sequence[RuleInstance], cells: Mapping[str, Cell]) -> bool:
    """Whether each sum of which anything is printed prints its total: where a cell was dropped, the last
    total has left its place, and zeros in place of other numbers add up to nothing as well."""
    blank = {name for name, cell in cells.items() if _is_blank(cell)}
    return all(blank >= set(i.cells) or not blank & set(i.right) for i in sums)


def _is_anchored(sums: Sequence[RuleInstance], cells: Mapping[str, Cell]) -> bool:
    """Whether the row has not slipped to the right, its sums holding by chance: its first cell would be blank
    and its last total gone. Two sums at once do not hold by chance."""
    first, *_, last = cells.values()
    numbers = [i for i in sums if any(cells[name].value for name in i.cells)]
    return len(numbers) > 1 or not _is_blank(first) or _is_blank(last)


def _is_blank(cell: Cell) -> bool:
    return cell.status is CellStatus.BLANK
