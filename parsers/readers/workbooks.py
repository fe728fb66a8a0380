"""Workbooks, XLSX and XLS: the visible sheets, their cells as text as the program shows them.

XLSX is read with lxml, part by part: calamine (MIT) ends the whole process, beyond any `except`, on a file
of 5 KB with a value in the last row and column; openpyxl refuses a workbook over one style that it does not
know, and keeps every blank formatted cell. XLS is read by xlrd (BSD).
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from io import StringIO
from posixpath import join, normpath

import xlrd
from lxml import etree

from parsers.model import IssueCode, ReadError
from parsers.readers.ooxml import MEMBER_LIMIT, attribute, local_name, read_part

MOST_CELLS = 200_000
"""Most printed cells of a sheet; one form has about 320."""

Range = tuple[int, int, int, int]
"""Top, left, bottom and right of a merged range, counted from 0; bottom and right are behind its end."""

_EPOCH, _EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)
_LAST_DAY = 2_958_465  # 9999-12-31, the last date that sheets know
# Formats that files use and do not define (ECMA-376 part 1, 18.8.30): 27 to 58 are Chinese dates.
_BUILT_IN = {9: "0%", 10: "0.00%", **dict.fromkeys((14, 15, 22, 30), "yyyy-mm-dd")}
_BUILT_IN |= dict.fromkeys((28, 29, 31, 51, 53, 54, 58), "yyyy年m月d日")
_BUILT_IN |= dict.fromkeys((27, 36, 50, 52, 57), "yyyy年m月")
_LITERAL = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|[_*].')
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_PLACE = re.compile("([A-Z]{1,3})([1-9][0-9]{0,6})")


@dataclass(frozen=True, slots=True)
class SheetCell:
    """A cell as it is shown. `ruled`: it has borders, so that it is part of a table even when blank."""

    text: str
    ruled: bool


@dataclass(slots=True)
class Sheet:
    """A visible sheet: its cells by row and column, without hidden ones and without blank unruled ones."""

    name: str
    cells: dict[tuple[int, int], SheetCell] = field(default_factory=dict)
    merges: list[Range] = field(default_factory=list)
    last_text_row: int = -1

    def add_row(self, row: int, cells: Mapping[int, SheetCell]) -> None:
        """Takes the cells of a row by column; rows come in order. Raises ReadError beyond MOST_CELLS.

        A blank row counts only right below a text, where it may be a row of the form that was not filled
        in: some sheets are formatted down to their last row.
        """
        has_text = any(cell.text for cell in cells.values())
        if not has_text and row != self.last_text_row + 1:
            return
        self.cells |= {(row, column): cell for column, cell in cells.items() if cell.text or cell.ruled}
        if has_text:
            self.last_text_row = row
        if len(self.cells) > MOST_CELLS:
            raise ReadError(IssueCode.DAMAGED_FILE, f"a sheet of more than {MOST_CELLS} cells is no report")


def shown(number: float, code: str, epoch: datetime = _EPOCH) -> str:
    """A number as a sheet shows it in a number format: 3.0 is "3", 0.1 + 0.2 is "0.3", dates are ISO or,
    in a format of 年月日, Chinese. Decimals that a format hides are shown."""
    kind = _LITERAL.sub("", code).lower()
    if re.search("[ymdhs]", kind) and 0 <= number <= _LAST_DAY:
        return _date(epoch + timedelta(days=number), code)
    percent = "%" in kind
    # Sheets keep 15 digits; what a binary number has beyond them is noise.
    decimal = Decimal(f"{number * 100 if percent else number:.15g}").normalize() + 0
    return f"{decimal:f}" + ("%" if percent else "")


def _date(moment: datetime, code: str) -> str:
    if "年" in code:
        parts = ((moment.year, "年"), (moment.month, "月"), (moment.day, "日"))
        return "".join(f"{number}{unit}" for number, unit in parts if unit in code)
    whole_day = (moment.hour, moment.minute, moment.second) == (0, 0, 0)
    return moment.date().isoformat() if whole_day else moment.isoformat(" ", "seconds")


def _is_ruled(borders: int) -> bool:
    """Whether a cell with so many borders is part of a table: a single one may be that of its neighbour."""
    return borders > 1


# XLSX


@dataclass(frozen=True, slots=True)
class _Look:
    """What a cell style says: the number format, and whether there are borders."""

    code: str = ""
    ruled: bool = False


def xlsx_sheets(package: zipfile.ZipFile) -> Iterator[Sheet]:
    """The visible sheets of an XLSX package, in order. Raises ReadError, and what zipfile and lxml raise."""
    main = next((part for kind, part in _relations(package, "").values() if kind == "officeDocument"), "")
    workbook = read_part(package, main)
    if workbook is None or local_name(workbook) != "workbook":
        raise ReadError(IssueCode.DAMAGED_FILE, "a zip, but not a workbook")
    relations = _relations(package, main)
    parts = {kind: part for kind, part in relations.values() if kind in {"styles", "sharedStrings"}}
    strings = _shared_strings(read_part(package, parts.get("sharedStrings", "")))
    looks = _looks(read_part(package, parts.get("styles", "")))
    properties = workbook.find("{*}workbookPr")
    is_1904 = properties is not None and _is_true(properties.get("date1904"))
    for element in workbook.iterfind("{*}sheets/{*}sheet"):
        kind, part = relations.get(attribute(element, "id"), ("", ""))
        if element.get("state", "visible") == "visible" and kind == "worksheet":
            sheet = Sheet(element.get("name", ""))
            _XlsxSheet(sheet, strings, looks, _EPOCH_1904 if is_1904 else _EPOCH).read(package, part)
            yield sheet


def _relations(package: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """What a part (the package itself: "") points to: kind and name of the other part, by relation id."""
    folder, _, name = part.rpartition("/")
    root = read_part(package, join(folder, "_rels", f"{name}.rels"))
    found = {}
    for relation in root if root is not None else ():
        kind = relation.get("Type", "").rpartition("/")[2]
        target = normpath(join("/", folder, relation.get("Target", ""))).lstrip("/")
        found[relation.get("Id", "")] = (kind, target)
    return found


def _shared_strings(root: etree._Element | None) -> list[str]:
    return [] if root is None else [_rich_text(item) for item in root.iterfind("{*}si")]


def _rich_text(element: etree._Element) -> str:
    """The text of a string item, without the phonetic guide that may stand beside it."""
    parts = (*element.iterfind("{*}t"), *element.iterfind("{*}r/{*}t"))
    text = "".join(part.text or "" for part in parts)
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text).replace("\r", "").strip()


def _looks(root: etree._Element | None) -> list[_Look]:
    """The looks of the cell styles, by their number."""
    if root is None:
        return []
    codes = dict(_BUILT_IN)
    for element in root.iterfind("{*}numFmts/{*}numFmt"):
        codes[_whole(element.get("numFmtId"))] = element.get("formatCode", "")
    borders = [
        sum(side.get("style", "none") != "none" for side in border)
        for border in root.iterfind("{*}borders/{*}border")
    ]
    looks = []
    for style in root.iterfind("{*}cellXfs/{*}xf"):
        border = _whole(style.get("borderId"))
        ruled = border < len(borders) and _is_ruled(borders[border])
        looks.append(_Look(codes.get(_whole(style.get("numFmtId")), ""), ruled))
    return looks


class _XlsxSheet:
    """Reads the part of one sheet as a stream: there may be a million blank formatted rows."""

    def __init__(self, sheet: Sheet, strings: list[str], looks: list[_Look], epoch: datetime) -> None:
        self.sheet, self.strings, self.looks, self.epoch = sheet, strings, looks, epoch
        self.hidden: list[range] = []
        self.row = -1

    def read(self, package: zipfile.ZipFile, part: str) -> None:
        if part not in package.namelist():
            raise ReadError(IssueCode.DAMAGED_FILE, f"damaged workbook: no sheet “{self.sheet.name}” in it")
        if package.getinfo(part).file_size > MEMBER_LIMIT:
            raise ReadError(IssueCode.DAMAGED_FILE, f"{part} unpacks to more than {MEMBER_LIMIT} bytes")
        tags = ("{*}col", "{*}row", "{*}mergeCell")
        with package.open(part) as stream:
            for _, element in etree.iterparse(stream, tag=tags, resolve_entities=False, no_network=True):
                kind = local_name(element)
                if kind == "row":
                    self._row(element)
                elif kind == "mergeCell":
                    self.sheet.merges += _merged(element.get("ref", ""))
                elif _is_true(element.get("hidden")):
                    self.hidden.append(range(_whole(element.get("min")) - 1, _whole(element.get("max"))))
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]

    def _row(self, element: etree._Element) -> None:
        # Rows and cells without a place of their own follow the one before.
        self.row = max(_whole(element.get("r")) - 1, self.row + 1)
        is_formatted_only = not any(len(cell) for cell in element)
        if _is_true(element.get("hidden")) or (is_formatted_only and self.row > self.sheet.last_text_row + 1):
            return
        cells: dict[int, SheetCell] = {}
        column = -1
        for cell in element.iterfind("{*}c"):
            place = _PLACE.fullmatch(cell.get("r", ""))
            column = _column(place[1]) if place else column + 1
            style = _whole(cell.get("s"))
            look = self.looks[style] if style < len(self.looks) else _Look()
            if not any(column in columns for columns in self.hidden):
                cells[column] = SheetCell(self._text(cell, look), look.ruled)
        self.sheet.add_row(self.row, cells)

    def _text(self, cell: etree._Element, look: _Look) -> str:
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            item = cell.find("{*}is")
            return "" if item is None else _rich_text(item)
        value, formula = cell.findtext("{*}v"), cell.find("{*}f")
        if not value:
            # A formula that was never calculated is not blank; one that gives a blank text is of kind "str".
            return "" if formula is None or kind == "str" else f"={formula.text or ''}"
        if kind == "s":
            return self.strings[_whole(value)] if value.isdigit() else value.strip()
        if kind == "b":
            return str(value == "1").upper()
        return shown(float(value), look.code, self.epoch) if kind == "n" else value.strip()


def _merged(reference: str) -> list[Range]:
    corners = [_PLACE.fullmatch(corner) for corner in reference.split(":")]
    if len(corners) != 2 or corners[0] is None or corners[1] is None:
        return []
    (left, top), (right, bottom) = ((_column(corner[1]), int(corner[2])) for corner in corners if corner)
    return [(top - 1, left, bottom, right + 1)]


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _whole(value: str | None) -> int:
    return int(value) if value and value.isascii() and value.isdigit() else 0


def _is_true(value: str | None) -> bool:
    return value in {"1", "true"}


# XLS


def xls_sheets(data: bytes) -> Iterator[Sheet]:
    """The visible sheets of an XLS file, in order. Raises ReadError, and what xlrd raises."""
    with xlrd.open_workbook(
        file_contents=data, formatting_info=True, on_demand=True, ragged_rows=True, logfile=StringIO()
    ) as book:
        looks = [_xls_look(book, style) for style in book.xf_list]
        for source in (book.sheet_by_index(index) for index in range(book.nsheets)):
            if source.visibility:
                continue
            sheet = Sheet(source.name)
            for top, bottom, left, right in source.merged_cells:
                sheet.merges.append((top, left, bottom, right))
            for row in range(source.nrows):
                if row in source.rowinfo_map and source.rowinfo_map[row].hidden:
                    continue
                sheet.add_row(row, dict(_xls_cells(book, source, row, looks)))
            yield sheet


def _xls_look(book: xlrd.Book, style: xlrd.formatting.XF) -> _Look:
    code = book.format_map[style.format_key].format_str
    border = style.border
    sides = (border.left_line_style, border.right_line_style, border.top_line_style, border.bottom_line_style)
    if code == "General":
        code = _BUILT_IN.get(style.format_key, "")
    return _Look(code, _is_ruled(sum(side > 0 for side in sides)))


def _xls_cells(
    book: xlrd.Book, source: xlrd.sheet.Sheet, row: int, looks: list[_Look]
) -> Iterator[tuple[int, SheetCell]]:
    for column, cell in enumerate(source.row(row)):
        if column in source.colinfo_map and source.colinfo_map[column].hidden:
            continue
        look = looks[cell.xf_index] if cell.xf_index is not None else _Look()
        yield column, SheetCell(_xls_text(book, cell, look), look.ruled)


def _xls_text(book: xlrd.Book, cell: xlrd.sheet.Cell, look: _Look) -> str:
    if cell.ctype == xlrd.XL_CELL_TEXT:
        return str(cell.value).replace("\r", "").strip()
    if cell.ctype in {xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE}:
        return shown(cell.value, look.code, _EPOCH_1904 if book.datemode else _EPOCH)
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return str(bool(cell.value)).upper()
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(cell.value, "#N/A"))
    return ""
