"""Word 97-2003 documents (.doc) and those of WPS Office (.wps), which are the same inside."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, replace

from lxml import etree

from parsers.model import Block, Document, IssueCode, Paragraph, ReadError
from parsers.readers.word97 import BROKEN, P_OUT_LVL, T_DEF_TABLE, Sprm, Word97
from parsers.readers.word_rows import MOST_CELLS, CellShape, Flow, Merge
from parsers.readers.word_styles import BODY_TEXT_LEVEL, ListPlace, Numbering

_P_F_IN_TABLE = 0x2416
_P_F_TTP = 0x2417
_P_ITAP = 0x6649
_P_F_INNER_TABLE_CELL = 0x244B
_P_F_INNER_TTP = 0x244C
_T_MERGE = 0x5624
_T_SPLIT = 0x5625
_T_VERT_MERGE = 0xD62B
_P_ILVL = 0x260A
_P_ILFO = 0x460B

_CELL_SIZE = 20
"""Bytes of a TC80, the merges and borders of a cell in sprmTDefTable."""

_LSTF_SIZE, _LFO_SIZE, _LVLF_SIZE = 28, 16, 28
_LONGEST_LABEL = 64
"""Bytes of a list number's template; real ones have a dozen."""
_NUMBER_FORMS = {
    10: "ideographDigital", 11: "japaneseCounting", 18: "decimalEnclosedCircle", 23: "bullet",
    28: "decimalEnclosedCircleChinese", 33: "taiwaneseCounting", 35: "taiwaneseCountingThousand",
    37: "chineseCounting", 39: "chineseCountingThousand", 255: "none",
}  # fmt: skip
"""The number formats (MSONFC) that differ from Arabic digits in what a report prints, as .docx names them."""

_PARAGRAPH = re.compile("([^\x07\x0c\r]*)([\x07\x0c\r]|$)")
_FIELD_MARK = re.compile("[\x13-\x15]")
_SHOWN = {code: None for code in range(32)} | {0x09: " ", 0x0B: "\n", 0x0E: "\n", 0x1E: "-"}
"""What the control characters print: a tab, breaks of line and column, a hyphen; the rest nothing."""


def read(data: bytes) -> Document:
    """Paragraphs and tables of a .doc or .wps in reading order, text boxes behind the body;
    `meta["title"]` from its properties.

    Tracked deletions and hidden text are left out, of a field its result is kept. A table of one column is
    a frame around text: its contents come out as blocks of their own. Raises ReadError(DAMAGED_FILE), for
    encrypted files too, and ReadError(UNKNOWN_FORMAT) for Word 95 and older, and OLE2 files of other kinds.
    """
    try:
        word = Word97(data)
        numbering = _numbering(word)
        blocks = _blocks(word, numbering, word.main_text, 0)
        blocks += _blocks(word, numbering, word.box_text, word.box_start)
    except BROKEN as error:
        raise ReadError(IssueCode.DAMAGED_FILE, "damaged .doc: a structure is cut") from error
    return Document(tuple(blocks), {"title": word.title} if word.title else {})


def _blocks(word: Word97, numbering: Numbering, story: str, offset: int) -> list[Block]:
    """The blocks of a story; `offset` is its place in the text of the file."""
    flow = Flow()
    for match in _PARAGRAPH.finditer(_without_field_codes(story)):
        mark = match[2]
        text = match[1].translate(_SHOWN).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        text = text.strip()
        if not mark:
            flow.add([Paragraph(text)] if text else [], 0)
            continue
        properties = _properties(word.paragraph(offset + match.start(2)))
        depth = properties.depth
        if mark == "\x07":
            depth = max(depth, 1)
        if properties.ends_row:
            flow.end_row(depth, properties.shapes)
            continue
        label = numbering.label(properties.list_place) if properties.list_place else ""
        if label and text[:1].isdigit():
            label += " "  # "1." and a figure are not one number
        flow.add([Paragraph(label + text, level=properties.level)] if text else [], depth)
        if mark == "\x07" or properties.ends_inner_cell:
            flow.end_cell(depth)
    return flow.finish()


def _without_field_codes(story: str) -> str:
    """The story, as long as before, with the codes of fields blanked; their results stay."""
    parts: list[str] = []
    in_code: list[bool] = []
    codes = position = 0
    for match in _FIELD_MARK.finditer(story):
        parts.append(_blank_if(codes > 0, story[position : match.start()]) + "\0")
        position = match.end()
        if match[0] == "\x13":
            in_code.append(True)
            codes += 1
        elif in_code:
            codes -= in_code.pop()
            if match[0] == "\x14":
                in_code.append(False)
    parts.append(_blank_if(codes > 0, story[position:]))
    return "".join(parts)


def _blank_if(is_code: bool, text: str) -> str:
    return re.sub("[^\x07\x0c\r]", "\0", text) if is_code else text


@dataclass(frozen=True, slots=True)
class _Properties:
    """What the reader needs of a paragraph; `shapes` are the cells of the row that it ends."""

    depth: int
    ends_row: bool
    ends_inner_cell: bool
    level: int | None
    list_place: ListPlace | None
    shapes: tuple[CellShape, ...]


def _properties(changes: list[Sprm]) -> _Properties:
    last = {code: operand for code, operand in changes}
    in_table = last.get(_P_F_IN_TABLE, b"\0") != b"\0"
    depth = max(int.from_bytes(last.get(_P_ITAP, b"\1"), "little", signed=True), 1) if in_table else 0
    ends_row = last.get(_P_F_TTP, b"\0") != b"\0" or (depth > 1 and last.get(_P_F_INNER_TTP, b"\0") != b"\0")
    outline = last.get(P_OUT_LVL, b"\x09")[0]
    return _Properties(
        depth=max(depth, 1) if ends_row else depth,
        ends_row=ends_row,
        ends_inner_cell=depth > 1 and last.get(_P_F_INNER_TABLE_CELL, b"\0") != b"\0",
        level=min(outline + 1, 6) if outline < BODY_TEXT_LEVEL else None,
        list_place=_list_place(last),
        shapes=_shapes(changes) if ends_row else (),
    )


def _list_place(last: dict[int, bytes]) -> ListPlace | None:
    list_id = int.from_bytes(last.get(_P_ILFO, b"\0"), "little", signed=True)
    return ListPlace(str(list_id), last.get(_P_ILVL, b"\0")[0]) if list_id > 0 else None


def _shapes(changes: list[Sprm]) -> tuple[CellShape, ...]:
    """The cells of a row from its definition and the merges that changed it later."""
    shapes: list[CellShape] = []
    for code, operand in changes:
        if code == T_DEF_TABLE:
            shapes = _defined(operand)
        elif code == _T_VERT_MERGE and operand[1] < len(shapes):
            shapes[operand[1]] = replace(shapes[operand[1]], down=_down(operand[2] & 1, operand[2] & 2))
        elif code in (_T_MERGE, _T_SPLIT):
            for cell in range(operand[0], min(operand[1], len(shapes))):
                merge = Merge.FIRST if cell == operand[0] else Merge.REST
                shapes[cell] = replace(shapes[cell], across=merge if code == _T_MERGE else Merge.NONE)
    return tuple(shapes)


def _defined(operand: bytes) -> list[CellShape]:
    """The cells of sprmTDefTable: their edges, and as far as written the flags of each."""
    count = operand[2] if len(operand) > 2 else 0
    if not 0 < count <= MOST_CELLS or len(operand) < 3 + 2 * (count + 1):
        return []
    edges = struct.unpack_from(f"<{count + 1}h", operand, 3)
    flags = operand[3 + 2 * (count + 1) :]
    shapes: list[CellShape] = []
    first = 0
    for cell in range(count):
        bits = int.from_bytes(flags[cell * _CELL_SIZE : cell * _CELL_SIZE + 2], "little")
        # Writers disagree which of the two bits is the first cell's; it is the one that opens the group.
        across = Merge.NONE
        if bits & 3:
            opens = not first or bits & 3 == first
            first = bits & 3 if opens else first
            across = Merge.FIRST if opens else Merge.REST
        else:
            first = 0
        shapes.append(CellShape(edges[cell], edges[cell + 1], across, _down(bits & 0x20, bits & 0x40)))
    return shapes


def _down(merged: int, restart: int) -> Merge:
    if restart:
        return Merge.FIRST
    return Merge.REST if merged else Merge.NONE


def _numbering(word: Word97) -> Numbering:
    """The lists of the file; where they are broken the text is read without its numbers."""
    root = etree.Element("numbering")
    try:
        _add_lists(root, *word.lists())
    except BROKEN:
        return Numbering(None)
    return Numbering(root)


def _add_lists(root: etree._Element, plf_lst: bytes, levels: bytes, plf_lfo: bytes) -> None:
    """Tells the lists of the file in the terms of .docx, so that one counter serves both."""
    position = 0
    for start in range(2, len(plf_lst) - _LSTF_SIZE + 1, _LSTF_SIZE):
        kind = etree.SubElement(root, "abstractNum", abstractNumId=plf_lst[start : start + 4].hex())
        for number in range(1 if plf_lst[start + 26] & 1 else 9):
            level = etree.SubElement(kind, "lvl", ilvl=str(number))
            position = _add_level(level, levels, position)
    count = min(int.from_bytes(plf_lfo[:4], "little"), len(plf_lfo) // _LFO_SIZE)
    position = 4 + count * _LFO_SIZE
    for index in range(count):
        lfo = plf_lfo[4 + index * _LFO_SIZE : 4 + (index + 1) * _LFO_SIZE]
        entry = etree.SubElement(root, "num", numId=str(index + 1))
        etree.SubElement(entry, "abstractNumId", val=lfo[:4].hex())
        position += 4
        for _ in range(lfo[12]):
            start_at, flags = struct.unpack_from("<iI", plf_lfo, position)
            position += 8
            override = etree.SubElement(entry, "lvlOverride", ilvl=str(flags & 0xF))
            if flags & 0x20:
                position = _add_level(override, plf_lfo, position)
            elif flags & 0x10:
                etree.SubElement(override, "startOverride", val=str(max(start_at, 0)))


def _add_level(level: etree._Element, levels: bytes, position: int) -> int:
    """Reads an LVL into its element; gives the place of the next one."""
    start, form = struct.unpack_from("<iB", levels, position)
    position += _LVLF_SIZE + levels[position + 24] + levels[position + 25]
    size = 2 * int.from_bytes(levels[position : position + 2], "little")
    position += 2
    template = levels[position : position + min(size, _LONGEST_LABEL)].decode("utf-16-le", "replace")
    text = "".join(f"%{ord(c) + 1}" if c < "\x09" else c for c in template if c < "\x09" or c.isprintable())
    etree.SubElement(level, "start", val=str(max(start, 0)))
    is_number = any(c < "\x09" for c in template)
    etree.SubElement(level, "numFmt", val=_NUMBER_FORMS.get(form, "decimal") if is_number else "bullet")
    etree.SubElement(level, "lvlText", val=text)
    return position + size
