import re
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document as WordDocument

from flows.demo.documents import build_docx
from flows.demo.form import PrintedTable, grid_places
from flows.demo.reports import load_reports
from parsers.model import Document, GridCell, IssueCode, Paragraph, ReadError, Table
from parsers.readers.docx import read
from parsers.readers.ooxml import MEMBER_LIMIT

BLANK_FORM = Path(__file__).parents[4] / "shared" / "reports" / "blank_2021_form.docx"
NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:v="urn:schemas-microsoft-com:vml"'
)


def docx_of(body: str, prolog: str = "", numbering: str = "") -> bytes:
    """A Word document with this body and these lists and nothing else."""
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    return zip_of(
        {
            "_rels/.rels": f'<R><Relationship Type="{kind}" Target="word/document.xml"/></R>',
            "word/numbering.xml": f"<w:numbering {NAMESPACES}>{numbering}</w:numbering>",
            "word/document.xml": f"{prolog}<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>",
        }
    )


def zip_of(members: dict[str, str]) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in members.items():
            package.writestr(name, content)
    return target.getvalue()


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def row(*texts: str) -> str:
    return f"<w:tr>{''.join(f'<w:tc>{paragraph(text)}</w:tc>' for text in texts)}</w:tr>"


def tables(document: Document) -> list[Table]:
    return [block for block in document.blocks if isinstance(block, Table)]


def texts(document: Document) -> list[str]:
    return [block.text for block in document.blocks if isinstance(block, Paragraph)]


def places(table: Table) -> list[tuple[int, int, int, int, str]]:
    return [
        (cell.row, cell.column, cell.rowspan, cell.colspan, cell.text.replace("\n", ""))
        for cell in table.cells
    ]


def printed_places(table: PrintedTable) -> list[tuple[int, int, int, int, str]]:
    return [
        (row, column, cell.rowspan, cell.colspan, cell.text.replace("|", ""))
        for row, column, cell in grid_places(table)
    ]


def test_form_keeps_every_cell_at_its_place() -> None:
    report = load_reports()[0]
    document = read(build_docx(report))
    assert document.meta["title"] == report.title
    printed = [content for _, content in report.contents() if not isinstance(content, str)]
    assert [places(table) for table in tables(document)] == [printed_places(table) for table in printed]


@pytest.mark.skipif(not BLANK_FORM.exists(), reason="the official form is not at hand")
def test_official_form() -> None:
    proactive, applications, review = tables(read(BLANK_FORM.read_bytes()))
    assert [len(table.cells) for table in (proactive, applications, review)] == [30, 215, 34]
    side = next(cell for cell in applications.cells if cell.text == "三、本年度办理结果")
    assert (side.row, side.column, side.rowspan) == (5, 0, 22)


def test_heading_levels_come_from_styles() -> None:
    source = WordDocument()
    source.add_paragraph("一、总体情况", style="Heading 1")
    source.add_paragraph("正文", style="Normal")
    target = BytesIO()
    source.save(target)
    assert [
        (block.text, block.level) for block in read(target.getvalue()).blocks if isinstance(block, Paragraph)
    ] == [
        ("一、总体情况", 1),
        ("正文", None),
    ]


def test_tracked_deletions_are_out_and_insertions_in() -> None:
    changed = (
        "<w:p><w:r><w:t>新收</w:t></w:r><w:del><w:r><w:delText>12</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>21</w:t></w:r></w:ins><w:r><w:t>件</w:t></w:r></w:p>"
    )
    deleted_row = (
        f"<w:tr><w:trPr><w:del/></w:trPr><w:tc>{paragraph('旧')}</w:tc><w:tc>{paragraph('9')}</w:tc></w:tr>"
    )
    document = read(docx_of(f"{changed}<w:tbl>{row('规章', '0')}{deleted_row}{row('行政许可', '3')}</w:tbl>"))
    assert texts(document) == ["新收21件"]
    assert [cell.text for cell in tables(document)[0].cells] == ["规章", "0", "行政许可", "3"]


def test_hidden_and_struck_runs_are_out_and_notes_apart() -> None:
    def run(text: str, mark: str) -> str:
        return f"<w:r><w:rPr>{mark}</w:rPr><w:t>{text}</w:t></w:r>"

    runs = (
        run("8", "<w:vanish/>") + run("9", "<w:strike/>") + run("12", '<w:strike w:val="0"/>')
        + run("1", '<w:vertAlign w:val="superscript"/>')
    )  # fmt: skip
    cell = f"<w:tc><w:p>{runs}</w:p></w:tc>"
    table = f"<w:tbl><w:tr><w:tc>{paragraph('行政许可')}</w:tc>{cell}</w:tr></w:tbl>"
    assert [cell.text for cell in tables(read(docx_of(table)))[0].cells] == ["行政许可", "12(1)"]


def test_automatic_numbers_are_part_of_the_text() -> None:
    def level(number: int, form: str, template: str) -> str:
        return (
            f'<w:lvl w:ilvl="{number}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>'
            f'<w:lvlText w:val="{template}"/></w:lvl>'
        )

    def item(number: int, text: str) -> str:
        place = f'<w:numPr><w:ilvl w:val="{number}"/><w:numId w:val="7"/></w:numPr>'
        return f"<w:p><w:pPr>{place}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"

    chinese = "chineseCounting"
    lists = (
        '<w:abstractNum w:abstractNumId="3">'
        + level(0, chinese, "%1、")
        + level(1, chinese, "（%2）")
        + level(2, "decimal", "%3.")
        + '</w:abstractNum><w:num w:numId="7"><w:abstractNumId w:val="3"/></w:num>'
    )
    numbered = {
        "一、总体情况": 0,
        "二、主动公开": 0,
        "（一）甲": 1,
        "1.子": 2,
        "2.丑": 2,
        "（二）乙": 1,
        "1.寅": 2,
        "三、申请": 0,
        "（一）丙": 1,
    }
    body = "".join(item(depth, re.split("[、）.]", text)[1]) for text, depth in numbered.items())
    assert texts(read(docx_of(body, numbering=lists))) == list(numbered)


def test_text_box_is_read_once() -> None:
    box = f"<w:txbxContent>{paragraph('框内文字')}</w:txbxContent>"
    anchored = (
        "<w:p><w:r><mc:AlternateContent>"
        f"<mc:Choice><w:drawing><wps:txbx>{box}</wps:txbx></w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r><w:r><w:t>框外文字</w:t></w:r></w:p>"
    )
    assert texts(read(docx_of(anchored))) == ["框外文字", "框内文字"]


def test_nested_table_is_read_once() -> None:
    data = f"<w:tbl>{row('规章', '1')}{row('行政许可', '2')}</w:tbl>"
    line = f"<w:tbl>{row('联系', '电话')}</w:tbl>"
    outer = (
        f"<w:tbl><w:tr><w:tc>{paragraph('左')}{data}</w:tc><w:tc>{line}{paragraph('右')}</w:tc></w:tr>"
        f"{row('甲', '乙')}</w:tbl>"
    )
    first, nested = tables(read(docx_of(outer)))
    assert [cell.text for cell in first.cells] == ["左", "联系\n电话\n右", "甲", "乙"]
    assert [cell.text for cell in nested.cells] == ["规章", "1", "行政许可", "2"]


def test_frame_of_one_column_is_text() -> None:
    inner = f"<w:tbl>{row('规章', '1')}{row('行政许可', '2')}</w:tbl>"
    document = read(docx_of(f"<w:tbl><w:tr><w:tc>{paragraph('一、总体情况')}{inner}</w:tc></w:tr></w:tbl>"))
    assert texts(document) == ["一、总体情况"]
    assert [cell.text for cell in tables(document)[0].cells] == ["规章", "1", "行政许可", "2"]


def test_columns_before_a_row_count() -> None:
    late = f'<w:tr><w:trPr><w:gridBefore w:val="1"/></w:trPr><w:tc>{paragraph("5")}</w:tc></w:tr>'
    (table,) = tables(read(docx_of(f"<w:tbl>{row('甲', '乙')}{late}</w:tbl>")))
    assert table.cells[-1] == GridCell("5", row=1, column=1)


def damaged_files() -> dict[str, bytes]:
    whole = docx_of(paragraph("一、总体情况"))
    entity = '<!DOCTYPE w:document [<!ENTITY x "9">]>'
    return {
        "empty": b"",
        "truncated": whole[: len(whole) // 2],
        "ole2": bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512),
        "other zip": zip_of({"a.txt": "a"}),
        "no text part": zip_of({"_rels/.rels": "<Relationships/>"}),
        "not xml": docx_of("<w:p>"),
        "entities": docx_of(paragraph("&x;"), entity),
        "bomb": docx_of(" " * (MEMBER_LIMIT + 1)),
        "too deep": docx_of("<w:p>" * 5000 + "</w:p>" * 5000),
    }


@pytest.mark.parametrize("kind", damaged_files())
def test_damage_is_a_typed_error(kind: str) -> None:
    with pytest.raises(ReadError) as error:
        read(damaged_files()[kind])
    assert error.value.code is IssueCode.DAMAGED_FILE
