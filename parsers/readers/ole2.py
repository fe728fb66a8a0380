"""OLE2 containers, in which Word and Excel files before 2007 stand: their streams, and the title."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO

import olefile

from parsers.model import IssueCode, ReadError

_OLEFILE_ERRORS = (
    OSError,
    struct.error,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    RecursionError,
)
"""What olefile raises for a broken container."""
_SECTOR = 512


def stream_names(data: bytes) -> set[str]:
    """The names of the streams and storages at the top of the container, in lower case. Raises ReadError."""
    with _opened(data) as container:
        return {path[0].lower() for path in container.listdir()}


def streams_of(data: bytes, wanted: Sequence[str]) -> dict[str, bytes]:
    """Those of the wanted streams that the container has. Raises ReadError(DAMAGED_FILE)."""
    with _opened(data) as container:
        names = [name for name in wanted if container.get_type(name) == olefile.STGTY_STREAM]
        if max(container.root.size, *map(container.get_size, names), 0) > len(data):
            raise _damaged("a stream is longer than the file")
        return {name: container.openstream(name).read() for name in names}


def title_of(summary: bytes) -> str:
    """The title in a property set stream ([MS-OLEPS]), "" where it has none."""
    try:
        (start,) = struct.unpack_from("<I", summary, 44)
        (count,) = struct.unpack_from("<I", summary, start + 4)
        places = dict(struct.iter_unpack("<II", summary[start + 8 : start + 8 + 8 * min(count, 64)]))
        (codepage,) = struct.unpack_from("<H", summary, start + places[1] + 4)
        kind, size = struct.unpack_from("<II", summary, start + places[2])
    except (struct.error, KeyError):
        return ""
    begin = start + places[2] + 8
    if kind == 31:
        text = summary[begin : begin + 2 * size].decode("utf-16-le", errors="replace")
    else:
        charset = {65001: "utf-8", 1200: "utf-16-le", 936: "gb18030"}.get(codepage, "cp1252")
        text = summary[begin : begin + size].decode(charset, errors="replace")
    return text.partition("\0")[0].strip()


@contextmanager
def _opened(data: bytes) -> Iterator[olefile.OleFileIO]:
    _check_header(data)
    try:
        with olefile.OleFileIO(BytesIO(data)) as container:
            if container.exists("EncryptedPackage"):
                raise _damaged("encrypted Office document")
            yield container
    except _OLEFILE_ERRORS as error:
        raise _damaged(f"the OLE2 container is broken: {error}") from error


def _check_header(data: bytes) -> None:
    """Refuses a header whose numbers would have olefile read more than the file holds."""
    if not data.startswith(olefile.MAGIC) or len(data) < 3 * _SECTOR:
        raise _damaged("not an OLE2 file, or cut after its head")
    shifts = struct.unpack_from("<HH", data, 30)
    sector_counts = [struct.unpack_from("<I", data, place)[0] for place in (44, 64, 72)]
    if shifts not in ((9, 6), (12, 6)) or max(sector_counts) > len(data) // _SECTOR:
        raise _damaged("the OLE2 header is broken")


def _damaged(message: str) -> ReadError:
    return ReadError(IssueCode.DAMAGED_FILE, message)
