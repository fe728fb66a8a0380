"""The sections of a report as clean text: nothing of the page, the table or the converter in them."""

from __future__ import annotations

import pytest

from parsers.forms import load_forms
from parsers.model import Document, GridCell, Paragraph, Table
from parsers.narrative import read_sections

FORM = next(form for form in load_forms() if form.id == "cn_ogi_annual_2021")


def sections(*lines: str) -> dict[str, str]:
    return read_sections(Document(tuple(Paragraph(line) for line in lines)), FORM)


def test_sections_are_found_in_order_with_their_paragraphs() -> None:
    read = sections(
        "示例局2023年报告", "一、总体情况", "第一段。", "第二段。", "六、其他需要报告的事项", "无。"
    )
    assert read == {"overview": "第一段。\n第二段。", "other_matters": "无。"}


@pytest.mark.parametrize("furniture", ["-4-", "— 12 —", "第 3 页", "第3页 共6页", "７"])
def test_a_sentence_cut_by_a_page_break_is_whole_again(furniture: str) -> None:
    first = "全年召开新闻发布会五场，积极回应社会关切，组织召开了2023年上"
    read = sections("一、总体情况", first, furniture, "半年经济运行发布会。")
    assert read["overview"] == f"{first}半年经济运行发布会。"


@pytest.mark.parametrize(
    ("line", "following"),
    [
        ("（一）主要问题", "公开还不够及时。"),
        ("主动公开方面", "全年发布信息12条。"),
        ("坚持以公开为常态、不公开为例外，现将有关情况报告如下", "（一）主动公开情况。"),
        ("坚持以公开为常态、不公开为例外，现将有关情况报告如下", "1、加强领导。"),
        ("全年工作扎实推进，公开的内容、形式和范围都有了进步。", "下一步继续努力。"),
    ],
)
def test_headings_and_paragraphs_stay_apart(line: str, following: str) -> None:
    assert sections("一、总体情况", line, following)["overview"] == f"{line}\n{following}"


def test_residue_of_converters_is_taken_out() -> None:
    read = sections(
        "一、总体情况",
        "[bookmark: _GoBack]**二是完善机制。**见<https://example.gov.cn/>专栏。",
        "![图](a.png)",
    )
    assert read["overview"] == "二是完善机制。见https://example.gov.cn/专栏。"


def test_remains_of_a_table_are_no_text_of_its_section() -> None:
    read = sections(
        "二、主动公开政府信息情况",
        "第二十条第（一）项",
        "信息内容本年处理决定数量",
        "行政许可 97",
        "三、收到和处理政府信息公开申请情况",
        "（一）申请情况",
        "全年收到申请3件。",
        "（六）其他处理",
        "1",
        "四、政府信息公开行政复议、行政诉讼情况",
        "无。",
    )
    assert read == {
        "proactive": "",
        "applications": "（一）申请情况\n全年收到申请3件。",
        "review_litigation": "无。",
    }


def test_tables_are_not_in_the_text() -> None:
    table = Table((GridCell("规章", 0, 0), GridCell("3", 0, 1)))
    document = Document((Paragraph("二、主动公开政府信息情况"), table, Paragraph("以上数据截至年底。")))
    assert read_sections(document, FORM) == {"proactive": "以上数据截至年底。"}


@pytest.mark.parametrize(
    "signature",
    [
        ["示例市财政局", "2024年1月9日"],
        ["示例市财政局 2024年1月9日"],
        ["二〇二四年一月九日"],
        ["【打印本页】", "扫一扫"],
    ],
)
def test_signature_and_page_foot_end_the_text(signature: list[str]) -> None:
    read = sections("六、其他需要报告的事项", "本年度未收取信息处理费。", *signature, "一、本年新收数量", "0")
    assert read["other_matters"].startswith("本年度未收取信息处理费。")
    assert "财政局" not in read["other_matters"]
    assert "新收" not in read["other_matters"]


def test_a_date_above_the_sections_does_not_end_the_text() -> None:
    read = sections("示例局2023年报告", "2024年1月9日", "一、总体情况", "一年来工作良好。")
    assert read == {"overview": "一年来工作良好。"}
