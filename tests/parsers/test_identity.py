from __future__ import annotations

from datetime import date

import pytest

from parsers.identity import Identity, agency_of, read_identity
from parsers.labels import normalise
from parsers.model import Document, GridCell, IssueCode, Paragraph, Scope, Table


def identity(*lines: str, listed: str | None = None, **meta: str) -> Identity:
    return read_identity(Document(tuple(Paragraph(line) for line in lines), dict(meta)), listed)


@pytest.mark.parametrize(
    ("lines", "agency", "year"),
    [
        (["金昌市示例局2023年政府信息公开工作年度报告"], "金昌市示例局", 2023),
        (["金昌市示例局", "2023年政府信息公开工作年度报告"], "金昌市示例局", 2023),
        (["2019年上海市示例办公厅政府信息公开工作年度报告"], "上海市示例办公厅", 2019),
        (["2024 年示例市科委政府信息公开工作", "年度报告"], "示例市科委", 2024),
        (["示例市工业和信息化局 关于2023年政府信息公开年度工作情况的报告"], "示例市工业和信息化局", 2023),
        (["示例县人民政府2022年度政府信息公开年报"], "示例县人民政府", 2022),
        (["示例县水务局政府信息公开2021年度报告"], "示例县水务局", 2021),
        (["关于示例镇2020年政府信息公开工作年度报告"], "示例镇", 2020),
    ],
)
def test_the_title_names_agency_and_year(lines: list[str], agency: str, year: int) -> None:
    read = identity(*lines, "一、总体情况", "2022年工作要点已落实。")
    assert (read.agency, read.report_year) == (agency, year)


def test_the_signature_names_the_agency_when_the_title_does_not() -> None:
    read = identity("2023年政府信息公开工作年度报告", "一、总体情况", "好。", "示例市财政局", "2024年1月9日")
    assert (read.agency, read.report_year, read.signed_date) == ("示例市财政局", 2023, date(2024, 1, 9))


def test_the_statistics_period_gives_the_year_that_the_title_lacks() -> None:
    read = identity(
        "示例街道办事处政府信息公开工作年度报告",
        "本报告中所列数据的统计期限自2022年1月1日起至2022年12月31日止。",
        "一、总体情况",
    )
    assert (read.agency, read.report_year) == ("示例街道办事处", 2022)
    assert read.period == (date(2022, 1, 1), date(2022, 12, 31))


def test_a_comma_within_the_statistics_period_does_not_matter() -> None:
    read = identity("本报告所列数据的统计期限自2020年1月1日起，至2020年12月31日止。", "一、总体情况")
    assert (read.report_year, read.period) == (2020, (date(2020, 1, 1), date(2020, 12, 31)))


def test_a_contradiction_of_title_and_period_is_said() -> None:
    read = identity(
        "示例局2023年政府信息公开工作年度报告", "统计期限为2022年1月1日至12月31日。", "一、总体情况"
    )
    assert read.report_year == 2023
    assert [issue.code for issue in read.issues] == [IssueCode.YEAR_CONTRADICTION]


def test_nothing_is_made_up() -> None:
    read = identity("一、总体情况", "好。")
    assert (read.agency, read.report_year) == (None, None)
    assert {i.code for i in read.issues} == {IssueCode.NO_AGENCY, IssueCode.NO_REPORT_YEAR}


def test_column_names_and_neighbours_on_the_page_are_not_the_title() -> None:
    read = identity(
        "首页 > 政务公开 > 政府信息公开年报",
        "示例局关于印发2024年政务公开工作要点的通知",
        "2023年政府信息公开工作年度报告",
        "一、总体情况",
        "好。",
        "示例局",
        "二〇二四年一月十五日",
        listed="示例局2023年政府信息公开工作年度报告",
    )
    assert (read.title, read.agency) == ("示例局2023年政府信息公开工作年度报告", "示例局")
    assert read.signed_date == date(2024, 1, 15)


def test_publication_date_and_document_number_are_read_from_the_head() -> None:
    read = identity(
        "示例局2023年政府信息公开工作年度报告",
        "发布时间：2024-01- 17 09: 30",
        "示工信发〔2024〕5号",
        "一、总体情况",
    )
    assert (read.published_date, read.document_number) == (date(2024, 1, 17), "示工信发〔2024〕5号")


@pytest.mark.parametrize(
    ("title", "agency"),
    [
        ("示例路街道办事处政府信息公开工作年度报告", "示例路街道办事处"),
        ("2022年上海市政府信息公开工作年度报告", "上海市"),
        ("示例海关关区2021年政府信息公开工作年度报告", "示例海关"),
        ("示例市市场监管局机关2023年政府信息公开工作年度报告", "示例市市场监管局"),
        ("国家新闻出版署（国家版权局）2019年政府信息公开工作年度报告", "国家新闻出版署（国家版权局）"),
        ("二〇二三年示例市财政局政府信息公开工作年度报告", "示例市财政局"),
        ("附件1：《示例县水利局2023年政府信息公开工作年度报告》", "示例县水利局"),
        ("首页 > 政务公开 > 示例县水利局2023年政府信息公开工作年度报告", "示例县水利局"),
        ("示例区残联2025年政府信息公开工作年度报告", "示例区残联"),
        ("示例旗示例台苏木2023年政府信息公开工作年度报告", "示例旗示例台苏木"),
        ("市北区人民政府2023年政府信息公开工作年度报告", "市北区人民政府"),
        ("本溪市财政局2023年政府信息公开工作年度报告", "本溪市财政局"),
        ("省庄镇人民政府2023年政府信息公开工作年度报告", "省庄镇人民政府"),
        ("市桥街道办事处2023年政府信息公开工作年度报告", "市桥街道办事处"),
        ("县城关镇人民政府2023年政府信息公开工作年度报告", None),
        ("全椒县水利局2023年政府信息公开工作年度报告", "全椒县水利局"),
        ("市工信局2023年政府信息公开工作年度报告", None),
        ("省交通运输厅2019年度政府信息公开工作年度报告", None),
        ("我局2023年政府信息公开工作年度报告", None),
        ("各县区2023年政府信息公开工作年度报告", None),
        ("关于2023年政府信息公开年度工作情况的报告", None),
        ("您现在的位置: 网站首页 > 政府信息公开 > 示例市教育局 > 政府信息公开年报", None),
        ("当前位置：首页 政府信息公开年报", None),
    ],
)
def test_an_agency_is_named_in_full_or_not_at_all(title: str, agency: str | None) -> None:
    assert agency_of(normalise(title)) == agency


@pytest.mark.parametrize(
    ("line", "scope"),
    [
        ("2024年，全市共受理政府信息公开申请3119件。", Scope.WHOLE_JURISDICTION),
        ("本报告汇总市政府各部门、各县区政府信息公开年度报告编制。", Scope.WHOLE_JURISDICTION),
        ("2023年，全系统共收到政府信息公开申请31件。", Scope.VERTICAL_SYSTEM),
        ("2023年，我局收到政府信息公开申请3件。", Scope.OWN_ORGAN),
        ("市政府办公室共受理政府信息公开申请9件。", Scope.OWN_ORGAN),
        ("示例市水利局未收到政府信息公开申请。", Scope.OWN_ORGAN),
        ("全市经济稳中有进，各部门努力工作。", None),
    ],
)
def test_scope_is_told_by_the_sentence_that_counts_the_requests(line: str, scope: Scope | None) -> None:
    assert identity("2023年政府信息公开工作年度报告", "一、总体情况", line).scope == scope


def test_a_customs_district_reports_on_its_system() -> None:
    assert identity("示例海关关区2021年政府信息公开工作年度报告").scope is Scope.VERTICAL_SYSTEM


def test_a_date_above_the_sections_is_no_signature() -> None:
    read = identity("示例局2023年政府信息公开工作年度报告", "2024年2月1日", "一、总体情况", "好。")
    assert read.signed_date is None


def test_a_signature_in_one_line_gives_agency_and_date() -> None:
    read = identity(
        "2023年政府信息公开工作年度报告", "一、总体情况", "好。", "示例市财政局（盖章） 2024年1月9日"
    )
    assert (read.agency, read.signed_date) == ("示例市财政局", date(2024, 1, 9))


@pytest.mark.parametrize("day", ["2024.1.9", "2024-01-09", "2024/1/9"])
def test_a_date_in_digits_counts_right_below_the_agency_alone(day: str) -> None:
    signed = identity("2023年政府信息公开工作年度报告", "一、总体情况", "略。", "示例市财政局", day)
    assert (signed.agency, signed.signed_date) == ("示例市财政局", date(2024, 1, 9))
    assert identity("2023年政府信息公开工作年度报告", "一、总体情况", "略。", day).signed_date is None
    assert identity("示例市财政局", day, "2023年度报告", "一、总体情况", "略。").signed_date is None


def test_the_office_that_printed_a_letter_is_not_its_signer() -> None:
    printed = ("示例市财政局办公室", "2024年1月12日印发")
    read = identity(
        "2023年政府信息公开工作年度报告", "一、总体情况", "示例市财政局", "2024年1月9日", *printed
    )
    assert (read.agency, read.signed_date) == ("示例市财政局", date(2024, 1, 9))


def test_the_box_above_the_text_gives_dates_and_number() -> None:
    rows = [
        ("索引号", "000-1"),
        ("文号", "示财发〔2024〕7号"),
        ("成文日期", "2024-01-10"),
        ("发布日期", "2024-01-17"),
    ]
    box = Table(tuple(GridCell(text, i, j) for i, row in enumerate(rows) for j, text in enumerate(row)))
    title = Paragraph("示例市财政局2023年政府信息公开工作年度报告")
    read = read_identity(Document((box, title, Paragraph("一、总体情况"))), None)
    assert (read.signed_date, read.published_date) == (date(2024, 1, 10), date(2024, 1, 17))
    assert read.document_number == "示财发〔2024〕7号"


def test_a_statistics_period_cut_over_two_lines_is_read() -> None:
    read = identity(
        "示例局政府信息公开工作年度报告",
        "本年度报告所列数据的统计周期",
        "为 2024 年 1 月 1 日至 12 月 31 日。",
    )
    assert (read.report_year, read.period) == (2024, (date(2024, 1, 1), date(2024, 12, 31)))


def test_the_opening_names_the_year_when_title_and_period_do_not() -> None:
    read = identity(
        "示例局政府信息公开工作年度报告", "现将2022年度政府信息公开工作情况报告如下。", "一、总体情况"
    )
    assert read.report_year == 2022
