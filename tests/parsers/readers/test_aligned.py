"""PDF pages without rules: rows and columns by where the texts stand."""

from __future__ import annotations

import random

import pytest

from parsers.model import Geometry, Paragraph, Table
from parsers.readers.pdf import read
from tests.parsers.readers.test_pdf import Sheet, grid, tables

EDGES = [190, 250, 310, 370, 430, 490, 550]
HEAD = ["自然人", "商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他", "总计"]


def centred(sheet: Sheet, x: float, middle: float, lines: list[str]) -> None:
    """Lines of 8 points, 10 apart, around a middle in both directions."""
    for number, line in enumerate(lines):
        width = sum(4 if character.isascii() else 8 for character in line)
        sheet.text(x - width / 2, middle - 5 * len(lines) + 10 * number, line, 8)


def row(sheet: Sheet, middle: float, label: list[str], values: list[str]) -> None:
    centred(sheet, 110, middle, label)
    for x, value in zip(EDGES, values, strict=True):
        centred(sheet, x, middle, [value])


def test_wrapped_labels_belong_to_the_numbers_beside_them() -> None:
    sheet = Sheet()
    sheet.text(60, 60, "三、收到和处理政府信息公开申请情况", 12)
    centred(sheet, 370, 90, ["法人或其他组织"])
    for x, label in zip(EDGES, HEAD, strict=True):
        centred(
            sheet,
            x,
            90 if label in ("自然人", "总计") else 115,
            [label[:4], label[4:]] if label[4:] else [label],
        )
    row(
        sheet,
        145,
        ["（二）部分公开（区分处理的，只计", "这一情形，不计其他情形）"],
        ["1", "2", "0", "0", "0", "0", "3"],
    )
    row(sheet, 180, ["5.要求行政机关确认", "或重新出具", "已获取信息"], ["4", "", "0", "0", "0", "0", "4"])
    row(sheet, 210, ["四、结转下年度继续办理"], ["0", "0", "0", "0", "0", "12", "12"])
    document = sheet.read()
    [table] = tables(document)
    assert table.geometry is Geometry.LOOSE
    printed = [[text for text in line if text] for line in grid(table)]
    assert printed[-3:] == [
        ["（二）部分公开（区分处理的，只计这一情形，不计其他情形）", "1", "2", "0", "0", "0", "0", "3"],
        ["5.要求行政机关确认或重新出具已获取信息", "4", "0", "0", "0", "0", "4"],
        ["四、结转下年度继续办理", "0", "0", "0", "0", "0", "12", "12"],
    ]
    assert grid(table)[-2][-6] == ""
    columns = {cell.text: cell.column for cell in table.cells}
    assert [columns[label] for label in HEAD] == sorted(columns[label] for label in HEAD)
    assert columns["12"] == columns["总计"]
    assert [block.text for block in document.blocks if isinstance(block, Paragraph)] == [
        "三、收到和处理政府信息公开申请情况"
    ]


def test_rows_go_on_in_the_columns_of_the_page_before() -> None:
    sheet = Sheet()
    for x, label in zip(EDGES, HEAD, strict=True):
        centred(sheet, x, 700, [label])
    row(sheet, 730, ["一、本年新收政府信息公开申请数量"], list("1234567"))
    sheet.text(290, 800, "- 1 -", 8)
    sheet.page()
    row(sheet, 60, ["（一）予以公开"], ["1", "", "", "", "", "", "1"])
    above, below = tables(sheet.read())
    assert [(cell.column, cell.page) for cell in below.cells if cell.text == "1"] == [(3, 2), (9, 2)]
    assert max(cell.column for cell in above.cells) == max(cell.column for cell in below.cells) == 9


@pytest.mark.parametrize("seed", range(4))
def test_prose_is_no_table(seed: int) -> None:
    rng = random.Random(seed)
    sheet = Sheet()
    for line in range(20):
        sheet.text(
            60, 60 + 18 * line, "全年主动公开政府信息" + str(rng.randint(1, 999)) + "条，" * rng.randint(1, 9)
        )
    assert not any(isinstance(block, Table) for block in read(sheet.bytes()).blocks)
