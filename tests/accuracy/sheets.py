"""Contents as workbooks: a sheet for each table, or one for all."""

from __future__ import annotations

from io import BytesIO

import xlwt  # type: ignore[import-untyped]
from openpyxl import Workbook  # type: ignore[import-untyped]

from tests.accuracy.printed import Content, places


def to_xlsx(content: Content, title: str, *, one_sheet: bool = True) -> bytes:
    """Prose stands in column A, merged cells are merged, plain numbers are numbers of the sheet."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([title])
    line = 2
    for block in content:
        if isinstance(block, str):
            sheet.cell(line, 1, block)
            line += 1
            continue
        if not one_sheet:
            sheet = book.create_sheet()
            line = 1
        for row, column, cell in places(block):
            target = sheet.cell(line + row, column + 1)
            target.value = _number(cell.text) if cell.cell else cell.text or None
            if cell.rowspan * cell.colspan > 1:
                sheet.merge_cells(
                    start_row=line + row, start_column=column + 1,
                    end_row=line + row + cell.rowspan - 1, end_column=column + cell.colspan,
                )  # fmt: skip
        line += len(block) + 1
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def to_xls(content: Content, title: str, *, one_sheet: bool = True) -> bytes:
    """The same as a workbook of Excel 97."""
    book = xlwt.Workbook(encoding="utf-16-le")
    sheet = book.add_sheet("Sheet1")
    sheet.write(0, 0, title)
    line = 1
    for number, block in enumerate(content, start=2):
        if isinstance(block, str):
            sheet.write(line, 0, block)
            line += 1
            continue
        if not one_sheet:
            sheet = book.add_sheet(f"Sheet{number}")
            line = 0
        for row, column, cell in places(block):
            top, bottom = line + row, line + row + cell.rowspan - 1
            value = _number(cell.text) if cell.cell else cell.text
            sheet.write_merge(top, bottom, column, column + cell.colspan - 1, value)
        line += len(block) + 1
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def _number(text: str) -> int | float | str | None:
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        return float(text) if "." in text and text.isascii() else text or None
    except ValueError:
        return text
