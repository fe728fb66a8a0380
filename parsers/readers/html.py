"""HTML pages, read into paragraphs and tables.

lxml builds the tree. Where its parser drops table cells that the source holds (markup nested beyond its
depth limit, editors' broken tags), BeautifulSoup builds it instead, many times slower.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup
from lxml import etree, html

from parsers.charset import decode_html
from parsers.model import Block, Document, Geometry, GridCell, IssueCode, Paragraph, ReadError, Table
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
_CELL_TAG = re.compile(r"<t[dh][\s>/]", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_SPACES = re.compile(r"[ \t\r\n\f\v]+")
_MAX_SPAN = 1000  # the limit of the HTML standard for colspan
_LAYOUT_TEXT = 400  # a cell with more text than any label of a form holds an article


def read(data: bytes, http_charset: str | None = None) -> Document:
    """Reads a page; raises ReadError if no markup can be found in it."""
    text = decode_html(data, http_charset)
    root = _tree(text)
    walker = _Walker()
    walker.walk(root)
    walker.end_paragraph()
    return Document(tuple(walker.blocks), _meta(root))


def _tree(text: str) -> html.HtmlElement:
    text = text.replace("\x00", "")
    try:
        root = html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))
    except (etree.ParserError, etree.XMLSyntaxError) as error:
        raise ReadError(IssueCode.DAMAGED_FILE, f"no HTML in it: {error}") from None
    printed = len(_CELL_TAG.findall(_COMMENT.sub("", text)))
    if printed > sum(1 for _ in root.iter("td", "th")):
        # BeautifulSoup writes the tree that it understood with every tag closed.
        repaired = BeautifulSoup(text, "html.parser")
        root = html.document_fromstring(str(repaired), parser=html.HTMLParser(huge_tree=True))
    return root


def _meta(root: html.HtmlElement) -> dict[str, str]:
    meta = {}
    for element in root.iter("meta"):
        name, content = element.get("name") or element.get("property"), element.get("content")
        if name and content and name.lower() not in meta:
            meta[name.lower()] = content.strip()
    title = root.find(".//title")
    if title is not None and title.text:
        meta["title"] = _SPACES.sub(" ", title.text_content()).strip()
    return meta


class _Walker:
    """Walks the tree in reading order and collects blocks."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.pieces: list[str] = []

    def walk(self, element: html.HtmlElement) -> None:
        # An explicit stack: hostile pages nest deeper than Python may recurse.
        stack: list[tuple[html.HtmlElement, bool]] = [(element, False)]
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
                self.blocks += blocks_of(node.text_content())
                self.pieces.append(node.tail or "")
                continue
            if tag == "table" and not _is_layout(node):
                self.end_paragraph()
                self.blocks.append(_table(node))
                self.pieces.append(node.tail or "")
                continue
            if tag in _BREAKING:
                self.end_paragraph()
            self.pieces.append(node.text or "")
            stack.append((node, True))
            stack += [(child, False) for child in reversed(node)]

    def _leave(self, node: html.HtmlElement) -> None:
        if node.tag in _BREAKING:
            level = int(node.tag[1]) if re.fullmatch("h[1-6]", node.tag) else None
            self.end_paragraph(level)
        self.pieces.append(node.tail or "")

    def end_paragraph(self, level: int | None = None) -> None:
        text = _SPACES.sub(" ", "".join(self.pieces)).strip()
        self.pieces = []
        if not is_blank(text):
            self.blocks.append(Paragraph(text, level=level))


def _is_layout(table: html.HtmlElement) -> bool:
    """Whether the table only places other content: it holds tables, or a cell holds an article."""
    if next(table.iterdescendants("table"), None) is not None:
        return True
    return any(len(cell.text_content()) > _LAYOUT_TEXT for cell in table.iter("td", "th"))


def _span(cell: html.HtmlElement, name: str) -> int:
    digits = re.match(r"\s*(\d{1,9})", cell.get(name) or "1")
    return min(max(int(digits[1]), 1), _MAX_SPAN) if digits else 1


def _table(table: html.HtmlElement) -> Table:
    """The table's cells at their places in the grid, spans expanded as browsers do."""
    cells: list[GridCell] = []
    taken: dict[int, int] = {}  # column -> first row that is free again
    for row, element in enumerate(table.iter("tr")):
        column = 0
        for cell in element:
            if cell.tag not in ("td", "th"):
                continue
            while taken.get(column, 0) > row:
                column += 1
            colspan, rowspan = _span(cell, "colspan"), _span(cell, "rowspan")
            cells.append(GridCell(_cell_text(cell), row, column, rowspan, colspan))
            for covered in range(column, column + colspan):
                taken[covered] = row + rowspan
            column += colspan
    return Table(tuple(cells), Geometry.GRID)


def _cell_text(cell: html.HtmlElement) -> str:
    lines = "".join(_text_pieces(cell)).split("\n")
    return "\n".join(filter(None, (_SPACES.sub(" ", line).strip() for line in lines)))


def _text_pieces(cell: html.HtmlElement) -> Iterator[str]:
    """Text of a cell; block elements and <br> break the line, blanks of the source do not."""
    for event, node in etree.iterwalk(cell, events=("start", "end", "comment", "pi")):
        if event == "start":
            if node.tag in _BREAKING:
                yield "\n"
            if node.tag not in _SKIPPED:
                yield _SPACES.sub(" ", node.text or "")
        elif node is not cell:
            yield _SPACES.sub(" ", node.tail or "")
