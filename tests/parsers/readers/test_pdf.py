import json
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from flows.demo.documents import FONT, build_pdf
from flows.demo.form import grid_places
from flows.demo.reports import load_reports
from parsers.model import Document, IssueCode, Paragraph, ReadError, Table
from parsers.readers.pdf import read

REPORTS = Path(__file__).parents[4] / "shared" / "reports"
HEIGHT = 842


class Sheet:
    """A PDF drawn by hand: texts and ruled cells at places in points from the top left."""

    def __init__(self, encrypt: StandardEncryption | None = None) -> None:
        pdfmetrics.registerFont(UnicodeCIDFont(FONT))
        self.file = BytesIO()
        self.canvas = Canvas(self.file, pagesize=(595, HEIGHT), encrypt=encrypt)

    def text(self, x: float, top: float, text: str, size: float = 10) -> None:
        self.canvas.setFont(FONT, size)
        self.canvas.drawString(x, HEIGHT - top - size, text)

    def rows(self, top: float, edges: Sequence[float], rows: Sequence[Sequence[str]]) -> None:
        """A ruled table with rows of 20 points; None of the columns is merged."""
        for number, cells in enumerate(rows):
            y = top + 20 * number
            for x0, x1, text in zip(edges, edges[1:], cells, strict=False):
                self.canvas.rect(x0, HEIGHT - y - 20, x1 - x0, 20)
                self.text(x0 + 3, y + 4, text)

    def page(self) -> None:
        self.canvas.showPage()

    def read(self) -> Document:
        return read(self.bytes())

    def bytes(self) -> bytes:
        self.canvas.save()
        return self.file.getvalue()


def tables(document: Document) -> list[Table]:
    return [block for block in document.blocks if isinstance(block, Table)]


def texts(document: Document) -> list[str]:
    return [block.text for block in document.blocks if isinstance(block, Paragraph)]


def grid(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows()]


@pytest.mark.parametrize("break_after", [3, 5, 12, 16, 20, 26])
def test_form_over_a_page_break_keeps_every_cell_at_its_place(break_after: int) -> None:
    report = load_reports()[0]
    document = read(build_pdf(report, break_after))
    assert document.meta["title"] == report.title
    printed = [content for _, content in report.contents() if not isinstance(content, str)]
    assert [
        [(cell.row, cell.column, cell.rowspan, cell.colspan, cell.text) for cell in table.cells]
        for table in tables(document)
    ] == [
        [
            (row, column, cell.rowspan, cell.colspan, cell.text.replace("|", ""))
            for row, column, cell in sorted(grid_places(table), key=lambda place: place[:2])
        ]
        for table in printed
    ]


def test_paragraphs_are_whole_again() -> None:
    report = load_reports()[0]
    found = texts(read(build_pdf(report)))
    expected = [report.title]
    for heading, content in report.contents():
        expected += [heading, *(content.splitlines() if isinstance(content, str) else [])]
    assert [text.replace(" ", "") for text in found] == expected


def test_rows_that_a_page_break_leaves_open_are_rows() -> None:
    """Browsers draw no rule where a table goes over the end of a page."""
    sheet = Sheet()
    edges = [50, 300, 350, 400]
    sheet.rows(740, edges, [["行政许可", "1", "2"]])
    open_row(sheet, 760, 780, edges, ["行政处罚", "3", "4"])
    sheet.page()
    open_row(sheet, 40, 60, edges, ["行政强制", "5", "6"])
    sheet.rows(60, edges, [["规章", "7", "8"]])
    assert [row for table in tables(sheet.read()) for row in grid(table)] == [
        ["行政许可", "1", "2"],
        ["行政处罚", "3", "4"],
        ["行政强制", "5", "6"],
        ["规章", "7", "8"],
    ]


def test_rules_of_dots_are_rules() -> None:
    sheet = Sheet()
    edges = [50, 200, 260, 320]
    for y in (40, 60, 80):
        for x in range(edges[0], edges[-1], 2):
            sheet.canvas.rect(x, HEIGHT - y, 0.75, 0.75, stroke=0, fill=1)
    for x in edges:
        for y in range(40, 80, 2):
            sheet.canvas.rect(x, HEIGHT - y, 0.75, 0.75, stroke=0, fill=1)
    for top, cells in ((44, ["规章", "1", "2"]), (64, ["行政规范性文件", "", "4"])):
        for x, text in zip(edges, cells, strict=False):
            sheet.text(x + 3, top, text)
    assert [grid(table) for table in tables(sheet.read())] == [
        [["规章", "1", "2"], ["行政规范性文件", "", "4"]]
    ]


def test_label_that_goes_over_a_whole_page_keeps_its_column() -> None:
    """A browser closes the rows beside a merged label at the end of the page, not the label itself."""
    sheet = Sheet()
    edges = [50, 150, 300, 350, 400]
    sheet.rows(740, edges, [["（三）不予公开", "1.属于国家秘密", "1", "2"]])
    for page in range(2):
        sheet.page()
        sheet.canvas.line(50, HEIGHT - 40, 50, HEIGHT - 80)
        rows = [[f"{page + 2}.其他", "3", "4"], [f"{page + 5}.其他", "5", "6"]]
        sheet.rows(40, edges[1:], rows)
    found = [table for table in tables(sheet.read())]
    assert [max(cell.column + cell.colspan for cell in table.cells) for table in found] == [4]


def open_row(sheet: Sheet, top: float, bottom: float, edges: Sequence[float], cells: Sequence[str]) -> None:
    """A row between upright rules alone."""
    for x, text in zip(edges, [*cells, ""], strict=True):
        sheet.canvas.line(x, HEIGHT - top, x, HEIGHT - bottom)
        sheet.text(x + 3, top + 4, text)


def test_heads_on_neighbouring_pages_are_left_out_and_repeated_headings_are_not() -> None:
    sheet = Sheet()
    for page in range(6):
        sheet.text(250, 20, "示例局年报")
        if page % 3 == 0:
            sheet.text(50, 60, "2023年政府信息公开工作年度报告")
        sheet.text(50, 100, f"第{'甲乙丙丁戊己'[page]}页的正文。")
        if page % 3 == 2:
            sheet.text(50, 800, "2024年1月20日")
        sheet.page()
    found = texts(sheet.read())
    assert "示例局年报" not in found
    assert found.count("2023年政府信息公开工作年度报告") == 2
    assert found.count("2024年1月20日") == 2


def test_digits_a_little_higher_stay_in_their_line() -> None:
    sheet = Sheet()
    sheet.text(100, 60, "示例局", 22)
    sheet.text(170, 56, "2023", 22)
    sheet.text(230, 60, "年政府信息公开工作年度报告", 22)
    assert [text.replace(" ", "") for text in texts(sheet.read())] == ["示例局2023年政府信息公开工作年度报告"]


def test_cells_know_page_and_box() -> None:
    sheet = Sheet()
    sheet.page()
    sheet.rows(100, [50, 200, 300], [["规章", "7"], ["行政许可", "8"]])
    cell = tables(sheet.read())[0].rows()[1][1]
    assert (cell.text, cell.page) == ("8", 2)
    box = cell.box
    assert box is not None
    assert [round(edge) for edge in (box.x0, box.top, box.x1, box.bottom)] == [200, 120, 300, 140]


def test_label_cut_by_the_page_break_is_joined() -> None:
    sheet = Sheet()
    edges = [50, 140, 300, 350]
    sheet.rows(700, edges, [["（三）不予公开", "8.行政查询", "5"], ["（四）无", "1.本机关不掌握", "746"]])
    sheet.text(280, 800, "- 1 -")
    sheet.page()
    sheet.rows(60, edges, [["法提供", "2.没有现成信息", "11"], ["（五）不予处理", "1.信访举报", "56"]])
    sheet.text(280, 800, "- 2 -")
    document = sheet.read()
    assert texts(document) == []
    assert grid(tables(document)[0]) == [
        ["（三）不予公开", "8.行政查询", "5"],
        ["（四）无法提供", "1.本机关不掌握", "746"],
        ["2.没有现成信息", "11"],
        ["（五）不予处理", "1.信访举报", "56"],
    ]


@pytest.mark.parametrize(("above", "below"), [(["1", "4"], ["", ""]), (["", ""], ["1", "4"])])
def test_row_cut_by_the_page_break_is_one_row(above: list[str], below: list[str]) -> None:
    sheet = Sheet()
    edges = [50, 300, 350, 400]
    sheet.rows(740, edges, [["4.大量反复申请", "0", "2"], ["5.要求行政机关确认或重新出", *above]])
    sheet.page()
    sheet.rows(60, edges, [["具已获取信息", *below], ["（七）总计", "1", "6"]])
    assert grid(tables(sheet.read())[0]) == [
        ["4.大量反复申请", "0", "2"],
        ["5.要求行政机关确认或重新出具已获取信息", "1", "4"],
        ["（七）总计", "1", "6"],
    ]


def test_rows_with_blank_cells_at_the_page_break_stay_apart() -> None:
    sheet = Sheet()
    edges = [50, 300, 350, 400]
    sheet.rows(760, edges, [["1.信访举报投诉类申请", "3", "4"]])
    sheet.page()
    sheet.rows(60, edges, [["2.重复申请", "", ""], ["3.要求提供公开出版物", "", ""]])
    assert grid(tables(sheet.read())[0]) == [
        ["1.信访举报投诉类申请", "3", "4"],
        ["2.重复申请", "", ""],
        ["3.要求提供公开出版物", "", ""],
    ]


def test_head_printed_again_on_the_next_page_is_left_out() -> None:
    sheet = Sheet()
    edges = [50, 200, 300]
    sheet.rows(740, edges, [["信息内容", "数量"], ["规章", "1"]])
    sheet.page()
    sheet.rows(60, edges, [["信息内容", "数量"], ["行政许可", "2"]])
    assert grid(tables(sheet.read())[0]) == [["信息内容", "数量"], ["规章", "1"], ["行政许可", "2"]]


def test_another_table_on_the_next_page_stays_another() -> None:
    sheet = Sheet()
    sheet.rows(740, [50, 200, 300], [["信息内容", "数量"], ["规章", "1"]])
    sheet.page()
    sheet.rows(60, [50, 120, 300], [["行政复议", "总计"], ["2", "3"]])
    assert len(tables(sheet.read())) == 2


def test_frame_around_text_is_text() -> None:
    sheet = Sheet()
    sheet.rows(100, [50, 400], [["全年收到申请12件，"], ["均已办结。"]])
    document = sheet.read()
    assert tables(document) == []
    assert "".join(texts(document)) == "全年收到申请12件，均已办结。"


def test_text_wider_than_its_cell_stays_in_it() -> None:
    sheet = Sheet()
    sheet.rows(100, [50, 120, 150, 180], [["行政处罚", "3985758", ""], ["行政许可名称很长", "4", "9"]])
    assert grid(tables(sheet.read())[0]) == [["行政处罚", "3985758", ""], ["行政许可名称很长", "4", "9"]]


def test_two_numbers_in_a_small_cell_stay_two() -> None:
    sheet = Sheet()
    sheet.rows(100, [50, 120, 150], [["规章", ""], ["行政许可", "4"]])
    sheet.text(123, 104, "1 2", size=5)
    assert grid(tables(sheet.read())[0])[0] == ["规章", "1 2"]


def test_page_of_blanks_is_no_page() -> None:
    sheet = Sheet()
    sheet.text(50, 100, "一、总体情况")
    sheet.page()
    sheet.text(50, 100, "   ")
    assert texts(sheet.read()) == ["一、总体情况"]


def test_bold_by_printing_twice_is_read_once() -> None:
    sheet = Sheet()
    sheet.rows(100, [50, 120, 150], [["规章", "11"], ["行政许可", "4"]])
    sheet.text(53.3, 104, "规章")
    sheet.text(123.3, 104, "11")
    assert grid(tables(sheet.read())[0])[0] == ["规章", "11"]


def damaged_files() -> dict[str, bytes]:
    whole = build_pdf(load_reports()[0])
    locked = Sheet(StandardEncryption("secret", canPrint=0))
    locked.text(50, 100, "一、总体情况")
    return {
        "empty": b"",
        "garbage": b"%PDF-1.4\n" + bytes(range(256)) * 20,
        "truncated": whole[: len(whole) // 2],
        "encrypted": locked.bytes(),
    }


@pytest.mark.parametrize("kind", damaged_files())
def test_damage_is_a_typed_error(kind: str) -> None:
    with pytest.raises(ReadError) as error:
        read(damaged_files()[kind])
    assert error.value.code is IssueCode.DAMAGED_FILE
    assert ("encrypted" in str(error.value)) == (kind == "encrypted")


def test_file_without_a_text_layer_is_read_as_a_scan() -> None:
    from PIL import Image
    from reportlab.lib.utils import ImageReader

    sheet = Sheet()
    sheet.canvas.drawImage(ImageReader(Image.new("L", (60, 80), 255)), 50, 300)
    assert sheet.read().blocks == ()


@pytest.mark.skipif(not REPORTS.exists(), reason="the real report is not at hand")
def test_real_report() -> None:
    truth = json.loads((REPORTS / "huaian_2024.truth.json").read_text(encoding="utf-8"))["cells"]
    found = tables(read((REPORTS / "huaian_2024.pdf").read_bytes()))
    rows = [row for table in found for row in table.rows()]
    figures = [[float(cell.text) for cell in row if cell.text.replace(".", "", 1).isdigit()] for row in rows]
    assert sorted(figure for row in figures for figure in row) == sorted(truth.values())
    labels = [cell.text for row in rows for cell in row]
    assert "（四）无法提供" in labels
    assert "三、本年度办理结果" in labels
