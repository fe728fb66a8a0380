"""Bodies of responses: decoding them in bounds, and telling pages from files."""

from __future__ import annotations

import zlib

MAX_BODY = 64 * 1024 * 1024
"""Bytes of a body, as sent and as decoded; a larger one is given up while it comes."""
_CHUNK = 64 * 1024
_FILE_MAGIC = (
    b"%PDF",
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0",
    b"\xff\xd8",
    b"\x89PNG",
    b"GIF8",
    b"Rar!",
    b"{\\rtf",
)


class BodyError(Exception):
    """A body is not what was announced; the message says what it is."""


def is_file(body: bytes) -> bool:
    """Whether a body is a document or an image by its first bytes."""
    return body.startswith(_FILE_MAGIC)


def is_page(body: bytes, content_type: str) -> bool:
    """Whether a body is text with links (HTML, JSON, XML), not a file."""
    if is_file(body):
        return False
    return any(kind in content_type.lower() for kind in ("html", "json", "xml")) or b"<" in body[:1024]


def decoded(body: bytes, encoding: str) -> bytes:
    """`body` without its Content-Encoding (gzip, deflate, both with or without the right wrapper; a body that
    is not compressed at all is taken as it is). Raises `BodyError` for one that is cut off or unpacks to
    more than MAX_BODY bytes.

    Scrapy's own decoding takes what it gets of a cut-off body for the whole, and half a report would be read
    as a report.
    """
    for name in reversed([part.strip() for part in encoding.lower().split(",") if part.strip()]):
        if name in {"identity", "utf-8"}:
            continue
        if name not in {"gzip", "x-gzip", "deflate"}:
            raise BodyError(f"encoded as {name}, which was not asked for")
        body = _inflated(body, name)
    return body


def _inflated(body: bytes, name: str) -> bytes:
    if not body or (name != "deflate" and not body.startswith(b"\x1f\x8b")):
        return body
    wrapped = name != "deflate" or body[0] & 0x0F == 8
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32 if wrapped else -zlib.MAX_WBITS)
    parts: list[bytes] = []
    size, rest = 0, body
    try:
        while rest and not unpacker.eof:
            parts.append(unpacker.decompress(rest, _CHUNK))
            size += len(parts[-1])
            if size > MAX_BODY:
                raise BodyError(f"unpacks to more than {MAX_BODY} bytes")
            rest = unpacker.unconsumed_tail
    except zlib.error as error:
        raise BodyError(f"cannot be unpacked: {error}") from None
    if not unpacker.eof:
        # The output may still be in the unpacker where input ended in time.
        parts.append(unpacker.flush())
    if not unpacker.eof:
        raise BodyError("compressed and cut off")
    return b"".join(parts)
