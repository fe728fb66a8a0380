"""Tables in plain text: commas, markdown, and markup in text."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from parsers import parse
from parsers.forms import Form, load_forms
from parsers.model import CellStatus, Document, Paragraph, Table
from parsers.readers import read_document
from parsers.readers.text import read
from tests.accuracy import markup, plain
from tests.accuracy.alter import Need
from tests.accuracy.printed import Printed
from tests.accuracy.reports import Draft, draft


def commas(made: Draft) -> str:
    return plain.to_text(made.content(), made.title, "commas").decode()


def a_sheet_saved_as_csv(made: Draft) -> str:
    """Every line has as many cells as the widest table, prose too."""
    lines = [line if "," in line else f'"{line}"' for line in commas(made).split("\n")]
    return "\r\n".join(line + "," * max(15 - line.count(","), 0) for line in lines)


def rows_that_are_counted(made: Draft) -> str:
    """A first column with the numbers of the rows."""
    counted = [
        block
        if isinstance(block, str)
        else [[Printed(str(number) if number else "序号"), *row] for number, row in enumerate(block)]
        for block in made.content()
    ]
    return plain.to_text(counted, made.title, "commas").decode()


def repeated(made: Draft) -> str:
    return plain.to_text(made.content(), made.title, "repeated").decode()


def markdown_headings(made: Draft) -> str:
    text = plain.to_text(made.content(), made.title, "markdown").decode()
    headings = {f"{section.number}、{section.label}" for section in made.form.sections} | {made.title}
    return "\n".join(f"## {line}" if line in headings else line for line in text.split("\n"))


def tables_as_markup(made: Draft) -> str:
    rng = random.Random(1)
    blocks = [
        block if isinstance(block, str) else f"<html><body>{markup.table(block, rng)}</body></html>"
        for block in made.content()
    ]
    return "\n\n".join([f"# {made.title}", *blocks])


@pytest.mark.parametrize("form", load_forms(), ids=lambda form: form.id)
@pytest.mark.parametrize(
    "write",
    [commas, a_sheet_saved_as_csv, repeated, markdown_headings],
    ids=lambda write: write.__name__,
)
def test_every_number_and_section_is_read(form: Form, write: Callable[[Draft], str]) -> None:
    made = draft(form, random.Random(f"{form.id}{write.__name__}"))
    [report] = parse(write(made).encode(), "report.txt")
    owed = {name: cell.value for name, cell in made.expected().cells.items() if cell.need is Need.STATED}
    assert {name: report.cells[name].value for name in owed} == owed
    assert {report.cells[name].status for name in owed} == {CellStatus.STATED}
    assert (report.agency, report.report_year) == (made.agency, made.year)
    assert {"overview", "problems"} <= report.sections.keys()


@pytest.mark.parametrize("seed", range(12))
def test_rows_that_lost_a_cell_give_no_wrong_number(seed: int) -> None:
    rng = random.Random(seed)
    made = draft(load_forms()[seed % 3], rng, busy=seed % 2 == 0)
    separator, write = rng.choice(((",", commas), ("|", repeated)))
    lines = write(made).split("\n")
    for place, line in enumerate(lines):
        if line.count(separator) > 1 and rng.random() < 0.2:
            cells = line.split(separator)
            cells.pop(rng.randrange(1, len(cells) - 1))
            lines[place] = separator.join(cells)
    [report] = parse("\n".join(lines).encode(), "report.txt")
    read_numbers = {name: cell.value for name, cell in report.cells.items() if cell.value is not None}
    assert {n: v for n, v in read_numbers.items() if (made.truth.get(n) or 0) != v} == {}


def kinds(document: Document) -> list[type]:
    return [type(block) for block in document.blocks]


def test_commas_of_prose_and_of_numbers_make_no_table() -> None:
    prose = "2023年,我局公开信息1,234条,答复申请12件。\n全年,培训3次,公开12件。"
    assert kinds(read(prose.encode())) == [Paragraph, Paragraph]
    rows = "行政处罚 1,234\n行政强制 2,345\n行政事业性收费 96,171"
    assert kinds(read(rows.encode())) == [Paragraph] * 3


def test_a_quoted_cell_goes_over_lines() -> None:
    document = read('信息内容,"本年处理\n决定数量"\n行政许可,"1,234"\n'.encode())
    [table] = document.blocks
    assert isinstance(table, Table)
    assert [cell.text for cell in table.cells] == ["信息内容", "本年处理\n决定数量", "行政许可", "1,234"]


def test_text_around_tables_of_markup_keeps_its_lines() -> None:
    text = "# 标题\n\n一、总体情况\n好。\n<table><tr><td>行政许可</td><td>3</td></tr></table>\n示例局\n"
    document = read_document(text.encode())
    lines = [block.text for block in document.blocks if isinstance(block, Paragraph) and block.text]
    assert lines == ["标题", "一、总体情况", "好。", "示例局"]
    assert sum(isinstance(block, Table) for block in document.blocks) == 1


def test_a_sheet_whose_rows_are_counted_is_a_table() -> None:
    made = draft(load_forms()[2], random.Random(3))
    [report] = parse(rows_that_are_counted(made).encode(), "report.txt")
    owed = {name: cell.value for name, cell in made.expected().cells.items() if cell.need is Need.STATED}
    assert {name: report.cells[name].value for name in owed} == owed
