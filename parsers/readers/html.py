"""HTML pages, read into paragraphs and tables.

lxml builds the tree. Where its parser drops table cells that the source holds (markup nested beyond its
depth limit, editors' broken tags), BeautifulSoup builds it instead, many times slower.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, cast

from bs4 import BeautifulSoup
from lxml import etree

from parsers.charset import decode_html
from parsers.embedded import embedded_markup
from parsers.model import Block, Document, Geometry, GridCell, IssueCode, Paragraph, ReadError, Table
from parsers.readers.shown import show_cells
from parsers.readers.text import blocks_of
from parsers.values import is_blank

_SKIPPED = frozenset(
    {"script", "style", "head", "noscript", "template", "select", "textarea", "button", "iframe"}
)
_BREAKING = frozenset(
    {"p", "div", "br", "li", "ul", "ol", "dl", "dt", "dd", "section", "article", "header", "footer", "center",
     "blockquote", "tr", "td", "th", "table", "tbody", "thead", "form", "hr", "main", "aside", "nav", "body",
     "h1", "h2", "h3", "h4", "h5", "h6"}
)  # fmt: skip
_LEVELS = {f"h{level}": level for level in range(1, 7)}
_TAG = re.compile("<[a-zA-Z/!]")
_TABLE = re.compile(r"<table\b.*?</table\s*>", re.IGNORECASE | re.DOTALL)
_TABLE_START, _TABLE_END = re.compile(r"<table\b", re.IGNORECASE), re.compile(r"</table\b", re.IGNORECASE)
_SHELL = re.compile(r"</?(?:html|body)\b[^>]*>", re.IGNORECASE)
_CELLS_READ = etree.XPath("count(//td) + count(//th)")
_CELL_TAG = re.compile(r"<t[dh][\s>/]", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_WRAPPER = re.compile(
    r"</?(div|section|article|center|main|aside|nav|header|footer|form|blockquote|span|font|b|i|u|em|strong|a|o:p)"
    r"(?=[\s/>])[^>]*>",
    re.IGNORECASE,
)
_DOCUMENT_END = re.compile(r"</(?:body|html)\s*>", re.IGNORECASE)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_XPATH_STRING = etree.XPath("string()", smart_strings=False)
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\n\f\v]+")
_MAX_SPAN = 1000  # the limit of the HTML standard for colspan
_LAYOUT_TEXT = 400  # a cell with more text than any label of a form holds an article


def read(data: bytes, http_charset: str | None = None) -> Document:
    """Reads a page; raises ReadError if no markup can be found in it."""
    return read_with_elements(data, http_charset).document


class Page(NamedTuple):
    """A page that was read, its elements, and of each table of the document those of its cells, in order;
    none for a table of preformatted text. A text in which only the tables are markup has no elements."""

    document: Document
    root: etree._Element | None
    cells: list[list[etree._Element]]


def read_with_elements(data: bytes, http_charset: str | None = None) -> Page:
    """As `read`, for who shows the page itself."""
    text = decode_html(data, http_charset)
    if (blocks := _text_with_tables(text)) is not None:
        return Page(Document(tuple(blocks)), None, [])
    return _read_page(text + embedded_markup(text))


def _text_with_tables(text: str) -> list[Block] | None:
    """The blocks of plain text in which only the tables are markup, as converters to markdown write; None for
    a page, where line breaks mean nothing."""
    first = _TABLE_START.search(text)
    if first is None or _TAG.search(_SHELL.sub("", text[: first.start()])):
        return None
    if len(_TABLE_START.findall(text)) != len(_TABLE_END.findall(text)):
        return None
    tables = list(_TABLE.finditer(text))
    around = [_SHELL.sub("", piece) for piece in _TABLE.split(text)]
    lines = sum(piece.strip().count("\n") for piece in around)
    if lines < len(tables) or any(_TAG.search(piece) for piece in around):
        return None
    if any(_TABLE_START.search(table[0], 1) for table in tables):
        return None
    blocks = blocks_of(around[0])
    for table, piece in zip(tables, around[1:], strict=True):
        blocks += [*_read_page(table[0]).document.blocks, *blocks_of(piece)]
    return blocks


def _read_page(text: str) -> Page:
    root = _tree(text)
    show_cells(root, text)
    walker = _Walker()
    walker.walk(root)
    walker.end_paragraph()
    return Page(Document(tuple(walker.blocks), _meta(root)), root, walker.cells)


def _tree(text: str) -> etree._Element:
    # libxml2 drops what follows the first end of a document; pages hold whole documents pasted into them.
    text = _DOCUMENT_END.sub("", _XML_DECLARATION.sub("", text.replace("\x00", "")))
    root = etree.fromstring(text, etree.HTMLParser())
    if root is None:
        raise ReadError(IssueCode.DAMAGED_FILE, "no HTML in it")
    read = cast(float, _CELLS_READ(root))
    if len(_CELL_TAG.findall(text)) > read and len(_CELL_TAG.findall(_COMMENT.sub("", text))) > read:
        # Tags that only wrap are what nests too deep; BeautifulSoup closes what is left open.
        flat = _WRAPPER.sub(lambda tag: "<br>" if tag[1].lower() in _BREAKING else "", text)
        root = etree.fromstring(str(BeautifulSoup(flat, "html.parser")), etree.HTMLParser(huge_tree=True))
    return root


def _meta(root: etree._Element) -> dict[str, str]:
    meta = {}
    for element in root.iter("meta"):
        name, content = element.get("name") or element.get("property"), element.get("content")
        if name and content and name.lower() not in meta:
            meta[name.lower()] = content.strip()
    title = root.find(".//title")
    if title is not None and title.text:
        meta["title"] = _SPACES.sub(" ", _string(title)).strip()
    return meta


class _Walker:
    """Walks the tree in reading order and collects blocks."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.cells: list[list[etree._Element]] = []
        self.pieces: list[str] = []

    def walk(self, element: etree._Element) -> None:
        # An explicit stack: hostile pages nest deeper than Python may recurse.
        stack: list[tuple[etree._Element, bool]] = [(element, False)]
        while stack:
            node, leaving = stack.pop()
            tag = node.tag
            if leaving:
                self._leave(node)
                continue
            if not isinstance(tag, str) or tag in _SKIPPED:
                self.pieces.append(node.tail or "")
                continue
            if tag == "pre":
                self.end_paragraph()
                found = blocks_of(_string(node))
                self.blocks += found
                self.cells += [[] for block in found if isinstance(block, Table)]
                self.pieces.append(node.tail or "")
                continue
            if tag == "table" and (read := _data_table(node)) is not None:
                self.end_paragraph()
                self.blocks.append(read[0])
                self.cells.append(read[1])
                self.pieces.append(node.tail or "")
                continue
            if tag in _BREAKING:
                self.end_paragraph()
            self.pieces.append(node.text or "")
            if len(node) == 0:
                self._leave(node)
                continue
            stack.append((node, True))
            stack += [(child, False) for child in reversed(node)]

    def _leave(self, node: etree._Element) -> None:
        if node.tag in _BREAKING:
            self.end_paragraph(_LEVELS.get(node.tag))
        self.pieces.append(node.tail or "")

    def end_paragraph(self, level: int | None = None) -> None:
        text = "".join(self.pieces)
        self.pieces = []
        if not text or text.isspace():
            return
        text = _SPACES.sub(" ", text).strip()
        if not is_blank(text):
            self.blocks.append(Paragraph(text, level=level))


def _data_table(table: etree._Element) -> tuple[Table, list[etree._Element]] | None:
    """The table's cells at their places in the grid, spans expanded as browsers do, and the element of each;
    None if the table only places other content: it holds tables, a cell holds an article, or all cells stand
    in one column."""
    if next(table.iterdescendants("table"), None) is not None:
        return None
    cells: list[GridCell] = []
    elements: list[etree._Element] = []
    taken: dict[int, int] = {}  # column -> first row that is free again
    shown = (row for row in table.iter("tr") if not ((style := row.get("style")) and _HIDDEN.search(style)))
    for row, element in enumerate(shown):
        column = 0
        for cell in element.iterchildren("td", "th"):
            while taken and taken.get(column, 0) > row:
                column += 1
            wide, high = cell.get("colspan"), cell.get("rowspan")
            colspan, rowspan = _span(wide) if wide else 1, _span(high) if high else 1
            text = _cell_text(cell)
            if len(text) > _LAYOUT_TEXT:
                return None
            cells.append(GridCell(text, row, column, rowspan, colspan))
            elements.append(cell)
            if rowspan > 1:
                for covered in range(column, column + colspan):
                    taken[covered] = max(row + rowspan, taken.get(covered, 0))
            column += colspan
    if not any(cell.column for cell in cells):
        return None
    return Table(tuple(cells), Geometry.GRID), elements


def _span(printed: str) -> int:
    digits = re.match(r"\s*(\d{1,9})", printed)
    return min(max(int(digits[1]), 1), _MAX_SPAN) if digits else 1


def _cell_text(cell: etree._Element) -> str:
    """Text of a cell; block elements and <br> break the line, blanks of the source do not."""
    text = _only_text(cell)
    if text is None and _is_one_line(cell):
        text = _string(cell)
    if text is not None:
        return _one_line(text)
    lines = "".join(_text_pieces(cell)).split("\n")
    return "\n".join(filter(None, map(_one_line, lines)))


def _only_text(cell: etree._Element) -> str | None:
    """The text of a cell that holds one text and nothing else, however often editors wrapped it."""
    node = cell
    while len(node) == 1:
        inner = node[0]
        if not _is_empty(inner.tail):
            return None
        if not _is_empty(node.text):
            # Word ends a text with an element for nothing.
            return node.text if inner.tag == "o:p" and len(inner) == 0 and _is_empty(inner.text) else None
        node = inner
    shown = node is cell or (isinstance(node.tag, str) and node.tag not in _SKIPPED)
    return (node.text or "") if len(node) == 0 and shown else None


def _is_empty(text: str | None) -> bool:
    return text is None or text.isspace()


def _one_line(text: str) -> str:
    return text if text.isalnum() or not text else _SPACES.sub(" ", text).strip()


def _is_one_line(cell: etree._Element) -> bool:
    """Whether all text of a cell is shown, and in one line."""
    blocks = 0
    for node in cell.iterdescendants():
        tag = node.tag
        if tag in _BREAKING:
            blocks += 1
            if blocks > 1 or tag == "br":
                return False
        elif tag in _SKIPPED or not isinstance(tag, str):
            return False
    return True


def _text_pieces(cell: etree._Element) -> Iterator[str]:
    for event, node in etree.iterwalk(cell, events=("start", "end", "comment", "pi")):
        if event == "start":
            if node.tag in _BREAKING:
                yield "\n"
            if node.tag not in _SKIPPED:
                yield _SPACES.sub(" ", node.text or "")
        elif node is not cell:
            yield _SPACES.sub(" ", node.tail or "")


def _string(element: etree._Element) -> str:
    return str(_XPATH_STRING(element))
