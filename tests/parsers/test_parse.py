from __future__ import annotations

import random

import pytest

from parsers import parse
from parsers.forms import load_forms
from parsers.model import CellStatus, CheckOutcome, IssueCode, Outcome
from tests.parsers import render

NEW, OLD, OLDEST = load_forms()
AGENCY = "金昌市示例局"


def style(seed: int = 1, **look: bool) -> render.Style:
    return render.Style(random.Random(seed), **look)


def page(values: dict[str, render.Value], year: int = 2023) -> str:
    return render.page(NEW, values, style(), agency=AGENCY, year=year)


def truth(seed: int = 1) -> dict[str, render.Value]:
    return render.filled(NEW, random.Random(seed))


def test_a_document_that_contradicts_itself_keeps_its_numbers_and_fails_the_check() -> None:
    values = truth()
    values["applications.granted.natural_person"] = 99_999
    [report] = parse(page(values).encode(), "x")
    assert report.cells["applications.granted.natural_person"].value == 99_999
    assert {(c.id, c.at) for c in report.checks if c.outcome is CheckOutcome.FAIL} == {
        ("app_result_sum", "natural_person"),
        ("app_total_column", "granted"),
    }


def test_evidence_leads_to_the_grid_cell() -> None:
    values = truth()
    [report] = parse(page(values).encode(), "x", capture="sha256:abc")
    evidence = report.cells["review_litigation.review_pending"].evidence
    assert evidence is not None
    assert (evidence.capture, evidence.row, evidence.column) == ("sha256:abc", 3, 3)


def test_sections_are_clean_text_without_tables_and_signature() -> None:
    [report] = parse(page(truth()).encode(), "x")
    assert list(report.sections) == [section.code for section in NEW.sections]
    assert report.sections["overview"] == "本机关总体情况如下。"
    assert report.sections["other_matters"] == "本机关其他需要报告的事项如下。"


def test_the_form_is_told_by_its_headers_even_against_the_year() -> None:
    values = render.filled(OLD, random.Random(3))
    [report] = parse(render.page(OLD, values, style(), agency=AGENCY, year=2023).encode(), "x")
    assert report.form == OLD.id


def test_tables_of_two_forms_in_one_report_are_each_read_by_their_own() -> None:
    new, old = truth(), render.filled(OLD, random.Random(4))
    before, _, after = page(new).partition("三、")
    mixed = render.page(OLD, old, style(), agency=AGENCY, year=2023).partition("三、")[0] + "三、" + after
    assert before != mixed
    [report] = parse(mixed.encode(), "x")
    assert (report.form, report.forms["proactive"]) == (NEW.id, OLD.id)
    assert (
        report.cells["proactive.admin_penalty.items_change"].value
        == old["proactive.admin_penalty.items_change"]
    )
    assert report.cells["applications.other_other.total"].value == new["applications.other_other.total"]


def test_a_table_printed_twice_with_other_numbers_is_uncertain_where_it_differs() -> None:
    values, other = truth(), truth()
    other["proactive.admin_penalty.decisions"] = 123_456
    table = page(other).partition("<table")[2].partition("<p>三、")[0]
    [report] = parse(page(values).replace("<p>三、", f"<table{table}<p>三、").encode(), "x")
    cell = report.cells["proactive.admin_penalty.decisions"]
    assert (cell.status, cell.value) == (CellStatus.UNCERTAIN, None)
    assert "123456" in (cell.raw or "")
    assert report.cells["proactive.admin_coercion.decisions"].status is CellStatus.STATED


def test_fees_printed_in_yuan_are_converted_to_the_unit_of_the_form() -> None:
    values = truth()
    values["proactive.admin_fees.amount"] = 251_000
    markup = page(values).replace("（单位：万元）", "（单位：元）")
    [report] = parse(markup.encode(), "x")
    cell = report.cells["proactive.admin_fees.amount"]
    assert (cell.value, cell.raw) == (25.1, "251000")


@pytest.mark.parametrize("encoding", ["gbk", "utf-8", "gb18030"])
def test_old_pages_in_gbk_are_read_without_a_label(encoding: str) -> None:
    values = truth()
    [report] = parse(page(values).replace("<meta charset='utf-8'>", "").encode(encoding), "x")
    assert report.agency == AGENCY
    assert report.cells["applications.new_received.total"].value == values["applications.new_received.total"]


@pytest.mark.parametrize(
    ("data", "outcome", "code"),
    [
        (b"", Outcome.UNREADABLE, IssueCode.DAMAGED_FILE),
        (b"%PDF-1.7 broken", Outcome.UNREADABLE, IssueCode.DAMAGED_FILE),
        (b"PK\x03\x04word/ broken", Outcome.UNREADABLE, IssueCode.DAMAGED_FILE),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, Outcome.UNREADABLE, IssueCode.DAMAGED_FILE),
        (bytes(range(256)) * 8, Outcome.UNREADABLE, IssueCode.UNKNOWN_FORMAT),
        ("<html><h1>示例局2023年法治政府建设年度报告</h1>".encode(), Outcome.NOT_REPORT, IssueCode.DECOY),
        ("<html><h1>2023年度示例局部门决算</h1>".encode(), Outcome.NOT_REPORT, IssueCode.DECOY),
        ("<html><title>政府信息公开年报</title><li>示例局2023年政府信息公开工作年度报告</li>".encode(),
         Outcome.NOT_REPORT, IssueCode.NO_REPORT_TEXT),
        ("随便一段文字。".encode(), Outcome.NOT_REPORT, IssueCode.NO_REPORT_TEXT),
    ],
)  # fmt: skip
def test_what_is_no_report_says_why(data: bytes, outcome: Outcome, code: IssueCode) -> None:
    [report] = parse(data, "x")
    assert (report.outcome, [issue.code for issue in report.issues]) == (outcome, [code])
    assert report.cells == {}


def test_a_report_without_its_tables_holds_no_cell() -> None:
    lines = [
        f"{AGENCY}2023年政府信息公开工作年度报告",
        "一、总体情况",
        "好。",
        "二、主动公开政府信息情况",
        "见附件。",
    ]
    text = "\n\n".join(lines)
    [report] = parse(text.encode(), "x")
    assert {cell.status for cell in report.cells.values()} == {CellStatus.ABSENT}
    assert [i.code for i in report.issues] == [IssueCode.TABLES_MISSING] * 3


def test_tables_deeper_than_the_fast_parser_goes_are_not_lost() -> None:
    values = truth()
    deep = (
        page(values)
        .replace("<body>", "<body>" + "<div>" * 600)
        .replace("</body>", "</div>" * 600 + "</body>")
    )
    [report] = parse(deep.encode(), "x")
    assert report.cells["applications.new_received.total"].value == values["applications.new_received.total"]


def test_a_page_with_a_whole_document_pasted_into_it_is_read_to_its_end() -> None:
    values = truth()
    head, mark, rest = page(values).partition("<p>三、")
    [report] = parse(f"{head}</body></html>{mark}{rest}".encode(), "x")
    assert report.cells["applications.new_received.total"].value == values["applications.new_received.total"]


APPLICANTS = ["自然人", "商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他", "总计"]


def applications_page(header: list[str], rows: dict[str, list[str]]) -> bytes:
    """A report whose table of applications prints these columns."""
    bodies = [
        f"<td>{label}</td>" + "".join(f"<td>{value}</td>" for value in values)
        for label, values in rows.items()
    ]
    organs = [name for name in header if name not in ("自然人", "总计")]
    head = (
        f"<tr><td rowspan=2></td><td rowspan=2>自然人</td><td colspan={len(organs)}>法人或其他组织</td>"
        + ("<td rowspan=2>总计</td>" if "总计" in header else "")
        + "</tr><tr>"
        + "".join(f"<td>{name}</td>" for name in organs)
        + "</tr>"
    )
    table = f"<table>{head}{''.join(f'<tr>{body}</tr>' for body in bodies)}</table>"
    title = "金昌市示例局2023年政府信息公开工作年度报告"
    headings = "<p>一、总体情况</p><p>二、主动公开政府信息情况</p><p>三、收到和处理政府信息公开申请情况</p>"
    return f"<h1>{title}</h1>{headings}{table}".encode()


@pytest.mark.parametrize("place", [1, 3, 5, 6])
def test_a_column_that_the_header_leaves_out_moves_no_other(place: int) -> None:
    numbers = {
        "一、本年新收政府信息公开申请数量": [7, 5, 4, 3, 2, 1, 22],
        "（一）予以公开": [6, 5, 4, 3, 2, 1, 21],
    }
    kept = [name for name in APPLICANTS if name != APPLICANTS[place]]
    rows = {
        label: [str(value) for name, value in zip(APPLICANTS, values, strict=True) if name in kept]
        for label, values in numbers.items()
    }
    [report] = parse(applications_page(kept, rows), "page.html")
    for row, values in zip(("new_received", "granted"), numbers.values(), strict=True):
        cells = [cell for name, cell in report.cells.items() if name.startswith(f"applications.{row}.")]
        assert [cell.value for cell in cells[:place] + cells[place + 1 :]] == values[:place] + values[
            place + 1 :
        ]
        assert {cell.status for i, cell in enumerate(cells) if i != place} == {CellStatus.STATED}
        assert cells[place].status is not CellStatus.STATED


def test_a_value_under_no_header_makes_its_row_uncertain() -> None:
    rows = {"一、本年新收政府信息公开申请数量": ["7", "5", "4", "3", "2", "1", "22"]}
    header = [name if name != "法律服务机构" else "" for name in APPLICANTS]
    [report] = parse(applications_page(header, rows), "page.html")
    assert not any(cell.status is CellStatus.STATED for cell in report.cells.values())


def test_a_row_that_slipped_sideways_is_uncertain_where_a_column_tells() -> None:
    """Its own sum holds by chance, 1 = 1, and of the columns only the last has numbers enough."""
    rows = {
        "一、本年新收政府信息公开申请数量": ["4", "3", "2", "3", "2", "1", "15"],
        "二、上年结转政府信息公开申请数量": ["", "/", "1", "/", "/", "/", "1"],
        "（一）予以公开": ["4", "4", "2", "3", "2", "2", "17"],
        "（七）总计": ["4", "4", "2", "3", "2", "2", "17"],
        "四、结转下年度继续办理": ["/", "/", "/", "/", "/", "/", "0"],
    }
    [report] = parse(applications_page(APPLICANTS, rows), "page.html")
    slipped = [cell for name, cell in report.cells.items() if name.startswith("applications.carried_over.")]
    assert not any(cell.status is CellStatus.STATED for cell in slipped)
    assert report.cells["applications.new_received.total"].value == 15


def test_labels_that_lost_a_column_leave_no_number_under_another_header() -> None:
    """All rows but the first have slipped left by one; their last column seems to be that of blank totals."""
    rows = {
        "一、本年新收政府信息公开申请数量": ["", "4", "3", "2", "3", "2", "1", "15"],
        "二、上年结转政府信息公开申请数量": ["", "2", "1", "", "3", "", "6", ""],
        "（一）予以公开": ["4", "3", "2", "3", "2", "1", "15", ""],
        "（七）总计": ["4", "3", "2", "3", "2", "1", "15", ""],
    }
    page = applications_page(APPLICANTS, rows).replace(
        b"<td rowspan=2></td>", b"<td rowspan=2 colspan=2></td>"
    )
    [report] = parse(page, "page.html")
    stated = {name.split(".")[1] for name, cell in report.cells.items() if cell.status is CellStatus.STATED}
    assert stated == {"new_received"}


def test_marks_beside_a_group_are_those_of_a_row_without_its_label() -> None:
    """From there on every label stands a row too low, and the last one beside nothing."""
    rows = {
        "（一）予以公开": ["（一）予以公开", *["/"] * 7],
        "（三）不予公开": ["", *["/"] * 7],
        "1.属于国家秘密": ["1.属于国家秘密", "1", "/", "/", "/", "/", "/", "1"],
        "四、结转下年度继续办理": [""] * 8,
    }
    page = applications_page(APPLICANTS, rows).replace(
        b"<td rowspan=2></td>", b"<td rowspan=2 colspan=2></td>"
    )
    [report] = parse(page, "page.html")
    assert not any(cell.status is CellStatus.STATED for cell in report.cells.values())


def test_the_header_of_another_block_is_no_header_that_leaves_columns_out() -> None:
    """行政强制 has three columns, and the two that stand over it here are those of 行政事业性收费."""
    head = "<tr><td>信息内容</td><td>上一年项目数量</td><td>本年增/减</td></tr>"
    table = f"<table>{head}<tr><td>行政强制</td><td>2</td><td>1</td></tr></table>"
    title = "<h1>金昌市示例局2020年政府信息公开工作年度报告</h1>"
    [report] = parse(
        f"{title}<p>一、总体情况</p><p>二、主动公开政府信息情况</p>{table}".encode(), "page.html"
    )
    assert not any(cell.status is CellStatus.STATED for cell in report.cells.values())


def statistics_page(values: dict[str, int]) -> str:
    """The 2014 table: label, unit, value; group rows with dashes for a unit."""
    rows = [["统计指标", "单位", "统计数"]]
    for row in OLDEST.tables[0].blocks[0].rows:
        rows.append(
            [row.label, "——" if row.heading else str(row.unit), "" if row.heading else str(values[row.code])]
        )
    title = f"<h1>{AGENCY}2016年政府信息公开工作年度报告</h1><p>一、概述</p><p>二、主动公开情况</p>"
    cells = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"{title}<table>{cells}</table>"


def test_the_statistics_table_of_2014_is_read_with_its_repeated_labels() -> None:
    rows = [row for row in OLDEST.tables[0].blocks[0].rows if not row.heading]
    values = {row.code: number for number, row in enumerate(rows, start=1)}
    [report] = parse(statistics_page(values).encode(), "x")
    assert (report.form, report.agency, report.report_year) == (OLDEST.id, AGENCY, 2016)
    assert {n: c.value for n, c in report.cells.items()} == {f"statistics.{k}": v for k, v in values.items()}
    assert (
        report.cells["statistics.review_corrected"].value
        != report.cells["statistics.litigation_corrected"].value
    )


def test_free_prose_before_any_form_is_a_report_without_cells() -> None:
    lines = [
        f"{AGENCY}2010年政府信息公开工作年度报告",
        "一、概述",
        "好。",
        "二、主动公开政府信息情况",
        "多。",
    ]
    [report] = parse("\n\n".join(lines).encode(), "x")
    assert (report.outcome, report.report_year, report.form, report.cells) == (Outcome.REPORT, 2010, None, {})


def test_reports_of_two_agencies_in_one_document_give_two() -> None:
    one, other = truth(1), truth(2)
    second = render.page(NEW, other, style(), agency="金昌市演示局", year=2023)
    reports = parse((page(one) + second).encode(), "x")
    assert [(r.agency, r.report_year) for r in reports] == [(AGENCY, 2023), ("金昌市演示局", 2023)]
    for report, values in zip(reports, (one, other), strict=True):
        assert {name: cell.value for name, cell in report.cells.items()} == values


def test_a_page_in_traditional_characters_is_the_same_report() -> None:
    from opencc_purepy import OpenCC

    values = truth()
    [report] = parse(OpenCC("s2t").s2t(page(values)).encode(), "x")
    assert report.agency == AGENCY
    assert {name: cell.value for name, cell in report.cells.items()} == values


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<td>总计</td>", "<td></td>"),
        ("一、本年新收政府信息公开申请数量</td>", "</td>"),
    ],
)
def test_labels_that_are_lost_leave_no_number_under_another(before: str, after: str) -> None:
    values = truth()
    [report] = parse(page(values).replace(before, after).encode(), "x")
    numbers = {name: cell.value for name, cell in report.cells.items() if cell.value is not None}
    assert numbers == {name: values[name] for name in numbers}
