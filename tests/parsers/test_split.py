"""Several reports in one document: each with its own numbers under its own agency, or not read at all."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from parsers import parse
from parsers.forms import load_forms
from parsers.model import Document, IssueCode, Outcome, Paragraph, ReadError
from parsers.split import split_reports
from tests.accuracy import plain
from tests.accuracy.printed import Content
from tests.accuracy.reports import Draft, draft

NEW, OLD, OLDEST = load_forms()
NAMED = "{agency}{year}年政府信息公开工作年度报告"
NAMELESS = "{year}年政府信息公开工作年度报告"
AGENCIES = ("金昌市示例局", "会昌县演示镇人民政府")


def two(*, same_agency: bool = False, years: tuple[int, int] = (2023, 2023)) -> tuple[Draft, Draft]:
    made = draft(NEW, random.Random(1)), draft(OLD if years[1] < 2021 else NEW, random.Random(2))
    for one, agency, year in zip(made, AGENCIES, years, strict=True):
        one.agency, one.year = AGENCIES[0] if same_agency else agency, year
    return made


def document(reports: tuple[Draft, Draft], heads: tuple[str, str], *, end: int | None = None) -> bytes:
    """One text of both, below these heads; `end` cuts off lines of the signatures."""
    blocks: Content = []
    for one, head in zip(reports, heads, strict=True):
        blocks += head.format(agency=one.agency, year=one.year).split("\n") if head else []
        blocks += one.content()[:end]
    return plain.to_text(blocks, "信息公开", "tabs")


def numbers(made: Draft) -> dict[str, float | int | None]:
    open_units = {
        name for name, spec in made.form.cells.items() if spec.kind == "amount" and spec.unit is None
    }
    return {name: value for name, value in made.truth.items() if name not in open_units}


@pytest.mark.parametrize(
    "heads", [("", ""), (NAMELESS, NAMELESS), (NAMED, ""), (NAMED, NAMELESS), ("", NAMED)], ids=str
)
def test_two_agencies_are_told_apart_by_titles_or_signatures(heads: tuple[str, str]) -> None:
    made = two()
    reports = parse(document(made, heads), "both.txt")
    assert [report.agency for report in reports] == list(AGENCIES)
    for one, report in zip(made, reports, strict=True):
        assert {name: report.cells[name].value for name in numbers(one)} == numbers(one)


def test_the_title_of_a_collection_makes_no_report_its_own() -> None:
    made = two()
    heads = (NAMED.replace("{agency}", "会昌县人民政府"), "")
    lost, read = parse(document(made, heads), "both.txt")
    assert (lost.outcome, lost.issues[-1].code) == (Outcome.UNREADABLE, IssueCode.NO_AGENCY)
    assert (read.agency, lost.cells) == (AGENCIES[1], {})


def test_two_years_of_one_agency_are_two_reports() -> None:
    made = two(same_agency=True, years=(2023, 2020))
    reports = parse(document(made, ("", "")), "both.txt")
    assert [(r.agency, r.report_year) for r in reports] == [(AGENCIES[0], 2023), (AGENCIES[0], 2020)]


def test_a_report_that_is_printed_twice_is_one() -> None:
    made = two(same_agency=True)[0]
    [report] = parse(document((made, made), (NAMED, "")), "twice.txt")
    assert {name: report.cells[name].value for name in numbers(made)} == numbers(made)


@pytest.mark.parametrize("end", [-1, -2], ids=["undated", "unsigned"])
def test_reports_that_nothing_names_are_nobodys(end: int) -> None:
    reports = parse(document(two(), (NAMELESS, NAMELESS), end=end), "both.txt")
    assert [report.outcome for report in reports] == [Outcome.UNREADABLE] * 2
    assert {issue.code for report in reports for issue in report.issues} == {IssueCode.NO_AGENCY}


def test_an_undated_signature_does_not_name_the_report_below_it() -> None:
    """The agency's name stands right above the next title, as if it belonged to that."""
    made = two()
    reports = parse(document(made, ("", NAMELESS), end=-1), "both.txt")
    assert all(report.agency is None for report in reports)


def test_an_attachment_list_above_the_signature_is_no_title() -> None:
    made = two()
    lines = made[0].content()
    lines.insert(-2, f"附件：{AGENCIES[0]}2023年政府信息公开工作年度报告.doc")
    text = plain.to_text([*lines, *made[1].content()], "信息公开", "tabs")
    reports = parse(text, "both.txt")
    assert [report.agency for report in reports] == list(AGENCIES)


def test_a_table_of_contents_or_a_heading_printed_twice_begins_no_report() -> None:
    headings = [f"{section.number}、{section.label}" for section in NEW.sections]
    lines = [*headings, headings[0], *headings, "无。", AGENCIES[0], "2024年1月9日"]
    whole = Document(tuple(map(Paragraph, lines)))
    assert split_reports(whole) == [whole]


def test_parts_lose_nothing_of_the_document() -> None:
    lines = ["一、总体情况", "好。", "六、其他需要报告的事项", "无。", AGENCIES[0], "2024年1月9日"]
    other = [*lines[:-2], AGENCIES[1], lines[-1]]
    whole = Document(tuple(map(Paragraph, [*lines, *other])))
    parts = [part for part in split_reports(whole) if not isinstance(part, ReadError)]
    assert [len(part.blocks) for part in parts] == [6, 6]
    assert all(one.blocks != other.blocks for one, other in pairwise(parts))
