"""Documents that look like annual reports on information disclosure and are none."""

from __future__ import annotations

import random
from collections.abc import Iterator

from parsers.forms import Form
from tests.accuracy.printed import Content, Grid, Printed, table_grids
from tests.accuracy.reports import AGENCIES, draft

_PROSE = (
    "一、总体情况", "{year}年，{agency}深入学习贯彻，扎实推进各项工作，主动公开政府信息352条。",
    "二、主要做法", "全年制定行政规范性文件3件，办理行政处罚27件，收到政府信息公开申请12件。",
    "三、存在的主要问题及改进情况", "工作机制有待完善，队伍建设有待加强。", "{agency}", "{after}年1月20日",
)  # fmt: skip


def decoys(form: Form, rng: random.Random) -> Iterator[tuple[str, str, Content]]:
    """Kind, title and content of one document of every kind."""
    year = rng.choice((2021, 2022, 2023, 2024))
    agency = rng.choice(AGENCIES)
    names = {"agency": agency, "year": year, "after": year + 1}
    prose: Content = [line.format(**names) for line in _PROSE]
    report = draft(form, rng)
    report.year = year
    tables = [grid for grids in report.tables.values() for grid in grids]
    blank = [
        grid for t in form.tables for grid in table_grids(form, t, dict.fromkeys(form.cells), report.look)
    ]
    headings: Content = [f"{section.number}、{section.label}" for section in form.sections]
    yield "rule of law", f"{agency}{year}年法治政府建设年度报告", prose
    yield "rule of law, late title", f"{agency}{year}年度法治政府建设情况报告", prose
    yield (
        "web sites",
        f"{year}年{agency}政府网站工作年度报表",
        [_sheet(("网站名称", "总访问量", "信息发布", "留言数量"), rng)],
    )
    yield "accounts", f"{agency}{year}年度部门决算公开", [*prose, _sheet(("科目", "预算数", "决算数"), rng)]
    yield (
        "housing fund",
        f"{agency}住房公积金{year}年年度报告",
        [*prose, _sheet(("项目", "缴存额", "提取额"), rng)],
    )
    yield (
        "notice",
        f"关于做好{year}年政府信息公开工作年度报告编制发布工作的通知",
        ["各有关单位：", *prose, "附件：格式", *headings, *blank],
    )
    yield "picture", f"一图读懂{agency}{year}年政府信息公开工作年度报告", prose
    yield "explained", f"《{agency}{year}年政府信息公开工作年度报告》解读", [*prose, *tables]
    yield (
        "list",
        f"{agency}政府信息公开年报",
        [f"{agency}{y}年政府信息公开工作年度报告 {y + 1}-01-20" for y in range(2014, 2025)],
    )
    school = rng.choice(("金昌市第一中学", "甘肃工业大学", "陇南师范学院", "城关区实验小学", "市第三幼儿园"))
    yield (
        "school",
        f"{school}{year}年信息公开年度报告",
        [*headings[:1], *tables, school, f"{year + 1}年1月20日"],
    )
    yield "school, full name", f"{school}{year}年政府信息公开工作年度报告", [*report.content()[:-2], school]
    yield "blank form", form.title, [*headings[:1], *blank]
    yield "plan", f"{agency}{year}年政务公开工作要点", prose
    yield "ranking", f"关于{year}年度政务公开工作考核结果的通报", [*prose, _sheet(("单位", "得分"), rng)]
    yield (
        "bulletin",
        f"{agency}{year}年国民经济和社会发展统计公报",
        [*prose, _sheet(("指标", "单位", "绝对数"), rng)],
    )
    yield "speech", f"{year}年政府工作报告", prose
    yield "guide", f"{agency}政府信息公开指南", prose


def _sheet(head: tuple[str, ...], rng: random.Random) -> Grid:
    rows = [[Printed(f"项目{i}"), *(Printed(str(rng.randrange(9999))) for _ in head[1:])] for i in range(8)]
    return [[Printed(text) for text in head], *rows]
