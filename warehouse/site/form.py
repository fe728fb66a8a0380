"""The official forms as printed: header cells, row labels with their spans, and a place for each cell.

A printed form is made once and cut into pieces between its cells; a report's page is those pieces with the
report's cells between them. That is what makes a page of two hundred cells cheap.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cache

from parsers.forms import Block, Form, FormTable, Row, cell_id, load_forms
from warehouse.site.pages import template

_LEVELS = (
    re.compile(r"[一二三四五六七八九十]+、"),
    re.compile(r"（[一二三四五六七八九十]+）"),
    re.compile(r"\d+[.．]"),
)


@dataclass(slots=True)
class Printed:
    """One printed cell of a form: a label (`key` of its word, if it has one), or the place of a number."""

    text: str = ""
    key: str | None = None
    rowspan: int = 1
    colspan: int = 1
    scope: str | None = None
    cell: str | None = None


@dataclass(slots=True)
class PrintedTable:
    """A table of a form: bodies of rows of printed cells; `head` says that the first body is the header."""

    code: str
    label: str
    key: str
    head: list[list[Printed]] = field(default_factory=list)
    bodies: list[list[list[Printed]]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Layout:
    """A printed form in pieces: `pieces[i]` stands before the cell `cells[i]`, the last piece after all."""

    pieces: tuple[str, ...]
    cells: tuple[str, ...]


_MARK = re.compile("\x02([^\x03]*)\x03")


@cache
def layout(form_id: str | None, held: frozenset[str]) -> Layout:
    """The tables that hold these cells, each in the form that has them all, else the newest that has most.

    One document may mix forms; `form_id` is the one to prefer.
    """
    forms = sorted(load_forms(), key=lambda form: form.id != form_id)
    wanted: dict[str, set[str]] = {}
    for cell in held:
        wanted.setdefault(cell.partition(".")[0], set()).add(cell)
    chosen: list[tuple[Form, FormTable]] = []
    for code, cells in wanted.items():
        having = [form for form in forms if any(table.code == code for table in form.tables)]
        if having:
            best = max(having, key=lambda form: len(cells & form.cells.keys()))
            chosen.append((best, next(table for table in best.tables if table.code == code)))
    order = {table.code: number for form in load_forms() for number, table in enumerate(form.tables)}
    chosen.sort(key=lambda pair: order[pair[1].code])
    html = template("form.html").render(tables=[printed(form, table) for form, table in chosen])
    parts = _MARK.split(html)
    return Layout(tuple(parts[::2]), tuple(parts[1::2]))


def form_of(table: str, held: Collection[str], form_id: str | None) -> Form | None:
    """The form whose rules bind the cells of a table of a report."""
    forms = sorted(load_forms(), key=lambda form: form.id != form_id)
    having = [form for form in forms if any(t.code == table for t in form.tables)]
    return max(having, key=lambda form: len(form.cells.keys() & held), default=None)


def printed(form: Form, table: FormTable) -> PrintedTable:
    """A table of a form as the notice prints it."""
    head = f"{form.first_year}.{table.code}"
    result = PrintedTable(table.code, table.label, head)
    [first, *others] = table.blocks
    if others:
        width = max(len(block.columns) for block in table.blocks)
        result.bodies = [_banded(block, head, table.code, width) for block in table.blocks]
    elif first.unit_cells:
        result.head, body = _listed(first, head, table.code)
        result.bodies = [body]
    else:
        result.head, body = _nested(first, head, table.code)
        result.bodies = [body]
    return result


def _banded(block: Block, head: str, table: str, width: int) -> list[list[Printed]]:
    """A block of a table of several: its article as a band, its own header, its rows."""
    spans = _shares(len(block.columns), width)
    rows = [[Printed(block.label or "", None, colspan=width + 1, scope="rowgroup")]]
    header = [Printed("信息内容", "printed.item", scope="col")]
    for column, span in zip(block.columns, spans, strict=True):
        header.append(Printed(column.label, f"{head}.{column.code}", colspan=span, scope="col"))
    rows.append(header)
    for row in block.rows:
        line = [Printed(row.label, f"{head}.{row.code}", scope="row")]
        line += [
            Printed(cell=cell_id(table, row.code, column.code), colspan=span)
            for column, span in zip(block.columns, spans, strict=True)
        ]
        rows.append(line)
    return rows


def _shares(count: int, width: int) -> list[int]:
    """Spans of `count` columns over a table of `width`: the last ones take what is left."""
    least, more = divmod(width, count)
    return [least + (number >= count - more) for number in range(count)]


def _listed(block: Block, head: str, table: str) -> tuple[list[list[Printed]], list[list[Printed]]]:
    """A list of indicators, each with its unit in a column of its own."""
    header = [[
        Printed("统计指标", "printed.indicator", scope="col"),
        Printed("单位", "unit", scope="col"),
        *(Printed(column.label, "printed.count", scope="col") for column in block.columns),
    ]]  # fmt: skip
    rows = []
    for row in block.rows:
        if row.heading:
            span = 2 + len(block.columns)
            rows.append([Printed(row.label, f"{head}.{row.code}", colspan=span, scope="rowgroup")])
            continue
        line = [Printed(row.label, f"{head}.{row.code}", scope="row"), Printed(row.unit or "")]
        line += [Printed(cell=cell_id(table, row.code, column.code)) for column in block.columns]
        rows.append(line)
    return header, rows


def _nested(block: Block, head: str, table: str) -> tuple[list[list[Printed]], list[list[Printed]]]:
    """Rows in groups that stand beside them, under a header of several levels."""
    levels = [_level(row) for row in block.rows]
    depth = max(levels, default=-1) + 1
    header = _header(block, head, depth)
    if not block.rows:
        return header, [[Printed(cell=cell_id(table, None, column.code)) for column in block.columns]]
    rows: list[list[Printed]] = []
    begun: list[Printed] = []
    for number, row in enumerate(block.rows):
        level = levels[number]
        if row.heading:
            inside = _inside(levels, number)
            members = sum(not block.rows[i].heading for i in inside)
            begun.append(Printed(row.label, f"{head}.{row.code}", rowspan=members, scope="rowgroup"))
            continue
        label = Printed(row.label, f"{head}.{row.code}", colspan=depth - level, scope="row")
        cells = [Printed(cell=cell_id(table, row.code, column.code)) for column in block.columns]
        rows.append([*begun, label, *cells])
        begun = []
    return header, rows


def _level(row: Row) -> int:
    """How deep a row is nested, as its list number says; a row without one stands at the top."""
    return next((level for level, number in enumerate(_LEVELS) if number.match(row.label)), 0)


def _inside(levels: Sequence[int], number: int) -> range:
    end = number + 1
    while end < len(levels) and levels[end] > levels[number]:
        end += 1
    return range(number + 1, end)


def _header(block: Block, head: str, stubs: int) -> list[list[Printed]]:
    depth = max(len(column.path) for column in block.columns) + 1
    rows: list[list[Printed]] = [[] for _ in range(depth)]
    if stubs:
        rows[0].append(Printed("项目", "item", rowspan=depth, colspan=stubs, scope="col"))
    for number, column in enumerate(block.columns):
        before = block.columns[number - 1].path if number else ()
        for level, label in enumerate(column.path):
            if before[: level + 1] == column.path[: level + 1]:
                continue
            same = 1
            while (
                number + same < len(block.columns)
                and block.columns[number + same].path[: level + 1] == column.path[: level + 1]
            ):
                same += 1
            rows[level].append(Printed(label, f"printed.{label}", colspan=same, scope="colgroup"))
        level = len(column.path)
        rows[level].append(Printed(column.label, f"{head}.{column.code}", rowspan=depth - level, scope="col"))
    return rows
