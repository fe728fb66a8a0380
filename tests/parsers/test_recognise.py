"""Titles and texts as portals write them."""

from __future__ import annotations

import pytest

from parsers.recognise import (
    TitleKind,
    classify_title,
    is_column_title,
    is_plausible_title,
    is_report_text,
    is_subcolumn_title,
)


@pytest.mark.parametrize(
    "title",
    [
        "甲市工业和信息化局2023年政府信息公开工作年度报告",
        "甲街道办事处政府信息公开工作年度报告",
        "关于2023年政府信息公开年度工作情况的报告",
        "2023年度政府信息公开工作年报",
        "政府信息公开工作报告",
        "2015年政府信息公开工作情况报告",
        "《２０２３年政府信息公开<br> 工作年度报告》",
        "甲市住房公积金管理中心2023年政府信息公开工作年度报告",
        "甲县预算绩效评价中心2023年政府信息公开年度报告",
        "学院路街道2023年政府信息公开工作年度报告",
        "政府信息公开年报",
    ],
)
def test_report_titles(title):
    assert classify_title(title) is TitleKind.REPORT


@pytest.mark.parametrize(
    "title",
    [
        "甲市2023年法治政府建设年度报告",
        "2023年政府网站工作年度报表",
        "2022年部门决算",
        "甲市住房公积金2023年年度报告",
        "关于编制2023年政府信息公开工作年度报告的通知",
        "【文字解读】2023年政府信息公开工作年度报告",
        "一图读懂甲局2023年政府信息公开工作年度报告",
        "甲大学2022-2023学年信息公开年度报告",
        "2023年政务公开工作要点",
        "政府信息公开指南",
        "事业单位法人年度报告书",
        "甲县统计年鉴2023",
    ],
)
def test_decoys(title):
    assert classify_title(title) is TitleKind.DECOY


def test_titles_that_only_a_column_makes_plausible():
    for title in ("2019年", "2019年度报告", "甲县教育局", "洪川镇", "2012年政府信息公开工作总结"):
        assert classify_title(title) is TitleKind.OTHER
        assert is_plausible_title(title)
    for title in ("某局召开2018年度工作会议", "新闻", "领导之窗", "2016，继续精彩！"):
        assert classify_title(title) is TitleKind.OTHER
        assert not is_plausible_title(title)


def test_columns_and_their_parts_are_told_from_reports():
    for title in ("政府信息<br> 公开年报", "信息公开年度报告", "年度报告", "2023年政府信息公开年报"):
        assert is_column_title(title)
    assert not is_column_title("甲局2023年政府信息公开年度报告")
    for title in ("2023年", "2023年度", "市直部门", "县(市、区)", "乡镇街道"):
        assert is_subcolumn_title(title)
    assert not is_subcolumn_title("甲局召开会议")


def test_text_of_a_report():
    assert is_report_text("一、总体情况\n……\n二、主动公开政府信息情况\n")
    assert is_report_text("总体情况\n我局……\n其他需要报告的事项\n无")
    assert is_report_text("本年度报告所列数据的统计期限自2023年1月1日起至12月31日止。")
    assert is_report_text("一、概述 二、主动公开政府信息的情况 三、依申请公开政府信息情况")


def test_text_about_reports_is_none():
    assert not is_report_text("内容包括总体情况、主动公开政府信息情况、收到和处理政府信息公开申请情况等。")
    assert not is_report_text("一、总体情况\n今年全市经济……")
    assert not is_report_text("")
