"""Spreadsheets, XLSX and XLS: each visible sheet as tables between paragraphs.

A sheet is one grid, whatever stands in it: titles, headings, several tables, the text of an article.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from io import BytesIO

import xlrd
from lxml import etree

from parsers.model import Block, Document, GridCell, IssueCode, Paragraph, ReadError, Table
from parsers.readers.commas import is_prose
from parsers.readers.text import is_section
from parsers.readers.workbooks import MOST_CELLS, Sheet, xls_sheets, xlsx_sheets

_Place = tuple[int, int]
"""Row and column in the sheet."""

_LONGEST_LABEL = 200  # a cell with more characters holds an article, not a label or a number of a form
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
# What the parsers raise beside their own exceptions when the parts of a broken file do not fit together.
_DAMAGE = (
    xlrd.XLRDError, xlrd.compdoc.CompDocError, zipfile.BadZipFile, zlib.error, struct.error,
    etree.XMLSyntaxError, OSError, EOFError, RuntimeError, ValueError, TypeError, LookupError,
    AttributeError, AssertionError, ArithmeticError,
)  # fmt: skip


def read(data: bytes) -> Document:
    """The visible sheets in order: the name of each, if several are used, then what stands in it.

    A row with a single cell is a paragraph (a heading, a caption, a line of the text) but for labels between
    rows of a table, and so is a cell of more than 200 characters; other rows are rows of tables, which end at
    a blank row. Merged ranges are
    spans; columns count from the sheet's first. Hidden sheets, rows and columns are left out; a formula
    that was never calculated stands as its own text. Raises ReadError(DAMAGED_FILE).
    """
    try:
        sheets = [(sheet.name, list(_blocks(sheet))) for sheet in _sheets(data)]
    except _DAMAGE as error:
        raise ReadError(IssueCode.DAMAGED_FILE, _damage_message(data, error)) from error
    sheets = [(name, blocks) for name, blocks in sheets if blocks]
    names = len(sheets) > 1
    return Document(tuple(block for name, blocks in sheets for block in ([Paragraph(name)] * names + blocks)))


def _sheets(data: bytes) -> Iterator[Sheet]:
    if not data.startswith(b"PK"):
        yield from xls_sheets(data)
        return
    with zipfile.ZipFile(BytesIO(data)) as package:
        yield from xlsx_sheets(package)


def _damage_message(data: bytes, error: Exception) -> str:
    if _ENCRYPTED in data or "encrypted" in str(error):
        return "encrypted workbook"
    return f"damaged workbook: {error}"


def _blocks(sheet: Sheet) -> Iterator[Block]:
    """What stands in a sheet, from above."""
    rows = _rows(sheet)
    table: list[GridCell] = []
    end = 0
    for number, cells in rows.items():
        is_text = any(len(cell.text) > _LONGEST_LABEL for cell in cells)
        if not is_text and number >= end:
            is_text = _is_alone(cells, rows) and not (
                table and number == end and _is_label(cells[0], rows.get(number + 1, ()))
            )
        if is_text or number > end:
            yield from _table(table, sheet)
            table = []
        if not is_text:
            table += cells
            end = max(end, _bottom(cells))
            continue
        lines = (line.strip() for cell in cells for line in cell.text.split("\n"))
        yield from (Paragraph(line) for line in lines if line)
    yield from _table(table, sheet)


def _rows(sheet: Sheet) -> dict[int, list[GridCell]]:
    """The printed cells by row, a merged range as one cell."""
    height = max((row for row, _ in sheet.cells), default=-1) + 1
    width = max((column for _, column in sheet.cells), default=-1) + 1
    ends: dict[_Place, _Place] = {}
    covered: set[_Place] = set()
    for top, left, bottom, right in sheet.merges:
        if top < height and left < width and (top, left) not in covered:
            end = ends[top, left] = (min(bottom, height), min(right, width))
            covered |= _places((top, left), end, room=MOST_CELLS - len(covered)) - {(top, left)}
    rows: dict[int, list[GridCell]] = defaultdict(list)
    for row, column in sorted((sheet.cells.keys() | ends.keys()) - covered):
        bottom, right = ends.get((row, column), (row + 1, column + 1))
        cell = sheet.cells.get((row, column))
        rows[row].append(GridCell(cell.text if cell else "", row, column, bottom - row, right - column))
    return rows


def _places(start: _Place, end: _Place, room: int = MOST_CELLS) -> set[_Place]:
    """The places of a rectangle. Raises ReadError if there are more than `room`."""
    if (end[0] - start[0]) * (end[1] - start[1]) > room:
        raise ReadError(IssueCode.DAMAGED_FILE, f"a table of more than {MOST_CELLS} cells is no report")
    return {(row, column) for row in range(start[0], end[0]) for column in range(start[1], end[1])}


def _is_alone(cells: Sequence[GridCell], rows: dict[int, list[GridCell]]) -> bool:
    """Whether one cell is all that its rows print."""
    return len(cells) == 1 and not any(row in rows for row in range(cells[0].row + 1, _bottom(cells)))


def _is_label(cell: GridCell, below: Sequence[GridCell]) -> bool:
    """Whether the only cell of a row among those of a table is the label of a row that is not filled in."""
    return len(below) > 1 and not is_prose(cell.text) and not is_section(cell.text)


def _bottom(cells: Sequence[GridCell]) -> int:
    """The row behind the last one that the cells cover."""
    return max(cell.row + cell.rowspan for cell in cells)


def _table(cells: Sequence[GridCell], sheet: Sheet) -> Iterator[Table]:
    """The table of these cells, if it prints anything, rows counted from its first.

    Where nothing is ruled, blank cells complete its rectangle: which of them are printed cannot be told.
    """
    if not any(cell.text for cell in cells):
        return
    places = {(cell.row, cell.column) for cell in cells}
    if not any(place in sheet.cells and sheet.cells[place].ruled for place in places):
        cells = [*cells, *_blanks(cells)]
    first = min(row for row, _ in places)
    ordered = sorted(cells, key=lambda cell: (cell.row, cell.column))
    yield Table(tuple(replace(cell, row=cell.row - first) for cell in ordered))


def _blanks(cells: Sequence[GridCell]) -> Iterator[GridCell]:
    """Blank cells for the places of the cells' rectangle that they leave free."""
    start = min(cell.row for cell in cells), min(cell.column for cell in cells)
    free = _places(start, (_bottom(cells), max(cell.column + cell.colspan for cell in cells)))
    for cell in cells:
        free -= _places((cell.row, cell.column), (cell.row + cell.rowspan, cell.column + cell.colspan))
    return (GridCell("", row, column) for row, column in free)
