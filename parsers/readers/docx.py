"""Word documents (.docx, Office Open XML): the package is a zip, the text is one XML part in it.

Read with lxml alone: python-docx repeats merged cells, knows no text boxes and is eight times slower.
Elements are matched by local name, so that transitional and strict documents read alike.
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

MEMBER_LIMIT = 64 * 1024 * 1024
"""Most bytes that one part may have unpacked; the largest real reports have about 2 MB."""

MOST_COLUMNS = 63
"""Word's own limit of columns in a table."""

_OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
_DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError, ValueError)
_TRANSPARENT = {"sdt", "sdtContent", "customXml", "smartTag", "ins", "moveTo", "AlternateContent", "Choice"}
_BREAKS = {"br": "\n", "cr": "\n", "tab": " ", "noBreakHyphen": "-"}
_BODY_TEXT_LEVEL = 9


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
            document = _xml(package, main)
            names = set(package.namelist())
            styles = f"{dirname(main)}/styles.xml"
            levels = _style_levels(_xml(package, styles)) if styles in names else {}
            title = _title(_xml(package, "docProps/core.xml")) if "docProps/core.xml" in names else ""
    except _DAMAGE as error:
        raise ReadError(IssueCode.DAMAGED_FILE, f"damaged .docx: {error}") from error
    body = document.find("{*}body")
    if body is None:
        raise ReadError(IssueCode.DAMAGED_FILE, "damaged .docx: the document has no body")
    _drop_hidden(body)
    return Document(tuple(_blocks(body, levels)), {"title": title} if title else {})


def _main_part(package: zipfile.ZipFile) -> str:
    """The name of the part that holds the text, as the package's relationships say."""
    if "_rels/.rels" not in package.namelist():
        raise ReadError(IssueCode.DAMAGED_FILE, "a zip, but not a Word document")
    for relation in _xml(package, "_rels/.rels"):
        if relation.get("Type", "").endswith("/officeDocument"):
            name = relation.get("Target", "").lstrip("/")
            if name.startswith("word/"):
                return str(name)
    raise ReadError(IssueCode.DAMAGED_FILE, "an Office file, but not a Word document")


def _xml(package: zipfile.ZipFile, name: str) -> etree._Element:
    """One part as a tree: bounded in size, without entities (Office writes none)."""
    try:
        member = package.getinfo(name)
    except KeyError as error:
        raise ReadError(IssueCode.DAMAGED_FILE, f"damaged .docx: {name} is missing") from error
    if member.flag_bits & 1:
        raise ReadError(IssueCode.DAMAGED_FILE, "encrypted .docx")
    with package.open(member) as stream:
        content = stream.read(MEMBER_LIMIT + 1)
    if len(content) > MEMBER_LIMIT:
        raise ReadError(IssueCode.DAMAGED_FILE, f"{name} unpacks to more than {MEMBER_LIMIT} bytes")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise ReadError(IssueCode.DAMAGED_FILE, f"damaged .docx: {name} is not XML: {error}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise ReadError(IssueCode.DAMAGED_FILE, f"{name} declares a document type, which Office never does")
    return root


def _title(properties: etree._Element) -> str:
    return (properties.findtext("{*}title") or "").strip()


def _style_levels(styles: etree._Element) -> dict[str, int]:
    """Heading level by style id: from the outline level or the built-in name, inherited by `basedOn`."""
    own: dict[str, int | None] = {}
    parents: dict[str, str] = {}
    for style in styles.iterfind("{*}style"):
        style_id = _attribute(style, "styleId")
        own[style_id] = _outline(style)
        name = _value(style, "name").lower()
        if own[style_id] is None and name.startswith("heading ") and name[8:].isdigit():
            own[style_id] = int(name[8:])
        if name == "title":
            own[style_id] = 1
        parents[style_id] = _value(style, "basedOn")
    levels: dict[str, int] = {}
    for style_id in own:
        seen: set[str] = set()
        current = style_id
        while own.get(current) is None and current in parents and current not in seen:
            seen.add(current)
            current = parents[current]
        level = own.get(current)
        if level is not None and 1 <= level <= _BODY_TEXT_LEVEL:
            levels[style_id] = min(level, 6)
    return levels


def _outline(holder: etree._Element) -> int | None:
    """The outline level (1 up) that a style or a paragraph sets; 10 is body text, None is not set."""
    value = _value(holder, "pPr/{*}outlineLvl")
    return int(value) + 1 if value.isdigit() else None


def _drop_hidden(body: etree._Element) -> None:
    """Takes out what Word does not show: tracked deletions, and the old twin of each drawing."""
    for table in list(body.iter("{*}tbl")):
        for row in table.findall("{*}tr"):
            if row.find("{*}trPr/{*}del") is not None:
                table.remove(row)
    etree.strip_elements(body, "{*}del", "{*}moveFrom", "{*}Fallback", with_tail=False)


def _blocks(container: etree._Element, levels: dict[str, int]) -> Iterator[Block]:
    for child in _children(container, {"p", "tbl"}):
        if _local(child) == "tbl":
            yield from _table(child, levels)
            continue
        text = _text(child)
        if text:
            yield Paragraph(text, level=_level(child, levels))
        for box in _text_boxes(child):
            yield from _blocks(box, levels)


def _children(container: etree._Element, wanted: set[str]) -> Iterator[etree._Element]:
    """The children of the wanted kinds, also those inside content controls and revision marks."""
    for child in container:
        name = _local(child)
        if name in wanted:
            yield child
        elif name in _TRANSPARENT:
            yield from _children(child, wanted)


def _text(paragraph: etree._Element) -> str:
    """The text of a paragraph without that of the drawings in it."""
    return "".join(_runs(paragraph)).strip()


def _runs(element: etree._Element) -> Iterator[str]:
    for child in element:
        name = _local(child)
        if name == "t":
            yield child.text or ""
        elif name in _BREAKS:
            yield _BREAKS[name]
        elif name not in {"pPr", "rPr", "drawing", "pict", "object"}:
            yield from _runs(child)


def _text_boxes(element: etree._Element) -> Iterator[etree._Element]:
    """The outermost text boxes anchored in a paragraph."""
    for child in element:
        if _local(child) == "txbxContent":
            yield child
        else:
            yield from _text_boxes(child)


def _level(paragraph: etree._Element, levels: dict[str, int]) -> int | None:
    level = _outline(paragraph)
    if level is None:
        return levels.get(_value(paragraph, "pPr/{*}pStyle"))
    return min(level, 6) if level <= _BODY_TEXT_LEVEL else None


def _table(element: etree._Element, levels: dict[str, int]) -> Iterator[Block]:
    """A table, then the data tables that stand inside its cells."""
    cells: list[GridCell] = []
    contents: list[list[Block]] = []
    merged: dict[int, int] = {}
    """Column to index of the cell that a vertical merge continues there."""
    for row, element_row in enumerate(_children(element, {"tr"})):
        column = _count(element_row, "trPr/{*}gridBefore", least=0)
        for element_cell in _children(element_row, {"tc"}):
            colspan = _count(element_cell, "tcPr/{*}gridSpan", least=1)
            merge = element_cell.find("{*}tcPr/{*}vMerge")
            starts = merge is None or _attribute(merge, "val") == "restart"
            above = merged.get(column)
            if not starts and above is not None:
                cells[above] = _taller(cells[above], row)
            else:
                blocks = list(_blocks(element_cell, levels))
                for covered in range(column, column + colspan):
                    merged.pop(covered, None)
                if merge is not None:
                    merged[column] = len(cells)
                cells.append(GridCell(_cell_text(blocks), row, column, colspan=colspan))
                contents.append(blocks)
            column += colspan
    if all(cell.column == 0 and cell.column + cell.colspan == _width(cells) for cell in cells):
        for blocks in contents:
            yield from blocks
        return
    yield Table(tuple(cells))
    for blocks in contents:
        yield from (block for block in blocks if isinstance(block, Table) and _is_data(block))


def _taller(cell: GridCell, row: int) -> GridCell:
    return GridCell(cell.text, cell.row, cell.column, row - cell.row + 1, cell.colspan)


def _width(cells: Iterable[GridCell]) -> int:
    return max((cell.column + cell.colspan for cell in cells), default=0)


def _is_data(table: Table) -> bool:
    """Whether a nested table is one in its own right: two rows and two columns at least."""
    return len(table.rows()) > 1 and _width(table.cells) > 1


def _cell_text(blocks: Iterable[Block]) -> str:
    """The text of a cell; a nested data table is a block of its own and its numbers stand only there."""
    lines: list[str] = []
    for block in blocks:
        if isinstance(block, Paragraph):
            lines.append(block.text)
        elif not _is_data(block):
            lines.extend(cell.text for cell in block.cells if cell.text)
    return "\n".join(lines)


def _local(element: etree._Element) -> str:
    """The name without its namespace; empty for processing instructions."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _attribute(element: etree._Element, name: str) -> str:
    """An attribute by its local name, "" where there is none."""
    found = (value for key, value in element.attrib.items() if etree.QName(key).localname == name)
    return str(next(found, ""))


def _value(element: etree._Element, path: str) -> str:
    """The `w:val` of the descendant at a path of local names, "" where there is none."""
    found = element.find("{*}" + path)
    return "" if found is None else _attribute(found, "val")


def _count(element: etree._Element, path: str, least: int) -> int:
    """A count of grid columns, within what Word allows."""
    value = _value(element, path)
    return min(max(int(value), least), MOST_COLUMNS) if value.isdigit() else least
