"""Word 97-2003 files: the text of an OLE2 container, and the properties that hold at each place of it.

The structures are those of Microsoft's open specification [MS-DOC], whose names are used. Own code: no
Python library at hand keeps the tables of this format, and most lose Chinese text.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from parsers.model import IssueCode, ReadError
from parsers.readers.ole2 import streams_of, title_of

Sprm = tuple[int, bytes]
"""One property change: its code and its operand."""

P_OUT_LVL = 0x2640
T_DEF_TABLE = 0xD608
_P_CHG_TABS = 0xC615
_C_F_RMARK_DEL = 0x0800
_C_F_VANISH = 0x083C
_C_SYMBOL = 0x6A09
_NOT_PRINTED = {(_C_F_RMARK_DEL, b"\x01"), (_C_F_RMARK_DEL, b"\x81"), (_C_F_VANISH, b"\x01")}
"""Tracked deletions, outright or against the style (which never has one), and hidden text; hidden against
the style is as often shown, where the style hides."""
_IN_DATA_STREAM = {0x6645, 0x6646, 0x646B}
"""sprmPHugePapx, under both its numbers, and sprmPTableProps: more is at a place in the Data stream."""
_SHORT_FORMS = {0x18: 0x2416, 0x19: 0x2417, 0x41: _C_F_RMARK_DEL, 0x5C: _C_F_VANISH}
"""The property changes that a piece of a fast-saved file may carry in two bytes (Prm0), by their index."""
_OPERAND_SIZES = (1, 1, 2, 4, 2, 2, 0, 3)
"""By the top three bits of the code; 0 where the operand begins with its size."""

BROKEN = (struct.error, IndexError)
"""What reading beyond the end of a structure raises."""
_WORD_97 = 0x00C1
_ENCRYPTED = 0x0100
_TABLE_STREAM_1 = 0x0200
_PAGE = 512
_MOST_PROPERTIES = 32 * 1024 * 1024
"""Bytes of property lists read in all; a report needs a few hundred thousand. Lists may overlap, and every
paragraph may use the longest, so a small file could ask for work without end."""
_TITLE_STYLE = 62
_MOST_ANCESTORS = 16
_MARKS = "\x07\x0c\r"


def sprms(grpprl: bytes) -> Iterator[Sprm]:
    """The property changes of a list, up to its end or to where it is cut."""
    position = 0
    while position + 3 <= len(grpprl):
        (code,) = struct.unpack_from("<H", grpprl, position)
        position += 2
        size = _OPERAND_SIZES[code >> 13]
        if code == T_DEF_TABLE:
            size = int.from_bytes(grpprl[position : position + 2], "little") + 1
        elif not size:
            size = grpprl[position] + 1
            if code == _P_CHG_TABS and size == 256:
                deleted = grpprl[position + 1]
                added = grpprl[position + 2 + 4 * deleted : position + 3 + 4 * deleted]
                size = 3 + 4 * deleted + 3 * (added[0] if added else 0)
        if position + size > len(grpprl):
            return
        yield code, grpprl[position : position + size]
        position += size


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of text that lies in one place of the file; `width` is the bytes of a character."""

    start: int
    end: int
    fc: int
    width: int
    grpprl: bytes


@dataclass(frozen=True, slots=True)
class _Run:
    """A stretch of bytes of the text with the same properties."""

    start: int
    end: int
    style: int
    grpprl: bytes


class Word97:
    """An open file.

    `main_text` and `box_text` are the stories of the body and of its text boxes: one character of Word a
    character (surrogates stand apart), deleted and hidden text as U+0000. Raises ReadError, and `BROKEN`
    where a structure is cut, here and in the methods.
    """

    def __init__(self, data: bytes) -> None:
        streams = _word_streams(data)
        main = self._main = streams["WordDocument"]
        self._check_fib()
        (flags,) = struct.unpack_from("<H", main, 0x0A)
        self._table = streams.get("1Table" if flags & _TABLE_STREAM_1 else "0Table", b"")
        self._data = streams.get("Data", b"")
        self._properties_left = _MOST_PROPERTIES
        self.title = title_of(streams.get("\x05SummaryInformation", b""))
        self._styles = _style_sheet(self._part(0xA2))
        self._pieces = self._piece_table()
        self._piece_starts = [piece.start for piece in self._pieces]
        self._papx = sorted(self._runs(0x102, 13), key=lambda run: run.start)
        self._papx_starts = [run.start for run in self._papx]
        text = self._without_page_breaks(self._text())
        counts = struct.unpack_from("<8I", main, 0x4C)
        body, before_boxes, boxes = counts[0], sum(counts[:6]) - counts[3], counts[6]
        if before_boxes + boxes > len(text):
            raise _damaged("the text is shorter than the file says")
        self.main_text = text[:body]
        self.box_text = text[before_boxes : before_boxes + boxes]
        self.box_start = before_boxes

    def _check_fib(self) -> None:
        ident, version = struct.unpack_from("<HH", self._main)
        (flags,) = struct.unpack_from("<H", self._main, 0x0A)
        if ident != 0xA5EC or version < _WORD_97:
            raise ReadError(IssueCode.UNKNOWN_FORMAT, "a Word document older than Word 97")
        if flags & _ENCRYPTED:
            raise _damaged("encrypted .doc")

    def paragraph(self, mark: int) -> list[Sprm]:
        """The property changes of the paragraph whose mark is the character `mark` of the text, in the
        order in which they hold: of its style, its own, those of a fast save."""
        piece, run = self._place(mark)
        if run is None:
            return self._changes(piece.grpprl)
        changes = self._changes(_inherited(run.style, self._styles))
        for code, operand in self._changes(run.grpprl):
            if code in _IN_DATA_STREAM:
                changes += self._changes(self._from_data_stream(int.from_bytes(operand, "little")))
            else:
                changes.append((code, operand))
        return changes + self._changes(piece.grpprl)

    def _place(self, character: int) -> tuple[_Piece, _Run | None]:
        """The piece of a character of the text, and the run of its paragraph in the file."""
        piece = self._pieces[bisect_right(self._piece_starts, character) - 1]
        fc = piece.fc + (character - piece.start) * piece.width
        index = bisect_right(self._papx_starts, fc) - 1
        run = self._papx[index] if index >= 0 and fc < self._papx[index].end else None
        return piece, run

    def _without_page_breaks(self, text: str) -> str:
        """The text with line breaks for page breaks: the same character as a section's mark, but only that
        ends a paragraph."""

        def shown(match: re.Match[str]) -> str:
            piece, run = self._place(match.start())
            following = piece.fc + (match.end() - piece.start) * piece.width
            return "\x0b" if run is not None and following < run.end else "\x0c"

        return re.sub("\x0c", shown, text)

    def _changes(self, grpprl: bytes) -> list[Sprm]:
        self._count(grpprl)
        return list(sprms(grpprl))

    def _count(self, grpprl: bytes) -> None:
        self._properties_left -= len(grpprl)
        if self._properties_left < 0:
            raise _damaged("more properties than a document can have")

    def _part(self, place: int) -> bytes:
        """The part of the table stream that a pair (offset, size) of the FIB names."""
        offset, size = struct.unpack_from("<II", self._main, place)
        if offset + size > len(self._table):
            raise _damaged("a part lies outside of the table stream")
        return self._table[offset : offset + size]

    def lists(self) -> tuple[bytes, bytes, bytes]:
        """PlfLst, the LVLs that follow it up to the end of the stream, and PlfLfo."""
        offset, size = struct.unpack_from("<II", self._main, 0x2E2)
        return self._part(0x2E2), self._table[offset + size :], self._part(0x2EA)

    def _from_data_stream(self, offset: int) -> bytes:
        (size,) = struct.unpack_from("<H", self._data, offset)
        return self._data[offset + 2 : offset + 2 + size]

    def _piece_table(self) -> list[_Piece]:
        clx = self._part(0x1A2)
        position = 0
        shared: list[bytes] = []
        while clx[position] == 1:
            (size,) = struct.unpack_from("<H", clx, position + 1)
            shared.append(clx[position + 3 : position + 3 + size])
            position += 3 + size
        if clx[position] != 2:
            raise _damaged("no piece table")
        plc = clx[position + 5 :]
        count = (struct.unpack_from("<I", clx, position + 1)[0] - 4) // 12
        if count < 1 or 4 + 12 * count > len(plc):
            raise _damaged("the piece table is cut")
        places = struct.unpack_from(f"<{count + 1}I", plc)
        if places[0] or places[-1] > len(self._main):
            raise _damaged("more text than the file can hold, or its beginning is lost")
        pieces = []
        for index, (start, end) in enumerate(pairwise(places)):
            fc, prm = struct.unpack_from("<IH", plc, 4 * (count + 1) + 8 * index + 2)
            width = 1 if fc & 0x40000000 else 2
            fc = (fc & 0x3FFFFFFF) // (3 - width)
            if start >= end or fc + (end - start) * width > len(self._main):
                raise _damaged("a piece of the text lies outside of the file")
            pieces.append(_Piece(start, end, fc, width, _piece_properties(prm, shared)))
        return pieces

    def _text(self) -> str:
        replaced = [
            (run.start, run.end, instead)
            for run in self._runs(0xFA, 1)
            if (instead := _shown_instead(run.grpprl)) is not None
        ]
        replaced.sort()
        starts = [start for start, _, _ in replaced]
        parts: list[str] = []
        for piece in self._pieces:
            text = self._piece_text(piece)
            instead = _shown_instead(piece.grpprl)
            if instead is not None:
                parts.append(_put(instead, text))
            else:
                parts.append(_replaced(text, piece, replaced, max(bisect_right(starts, piece.fc) - 1, 0)))
        return "".join(parts)

    def _piece_text(self, piece: _Piece) -> str:
        count = piece.end - piece.start
        raw = self._main[piece.fc : piece.fc + count * piece.width]
        if piece.width == 1:
            return raw.decode("cp1252", errors="replace")
        return "".join(map(chr, struct.unpack(f"<{count}H", raw)))

    def _runs(self, place: int, entry_size: int) -> Iterator[_Run]:
        """The property runs of the pages (FKP) that a PlcBte names: PAPX with entries of 13 bytes, CHPX with
        entries of 1 byte."""
        plc = self._part(place)
        count = max(len(plc) - 4, 0) // 8
        numbers = struct.unpack_from(f"<{count}I", plc, 4 * (count + 1)) if count else ()
        for number in dict.fromkeys(number & 0x3FFFFF for number in numbers):
            page = self._main[number * _PAGE : (number + 1) * _PAGE]
            if len(page) < _PAGE:
                raise _damaged("a page of properties lies outside of the file")
            runs = page[-1]
            bounds = struct.unpack_from(f"<{runs + 1}I", page)
            for index, (start, end) in enumerate(pairwise(bounds)):
                offset = 2 * page[4 * (runs + 1) + entry_size * index]
                style, grpprl = _papx(page, offset) if entry_size > 1 else (0, _chpx(page, offset))
                if start < end:
                    self._count(grpprl)
                    yield _Run(start, end, style, grpprl)


def _papx(page: bytes, offset: int) -> tuple[int, bytes]:
    """The style and the property changes of a paragraph run; offset 0 is the default."""
    if not offset:
        return 0, b""
    size = 2 * page[offset] - 1
    if size < 0:
        offset += 1
        size = 2 * page[offset]
    entry = page[offset + 1 : offset + 1 + size]
    return int.from_bytes(entry[:2], "little"), entry[2:]


def _chpx(page: bytes, offset: int) -> bytes:
    return page[offset + 1 : offset + 1 + page[offset]] if offset else b""


def _piece_properties(prm: int, shared: list[bytes]) -> bytes:
    if prm & 1:
        return shared[prm >> 1] if prm >> 1 < len(shared) else b""
    code = _SHORT_FORMS.get(prm >> 1 & 0x7F)
    return b"" if code is None else struct.pack("<HB", code, prm >> 8)


def _shown_instead(grpprl: bytes) -> str | None:
    """What is shown for each character of a run: NUL for tracked deletions and hidden text, a character of
    a symbol font for its place holder; None where it is the character itself."""
    instead = None
    for code, operand in sprms(grpprl):
        if (code, operand) in _NOT_PRINTED:
            return "\0"
        if code == _C_SYMBOL:
            instead = chr(int.from_bytes(operand[2:], "little"))
    return instead


def _put(character: str, text: str) -> str:
    """The text with this character for all but the marks that make paragraphs and cells."""
    return "".join(shown if shown in _MARKS else character for shown in text)


def _replaced(text: str, piece: _Piece, replaced: list[tuple[int, int, str]], first: int) -> str:
    """The text of a piece with the stretches of the file in `replaced`, from the `first` on, as shown."""
    parts: list[str] = []
    position = 0
    for index in range(first, len(replaced)):
        start, end = ((place - piece.fc) // piece.width for place in replaced[index][:2])
        if start >= len(text):
            break
        start, end = max(start, position), max(end, position)
        instead = replaced[index][2]
        parts += [text[position:start], _put(instead, text[start:end])]
        position = end
    return "".join([*parts, text[position:]])


def _style_sheet(stsh: bytes) -> dict[int, tuple[int, bytes]]:
    """The parent of each style and its own property changes as a paragraph style; a built-in heading or
    title has its outline level."""
    if not stsh:
        return {}
    size, count, base_size = struct.unpack_from("<HHH", stsh)
    position = 2 + size
    styles: dict[int, tuple[int, bytes]] = {}
    for style in range(count):
        (size,) = struct.unpack_from("<H", stsh, position)
        entry = stsh[position + 2 : position + 2 + size]
        position += 2 + size + size % 2
        if len(entry) >= max(base_size, 8):
            number, kind, parts = struct.unpack_from("<HHH", entry)
            is_paragraph_style = kind & 0xF == 1 and parts & 0xF
            own = _style_properties(entry, base_size) if is_paragraph_style else b""
            styles[style] = kind >> 4, _built_in(number & 0xFFF) + own
    return styles


def _built_in(number: int) -> bytes:
    level = 0 if number == _TITLE_STYLE else number - 1
    return struct.pack("<HB", P_OUT_LVL, level) if 0 <= level < 9 else b""


def _style_properties(entry: bytes, base_size: int) -> bytes:
    """The property changes of a paragraph style's own: they follow its name."""
    name_size = int.from_bytes(entry[base_size : base_size + 2], "little")
    start = base_size + 2 * name_size + 4
    size = int.from_bytes(entry[start : start + 2], "little")
    return entry[start + 4 : start + 2 + size]


def _inherited(style: int, styles: dict[int, tuple[int, bytes]]) -> bytes:
    """The property changes of a style and of its ancestors, the farthest first."""
    lists: list[bytes] = []
    while style in styles and len(lists) < _MOST_ANCESTORS:
        style, grpprl = styles[style]
        lists.append(grpprl)
    return b"".join(reversed(lists))


def _word_streams(data: bytes) -> dict[str, bytes]:
    """The streams of the container that a Word document has."""
    streams = streams_of(data, ("WordDocument", "0Table", "1Table", "Data", "\x05SummaryInformation"))
    if "WordDocument" not in streams:
        raise ReadError(IssueCode.UNKNOWN_FORMAT, "an OLE2 file without a Word document")
    return streams


def _damaged(message: str) -> ReadError:
    return ReadError(IssueCode.DAMAGED_FILE, message)
