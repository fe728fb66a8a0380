"""Reports as they are printed, before any file format: text and grids of cells, made from a form and numbers.

Derived from the `Form` alone, so a new form file is rendered without touching this.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from parsers.forms import Block, Column, Form, FormTable, Row, cell_id
from tests.parsers.render import BALANCE, Value

TRADITIONAL = str.maketrans(
    "报告规范废现许处罚强事业费组织结转办顶属国级禁稳护权务类过执询没内确册复举诉类请无当认获补费给继续"
    "维纠尚审计项单应总会机构数网设条开发",
    "報告規範廢現許處罰強事業費組織結轉辦頂屬國級禁穩護權務類過執詢沒內確冊復舉訴類請無當認獲補費給繼續"
    "維糾尚審計項單應總會機構數網設條開發",
)
"""Characters of the forms' labels as mirrors for Taiwan and Hong Kong print them."""

_NUMBERS = (re.compile(r"[一二三四五六七八九十]{1,3}、"), re.compile(r"（[一二三四五六七八九十]{1,3}）"),
            re.compile(r"\d{1,2}[.．、]"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Printed:
    """A printed cell; `cell` is the id of the form's cell whose value it prints, line breaks are "\\n"."""

    text: str
    rowspan: int = 1
    colspan: int = 1
    cell: str | None = None


Grid = list[list[Printed]]
"""The cells by the row they start in, left to right."""

Content = list[str | Grid]
"""A document in reading order: paragraphs and grids."""


@dataclass
class Look:
    """How labels and numbers are printed; every field is a deviation that loses nothing.

    `lead` places the row labels: group cells that span their rows ("spans"), the same without spans and
    blank ("blank") or repeated ("repeated"), or all labels in one column, groups as rows of their own
    ("single").
    """

    rng: random.Random = field(default_factory=lambda: random.Random(0))
    lead: str = "spans"
    blanks: bool = False
    full_width: bool = False
    breaks: bool = False
    vertical: bool = False
    spelling: bool = False
    traditional: bool = False
    thousands: bool = False
    units: bool = False
    remarks: bool = False
    padded: bool = False
    yuan: bool = False
    zero: str = "0"
    joined: bool = True
    even: bool = True

    def label(self, text: str, also: tuple[str, ...] = ()) -> str:
        if self.spelling:
            text = self.rng.choice((text, *also)).replace("逾期", "预期")
        if self.full_width:
            text = text.translate(str.maketrans("().,123456789", "（）．，１２３４５６７８９"))
        if self.traditional:
            text = text.translate(TRADITIONAL)
        if self.blanks and len(text) > 2:
            cut = self.rng.randrange(1, len(text))
            text = text[:cut] + self.rng.choice(" \u3000\u00a0") + text[cut:]
        return text

    def header(self, text: str, also: tuple[str, ...] = ()) -> str:
        text = self.label(text, also)
        return (
            text[: len(text) // 2] + "\n" + text[len(text) // 2 :] if self.breaks and len(text) > 3 else text
        )

    def value(self, value: Value, *, amount: bool) -> str:
        if value is None:
            return ""
        if value == 0:
            return self.zero
        if amount and self.yuan:
            value = round(value * 10_000)
        text = f"{value:,}" if self.thousands else str(value)
        if self.units and not amount:
            text += "件"
        if self.remarks and not amount and value > 9 and self.rng.random() < 0.3:
            text += f"（其中修订{value // 2}件）"
        if self.full_width:
            text = text.translate(str.maketrans("0123456789,", "０１２３４５６７８９，"))
        return self.rng.choice((" ", "\u3000", "\u00a0")) + text + " " if self.padded else text


def table_grids(form: Form, table: FormTable, values: Mapping[str, Value], look: Look) -> list[Grid]:
    """The grids of one table of the form: one for each block, or all blocks joined."""
    printer = _Printer(form, table, values, look)
    grids = [printer.ledger(b) if _is_ledger(b) else printer.block(b) for b in table.blocks]
    return [[row for grid in grids for row in grid]] if look.joined else grids


def _is_ledger(block: Block) -> bool:
    """A long list of single numbers, printed with the unit in a column of its own."""
    return len(block.columns) == 1 and len(block.rows) > 3


@dataclass(frozen=True)
class _Printer:
    form: Form
    table: FormTable
    values: Mapping[str, Value]
    look: Look

    def ledger(self, block: Block) -> Grid:
        look = self.look
        grid = [[Printed("统计指标"), Printed("单位"), Printed(look.label(block.columns[0].label))]]
        for row in block.rows:
            cells = [Printed("——")] if row.heading else self._numbers(block, row, 1)
            unit = "——" if row.heading else self.form.cells[cells[0].cell or ""].unit or "条"
            unit = unit.replace("万元", "元") if look.yuan else unit
            grid.append([Printed(look.label(row.label, row.also)), Printed(unit), *cells])
        return grid

    def block(self, block: Block) -> Grid:
        rows = [row for row in block.rows if not row.heading]
        levels = {row.code: level_of(row.label) for row in block.rows}
        lead = 0 if not rows else 1 if self.look.lead == "single" else max(levels[r.code] for r in rows)
        # Blocks of one table are as wide as each other: 1, 2 and 3 columns share 6 grid columns.
        share = 6 // len(block.columns) if len(self.table.blocks) > 1 else 1
        grid: Grid = []
        if block.label:
            span = lead + share * len(block.columns)
            grid.append([Printed(self.look.label(block.label), colspan=span)])
        grid += _header(block, lead, share, self.look)
        if not rows:
            grid.append(self._numbers(block, None, share))
        for row, labels in _lead(block, levels, lead, self.look):
            blank = [Printed("", colspan=share) for _ in block.columns]
            grid.append([*labels, *(blank if row.heading else self._numbers(block, row, share))])
        return grid

    def _numbers(self, block: Block, row: Row | None, share: int) -> list[Printed]:
        cells = []
        for column in block.columns:
            name = cell_id(self.table.code, row.code if row else None, column.code)
            text = self.look.value(self.values[name], amount=self.form.cells[name].unit == "万元")
            cells.append(Printed(text, colspan=share, cell=name))
        return cells


def _header(block: Block, lead: int, share: int, look: Look) -> Grid:
    depth = max(len(column.path) for column in block.columns) + 1
    grid: Grid = [[] for _ in range(depth)]
    if lead:
        corner = BALANCE if depth > 1 else "信息内容"
        grid[0].append(Printed(corner, rowspan=depth, colspan=lead))
    for level in range(depth):
        previous: tuple[str, ...] = ()
        for column in block.columns:
            if len(column.path) == level:
                text = _unit_of(column, look, look.header(column.label, column.also))
                grid[level].append(Printed(text, rowspan=depth - level, colspan=share))
                previous = ()
            elif len(column.path) > level:
                path = column.path[: level + 1]
                if path == previous:
                    grid[level][-1] = replace(grid[level][-1], colspan=grid[level][-1].colspan + share)
                else:
                    grid[level].append(Printed(look.label(path[-1]), colspan=share))
                previous = path
    return grid


def _unit_of(column: Column, look: Look, text: str) -> str:
    return text.replace("万元", "元").replace("萬元", "元") if look.yuan and column.unit == "万元" else text


def level_of(label: str) -> int:
    """1 for 一、, 2 for （一）, 3 for 1., 1 without a number."""
    return next((i for i, number in enumerate(_NUMBERS, 1) if number.match(label)), 1)


def _lead(
    block: Block, levels: Mapping[str, int], width: int, look: Look
) -> Iterator[tuple[Row, list[Printed]]]:
    """Each printed row with its label cells: groups span the rows below them, unless the look says else."""
    if look.lead == "single" or width == 1:
        yield from ((row, [Printed(look.label(row.label, row.also))]) for row in block.rows)
        return
    open_groups: dict[int, Row] = {}
    fresh: set[str] = set()
    for place, row in enumerate(block.rows):
        level = levels[row.code]
        open_groups = {at: group for at, group in open_groups.items() if at < level}
        if row.heading:
            open_groups[level] = row
            fresh.add(row.code)
            continue
        cells: list[Printed] = []
        for at, group in sorted(open_groups.items()):
            text = look.label(group.label, group.also)
            text = "\n".join(text) if look.vertical and at == 1 else text
            if look.lead != "spans":
                shown = group.code in fresh or look.lead == "repeated"
                cells.append(Printed(text if shown else ""))
            elif group.code in fresh:
                cells.append(Printed(text, rowspan=_leaves(block, place, levels, at)))
            fresh.discard(group.code)
        first = max(open_groups, default=0)
        cells.append(Printed(look.label(row.label, row.also), colspan=width - first))
        yield row, cells


def _leaves(block: Block, place: int, levels: Mapping[str, int], level: int) -> int:
    """How many rows with values a group of this level covers from its first one on."""
    count = 0
    for row in block.rows[place:]:
        if levels[row.code] <= level:
            break
        count += not row.heading
    return count


def places(grid: Grid) -> Iterator[tuple[int, int, Printed]]:
    """Each cell of a grid with its row and column."""
    covered: set[tuple[int, int]] = set()
    for row, cells in enumerate(grid):
        column = 0
        for cell in cells:
            while (row, column) in covered:
                column += 1
            yield row, column, cell
            covered |= {(row + i, column + j) for i in range(cell.rowspan) for j in range(cell.colspan)}


def width_of(grid: Grid) -> int:
    return max((column + cell.colspan for _, column, cell in places(grid)), default=0)


def from_places(
    cells: Iterator[tuple[int, int, Printed]] | list[tuple[int, int, Printed]], height: int
) -> Grid:
    """The grid of cells that stand at these rows and columns."""
    grid: Grid = [[] for _ in range(height)]
    for row, _, cell in sorted(cells, key=lambda place: place[:2]):
        grid[row].append(cell)
    return grid
