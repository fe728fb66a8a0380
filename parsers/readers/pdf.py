"""PDF with a text layer, read by pdfplumber; from its pages on the way is that of pages.py."""

from __future__ import annotations

import struct
import zlib
from codecs import BOM_UTF16_LE
from collections.abc import Sequence
from io import BytesIO
from itertools import pairwise
from typing import Any

import pdfplumber
from pdfminer.pdfexceptions import PDFException
from pdfminer.pdftypes import resolve1
from pdfminer.psexceptions import PSException
from pdfminer.utils import decode_text
from pdfplumber.utils.exceptions import MalformedPDFException, PdfminerException

from parsers.model import Document, IssueCode, ReadError
from parsers.readers.dotted import is_dot, rules_of
from parsers.readers.pages import Sheet, document_of

# What pdfminer raises beside its own exceptions when the objects of a broken file have the wrong type.
_DAMAGE = (
    PDFException, PSException, PdfminerException, MalformedPDFException, zlib.error, struct.error,
    ValueError, TypeError, LookupError, AttributeError, AssertionError, ArithmeticError, RecursionError,
)  # fmt: skip

_NEAR = 3.0
"""Points within which pdfplumber takes two rules for one."""
_SIDES_OF_A_COLUMN = 2


def read(data: bytes) -> Document:
    """Paragraphs and ruled tables in reading order, each cell with its page and box.

    A table that a page break cuts comes out as one; page numbers and running heads are left out; a frame
    of one column is text. `meta["title"]` is the title of the file's properties, where it has one.
    A file without a text layer is read as a scan (see scan.py).
    Raises ReadError: DAMAGED_FILE (broken, encrypted, empty).
    """
    title, sheets = _parse(data)
    if any(sheet.has_image for sheet in sheets) and not any(sheet.chars for sheet in sheets):
        from parsers.readers import scan  # loads the OCR, which only scans need

        return scan.read_pdf(data)
    return document_of(sheets, title, "PDF")


def _parse(data: bytes) -> tuple[str, list[Sheet]]:
    """The title and the pages of the file; whatever its parser raises means that the file is broken."""
    try:
        with pdfplumber.open(BytesIO(data)) as pdf:
            sheets = []
            for page in pdf.pages:
                tables = [table.cells for table in _ruled(page)]
                sheets.append(Sheet(page.page_number, page.chars, tables, bool(page.images)))
                page.close()
            return _title(pdf), sheets
    except _DAMAGE as error:
        raise ReadError(IssueCode.DAMAGED_FILE, _damage_message(data, error)) from error


def _ruled(page: Any) -> Any:
    """The tables that pdfplumber finds between the rules of a page, dotted ones too."""
    dotted = rules_of([*page.rects, *page.curves])
    if dotted:
        page = page.filter(lambda shape: not is_dot(shape))  # thousands of dots make as many edges
    settings = {
        "explicit_vertical_lines": [rule for rule in dotted if rule["orientation"] == "v"],
        "explicit_horizontal_lines": [
            *(rule for rule in dotted if rule["orientation"] == "h"),
            *_closing_rules([*page.edges, *dotted]),
        ],
    }
    return page.find_tables(settings)


def _closing_rules(edges: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rules from one upright rule to the next where they run out at the top or at the bottom of a page with
    none across: browsers leave a cell open that a page break cuts off, or that ends at one."""
    upright = [edge for edge in edges if edge["orientation"] == "v"]
    across = [edge for edge in edges if edge["orientation"] == "h" and edge["width"] > _NEAR]
    rules = []
    for side, outermost in (("top", min), ("bottom", max)):
        at = outermost((edge[side] for edge in upright), default=0.0)
        ends = sorted({round(edge["x0"]) for edge in upright if abs(edge[side] - at) < _NEAR})
        if len(ends) <= _SIDES_OF_A_COLUMN:
            continue
        closed = [(edge["x0"], edge["x1"]) for edge in across if abs(edge["top"] - at) < _NEAR]
        for x0, x1 in pairwise(ends):
            if x1 - x0 > _NEAR and not any(start < (x0 + x1) / 2 < end for start, end in closed):
                line = {"object_type": "line", "x0": x0, "x1": x1, "top": at, "bottom": at}
                rules.append(line | {"width": x1 - x0, "height": 0})
    return rules


def _title(pdf: Any) -> str:
    """The title of the file's properties; WPS writes it in little-endian UTF-16, which PDF does not know."""
    raw = next((resolve1(info["Title"]) for info in pdf.doc.info if "Title" in info), b"")
    if not isinstance(raw, bytes):
        return ""
    if raw.startswith(BOM_UTF16_LE):
        return raw.decode("utf-16", errors="replace").strip("\0 ")
    return decode_text(raw).strip()


def _damage_message(data: bytes, error: Exception) -> str:
    if b"/Encrypt" in data:
        return "encrypted PDF"
    return f"damaged PDF: {error or type(error).__name__}"
