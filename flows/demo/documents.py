"""Writes the portal's DOCX and PDF attachments into `files/`: `python -m flows.demo.documents`.

Needs the development dependencies (python-docx, reportlab); serving the portal does not.
"""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

from docx import Document
from docx.shared import Pt
from reportlab.lib.colors import black
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Table

from flows.demo.form import Printed, PrintedTable, grid_places
from flows.demo.reports import FILES, DemoReport, load_reports

FONT = "STSong-Light"
"""A CID font that every PDF reader knows; nothing needs to be embedded."""


def build_docx(report: DemoReport) -> bytes:
    """The report as a Word document with heading styles and merged cells."""
    document = Document()
    document.core_properties.title = report.title
    document.core_properties.author = report.site.agency
    document.add_paragraph(report.title, style="Title")
    for heading, content in report.contents():
        document.add_paragraph(heading, style="Heading 1")
        if isinstance(content, str):
            for line in content.splitlines():
                document.add_paragraph(line)
            continue
        places = list(grid_places(content))
        width = max(column + cell.colspan for _, column, cell in places)
        table = document.add_table(rows=len(content), cols=width, style="Table Grid")
        for row, column, cell in places:
            target = table.cell(row, column)
            if cell.rowspan > 1 or cell.colspan > 1:
                target = target.merge(table.cell(row + cell.rowspan - 1, column + cell.colspan - 1))
            target.text = cell.text.replace("|", "\n")
            target.paragraphs[0].paragraph_format.space_after = Pt(0)
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def build_pdf(report: DemoReport, break_after: int = 16) -> bytes:
    """The report as a ruled text PDF; the applications table goes over a page after `break_after` rows."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    title = ParagraphStyle(
        "title", fontName=FONT, fontSize=18, leading=28, alignment=TA_CENTER, wordWrap="CJK"
    )
    text = ParagraphStyle("text", fontName=FONT, fontSize=12, leading=20, firstLineIndent=24, wordWrap="CJK")
    story: list[Flowable] = [Paragraph(report.title, title)]
    for heading, content in report.contents():
        story.append(Paragraph(heading, text))
        if isinstance(content, str):
            story += [Paragraph(line, text) for line in content.splitlines()]
        elif len(content) > break_after:
            above, below = _cut(content, break_after)
            story += [_pdf_table(above), PageBreak(), _pdf_table(below)]
        else:
            story.append(_pdf_table(content))
    target = BytesIO()
    document = SimpleDocTemplate(
        target, pagesize=A4, title=report.title, invariant=1, leftMargin=20 * mm, rightMargin=20 * mm
    )
    document.build(story, onFirstPage=_page_number, onLaterPages=_page_number)
    return target.getvalue()


def _cut(table: PrintedTable, row: int) -> tuple[PrintedTable, PrintedTable]:
    """The table as a page break leaves it: what a merged cell has below the break is a cell without text."""
    above: PrintedTable = [[] for _ in range(row)]
    below: PrintedTable = [[] for _ in range(len(table) - row)]
    for start, _, cell in sorted(grid_places(table), key=lambda place: (place[1], place[0])):
        end = start + cell.rowspan
        if start < row:
            above[start].append(replace(cell, rowspan=min(end, row) - start))
        if end > row:
            text = "" if start < row else cell.text
            below[max(start - row, 0)].append(replace(cell, text=text, rowspan=end - max(start, row)))
    return above, below


def _pdf_table(table: PrintedTable) -> Table:
    places = list(grid_places(table))
    width = max(column + cell.colspan for _, column, cell in places)
    texts = [[""] * width for _ in table]
    style: list[tuple[object, ...]] = [
        ("GRID", (0, 0), (-1, -1), 0.6, black),
        ("FONT", (0, 0), (-1, -1), FONT, 7, 9),
        ("LEFTPADDING", (0, 0), (-1, -1), 2),
        ("RIGHTPADDING", (0, 0), (-1, -1), 2),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ]
    for row, column, cell in places:
        texts[row][column] = _wrapped(cell)
        end = (column + cell.colspan - 1, row + cell.rowspan - 1)
        style.append(("SPAN", (column, row), end))
    first = [10 * mm, 24 * mm, 50 * mm] if width == 10 else []
    rest = (170 * mm - sum(first)) / (width - len(first))
    return Table(texts, colWidths=first + [rest] * (width - len(first)), style=style)


def _wrapped(cell: Printed) -> str:
    """The text with the line breaks of its label, or else wrapped where the column ends."""
    if "|" in cell.text:
        return cell.text.replace("|", "\n")
    room = {1: 16, 2: 24, 3: 28}.get(cell.colspan, 60)
    return "\n".join(cell.text[start : start + room] for start in range(0, len(cell.text), room))


def _page_number(canvas: Canvas, document: SimpleDocTemplate) -> None:
    canvas.setFont(FONT, 9)
    canvas.drawCentredString(A4[0] / 2, 12 * mm, f"- {document.page} -")


def main() -> None:
    FILES.mkdir(exist_ok=True)
    builders = {"docx": build_docx, "pdf": build_pdf}
    for report in load_reports():
        if report.medium in builders:
            (FILES / report.file_name).write_bytes(builders[report.medium](report))


if __name__ == "__main__":
    main()
