from __future__ import annotations

import random
from dataclasses import replace

from parsers import parse, reconcile
from parsers.forms import load_forms
from parsers.model import CellStatus, CheckOutcome, IssueCode, Outcome, Report
from tests.parsers import render

FORM = load_forms()[0]
CELL = "applications.granted.total"


def reading(source: str, year: int = 2023, **changes: int) -> Report:
    values = render.filled(FORM, random.Random(7)) | {k.replace("__", "."): v for k, v in changes.items()}
    style = render.Style(random.Random(7))
    return parse(render.page(FORM, values, style, agency="金昌市示例局", year=year).encode(), source)[0]


def wrapper(source: str) -> Report:
    lines = [
        "金昌市示例局2023年政府信息公开工作年度报告",
        "一、总体情况",
        "说明。",
        "二、主动公开政府信息情况",
        "见附件。",
    ]
    return parse("\n\n".join(lines).encode(), source)[0]


def test_page_and_attachment_that_agree_are_one_report() -> None:
    [merged] = reconcile([reading("page"), reading("attachment")])
    assert merged.members == (0, 1)
    assert merged.report.cells[CELL].status is CellStatus.STATED


def test_sources_that_print_different_numbers_leave_the_cell_uncertain() -> None:
    one, other = reading("page"), reading("attachment", applications__granted__total=77_777)
    [merged] = reconcile([one, other])
    cell = merged.report.cells[CELL]
    assert (cell.status, cell.value) == (CellStatus.UNCERTAIN, None)
    assert cell.raw == f"{one.cells[CELL].raw} ≠ 77777"
    assert IssueCode.SOURCE_CONFLICT in {issue.code for issue in merged.report.issues}
    outcomes = {(c.id, c.at): c.outcome for c in merged.report.checks}
    assert outcomes["app_total_column", "granted"] is CheckOutcome.NOT_CHECKABLE


def test_an_attachment_fills_what_its_article_only_announces() -> None:
    [merged] = reconcile([wrapper("page"), replace(reading("attachment"), agency=None, report_year=None)])
    assert (merged.report.agency, merged.report.report_year) == ("金昌市示例局", 2023)
    assert merged.report.cells[CELL].status is CellStatus.STATED


def test_reports_of_two_years_stay_two() -> None:
    merged = reconcile([reading("a", 2022), reading("b", 2023)])
    assert sorted(m.report.report_year or 0 for m in merged) == [2022, 2023]


def test_what_is_no_report_is_left_out() -> None:
    assert reconcile([Report("x", Outcome.NOT_REPORT), Report("y", Outcome.UNREADABLE)]) == []


def test_a_table_that_only_one_source_holds_is_not_missing() -> None:
    style = render.Style(random.Random(7))
    values = render.filled(FORM, random.Random(7))
    markup = render.page(FORM, values, style, agency="金昌市示例局", year=2023)
    head, heading, rest = markup.partition("<p>三、")
    title = "<html><h1>金昌市示例局2023年政府信息公开工作年度报告</h1>"
    [page] = parse(f"{head}<p>三、见附件</p>".encode(), "page")
    [attachment] = parse(f"{title}{heading}{rest}".encode(), "attachment")
    [merged] = reconcile([page, attachment])
    assert set(merged.report.forms) == {table.code for table in FORM.tables}
    assert IssueCode.TABLES_MISSING not in {issue.code for issue in merged.report.issues}
    assert {name: cell.value for name, cell in merged.report.cells.items()} == values
