"""Bytes to `Document`: the format is told by content, not by name."""

from __future__ import annotations

from parsers.model import Document, IssueCode, ReadError
from parsers.readers import docx, html, pdf, text

_HTML_MARKS = (b"<html", b"<!doctype html", b"<body", b"<table", b"<div", b"<p>", b"<p ", b"<meta", b"<head")
_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_document(data: bytes, http_charset: str | None = None) -> Document:
    """Reads a file of any known format. Raises ReadError for an unknown or damaged one.

    `http_charset` is what the response's Content-Type said, if it did.
    """
    if not data.strip():
        raise ReadError(IssueCode.DAMAGED_FILE, "the file is empty")
    head = data[:4096].lstrip(b"\xef\xbb\xbf\r\n\t ")
    if b"%PDF-" in data[:1024]:
        return pdf.read(data)
    if head.startswith(b"PK\x03\x04"):
        if b"word/" in data:
            return docx.read(data)
        raise ReadError(IssueCode.UNKNOWN_FORMAT, "a ZIP container that is not a DOCX")
    if head.startswith(_OLE2):
        raise ReadError(IssueCode.UNKNOWN_FORMAT, "an OLE2 file (DOC, WPS or XLS)")
    if any(mark in head.lower() for mark in _HTML_MARKS):
        return html.read(data, http_charset)
    if _is_binary(head):
        raise ReadError(IssueCode.UNKNOWN_FORMAT, "binary data of an unknown kind")
    return text.read(data)


def _is_binary(head: bytes) -> bool:
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return False
    control = sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head)
    return b"\x00" in head or control * 20 > len(head)
