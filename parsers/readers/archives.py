"""ZIP archives that portals offer as one attachment: the files in them."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO

from parsers.model import IssueCode, ReadError

MOST_MEMBERS = 500
MOST_BYTES = 256 * 1024 * 1024
"""Most bytes that the files of an archive may have unpacked, all together."""

_ENCRYPTED, _UTF8_NAME = 0x1, 0x800  # bits of a member's flags
_LITTER = {"__macosx", "thumbs.db", ".ds_store", "desktop.ini"}
# Formats that are zips themselves, by a part that each of them has: Office, OFD, OpenDocument.
_PARTS_OF_DOCUMENTS = {"[content_types].xml", "ofd.xml", "mimetype"}
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError, ValueError, LookupError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive. `name` is a label, its path in there: never a path on this machine.

    `error` says why the file cannot be had (encrypted, broken); `data` is empty then.
    """

    name: str
    data: bytes
    error: ReadError | None = None


def is_archive(data: bytes) -> bool:
    """Whether this is a zip of files, and not a document of a format that is a zip itself."""
    if not data.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            names = {name.lower().lstrip("/") for name in archive.namelist()}
    except _DAMAGE:
        return False
    return not names & _PARTS_OF_DOCUMENTS


def members(data: bytes) -> list[Member]:
    """The files of an archive in its order, those of archives within it as "inner.zip!name".

    What systems leave behind (__MACOSX, Thumbs.db) is left out; an archive in an archive in an archive
    stays a file. Raises ReadError(DAMAGED_FILE) if the archive is broken or beyond the limits.
    """
    found: list[Member] = []
    room = MOST_BYTES
    for member in _files(data, room):
        room -= len(member.data)
        if is_archive(member.data):
            for inner in _files(member.data, room):
                room -= len(inner.data)
                found.append(replace(inner, name=f"{member.name}!{inner.name}"))
        else:
            found.append(member)
        if len(found) > MOST_MEMBERS:
            raise ReadError(IssueCode.DAMAGED_FILE, f"an archive of more than {MOST_MEMBERS} files")
    return found


def _files(data: bytes, room: int) -> Iterator[Member]:
    """The files of one archive. Raises ReadError, also if they are larger than `room` together."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_MEMBERS:
                raise ReadError(IssueCode.DAMAGED_FILE, f"an archive of more than {MOST_MEMBERS} files")
            for entry in entries:
                name = _name(entry)
                if entry.is_dir() or not _LITTER.isdisjoint(name.lower().split("/")):
                    continue
                member = _member(archive, entry, name, room)
                room -= len(member.data)
                yield member
    except _DAMAGE as error:
        raise ReadError(IssueCode.DAMAGED_FILE, f"damaged archive: {error}") from error


def _member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, room: int) -> Member:
    """A file of the archive, or why it cannot be had. Raises ReadError if it has more bytes than `room`."""
    if entry.flag_bits & _ENCRYPTED:
        return Member(name, b"", ReadError(IssueCode.DAMAGED_FILE, "encrypted in its archive"))
    try:
        with archive.open(entry) as stream:
            content = stream.read(room + 1)
    except _DAMAGE as error:
        return Member(name, b"", ReadError(IssueCode.DAMAGED_FILE, f"damaged in its archive: {error}"))
    if len(content) > room:
        raise ReadError(IssueCode.DAMAGED_FILE, f"an archive of more than {MOST_BYTES} bytes")
    return Member(name, content)


def _name(entry: zipfile.ZipInfo) -> str:
    """The name as it was meant: without the mark for UTF-8 Chinese systems write GBK, which zipfile reads
    as the code page of the format, cp437."""
    if entry.flag_bits & _UTF8_NAME:
        return entry.filename
    raw = entry.filename.encode("cp437", errors="replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.filename
