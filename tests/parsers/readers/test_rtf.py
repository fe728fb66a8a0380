"""`structures.rtf` was written by LibreOffice from a .docx of what `structures.json` tells, with a tracked
deletion and hidden text besides."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.demo.form import PrintedTable, grid_places
from flows.demo.reports import DemoReport, load_reports
from parsers.model import Block, Document, Geometry, GridCell, IssueCode, Paragraph, ReadError, Table
from parsers.parse import read_report
from parsers.readers.rtf import DEEPEST_GROUP, read

FILES = Path(__file__).parent / "files"
STRUCTURES = (FILES / "structures.rtf").read_bytes()
TRUTH = json.loads((FILES / "structures.json").read_text())
COLUMN = 800
"""Twips of a column in the tables written here."""


def rtf_of(body: str, head: str = r"\ansi\ansicpg936") -> bytes:
    return f"{{\\rtf1{head} {body}}}".encode("ascii")


def gbk(text: str) -> str:
    """A text as Word writes it in code page 936: two escapes a character."""
    return "".join(
        c if c.isascii() else "".join(f"\\'{byte:02x}" for byte in c.encode("gb18030")) for c in text
    )


def row(*cells: str, edges: tuple[int, ...] = ()) -> str:
    definition = "".join(f"\\cellx{COLUMN * (edge + 1)}" for edge in edges or range(len(cells)))
    return f"\\trowd{definition}" + "".join(f"\\pard\\intbl {cell}\\cell" for cell in cells) + "\\row"


def table_of(printed: PrintedTable) -> str:
    """A table as Word writes it: a row defines each column it meets, also those merged from above."""
    places = list(grid_places(printed))
    rows = []
    for number in range(len(printed)):
        definition, cells = "", ""
        for start, column, cell in sorted(places, key=lambda place: place[1]):
            if not start <= number < start + cell.rowspan:
                continue
            if cell.rowspan > 1:
                definition += "\\clvmgf" if start == number else "\\clvmrg"
            definition += f"\\cellx{COLUMN * (column + cell.colspan)}"
            text = gbk(cell.text).replace("|", "\\line ") if start == number else ""
            cells += f"{text}\\cell "
        rows.append(f"\\trowd{definition}\\pard\\intbl {cells}\\row")
    return "\n".join(rows)


def report_rtf(report: DemoReport) -> bytes:
    parts = [f"{gbk(report.title)}\\par"]
    for heading, content in report.contents():
        parts.append(f"\\pard {gbk(heading)}\\par")
        if isinstance(content, str):
            parts += [f"{gbk(line)}\\par" for line in content.splitlines()]
        else:
            parts.append(table_of(content))
    return rtf_of("\n".join(parts))


def shown(block: Block) -> list[object]:
    """A paragraph as text and level, a table as its cells: row, column, rowspan, colspan and text."""
    if isinstance(block, Paragraph):
        return [block.text, block.level]
    assert block.geometry is Geometry.GRID
    return [[cell.row, cell.column, cell.rowspan, cell.colspan, cell.text] for cell in block.cells]


def texts(document: Document) -> list[str]:
    return [block.text for block in document.blocks if isinstance(block, Paragraph)]


def tables(document: Document) -> list[Table]:
    return [block for block in document.blocks if isinstance(block, Table)]


def test_every_structure_comes_out_as_printed() -> None:
    document = read(STRUCTURES)
    assert document.meta["title"] == TRUTH["title"]
    assert [shown(block) for block in document.blocks] == [*TRUTH["body"], *TRUTH["box"], *TRUTH["end"]]


@pytest.mark.parametrize("report", load_reports()[:4], ids=lambda report: str(report.year))
def test_form_keeps_every_cell_at_its_place(report: DemoReport) -> None:
    document = read(report_rtf(report))
    printed = [content for _, content in report.contents() if not isinstance(content, str)]
    assert [
        sorted((c.row, c.column, c.rowspan, c.colspan, c.text.replace("\n", "")) for c in table.cells)
        for table in tables(document)
    ] == [
        sorted(
            (r, c, cell.rowspan, cell.colspan, cell.text.replace("|", "")) for r, c, cell in grid_places(t)
        )
        for t in printed
    ]
    assert read_report(document, "x.rtf").title == report.title


@pytest.mark.parametrize(
    ("body", "head", "text"),
    [
        (r"\'d2\'bb\'a1\'a2", r"\ansi\ansicpg936", "一、"),
        (r"\'8f@\'81\\", r"\ansi\ansicpg936", "廆乗"),
        (
            r"{\fonttbl{\f1\fnil\fcharset134 SimSun;}}\f1\'d2\'bb\plain caf\'e9",
            r"\ansi\ansicpg1252",
            "一café",
        ),
        (r"\uc1\u19968?\u-32768 ?", r"\ansi", "一耀"),
        (r"{\uc2\u19968\'d2\'bb}\uc0\u20108 x", r"\ansi\ansicpg936", "一二x"),
        (r"\u-10174?\u-8265?", r"\ansi", "𠮷"),
        (r"\{1\}\~2\_3\tab 4\line 5", r"\ansi", "{1}\u00a02-3 4\n5"),
    ],
)
def test_characters(body: str, head: str, text: str) -> None:
    assert texts(read(rtf_of(body, head))) == [text]


def test_what_is_not_shown_is_left_out() -> None:
    body = (
        r"{\info{\title Report}{\author Somebody}}{\header 1}{\*\generator 2;}{\pict\pngblip 89504e}"
        r"{\*\shppict{\pict\bin4 }}{{}}{\object{\*\objdata 0105}}"
        r"a{\deleted 12}{\v 13}{\field{\*\fldinst PAGE}{\fldrslt 21}}{\footnote 3}{\*\bkmkstart x}b\par"
    )
    document = read(rtf_of(body))
    assert texts(document) == ["a21b"]
    assert document.meta == {"title": "Report"}


def test_heading_levels_come_from_styles_and_outline() -> None:
    body = (
        r"{\stylesheet{Normal;}{\s1\outlinelevel0 Chapter;}{\s2 heading 2;}{\s3 Title;}}"
        r"\pard\s3 a\par\pard\s1 b\par\pard\s2 c\par\pard\outlinelevel2 d\par\pard e\par"
    )
    levels = [block.level for block in read(rtf_of(body)).blocks if isinstance(block, Paragraph)]
    assert levels == [1, 1, 2, 3, None]


def test_cells_merged_across_and_down() -> None:
    first = r"\trowd\clmgf\cellx800\clmrg\cellx1600\clvmgf\cellx2400\pard\intbl a\cell\cell b\cell\row"
    second = r"\trowd\cellx800\cellx1600\clvmrg\cellx2400\pard\intbl 1\cell 2\cell\cell\row"
    (table,) = tables(read(rtf_of(first + second)))
    assert table.cells == (
        GridCell("a", 0, 0, colspan=2),
        GridCell("b", 0, 2, rowspan=2),
        GridCell("1", 1, 0),
        GridCell("2", 1, 1),
    )


def test_cells_without_width_are_not_printed() -> None:
    second = r"\trowd\cellx800\cellx800\cellx1600\pard\intbl 1\cell\cell 2\cell\row"
    (table,) = tables(read(rtf_of(row("a", "b") + second)))
    assert table.geometry is Geometry.GRID
    assert [(cell.text, cell.column) for cell in table.cells] == [("a", 0), ("b", 1), ("1", 0), ("2", 1)]


def test_edges_that_differ_by_a_hair_are_one() -> None:
    second = r"\trowd\trleft-10\cellx780\cellx1630\pard\intbl 1\cell 2\cell\row"
    (table,) = tables(read(rtf_of(row("a", "b") + second)))
    assert [(cell.column, cell.colspan) for cell in table.cells] == [(0, 1), (1, 1)] * 2


def test_nested_table_is_read_once() -> None:
    def nested(first: str, second: str) -> str:
        cells = f"\\pard\\intbl\\itap2 {first}\\nestcell {second}\\nestcell"
        shape = "{\\*\\nesttableprops\\trowd\\cellx500\\cellx900\\nestrow}{\\nonesttables\\par}"
        return cells + shape

    inner = nested("c", "1") + nested("d", "2") + r"\pard\intbl\itap1"
    first, second = tables(read(rtf_of(row("a", inner) + row("x", "y"))))
    assert [cell.text for cell in first.cells] == ["a", "", "x", "y"]
    assert second.cells == (
        GridCell("c", 0, 0),
        GridCell("1", 0, 1),
        GridCell("d", 1, 0),
        GridCell("2", 1, 1),
    )


def test_row_without_definition_is_no_grid() -> None:
    (table,) = tables(read(rtf_of(row("a", "b") + r"\trowd\cellx800\pard\intbl 1\cell 2\cell\row")))
    assert table.geometry is Geometry.SEQUENCE
    assert [cell.text for cell in table.cells] == ["a", "b", "1", "2"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"plain text",
        b"{\\rtf1 " + b"{" * (DEEPEST_GROUP + 1) + b"}" * (DEEPEST_GROUP + 2),
        rtf_of("a")[:-1],
        b"{\\rtf1 a\\bin2147483647 }",
    ],
    ids=["empty", "other", "too deep", "cut", "binary beyond the end"],
)
def test_damage_is_a_typed_error(data: bytes) -> None:
    with pytest.raises(ReadError) as error:
        read(data)
    assert error.value.code is IssueCode.DAMAGED_FILE


@given(st.integers(0, len(STRUCTURES.rstrip()) - 1))
@settings(max_examples=40, deadline=None)
def test_cut_file_is_damage(length: int) -> None:
    with pytest.raises(ReadError):
        read(STRUCTURES[:length])


WORDS = [
    b"\\" + word + number
    for word in b"trowd cellx clmgf clmrg clvmgf clvmrg intbl itap cell nestcell row nestrow par pard u uc f "
    b"fonttbl stylesheet info title listtext shptxt upr *\\ud *\\nesttableprops deleted bin ansicpg".split()
    for number in (b" ", b"0 ", b"1 ", b"2 ", b"900 ", b"-70000 ", b"9999999999 ")
]


@given(st.lists(st.sampled_from([*WORDS, b"{", b"}", b"{", b"}", b"\\'d2", b"1 \\'", b"x;"]), max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_words_are_read_or_refused(words: list[bytes]) -> None:
    data = b"{\\rtf1 " + b"".join(words)
    try:
        assert isinstance(read(data + b"}" * data.count(b"{")), Document)
    except ReadError as error:
        assert error.code is IssueCode.DAMAGED_FILE
