"""Bytes to `Document`: the format is told by content, not by name."""

from __future__ import annotations

import zipfile
from importlib import import_module
from io import BytesIO

from parsers.model import Document, IssueCode, ReadError
from parsers.readers import html

_HTML_MARKS = (b"<html", b"<!doctype html", b"<body", b"<table", b"<div", b"<p>", b"<p ", b"<meta", b"<head")
_ZIP, _OLE2, _RTF = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"{\\rt"
_CONTROL = bytes(byte for byte in range(32) if byte not in b"\t\n\r\f\x1b")
_MARKUP, _LONGEST_TEXT = ("html", "text", "rtf"), 32 << 20
_SECONDS, _OCR_SECONDS, _PAGE_SECONDS = 15.0, 15.0, 15.0
_BIFF = (b"\x09\x08", b"\x09\x04", b"\x09\x02")
_OLE2_STREAMS = {"worddocument": "doc", "workbook": "sheets", "book": "sheets"}
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*")
_ZIP_PARTS = {"word/": "docx", "xl/": "sheets", "ofd.xml": "ofd"}


def read_document(data: bytes, http_charset: str | None = None) -> Document:
    """Reads a file of any known format. Raises ReadError for an unknown or damaged one.

    `http_charset` is what the response's Content-Type said, if it did.
    """
    name = format_of(data)
    if name in _MARKUP and len(data) > _LONGEST_TEXT:
        raise ReadError(IssueCode.TOO_EXPENSIVE, f"a text of more than {_LONGEST_TEXT >> 20} MB")
    if name == "html":
        return html.read(data, http_charset)
    # The libraries of a reader are loaded when a file needs them: they take longer than most files.
    document: Document = import_module(f"parsers.readers.{name}").read(data)
    return document


def allowance(data: bytes) -> float:
    """The seconds that reading this file may take, far more than an honest one needs: scans go through OCR
    page by page."""
    try:
        name = format_of(data)
    except ReadError:
        return _SECONDS
    if name not in ("pdf", "scan"):
        return _SECONDS
    pages = import_module("parsers.readers.scan").pages_to_recognise(data)
    return _SECONDS + (_OCR_SECONDS + _PAGE_SECONDS * pages if pages else 0.0)


def format_of(data: bytes) -> str:
    """The module of this package that reads such a file. Raises ReadError if there is none."""
    if not data.strip():
        raise ReadError(IssueCode.DAMAGED_FILE, "the file is empty")
    head = data[:4096].lstrip(b"\xef\xbb\xbf\r\n\t ")
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if head.startswith(_ZIP):
        return _zip_format(data)
    if head.startswith(_OLE2):
        return _ole2_format(data)
    if head.startswith(_RTF):
        return "rtf"
    if _is_binary(head):
        return _binary_format(head)
    return "html" if any(mark in head.lower() for mark in _HTML_MARKS) else "text"


def _zip_format(data: bytes) -> str:
    try:
        with zipfile.ZipFile(BytesIO(data)) as package:
            names = [name.lower().lstrip("/") for name in package.namelist()]
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise ReadError(IssueCode.DAMAGED_FILE, f"damaged ZIP container: {error}") from None
    for part, module in _ZIP_PARTS.items():
        if any(name.startswith(part) for name in names):
            return module
    raise ReadError(IssueCode.UNKNOWN_FORMAT, "a ZIP container of an unknown kind")


def _ole2_format(data: bytes) -> str:
    names = import_module("parsers.readers.ole2").stream_names(data)
    for stream, module in _OLE2_STREAMS.items():
        if stream in names:
            return module
    raise ReadError(IssueCode.UNKNOWN_FORMAT, "an OLE2 file without a text document or a workbook")


def _binary_format(head: bytes) -> str:
    if head.startswith(_PICTURES):
        return "scan"
    if head.startswith(_BIFF):
        return "sheets"
    raise ReadError(IssueCode.UNKNOWN_FORMAT, "binary data of an unknown kind")


def _is_binary(head: bytes) -> bool:
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return False
    control = len(head) - len(head.translate(None, _CONTROL))
    return b"\x00" in head or control * 20 > len(head)
