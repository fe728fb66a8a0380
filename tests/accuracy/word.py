"""Contents as Word documents: merged cells, text boxes, tracked changes, tables inside tables."""

from __future__ import annotations

from io import BytesIO
from xml.sax.saxutils import escape

from docx import Document
from docx.oxml import parse_xml

from tests.accuracy.printed import Content, Grid, Printed, places, width_of

_NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    ' xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    ' xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
    ' xmlns:v="urn:schemas-microsoft-com:vml"'
)
_AUTHOR = 'w:id="7" w:author="x" w:date="2024-01-15T08:00:00Z"'
_BORDERS = "".join(
    f'<w:{side} w:val="single" w:sz="4"/>'
    for side in ("top", "left", "bottom", "right", "insideH", "insideV")
)
_TWIPS = 9000

LAYOUTS = ("plain", "boxes", "tracked", "nested")


def to_docx(content: Content, title: str, layout: str = "plain") -> bytes:
    """`boxes`: tables stand in text boxes; `tracked`: numbers replace others, as recorded changes;
    `nested`: each table stands in a cell of a layout table."""
    document = Document()
    document.core_properties.title = title
    document.add_paragraph(title, style="Title")
    for block in content:
        if isinstance(block, str):
            document.add_paragraph(block)
            continue
        xml = _table(block, tracked=layout == "tracked")
        if layout == "boxes":
            xml = _box(xml)
        elif layout == "nested":
            xml = _frame(xml)
        body = document.element.body
        body.insert(len(body) - 1, parse_xml(xml.replace(">", f" {_NAMESPACES}>", 1)))
        document.add_paragraph()
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def _paragraphs(text: str) -> str:
    return "".join(_paragraph(_run(line)) for line in text.split("\n"))


def _paragraph(inside: str) -> str:
    return f"<w:p>{inside}</w:p>"


def _run(text: str, tag: str = "t") -> str:
    # Word splits a number into runs wherever it was edited.
    half = len(text) // 2
    return "".join(
        f'<w:r><w:{tag} xml:space="preserve">{escape(part)}</w:{tag}></w:r>'
        for part in (text[:half], text[half:])
    )


def _cell_text(cell: Printed, *, tracked: bool) -> str:
    if not tracked or cell.cell is None:
        return _paragraphs(cell.text)
    deleted = f"<w:del {_AUTHOR}>{_run('77', 'delText')}</w:del>"
    return _paragraph(f"{deleted}<w:ins {_AUTHOR}>{_run(cell.text)}</w:ins>")


def _table(grid: Grid, *, tracked: bool) -> str:
    width = width_of(grid)
    rows: list[list[tuple[int, str]]] = [[] for _ in grid]
    for row, column, cell in places(grid):
        for down in range(cell.rowspan):
            merge = "" if cell.rowspan == 1 else '<w:vMerge w:val="restart"/>' if down == 0 else "<w:vMerge/>"
            span = f'<w:gridSpan w:val="{cell.colspan}"/>' if cell.colspan > 1 else ""
            inside = _cell_text(cell, tracked=tracked) if down == 0 else "<w:p/>"
            size = f'<w:tcW w:w="{_TWIPS // width * cell.colspan}" w:type="dxa"/>'
            rows[row + down].append((column, f"<w:tc><w:tcPr>{size}{span}{merge}</w:tcPr>{inside}</w:tc>"))
    columns = f'<w:gridCol w:w="{_TWIPS // width}"/>' * width
    printed = "".join(f"<w:tr>{''.join(xml for _, xml in sorted(row))}</w:tr>" for row in rows)
    return (
        f"<w:tbl><w:tblPr><w:tblBorders>{_BORDERS}</w:tblBorders></w:tblPr><w:tblGrid>{columns}</w:tblGrid>"
        f"{printed}</w:tbl>"
    )


def _frame(table: str) -> str:
    """A layout table of two columns, the table in the first of them."""
    cells = (f"<w:tc><w:tcPr/>{table}<w:p/></w:tc>", "<w:tc><w:tcPr/><w:p/></w:tc>")
    columns = "<w:tblGrid><w:gridCol/><w:gridCol/></w:tblGrid>"
    return f"<w:tbl><w:tblPr/>{columns}<w:tr>{''.join(cells)}</w:tr></w:tbl>"


def _box(table: str) -> str:
    """A text box as Word writes it: the drawing, and its twin for old programs."""
    inside = f"<w:txbxContent>{table}<w:p/></w:txbxContent>"
    shape = f"<wps:wsp><wps:cNvSpPr/><wps:spPr/><wps:txbx>{inside}</wps:txbx><wps:bodyPr/></wps:wsp>"
    uri = "http://schemas.microsoft.com/office/word/2010/wordprocessingShape"
    drawing = (
        '<w:drawing><wp:inline><wp:extent cx="6000000" cy="3000000"/><wp:docPr id="1" name="box"/><a:graphic>'
        f'<a:graphicData uri="{uri}">{shape}</a:graphicData></a:graphic></wp:inline></w:drawing>'
    )
    twin = f"<w:pict><v:shape><v:textbox>{inside}</v:textbox></v:shape></w:pict>"
    return (
        f'<w:p><w:r><mc:AlternateContent><mc:Choice Requires="wps">{drawing}</mc:Choice>'
        f"<mc:Fallback>{twin}</mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
