import random
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from itertools import pairwise
from unicodedata import east_asian_width

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.forms import Form, load_forms
from parsers.model import Document, GridCell, IssueCode, Paragraph, ReadError, Table
from parsers.parse import read_report
from parsers.readers import html
from parsers.readers.ofd import read
from tests.parsers import render

AGENCY, YEAR = "金昌市示例局", 2023
FORMS = [form for form in load_forms() if len(form.tables) == 3]
SIZE = 3.2
"""Millimetres of a letter."""


def texts(document: Document) -> list[str]:
    return [block.text for block in document.blocks if isinstance(block, Paragraph)]


def tables(document: Document) -> list[Table]:
    return [block for block in document.blocks if isinstance(block, Table)]


def grids(document: Document) -> list[list[list[str]]]:
    return [[[cell.text for cell in row] for row in table.rows()] for table in tables(document)]


@dataclass(frozen=True)
class Writer:
    """Writes OFD files; the fields are what programs do differently."""

    prefix: str = "ofd:"
    absolute: bool = False
    backslashes: bool = False
    steps: str = "list"
    """How letters follow: "list" of steps, "runs" (g 3 2.5), "none" given, or a "letter" an object."""
    scaled: bool = False
    """Text of size 1 under a matrix, in a composite object."""
    areas: bool = False
    """Ruled lines as thin filled areas."""

    def text(self, x: float, y: float, text: str, size: float = SIZE) -> str:
        """A line of text, `y` its top."""
        if self.steps == "letter":
            places = [x + sum(map(width, text[:i])) * size for i in range(len(text))]
            one = Writer(steps="none", prefix=self.prefix, scaled=self.scaled)
            return "".join(one.text(at, y, letter, size) for at, letter in zip(places, text, strict=True))
        scale, letter = (size, 1.0) if self.scaled else (1.0, size)
        steps = [f"{width(char) * letter:g}" for char in text[:-1]]
        if self.steps == "runs":
            steps = [f"g {len(steps)} {steps[0]}"] if len(set(steps)) == 1 else steps
        delta = f' DeltaX="{" ".join(steps)}"' if steps and self.steps != "none" else ""
        matrix = f' CTM="{scale} 0 0 {scale} 0 0"' if self.scaled else ""
        body = text.replace("&", "&amp;").replace("<", "&lt;")
        return (
            f'<TextObject ID="9" Boundary="{x} {y} 190 {size}" Font="1" Size="{letter}"{matrix}>'
            f'<TextCode X="0" Y="{0.86 * letter}"{delta}>{body}</TextCode></TextObject>'
        )

    def line(self, x0: float, y0: float, x1: float, y1: float) -> str:
        across, down = x1 - x0, y1 - y0
        path, paint = f"M 0 0 L {across} {down}", ""
        if self.areas:
            thick, high = (0.1, down) if across == 0 else (across, 0.1)
            path = f"S 0 0 L {thick} 0 L {thick} {high} L 0 {high} C"
            paint = ' Stroke="false" Fill="true"'
        return (
            f'<PathObject Boundary="{x0} {y0} {across} {down}" LineWidth="0.2"{paint}>'
            f"<AbbreviatedData>{path}</AbbreviatedData></PathObject>"
        )

    def table(self, top: float, edges: list[float], heights: list[float], cells: Iterable[GridCell]) -> str:
        """Ruled cells at column edges in millimetres, rows of the given heights."""
        tops = [top + sum(heights[:row]) for row in range(len(heights) + 1)]
        drawn = []
        for cell in cells:
            x0, x1 = edges[cell.column], edges[cell.column + cell.colspan]
            y0, y1 = tops[cell.row], tops[cell.row + cell.rowspan]
            drawn += [self.line(x0, y0, x1, y0), self.line(x0, y1, x1, y1)]
            drawn += [self.line(x0, y0, x0, y1), self.line(x1, y0, x1, y1)]
            size = min(SIZE, (y1 - y0) / 4)
            for number, line in enumerate(wrapped(cell.text, (x1 - x0 - 1) / size)):
                drawn.append(self.text(x0 + 0.5, y0 + 0.5 + number * size * 1.2, line, size))
        return "".join(drawn)

    def file(self, *pages: str, template: str = "", title: str = "") -> bytes:
        """The package of these pages; `template` is drawn under each."""
        root = "/Doc_0/" if self.absolute else ""
        slash = "\\" if self.backslashes else "/"
        listed = "".join(
            f'<Page ID="{number}" BaseLoc="{root}Pages{slash}Page_{number}{slash}Content.xml"/>'
            for number in range(len(pages))
        )
        use = '<Template TemplateID="7" ZOrder="Background"/>' if template else ""
        tpl = f'<TemplatePage ID="7" BaseLoc="{root}Tpls/Tpl_0/Content.xml"/>' if template else ""
        units = "".join(
            f'<CompositeGraphicUnit ID="{number}"><Content>{page}</Content></CompositeGraphicUnit>'
            for number, page in enumerate(pages)
        )
        parts = {
            "OFD.xml": f"<OFD><DocBody><DocInfo><Title>{title}</Title></DocInfo>"
            f"<DocRoot>{'/' if self.absolute else ''}Doc_0/Document.xml</DocRoot></DocBody></OFD>",
            "Doc_0/Document.xml": "<Document><CommonData><PageArea><PhysicalBox>0 0 210 297</PhysicalBox>"
            f"</PageArea><DocumentRes>{root}DocumentRes.xml</DocumentRes>{tpl}</CommonData>"
            f"<Pages>{listed}</Pages></Document>",
            "Doc_0/DocumentRes.xml": f"<Res><CompositeGraphicUnits>{units}</CompositeGraphicUnits></Res>",
            "Doc_0/Tpls/Tpl_0/Content.xml": f"<Page><Content><Layer>{template}</Layer></Content></Page>",
        }
        for number, page in enumerate(pages):
            composite = f'<CompositeObject Boundary="0 0 210 297" ResourceID="{number}"/>'
            block = f"<PageBlock>{composite if self.scaled else page}</PageBlock>"
            parts[f"Doc_0/Pages/Page_{number}/Content.xml"] = (
                f"<Page>{use}<Content><Layer>{block}</Layer></Content></Page>"
            )
        file = BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
            for name, markup in parts.items():
                package.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + self.named(markup))
        return file.getvalue()

    def named(self, markup: str) -> str:
        """The markup in the namespace of OFD."""
        end = min(markup.index(mark) for mark in "> " if mark in markup)
        space = f' xmlns{":" + self.prefix[:-1] if self.prefix else ""}="http://www.ofdspec.org/2016"'
        markup = markup[:end] + space + markup[end:]
        return markup.replace("</", "\0").replace("<", f"<{self.prefix}").replace("\0", f"</{self.prefix}")


def width(char: str) -> float:
    """The width of a letter, in its size."""
    return 1 if east_asian_width(char) in "WFA" else 0.5


def wrapped(text: str, room: float) -> list[str]:
    """The lines of a text in a cell with room for so many letters."""
    lines = [""]
    for char in text.replace("\n", ""):
        if lines[-1] and sum(map(width, lines[-1] + char)) > room and not char.isdigit():
            lines.append("")
        lines[-1] += char
    return lines


def drawn(writer: Writer, document: Document) -> list[str]:
    """The pages of a document of paragraphs and tables; a table starts a page if it has no room."""
    pages, top = [""], 15.0
    for block in document.blocks:
        if isinstance(block, Paragraph):
            pages[-1] += writer.text(20, top, block.text)
            top += 3 * SIZE
            continue
        columns = max(cell.column + cell.colspan for cell in block.cells)
        first = {10: [10.0, 20.0, 50.0]}.get(columns, [45.0] if columns == 4 else [])
        share = (180 - sum(first)) / (columns - len(first))
        widths = first + [share] * (columns - len(first))
        edges = [15 + sum(widths[:column]) for column in range(columns + 1)]
        height = 12.0 if columns == 15 else 8.0
        heights = [height] * len(block.rows())
        if top + sum(heights) > 285:
            pages.append("")
            top = 15.0
        pages[-1] += writer.table(top, edges, heights, block.cells)
        top += sum(heights) + 3 * SIZE
    return pages


def printed(form: Form, truth: dict[str, render.Value]) -> Document:
    """The form as a document of paragraphs and tables, from the page that renders it."""
    style = render.Style(random.Random(1))
    return html.read(render.page(form, truth, style, agency=AGENCY, year=YEAR).encode())


WRITERS = (
    Writer(),
    Writer(prefix="", absolute=True, steps="runs"),
    Writer(backslashes=True, areas=True, steps="none"),
    Writer(scaled=True),
    Writer(steps="letter", areas=True),
)


@pytest.mark.parametrize("writer", WRITERS, ids=str)
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.id)
def test_every_number_of_the_form_comes_back(form: Form, writer: Writer) -> None:
    truth = render.filled(form, random.Random(7))
    source = printed(form, truth)
    document = read(writer.file(*drawn(writer, source)))
    report = read_report(document, "x.ofd")
    assert (report.form, report.agency, report.report_year) == (form.id, AGENCY, YEAR)
    stated = {n: v for n, v in truth.items() if form.cells[n].kind != "amount" or form.cells[n].unit}
    assert {name: report.cells[name].value for name in stated} == stated
    # The last two tables use each of their columns, so their spans come back as they were.
    assert [shape(t) for t in tables(document)[-2:]] == [shape(t) for t in tables(source)[-2:]]


def shape(table: Table) -> list[tuple[int, int, int, int]]:
    return [(cell.row, cell.column, cell.rowspan, cell.colspan) for cell in table.cells]


def row(*words: str) -> list[GridCell]:
    return [GridCell(word, 0, column) for column, word in enumerate(words)]


def test_cells_know_page_and_box() -> None:
    writer = Writer()
    page = writer.table(25.4, [25.4, 50.8, 76.2], [25.4], row("规章", "8"))
    cell = tables(read(writer.file(writer.text(20, 20, "一、总体情况"), page)))[0].cells[1]
    assert (cell.text, cell.page) == ("8", 2)
    assert cell.box is not None
    box = (cell.box.x0, cell.box.top, cell.box.x1, cell.box.bottom)
    assert [round(edge) for edge in box] == [144, 72, 216, 144]


def test_table_over_a_page_break_is_one() -> None:
    writer = Writer()
    edges, heights = [20.0, 80.0, 120.0], [10.0]
    above = writer.table(270, edges, heights, row("规章", "1"))
    below = writer.table(20, edges, heights, row("行政许可", "2"))
    assert grids(read(writer.file(above, below))) == [[["规章", "1"], ["行政许可", "2"]]]


def test_template_lies_under_the_page() -> None:
    writer = Writer()
    template = writer.table(50, [20.0, 60.0, 100.0], [10.0], row("规章", ""))
    document = read(writer.file(writer.text(61, 51, "7"), template=template, title="年度报告"))
    assert grids(document) == [[["规章", "7"]]]
    assert document.meta == {"title": "年度报告"}


def test_numbers_of_one_text_over_several_cells_stay_apart() -> None:
    writer = Writer()
    empty = writer.table(50, [20.0, 40.0, 60.0, 80.0], [10.0], row("", "", ""))
    line = (
        '<TextObject Boundary="21 52 60 4" Size="3.2"><TextCode X="0" Y="3" DeltaX="1.6 18.4 20">'
        "1257</TextCode></TextObject>"
    )
    assert grids(read(writer.file(empty + line))) == [[["12", "5", "7"]]]


def test_text_set_downwards() -> None:
    writer = Writer()
    side = writer.table(50, [20.0, 30.0, 60.0], [40.0], row("", "3"))
    label = (
        '<TextObject Boundary="22 52 4 40" Size="3.2"><TextCode X="0" Y="3" DeltaY="g 4 4">办理结果表'
        "</TextCode></TextObject>"
    )
    assert grids(read(writer.file(side + label))) == [[["办理结果表", "3"]]]


def test_what_is_not_shown_is_not_read() -> None:
    hidden = Writer().text(20, 40, "草稿").replace("<TextObject", '<TextObject Visible="false"')
    assert texts(read(Writer().file(Writer().text(20, 20, "一、总体情况") + hidden))) == ["一、总体情况"]


def test_scan_says_that_it_has_no_text() -> None:
    image = '<ImageObject Boundary="0 0 210 297" ResourceID="3"/>'
    with pytest.raises(ReadError, match="without a text layer") as error:
        read(Writer().file(image))
    assert error.value.code is IssueCode.UNKNOWN_FORMAT


def zip_of(files: dict[str, str]) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        for name, content in files.items():
            package.writestr(name, content)
    return file.getvalue()


@cache
def damaged_files() -> dict[str, bytes]:
    writer = Writer()
    whole = writer.file(writer.text(20, 20, "一、总体情况"))
    text = (
        '<TextObject Boundary="{0}" Size="3"><TextCode X="0" Y="3" DeltaX="{1}">甲乙</TextCode></TextObject>'
    )
    root = "<OFD><DocBody><DocRoot>Doc_0/Document.xml</DocRoot></DocBody></OFD>"
    endless = '<CompositeObject Boundary="0 0 9 9" ResourceID="0"/>'
    return {
        "empty": b"",
        "garbage": bytes(range(256)) * 8,
        "truncated": whole[: len(whole) // 2],
        "other zip": zip_of({"a.txt": "a"}),
        "no document": zip_of({"OFD.xml": root}),
        "encrypted": zip_of({"OFD.xml": root, "Encryptions.xml": "<Encryptions/>"}),
        "no pages": writer.file(),
        "no number": writer.file(text.format("0 0 x 9", "3")),
        "a number too few": writer.file(text.format("0 0 9", "3")),
        "far away": writer.file(text.format("0 0 9 9", "1e300")),
        "not a number": writer.file(text.format("nan 0 9 9", "3")),
        "unknown path": writer.file(writer.line(0, 0, 9, 0).replace("M 0 0", "X 0 0")),
        "in itself": Writer(scaled=True).file(endless),
        "in itself, often": Writer(scaled=True).file(endless * 9),
    }


@pytest.mark.parametrize("kind", damaged_files())
def test_damage_is_a_typed_error(kind: str) -> None:
    with pytest.raises(ReadError) as error:
        read(damaged_files()[kind])
    assert error.value.code is IssueCode.DAMAGED_FILE
    assert ("encrypted" in str(error.value)) == (kind == "encrypted")


def test_a_drawing_is_no_table() -> None:
    writer = Writer()
    lines = [writer.line(20, 20 + n, 190, 20 + n) for n in range(0, 200, 2)]
    lines += [writer.line(20 + n, 20, 20 + n, 218) for n in range(0, 170, 2)]
    assert texts(read(writer.file(writer.text(20, 10, "示意图") + "".join(lines)))) == ["示意图"]


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_damage_gives_a_document_or_a_read_error(data: st.DataObject) -> None:
    writer = Writer()
    markup = writer.table(50, [20.0, 60.0, 100.0], [10.0], row("规章", "5")) + writer.text(
        20, 20, "一、总体情况"
    )
    places = sorted(data.draw(st.lists(st.integers(0, len(markup)), min_size=1, max_size=4)))
    pieces = [markup[start:end] for start, end in pairwise([0, *places, len(markup)])]
    inserted = data.draw(st.sampled_from(["", "9", "-", " ", "1e9", "g 9", "<", '"', "L", "ofd:"]))
    for whole in (writer.file(inserted.join(pieces)), writer.file(markup)[: places[0]]):
        try:
            read(whole)
        except ReadError as error:
            assert error.code is IssueCode.DAMAGED_FILE
