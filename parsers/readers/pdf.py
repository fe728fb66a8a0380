"""PDF with a text layer, read by pdfplumber; from its pages on the way is that of pages.py."""

from __future__ import annotations

import struct
import zlib
from codecs import BOM_UTF16_LE
from io import BytesIO
from typing import Any

import pdfplumber
from pdfminer.pdfexceptions import PDFException
from pdfminer.pdftypes import resolve1
from pdfminer.psexceptions import PSException
from pdfminer.utils import decode_text
from pdfplumber.utils.exceptions import MalformedPDFException, PdfminerException

from parsers.model import Document, IssueCode, ReadError
from parsers.readers.pages import Sheet, document_of

# What pdfminer raises beside its own exceptions when the objects of a broken file have the wrong type.
_DAMAGE = (
    PDFException, PSException, PdfminerException, MalformedPDFException, zlib.error, struct.error,
    ValueError, TypeError, LookupError, AttributeError, AssertionError, ArithmeticError, RecursionError,
)  # fmt: skip


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
                tables = [table.cells for table in page.find_tables()]
                sheets.append(Sheet(page.page_number, page.chars, tables, bool(page.images)))
                page.close()
            return _title(pdf), sheets
    except _DAMAGE as error:
        raise ReadError(IssueCode.DAMAGED_FILE, _damage_message(data, error)) from error


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
