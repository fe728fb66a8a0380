from __future__ import annotations

from datetime import date

import pytest

from parsers.identity import Identity, read_identity
from parsers.model import Document, IssueCode, Paragraph


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
