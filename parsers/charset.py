"""Bytes of a page or a text file to text, whatever the server says about their encoding.

Portals label GB18030 pages as gb2312, UTF-8 pages as gbk, and error pages as iso-8859-1, so a label is
believed only where the bytes agree with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from w3lib.encoding import html_body_declared_encoding, read_bom, resolve_encoding

META_BYTES = 4096
"""How much of a page is searched for a declared charset."""
DAMAGE = 10
"""Fewer than one in so many characters beyond ASCII may be lost to damage."""

# They decode any bytes at all, so success proves nothing.
_UNPROVABLE = {"cp1252", "iso8859-1", "latin-1", "ascii"}


def decode_html(data: bytes, http_charset: str | None = None) -> str:
    """Text of a page: BOM, HTTP charset, charset declared in the page, strict UTF-8, GB18030.

    `http_charset` is the charset parameter of the Content-Type header as sent. Never fails: damaged bytes
    become U+FFFD.
    """
    return _decode(data, _declared(data, http_charset))[0]


def charset_of(data: bytes, http_charset: str | None = None) -> str:
    """Python's name of the encoding that `decode_html` reads a page with."""
    return _decode(data, _declared(data, http_charset))[1]


def decode_text(data: bytes) -> str:
    """Text of a plain text file: BOM, strict UTF-8, GB18030. Never fails, as `decode_html`."""
    return _decode(data, ())[0]


def _declared(data: bytes, http_charset: str | None) -> Iterator[str]:
    labels = (http_charset, html_body_declared_encoding(data[:META_BYTES]))
    for label in labels:
        # resolve_encoding also turns gb2312 and gbk into gb18030, their superset.
        encoding = resolve_encoding(label) if label else None
        if encoding and encoding not in _UNPROVABLE:
            yield encoding


def _decode(data: bytes, declared: Iterable[str]) -> tuple[str, str]:
    """The text, and the encoding that it was read with."""
    encoding, bom = read_bom(data)
    if encoding is not None and bom is not None:
        return data[len(bom) :].decode(encoding, errors="replace"), encoding
    candidates = list(dict.fromkeys([*declared, "utf-8", "gb18030"]))
    if candidates[0] == "gb18030":
        # Chinese UTF-8 often decodes as GB18030 too, into other characters; the reverse does not happen.
        candidates = list(dict.fromkeys(["utf-8", *candidates]))
    for candidate in candidates:
        try:
            return data.decode(candidate), candidate
        except (UnicodeDecodeError, LookupError):
            if candidate == "utf-8" and (text := _damaged_utf8(data)) is not None:
                return text, candidate
    return data.decode("gb18030", errors="replace"), "gb18030"


def _damaged_utf8(data: bytes) -> str | None:
    """`data` as UTF-8 if it plainly is that with a few bytes damaged: GB18030 text read so loses nearly
    every character, while damaged UTF-8 may well be valid GB18030 of other characters."""
    text = data.decode("utf-8", errors="replace")
    beyond_ascii = sum(1 for character in text if character > "\x7f")
    return text if text.count("\ufffd") * DAMAGE < beyond_ascii else None
