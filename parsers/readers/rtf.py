"""Rich Text Format documents, which many a .doc is inside.

Own reader: the Python libraries at hand give the text of an RTF file without its tables.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from parsers.model import Block, Document, IssueCode, Paragraph, ReadError
from parsers.readers.word_rows import MOST_CELLS, CellShape, Flow, Merge
from parsers.readers.word_styles import BODY_TEXT_LEVEL

DEEPEST_GROUP = 1000
"""Word nests groups a few dozen deep; more is an attack."""

_TOKEN = re.compile(
    rb"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?[0-9]{1,10})?[ ]?"
    rb"|\\'(?P<byte>[0-9a-fA-F]{2})|\\(?P<symbol>[^a-zA-Z])|(?P<brace>[{}])|[\r\n\0]+|(?P<text>[^\\{}\r\n\0]+)"
)
_STYLE_NAME = re.compile(r"heading ([1-9])|title", re.IGNORECASE)
_CODE_PAGES = {936: "gb18030", 54936: "gb18030", 950: "big5hkscs", 65001: "utf-8"}
_FONT_CHARSETS = {134: "gb18030", 136: "big5hkscs"}
_LATIN = "cp1252"

_SKIPPED = {
    "annotation", "colortbl", "comment", "filetbl", "footer", "footerf", "footerl", "footerr", "footnote",
    "header", "headerf", "headerl", "headerr", "nonesttables", "nonshppict", "pict", "rxe", "shprslt", "sp",
    "tc", "template", "txe", "upr", "xe",
}  # fmt: skip
"""Destinations that are not text of the body, or a twin of it for older readers."""
_READ_THOUGH_OPTIONAL = {"shpinst", "nesttableprops", "shptxt", "ud"}
"""Destinations behind the mark for older readers to skip that hold text or rows."""
_SYMBOLS = {b"~": "\u00a0", b"_": "-", b"\\": "\\", b"{": "{", b"}": "}", b"\t": " "}
_CHARACTERS = {
    "tab": " ", "line": "\n", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”",
    "bullet": "•", "endash": "–", "emdash": "—", "emspace": " ", "enspace": " ", "qmspace": " ",
    "softline": "\n",
}  # fmt: skip


def read(data: bytes) -> Document:
    """Paragraphs and tables of an RTF file in reading order, a text box behind the paragraph that holds it;
    `meta["title"]` from its properties.

    Tracked deletions and hidden text are left out, of a field its result is kept. A table of one column is
    a frame around text: its contents come out as blocks of their own. Raises ReadError(DAMAGED_FILE).
    """
    if not data.lstrip(b"\xef\xbb\xbf\r\n\t ").startswith(b"{\\rtf"):
        raise ReadError(IssueCode.DAMAGED_FILE, "not an RTF file")
    return _Reader().read(data)


@dataclass(slots=True)
class _State:
    """What a group has of its own and inherits: where its text goes, and the properties of text."""

    destination: str = ""
    """"" for text of the document, else "skip", "fonttbl", "stylesheet", "info" or "title"."""
    around: str = ""
    """The destination of the group outside of a skipped one."""
    deleted: bool = False
    hidden: bool = False
    codec: str | None = None
    skip_after_unicode: int = 1
    depth: int = 0
    level: int | None = None


@dataclass(slots=True)
class _Row:
    """A row definition in the making."""

    left: int = 0
    across: Merge = Merge.NONE
    down: Merge = Merge.NONE
    shapes: list[CellShape] = field(default_factory=list)

    def end_cell(self, right: int) -> None:
        if len(self.shapes) <= MOST_CELLS:
            left = self.shapes[-1].right if self.shapes else min(self.left, right - 1)
            self.shapes.append(CellShape(left, right, self.across, self.down))
        self.across = self.down = Merge.NONE


class _Story:
    """The body or a text box: its blocks, and the paragraph that is open."""

    def __init__(self) -> None:
        self.flow = Flow()
        self.text: list[str] = []
        self.label = ""
        """The number of a list that stands before the text of the paragraph."""
        self.boxes: list[Block] = []

    def take_label(self, start: int) -> None:
        """Makes the text from `start` on the label, if it is more than a bullet (Word has one like an o)."""
        label = "".join(self.text[start:]).strip()
        del self.text[start:]
        self.label = label if label != "o" and any(map(str.isalnum, label)) else ""

    def end_paragraph(self, depth: int, level: int | None) -> None:
        text = "".join(self.text).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").strip()
        if self.label and text[:1].isdigit():
            self.label += " "  # "1." and a figure are not one number
        text = self.label + text if text else ""
        self.flow.add([Paragraph(text, level=level)] if text else [], depth)
        self.flow.add(self.boxes, depth)
        self.text, self.label, self.boxes = [], "", []

    def finish(self) -> list[Block]:
        if self.text or self.boxes:
            self.end_paragraph(0, None)
        return self.flow.finish()


class _Reader:
    def __init__(self) -> None:
        self.state = _State()
        self.groups: list[tuple[_State, Callable[[], None] | None]] = []
        """The states around the open group, with what is to be done at its end."""
        self.stories = [_Story()]
        self.row = _Row()
        self.codec = _LATIN
        self.fonts: dict[int, str] = {}
        self.font = 0
        self.levels: dict[int, int | None] = {}
        """The heading level of a paragraph style."""
        self.style = 0
        self.title: list[str] = []
        self.bytes = bytearray()
        """Text in the open group's code page: a character may come as two escapes."""
        self.to_skip = 0
        """Characters still to come that stand for a Unicode character in older readers."""
        self.optional = False

    def read(self, data: bytes) -> Document:
        position = data.index(b"{")
        while match := _TOKEN.match(data, position):
            position = match.end()
            kind = match.lastgroup
            if kind in ("word", "number"):
                number = None if match["number"] is None else int(match["number"])
                if match["word"] == b"bin":
                    position += max(number or 0, 0)
                else:
                    self._word(match["word"].decode("ascii"), number)
            elif kind == "byte":
                self._bytes(bytes.fromhex(match["byte"].decode("ascii")))
            elif kind == "text":
                self._bytes(match["text"])
            elif kind == "symbol":
                self._symbol(match["symbol"])
            elif kind == "brace" and match["brace"] == b"{":
                self._open_group()
            elif kind == "brace":
                self._close_group()
                if not self.groups:
                    break
        if self.groups:
            raise ReadError(IssueCode.DAMAGED_FILE, "the RTF file is cut: groups are left open")
        title = "".join(self.title).strip()
        return Document(tuple(self.stories[0].finish()), {"title": title} if title else {})

    def _open_group(self) -> None:
        if len(self.groups) == DEEPEST_GROUP:
            raise ReadError(IssueCode.DAMAGED_FILE, "groups nested too deep for an RTF file")
        self._flush()
        self.to_skip = 0
        self.optional = False
        self.groups.append((self.state, None))
        self.state = replace(self.state)

    def _close_group(self) -> None:
        self._flush()
        self.to_skip = 0
        self.state, at_end = self.groups.pop()
        if at_end is not None:
            at_end()

    def _at_group_end(self, action: Callable[[], None]) -> None:
        self.groups[-1] = self.groups[-1][0], action

    def _bytes(self, text: bytes) -> None:
        if self.to_skip:
            skipped = min(self.to_skip, len(text))
            self.to_skip -= skipped
            text = text[skipped:]
        if self.state.destination in ("", "title", "stylesheet"):
            self.bytes += text

    def _flush(self) -> None:
        if self.bytes:
            text = self.bytes.decode(self.state.codec or self.codec, errors="replace")
            self.bytes.clear()
            self._put(text)

    def _put(self, text: str) -> None:
        if self.state.destination == "title":
            self.title.append(text)
        elif self.state.destination == "stylesheet":
            if name := _STYLE_NAME.fullmatch(text.strip("; ")):
                self.levels[self.style] = _level(int(name[1] or 1) - 1)
        elif not (self.state.destination or self.state.deleted or self.state.hidden):
            self.stories[-1].text.append(text)

    def _character(self, text: str) -> None:
        if self.to_skip:
            self.to_skip -= 1
            return
        self._flush()
        self._put(text)

    def _symbol(self, symbol: bytes) -> None:
        if symbol in b"\r\n":
            self._word("par", None)
        elif symbol == b"*":
            self.optional = True
        elif symbol in b"\\{}":
            self._bytes(symbol)
        elif symbol in _SYMBOLS:
            self._character(_SYMBOLS[symbol])

    def _word(self, word: str, number: int | None) -> None:
        optional, self.optional = self.optional, False
        state = self.state
        if word == "u":
            self._flush()
            self._put(chr((number or 0) & 0xFFFF))
            self.to_skip = state.skip_after_unicode
            return
        if word in _CHARACTERS:
            self._character(_CHARACTERS[word])
            return
        if self.to_skip:
            self.to_skip -= 1
        self._flush()
        if word in _SKIPPED or (optional and word not in _READ_THOUGH_OPTIONAL):
            state.around, state.destination = state.destination, "skip"
        elif word == "ud":
            state.destination = state.around
        elif state.destination == "fonttbl":
            self._font_table(word, number)
        elif state.destination == "stylesheet":
            self._style_sheet(word, number)
        elif state.destination == "info":
            state.destination = "title" if word == "title" else "info"
        elif not state.destination:
            self._body_word(word, number)

    def _font_table(self, word: str, number: int | None) -> None:
        if word == "f":
            self.font = number or 0
        elif word == "fcharset" and number in _FONT_CHARSETS:
            self.fonts[self.font] = _FONT_CHARSETS[number]

    def _style_sheet(self, word: str, number: int | None) -> None:
        if word == "s":
            self.style = number or 0
        elif word == "outlinelevel":
            self.levels[self.style] = _level(number or 0)

    def _body_word(self, word: str, number: int | None) -> None:
        state = self.state
        match word:
            case "fonttbl" | "stylesheet" | "info":
                state.destination = word
            case "ansicpg":
                self.codec = _codec(number or 0)
            case "uc":
                state.skip_after_unicode = max(number or 0, 0)
            case "f":
                state.codec = self.fonts.get(number or 0)
            case "plain":
                state.deleted, state.hidden, state.codec = False, False, None
            case "deleted":
                state.deleted = number != 0
            case "v":
                state.hidden = number != 0
            case "pard":
                state.depth, state.level = 0, None
            case "intbl" | "itap":
                state.depth = max(number or 0, 0) if word == "itap" else max(state.depth, 1)
            case "outlinelevel":
                state.level = _level(number or 0)
            case "s":
                state.level = self.levels.get(number or 0)
            case _:
                self._structure(word, number)

    def _structure(self, word: str, number: int | None) -> None:
        """The ends of paragraphs, cells and rows, the definitions of rows, and text boxes."""
        story, state, row = self.stories[-1], self.state, self.row
        nested = max(state.depth, 2)
        match word:
            case "par" | "sect" | "page":
                story.end_paragraph(state.depth, state.level)
            case "cell" | "nestcell":
                depth = 1 if word == "cell" else nested
                story.end_paragraph(depth, state.level)
                story.flow.end_cell(depth)
            case "row" | "nestrow":
                story.flow.end_row(1 if word == "row" else nested, tuple(row.shapes))
            case "trowd":
                self.row = _Row()
            case "trleft":
                row.left = number or 0
            case "cellx":
                row.end_cell(number or 0)
            case "clmgf" | "clmrg":
                row.across = Merge.FIRST if word == "clmgf" else Merge.REST
            case "clvmgf" | "clvmrg":
                row.down = Merge.FIRST if word == "clvmgf" else Merge.REST
            case "nesttableprops":
                self._at_group_end(lambda: setattr(self, "row", row))
            case "listtext" | "pntext":
                self._at_group_end(partial(story.take_label, len(story.text)))
            case "shptxt":
                self._open_box()

    def _open_box(self) -> None:
        self.stories.append(_Story())
        self.state.depth, self.state.level = 0, None

        def close() -> None:
            box = self.stories.pop()
            self.stories[-1].boxes += box.finish()

        self._at_group_end(close)


def _level(outline: int) -> int | None:
    """1 to 6 for an outline level of headings, None for body text."""
    return min(outline + 1, 6) if 0 <= outline < BODY_TEXT_LEVEL else None


def _codec(code_page: int) -> str:
    """The codec of a Windows code page; GBK is read as its superset."""
    name = _CODE_PAGES.get(code_page, f"cp{code_page}")
    try:
        return codecs.lookup(name).name
    except LookupError:
        return _LATIN
