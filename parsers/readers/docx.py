"""Word documents (.docx, Office Open XML): the package is a zip, the text is one XML part in it.

Read with lxml alone: python-docx repeats merged cells, knows no text boxes and is eight times slower.
"""

from __future__ import annotations

import lzma
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from io import BytesIO
from posixpath import dirname

from lxml import etree

from parsers.model import Block, Document, GridCell, IssueCode, Paragraph, ReadError, Table
from parsers.readers.nesting import cell_text, is_data
from parsers.readers.ooxml import attribute, local_name, number, read_part, val
from parsers.readers.word_styles import Numbering, Styles

MOST_COLUMNS = 63
"""Word's own limit of columns in a table."""

_OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
_DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError, ValueError)
_TRANSPARENT = {"sdt", "sdtContent", "customXml", "smartTag", "ins", "moveTo", "AlternateContent", "Choice"}
_BREAKS = {"br": "\n", "cr": "\n", "tab": " ", "noBreakHyphen": "-"}


def read(data: bytes) -> Document:
    """Paragraphs, text boxes and tables of a .docx in reading order; `meta["title"]` from its properties.

    Tracked deletions are left out, insertions are in. A table of one column is a frame around text: its
    contents come out as blocks of their own. Raises ReadError(DAMAGED_FILE).
    """
    if data.startswith(_OLE_MAGIC):
        raise ReadError(IssueCode.DAMAGED_FILE, "an encrypted document, or an old .doc named .docx")
    try:
        with zipfile.ZipFile(BytesIO(data)) as package:
            main = _main_part(package)
            folder = dirname(main)
            document = read_part(package, main)
            styles = Styles(read_part(package, f"{folder}/styles.xml"))
            numbering = Numbering(read_part(package, f"{folder}/numbering.xml"))
            properties = read_part(package, "docProps/core.xml")
    except _DAMAGE as error:
        raise ReadError(IssueCode.DAMAGED_FILE, f"damaged .docx: {error}") from error
    body = None if document is None else document.find("{*}body")
    if body is None:
        raise ReadError(IssueCode.DAMAGED_FILE, "damaged .docx: the document has no body")
    _drop_hidden(body)
    title = "" if properties is None else (properties.findtext("{*}title") or "").strip()
    blocks = tuple(_BodyReader(styles, numbering).blocks(body))
    return Document(blocks, {"title": title} if title else {})


def _main_part(package: zipfile.ZipFile) -> str:
    """The name of the part that holds the text, as the package's relationships say."""
    relations = read_part(package, "_rels/.rels")
    if relations is None:
        raise ReadError(IssueCode.DAMAGED_FILE, "a zip, but not a Word document")
    for relation in relations:
        name = relation.get("Target", "").lstrip("/")
        if relation.get("Type", "").endswith("/officeDocument") and name.startswith("word/"):
            return str(name)
    raise ReadError(IssueCode.DAMAGED_FILE, "an Office file, but not a Word document")


def _drop_hidden(body: etree._Element) -> None:
    """Takes out what Word does not show or shows struck out: tracked deletions, hidden runs, and the old twin
    of each drawing."""
    for table in list(body.iter("{*}tbl")):
        for row in table.findall("{*}tr"):
            if row.find("{*}trPr/{*}del") is not None:
                table.remove(row)
    for mark in list(body.iter("{*}vanish", "{*}strike", "{*}dstrike")):
        run = next(mark.iterancestors("{*}r"), None)  # None: it belongs to the end of a paragraph
        parent = None if run is None else run.getparent()
        if run is not None and parent is not None and _is_on(mark):
            parent.remove(run)
    etree.strip_elements(body, "{*}del", "{*}moveFrom", "{*}Fallback", with_tail=False)


class _BodyReader:
    """Makes blocks of a document's body, in the order of the text as its numbering counts."""

    def __init__(self, styles: Styles, numbering: Numbering) -> None:
        self.styles = styles
        self.numbering = numbering

    def blocks(self, container: etree._Element) -> Iterator[Block]:
        for child in _children(container, {"p", "tbl"}):
            if local_name(child) == "tbl":
                yield from self._table(child)
                continue
            text = self._text(child)
            if text:
                yield Paragraph(text, level=self.styles.heading_level(child))
            for box in _text_boxes(child):
                yield from self.blocks(box)

    def _text(self, paragraph: etree._Element) -> str:
        """The text of a paragraph with its number, without the text of the drawings in it."""
        place = self.styles.list_place(paragraph)
        label = self.numbering.label(place) if place else ""
        text = "".join(_runs(paragraph)).strip()
        if label and text[:1].isdigit():
            label += " "  # "1." and a figure are not one number
        return label + text if text else ""

    def _table(self, element: etree._Element) -> Iterator[Block]:
        """A table, then the data tables that stand inside its cells."""
        cells: list[GridCell] = []
        contents: list[list[Block]] = []
        merged: dict[int, int] = {}
        """Column to index of the cell that a vertical merge continues there."""
        for row, element_row in enumerate(_children(element, {"tr"})):
            column = _count(element_row, "trPr/gridBefore", least=0)
            for element_cell in _children(element_row, {"tc"}):
                colspan = _count(element_cell, "tcPr/gridSpan", least=1)
                merge = element_cell.find("{*}tcPr/{*}vMerge")
                starts = merge is None or attribute(merge, "val") == "restart"
                above = merged.get(column)
                if not starts and above is not None:
                    cells[above] = _taller(cells[above], row)
                else:
                    blocks = list(self.blocks(element_cell))
                    for covered in range(column, column + colspan):
                        merged.pop(covered, None)
                    if merge is not None:
                        merged[column] = len(cells)
                    cells.append(GridCell(cell_text(blocks), row, column, colspan=colspan))
                    contents.append(blocks)
                column += colspan
        if all(cell.column == 0 and cell.column + cell.colspan == _width(cells) for cell in cells):
            for blocks in contents:
                yield from blocks
            return
        yield Table(tuple(cells))
        for blocks in contents:
            yield from (block for block in blocks if isinstance(block, Table) and is_data(block))


def _children(container: etree._Element, wanted: set[str]) -> Iterator[etree._Element]:
    """The children of the wanted kinds, also those inside content controls and revision marks."""
    for child in container:
        name = local_name(child)
        if name in wanted:
            yield child
        elif name in _TRANSPARENT:
            yield from _children(child, wanted)


def _runs(element: etree._Element) -> Iterator[str]:
    for child in element:
        name = local_name(child)
        if name == "t":
            yield child.text or ""
        elif name in _BREAKS:
            yield _BREAKS[name]
        elif name == "r" and val(child, "rPr/vertAlign") == "superscript":
            yield f"({''.join(_runs(child))})"  # a note: 12 with a raised 1 is not 121
        elif name not in {"pPr", "rPr", "drawing", "pict", "object"}:
            yield from _runs(child)


def _is_on(mark: etree._Element) -> bool:
    """Whether a property is on; it is where it stands without a value."""
    return attribute(mark, "val") not in ("0", "false", "off")


def _text_boxes(element: etree._Element) -> Iterator[etree._Element]:
    """The outermost text boxes anchored in a paragraph."""
    for child in element:
        if local_name(child) == "txbxContent":
            yield child
        else:
            yield from _text_boxes(child)


def _taller(cell: GridCell, row: int) -> GridCell:
    return GridCell(cell.text, cell.row, cell.column, row - cell.row + 1, cell.colspan)


def _width(cells: Iterable[GridCell]) -> int:
    return max((cell.column + cell.colspan for cell in cells), default=0)


def _count(element: etree._Element, path: str, least: int) -> int:
    """A count of grid columns, within what Word allows."""
    return min(max(number(element, path) or 0, least), MOST_COLUMNS)
