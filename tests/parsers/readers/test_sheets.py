import random
import zipfile
from collections.abc import Iterable
from datetime import date
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.styles import Border, Side
from openpyxl.worksheet.worksheet import Worksheet

from parsers.forms import Form, load_forms
from parsers.model import CellStatus, Document, IssueCode, Paragraph, ReadError, Table
from parsers.parse import read_report
from parsers.readers import html
from parsers.readers.sheets import read
from parsers.readers.workbooks import MOST_CELLS, shown
from tests.parsers import render

FILES = Path(__file__).parent / "files"
AGENCY, YEAR = "金昌市示例局", 2023
FORMS = [form for form in load_forms() if len(form.tables) == 3]
RULED = Border(*[Side(style="thin")] * 4)


def texts(document: Document) -> list[str]:
    return [block.text for block in document.blocks if isinstance(block, Paragraph)]


def grids(document: Document) -> list[list[list[str]]]:
    tables = (block for block in document.blocks if isinstance(block, Table))
    return [[[cell.text for cell in row] for row in table.rows()] for table in tables]


def saved(book: Workbook) -> bytes:
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def book_of(rows: Iterable[Iterable[object]]) -> tuple[Workbook, Worksheet]:
    book = Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(list(row))
    return book, sheet


def rewritten(old: str, new: str, merged: str = "") -> bytes:
    """A workbook whose XML has `new` for `old`, in whichever part has it, and maybe a merged range."""
    file = BytesIO()
    whole = zipfile.ZipFile(BytesIO(saved(Workbook())))
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for name in whole.namelist():
            text = (
                whole.read(name).decode().replace("<sheetData/>", "<sheetData></sheetData>").replace(old, new)
            )
            merges = f'<mergeCells><mergeCell ref="{merged}"/></mergeCells>' if merged else ""
            package.writestr(name, text.replace("</sheetData>", f"</sheetData>{merges}"))
    return file.getvalue()


def far_cell() -> str:
    return '<row r="1048576"><c r="XFD1048576"><v>9</v></c></row>'


def printed(form: Form, truth: dict[str, render.Value]) -> Document:
    """The form as a document of paragraphs and tables, from the page that renders it."""
    style = render.Style(random.Random(1))
    return html.read(render.page(form, truth, style, agency=AGENCY, year=YEAR).encode())


def write(book: Workbook, document: Document, *, ruled: bool, sheet_a_table: bool = False) -> None:
    """Puts the document into sheets: headings merged over columns, figures as numbers, spans as merges."""
    sheet, row = book.active, 1
    for block in document.blocks:
        if isinstance(block, Paragraph):
            sheet.cell(row, 1, block.text)
            sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=10)
            row += 1
            continue
        for cell in block.cells:
            figure = cell.text.replace(".", "", 1).isdigit()
            top, left = row + cell.row, cell.column + 1
            bottom, right = top + cell.rowspan - 1, left + cell.colspan - 1
            sheet.cell(top, left, float(cell.text) if figure else cell.text)
            if ruled:
                for place in (
                    sheet.cell(r, c) for r in range(top, bottom + 1) for c in range(left, right + 1)
                ):
                    place.border = RULED
            if (bottom, right) != (top, left):
                sheet.merge_cells(start_row=top, end_row=bottom, start_column=left, end_column=right)
        row += len(block.rows())
        if sheet_a_table:
            sheet, row = book.create_sheet(), 1


def stated(form: Form, truth: dict[str, render.Value]) -> dict[str, render.Value]:
    """The cells that a reader can state: an amount in a column without a unit is never stated."""
    return {
        name: value
        for name, value in truth.items()
        if form.cells[name].kind != "amount" or form.cells[name].unit
    }


@pytest.mark.parametrize("ruled", [True, False])
@pytest.mark.parametrize("sheet_a_table", [True, False])
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.id)
def test_every_number_of_the_form_comes_back(form: Form, ruled: bool, sheet_a_table: bool) -> None:
    truth = render.filled(form, random.Random(7))
    book = Workbook()
    write(book, printed(form, truth), ruled=ruled, sheet_a_table=sheet_a_table)
    report = read_report(read(saved(book)), "x.xlsx")
    assert (report.form, report.agency, report.report_year) == (form.id, AGENCY, YEAR)
    assert {name: report.cells[name].value for name in stated(form, truth)} == stated(form, truth)


def test_xls_reads_as_the_same_workbook_in_xlsx() -> None:
    """`report.xls` is the workbook that this test builds, written cell by cell with xlwt."""
    form = FORMS[0]
    truth = render.filled(form, random.Random(7))
    book = Workbook()
    write(book, printed(form, truth), ruled=True)
    document = read((FILES / "report.xls").read_bytes())
    assert document == read(saved(book))
    report = read_report(document, "report.xls")
    assert {name: report.cells[name].value for name in truth} == truth


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.id)
def test_ruled_cells_left_blank_are_blank(form: Form) -> None:
    truth: dict[str, render.Value] = dict.fromkeys(form.cells)
    book = Workbook()
    write(book, printed(form, truth), ruled=True)
    report = read_report(read(saved(book)), "x.xlsx")
    assert {cell.status for cell in report.cells.values()} == {CellStatus.BLANK}


def test_numbers_are_shown_as_the_sheet_shows_them() -> None:
    book, sheet = book_of(
        [["整数", 3.0], ["误差", 0.1 + 0.2], ["很大", 123456789012.0], ["文本", "0012"],
         ["日期", date(2024, 1, 20)], ["中文日期", date(2024, 1, 20)], ["百分比", 0.07], ["千分位", 1234.5],
         ["未计算", "=SUM(B1:B2)"], ["真", True]]
    )  # fmt: skip
    sheet["B6"].number_format = 'yyyy"年"m"月"d"日";@'
    sheet["B7"].number_format = "0%"
    sheet["B8"].number_format = '#,##0.00_);[Red](#,##0.00)"days"'
    assert dict(grids(read(saved(book)))[0]) == {
        "整数": "3", "误差": "0.3", "很大": "123456789012", "文本": "0012", "日期": "2024-01-20",
        "中文日期": "2024年1月20日", "百分比": "7%", "千分位": "1234.5", "未计算": "=SUM(B1:B2)",
        "真": "TRUE",
    }  # fmt: skip


@given(st.integers(-(10**14), 10**14))
def test_whole_numbers_are_shown_whole(number: int) -> None:
    assert shown(float(number), "General") == str(number)


@given(st.decimals(-(10**9), 10**9, places=4))
def test_amounts_are_shown_without_noise(number: object) -> None:
    assert float(shown(float(str(number)), "#,##0.0000")) == float(str(number))


def test_titles_and_long_texts_are_paragraphs() -> None:
    article = "本机关认真贯彻落实条例。" * 30
    book, sheet = book_of(
        [["某局2023年政府信息公开工作年度报告"], [], ["说明", article], [],
         ["信息内容", "数量"], ["规章", 1], [], ["某局\n2024年1月20日"]]
    )  # fmt: skip
    sheet.merge_cells("A1:F2")
    document = read(saved(book))
    assert texts(document) == ["某局2023年政府信息公开工作年度报告", "说明", article, "某局", "2024年1月20日"]
    assert grids(document) == [[["信息内容", "数量"], ["规章", "1"]]]


def test_a_blank_row_ends_a_table() -> None:
    book, _ = book_of([["甲", 1], ["乙", 2], [], ["丙", 3]])
    assert grids(read(saved(book))) == [[["甲", "1"], ["乙", "2"]], [["丙", "3"]]]


def test_a_label_between_rows_is_one_of_a_row_that_is_not_filled_in() -> None:
    book, _ = book_of(
        [
            ["一、本年新收政府信息公开申请数量", 1, 1],
            ["二、上年结转政府信息公开申请数量"],
            ["四、结转下年度继续办理", 0, 0],
            ["四、政府信息公开行政复议、行政诉讼情况"],
            ["结果维持", "结果纠正", "总计"],
        ]
    )
    document = read(saved(book))
    assert [len(table) for table in grids(document)] == [3, 1]
    assert grids(document)[0][1] == ["二、上年结转政府信息公开申请数量", "", ""]
    assert texts(document) == ["四、政府信息公开行政复议、行政诉讼情况"]


def test_hidden_sheets_rows_and_columns_are_not_printed() -> None:
    book, sheet = book_of([["规章", 9, 1], ["去年", 9, 8], ["行政许可", 9, 2]])
    sheet.title = "表一"
    sheet.column_dimensions["B"].hidden = True
    sheet.row_dimensions[2].hidden = True
    book.create_sheet("空表")
    draft = book.create_sheet("草稿")
    draft["A1"] = "草稿"
    draft.sheet_state = "hidden"
    document = read(saved(book))
    assert texts(document) == []
    rows = [cells for grid in grids(document) for cells in grid]
    assert [[text for text in row if text] for row in rows] == [["规章", "1"], ["行政许可", "2"]]


def test_sheets_are_named_if_there_are_several() -> None:
    book, sheet = book_of([["规章", 1]])
    sheet.title = "主动公开"
    book.create_sheet("依申请公开").append(["新收", 2])
    assert texts(read(saved(book))) == ["主动公开", "依申请公开"]


def test_rows_formatted_down_to_the_end_are_not_read() -> None:
    book, sheet = book_of([["规章", 5]])
    for row in range(1, 2000):
        sheet.cell(row, 1).border = sheet.cell(row, 2).border = RULED
    # Only the first blank row may be a row of the form that was not filled in.
    assert grids(read(saved(book))) == [[["规章", "5"], ["", ""]]]


@cache
def damaged_files() -> dict[str, bytes]:
    whole = saved(book_of([["规章", 1]])[0])
    xls = (FILES / "report.xls").read_bytes()
    encrypted = xls[:512] + "EncryptedPackage".encode("utf-16-le") + bytes(2048)
    return {
        "empty": b"",
        "garbage": bytes(range(256)) * 8,
        "truncated": whole[: len(whole) // 2],
        "truncated xls": xls[: len(xls) // 3],
        "encrypted": encrypted,
        "other zip": rewritten("<workbook", "<something"),
        "a missing text": rewritten("<sheetData>", '<sheetData><row><c t="s"><v>7</v></c></row>'),
        "not xml": rewritten("<sheetData>", "<sheetData><row>"),
        "endless merges": rewritten("<sheetData>", f"<sheetData>{far_cell()}", "A1:XFD1048576"),
        "bomb": rewritten("<sheetData>", "<sheetData>" + " " * (64 * 1024 * 1024)),
        "too many cells": rewritten(
            "<sheetData>", "<sheetData>" + "<row><c><v>1</v></c></row>" * (MOST_CELLS + 1)
        ),
    }


@pytest.mark.parametrize("kind", damaged_files())
def test_damage_is_a_typed_error(kind: str) -> None:
    with pytest.raises(ReadError) as error:
        read(damaged_files()[kind])
    assert error.value.code is IssueCode.DAMAGED_FILE
    assert ("encrypted" in str(error.value)) == (kind == "encrypted")


def test_a_cell_at_the_far_end_costs_nothing() -> None:
    document = read(
        rewritten("<sheetData>", f'<sheetData><row r="1"><c r="A1"><v>1</v></c></row>{far_cell()}')
    )
    assert texts(document) == ["1", "9"]


def whole_files() -> tuple[bytes, ...]:
    return saved(book_of([["规章", 1], ["行政许可", 2.5]])[0]), (FILES / "report.xls").read_bytes()


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(whole_files()), st.data())
def test_any_damage_gives_a_document_or_a_read_error(whole: bytes, data: st.DataObject) -> None:
    damaged = bytearray(whole)
    for place in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=12)):
        damaged[place] = data.draw(st.integers(0, 255))
    end = data.draw(st.one_of(st.just(len(whole)), st.integers(0, len(whole))))
    try:
        assert isinstance(read(bytes(damaged[:end])), Document)
    except ReadError as error:
        assert error.code is IssueCode.DAMAGED_FILE
