"""Texts without tables: rows are read by their order alone, or not at all."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from parsers import parse
from parsers.forms import Form, load_forms
from parsers.model import CellStatus
from tests.accuracy.alter import Need
from tests.accuracy.printed import Grid, Printed, places, width_of
from tests.accuracy.reports import Draft, draft


def _flat(text: str) -> str:
    return text.replace("\n", "")


def a_cell_a_line(grid: Grid) -> list[str]:
    return [_flat(cell.text) for row in grid for cell in row]


def a_cell_a_line_between_blank_lines(grid: Grid) -> list[str]:
    return [line for text in a_cell_a_line(grid) for line in (text, "")]


def a_row_a_line(grid: Grid) -> list[str]:
    return [" ".join(_flat(cell.text) for cell in row) for row in grid]


def _columns(grid: Grid) -> list[list[str]]:
    texts = [[""] * width_of(grid) for _ in grid]
    for row, column, cell in places(grid):
        texts[row][column] = _flat(cell.text)
    return texts


def in_columns_of_blanks(grid: Grid) -> list[str]:
    rows = _columns(grid)
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(t.ljust(w, "\u3000") for t, w in zip(row, widths, strict=True)) for row in rows]


def in_drawn_boxes(grid: Grid) -> list[str]:
    rows = _columns(grid)
    border = "├" + "┼".join("───" for _ in rows[0]) + "┤"
    return [line for row in rows for line in (border, "│" + "│".join(f" {text} " for text in row) + "│")]


def _text(made: Draft, write: Callable[[Grid], list[str]]) -> bytes:
    lines = [made.title, ""]
    for block in made.content():
        lines += [block, ""] if isinstance(block, str) else [*write(block), ""]
    return "\n".join(lines).encode()


@pytest.mark.parametrize("form", load_forms(), ids=lambda form: form.id)
@pytest.mark.parametrize(
    "write",
    [
        a_cell_a_line,
        a_cell_a_line_between_blank_lines,
        a_row_a_line,
        in_columns_of_blanks,
        in_drawn_boxes,
    ],
    ids=lambda write: write.__name__,
)
def test_every_number_of_a_whole_text_is_read(form: Form, write: Callable[[Grid], list[str]]) -> None:
    made = draft(form, random.Random(f"{form.id}{write.__name__}"))
    [report] = parse(_text(made, write), "report.txt")
    owed = {name: cell.value for name, cell in made.expected().cells.items() if cell.need is Need.STATED}
    assert owed
    assert {name: report.cells[name].value for name in owed} == owed
    assert {report.cells[name].status for name in owed} == {CellStatus.STATED}


@pytest.mark.parametrize("zero", ["/", "无"])
@pytest.mark.parametrize("form", load_forms()[:2], ids=lambda form: form.id)
def test_marks_for_none_keep_the_order_of_a_whole_text(form: Form, zero: str) -> None:
    """No sum of such rows is of numbers alone: what counts is that nothing is missing."""
    made = draft(form, random.Random(f"{form.id}{zero}"), zero=zero)
    [report] = parse(_text(made, a_cell_a_line), "report.txt")
    owed = {name: cell.value for name, cell in made.expected().cells.items() if cell.need is Need.STATED}
    assert {name: report.cells[name].value for name in owed} == owed


def test_lines_count_where_the_rest_of_their_table_stands_in_a_table() -> None:
    text = """示例市财政局2024年政府信息公开工作年度报告
一、总体情况
二、主动公开政府信息情况
第二十条第（五）项
信息内容本年处理决定数量
行政许可 97
第二十条第（六）项
信息内容本年处理决定数量
行政处罚 0
行政强制 3
第二十条第（八）项
信息内容本年收费金额（单位：万元）
行政事业性收费 1.5
| 信息内容 | 本年制发件数 | 本年废止件数 | 现行有效件数 |
|---|---|---|---|
| 规章 | 0 | 0 | 0 |
| 行政规范性文件 | 13 | 0 | 55 |
三、收到和处理政府信息公开申请情况"""
    [report] = parse(text.encode(), "report.txt")
    names = (
        "admin_licensing.decisions",
        "admin_penalty.decisions",
        "admin_coercion.decisions",
        "admin_fees.amount",
    )
    assert [report.cells[f"proactive.{name}"].value for name in names] == [97, 0, 3, 1.5]
    [report] = parse(text.replace("行政处罚 0\n", "行政处罚\n").encode(), "report.txt")
    assert [report.cells[f"proactive.{name}"].value for name in names] == [None] * 4


def counted(grid: Grid) -> Grid:
    return [[Printed(str(number) if number else "序号"), *row] for number, row in enumerate(grid)]


@pytest.mark.parametrize(
    "write", [a_cell_a_line, a_row_a_line, in_drawn_boxes], ids=lambda write: write.__name__
)
def test_numbers_that_count_the_rows_are_no_values(write: Callable[[Grid], list[str]]) -> None:
    made = draft(load_forms()[2], random.Random(7))
    [report] = parse(_text(made, lambda grid: write(counted(grid))), "report.txt")
    owed = {name: cell.value for name, cell in made.expected().cells.items() if cell.need is Need.STATED}
    assert {name: report.cells[name].value for name in owed} == owed


@pytest.mark.parametrize("seed", range(60))
def test_no_number_of_a_torn_text_is_read_for_another(seed: int) -> None:
    """Blank cells vanish, labels stand behind their numbers, lines are lost and page numbers come between."""
    rng = random.Random(seed)
    form = load_forms()[seed % 3]
    made = draft(form, rng, busy=rng.random() < 0.5, zero=rng.choice(("0", "", "/", "-")))
    behind, lost, strange = rng.choice((0.05, 0.3, 1)), rng.choice((0, 0.01, 0.05)), rng.choice((0, 0.03))

    def torn(grid: Grid) -> list[str]:
        lines = []
        for row in grid:
            labels = [part for cell in row if not cell.cell for part in cell.text.split("\n") if part]
            values = [cell.text for cell in row if cell.cell and cell.text and rng.random() >= lost]
            line = values + labels if rng.random() < behind else labels + values
            lines += [" ".join(line)] if rng.random() < 0.4 else line
            lines += [str(rng.randrange(30))] if rng.random() < strange else []
        return lines

    [report] = parse(_text(made, torn), "report.txt")
    read = {name: cell.value for name, cell in report.cells.items() if cell.value is not None}
    truth = {name: cell.value or 0 for name, cell in made.expected().cells.items()}
    assert {name: value for name, value in read.items() if truth.get(name) != value} == {}
