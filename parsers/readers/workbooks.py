"""Workbooks, XLSX and XLS: the visible sheets with their cells as text, as the program shows them.

XLSX is read with lxml, part by part: calamine (MIT) ends the whole process, beyond any `except`, on a file
of 5 KB with one value in the last row and column; openpyxl refuses a workbook over one style it does not
know, and keeps every blank formatted cell. XLS is read by xlrd (BSD).
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from posixpath import dirname, join, normpath
from typing import Any

import xlrd
from lxml import etree
from xlrd.formatting import Format, is_date_format_string

from parsers.model import IssueCode, ReadError
from parsers.readers.ooxml import MEMBER_LIMIT, attribute, local_name, read_part

MOST_CELLS = 200_000
"""Most printed cells of a sheet; one form has about 320."""

Range = tuple[int, int, int, int]
"""Top, left, bottom and right of a merged range, all inclusive, counted from 0."""

_EPOCH = datetime(1899, 12, 30)
_EPOCH_1904 = datetime(1904, 1, 1)
_LAST_DAY = 2_958_465  # 9999-12-31
# Formats that are built in and not written into the file (ECMA-376, 18.8.30); 27 to 58 are the East Asian
# dates, of which the Chinese ones print the characters 年月日.
_BUILT_IN = {9: "0%", 10: "0.00%", **dict.fromkeys((14, 15, 16, 17, 22, 30, 36, 50), "yyyy-mm-dd"),
             **dict.fromkeys((27, 28, 29, 31, 51, 52, 53, 54, 57, 58), "yyyy年m月d日")}  # fmt: skip
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_PLACE = re.compile("([A-Z]{1,3})([1-9][0-9]{0,6})")
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}


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

    def put(self, row: int, column: int, text: str, *, ruled: bool) -> None:
        """Keeps a cell that prints something; raises ReadError if there are more than MOST_CELLS."""
        if text or ruled:
            self.cells[row, column] = SheetCell(text, ruled)
        if len(self.cells) > MOST_CELLS:
            raise ReadError(IssueCode.DAMAGED_FILE, f"a sheet of more than {MOST_CELLS} cells is no report")


@dataclass(frozen=True, slots=True)
class _Look:
    """What a cell style says of the text: its number format, and whether it draws borders."""

    code: str = ""
    ruled: bool = False


def xlsx_sheets(package: zipfile.ZipFile) -> Iterator[Sheet]:
    """The visible sheets of an XLSX package, in order. Raises ReadError, and what zipfile and lxml raise."""
    main = _workbook_part(package)
    workbook = read_part(package, main)
    if workbook is None:
        raise ReadError(IssueCode.DAMAGED_FILE, "an Office file, but not a workbook")
    parts = _relations(package, main)
    looks = _looks(package, main)
    strings = _shared_strings(package, main)
    from_1904 = workbook.find("{*}workbookPr[@date1904]")
    epoch = _EPOCH if from_1904 is None or from_1904.get("date1904") in {"0", "false"} else _EPOCH_1904
    for element in workbook.iterfind("{*}sheets/{*}sheet"):
        part = parts.get(attribute(element, "id"), "")
        if element.get("state", "visible") == "visible" and "/worksheets/" in f"/{part}":
            yield _XlsxSheet(strings, looks, epoch).read(package, part, element.get("name", ""))


def _workbook_part(package: zipfile.ZipFile) -> str:
    types = read_part(package, "_rels/.rels")
    if types is None:
        raise ReadError(IssueCode.DAMAGED_FILE, "a zip, but not a workbook")
    for relation in types:
        if relation.get("Type", "").endswith("/officeDocument"):
            return relation.get("Target", "").lstrip("/")
    raise ReadError(IssueCode.DAMAGED_FILE, "an Office file, but not a workbook")


def _relations(package: zipfile.ZipFile, main: str) -> dict[str, str]:
    """Part names by relation id."""
    folder, _, name = main.rpartition("/")
    relations = read_part(package, f"{folder}/_rels/{name}.rels".lstrip("/"))
    found = {}
    for relation in relations if relations is not None else ():
        target = relation.get("Target", "")
        found[relation.get("Id", "")] = normpath(join("/", folder, target)).lstrip("/")
    return found


def _shared_strings(package: zipfile.ZipFile, main: str) -> list[str]:
    root = read_part(package, join(dirname(main), "sharedStrings.xml"))
    return [] if root is None else [_rich_text(item) for item in root.iterfind("{*}si")]


def _rich_text(element: etree._Element) -> str:
    """The text of a string item, without the phonetic guide that may stand beside it."""
    parts = (*element.iterfind("{*}t"), *element.iterfind("{*}r/{*}t"))
    text = "".join(part.text or "" for part in parts)
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text).replace("\r\n", "\n").strip()


def _looks(package: zipfile.ZipFile, main: str) -> list[_Look]:
    """The looks of the cell styles, by their number."""
    root = read_part(package, join(dirname(main), "styles.xml"))
    if root is None:
        return []
    codes = dict(_BUILT_IN)
    for element in root.iterfind("{*}numFmts/{*}numFmt"):
        codes[_whole(element.get("numFmtId"))] = element.get("formatCode", "")
    ruled = [
        sum(side.get("style", "none") != "none" for side in border)
        for border in root.iterfind("{*}borders/{*}border")
    ]
    looks = []
    for style in root.iterfind("{*}cellXfs/{*}xf"):
        border = _whole(style.get("borderId"))
        sides = ruled[border] if border < len(ruled) else 0
        looks.append(_Look(codes.get(_whole(style.get("numFmtId")), ""), _is_ruled(sides)))
    return looks


def _is_ruled(sides: int) -> bool:
    """A single border may belong to the table beside the cell."""
    return sides >= 2


class _XlsxSheet:
    """Reads the part of one sheet as a stream: blank formatted rows may be a million."""

    def __init__(self, strings: list[str], looks: list[_Look], epoch: datetime) -> None:
        self.strings, self.looks, self.epoch = strings, looks, epoch
        self.hidden: list[tuple[int, int]] = []
        self.row = -1

    def read(self, package: zipfile.ZipFile, part: str, name: str) -> Sheet:
        sheet = Sheet(name)
        if part not in package.namelist():
            raise ReadError(IssueCode.DAMAGED_FILE, f"damaged workbook: the sheet “{name}” is missing")
        if package.getinfo(part).file_size > MEMBER_LIMIT:
            raise ReadError(IssueCode.DAMAGED_FILE, f"{part} unpacks to more than {MEMBER_LIMIT} bytes")
        with package.open(part) as stream:
            tags = ("{*}col", "{*}row", "{*}mergeCell")
            for _, element in etree.iterparse(stream, tag=tags, resolve_entities=False, no_network=True):
                kind = local_name(element)
                if kind == "row":
                    self._row(element, sheet)
                elif kind == "mergeCell":
                    sheet.merges += _range(element.get("ref", ""))
                elif _is_true(element.get("hidden")):
                    self.hidden.append((_whole(element.get("min")) - 1, _whole(element.get("max"))))
                element.clear()
                while element.getprevious() is not None:
                    element.getparent().remove(element.getprevious())
        return sheet

    def _row(self, element: etree._Element, sheet: Sheet) -> None:
        self.row = _whole(element.get("r")) - 1 if element.get("r") else self.row + 1
        if _is_true(element.get("hidden")):
            return
        cells: dict[int, SheetCell] = {}
        column = -1
        for cell in element.iterfind("{*}c"):
            place = _PLACE.fullmatch(cell.get("r", ""))
            column = _column(place[1]) if place else column + 1
            style = _whole(cell.get("s"))
            look = self.looks[style] if style < len(self.looks) else _Look()
            if not any(first <= column < behind for first, behind in self.hidden):
                cells[column] = SheetCell(self._text(cell, look), look.ruled)
        put_row(sheet, self.row, cells)

    def _text(self, cell: etree._Element, look: _Look) -> str:
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            item = cell.find("{*}is")
            return "" if item is None else _rich_text(item)
        value, formula = cell.findtext("{*}v"), cell.find("{*}f")
        if value is None:
            return "" if formula is None else f"={formula.text or ''}"  # never calculated: not a blank
        if kind == "s":
            index = _whole(value)
            if index >= len(self.strings):
                raise ReadError(IssueCode.DAMAGED_FILE, "damaged workbook: a text is missing")
            return self.strings[index]
        if kind == "b":
            return _truth(value.strip() == "1")
        return shown(float(value), look.code, self.epoch) if kind == "n" else value.strip()


def put_row(sheet: Sheet, row: int, cells: dict[int, SheetCell]) -> None:
    """Keeps a row. Of blank ruled rows only the first below a text counts: it may be a row of the form
    that was not filled in; sheets are ruled down to the last row."""
    above = any(cell.text for (place, _), cell in sheet.cells.items() if place == row - 1)
    if above or any(cell.text for cell in cells.values()):
        for column, cell in cells.items():
            sheet.put(row, column, cell.text, ruled=cell.ruled)
