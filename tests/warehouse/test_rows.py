"""What a report looks like as rows, and what the schemas promise."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from parsers.forms import load_forms
from parsers.model import Cell, CellStatus, CheckOutcome, Issue, IssueCode, Outcome
from tests.warehouse.samples import FEES, FORM, NEW, cells_of, site_report
from warehouse import SiteReport, Verdict, publish, read_arrow, stage
from warehouse.codebook import codebook, datapackage
from warehouse.rows import report_tables, verdict
from warehouse.schema import CELLS, REPORTS, SCHEMAS

SITE = "gxj.jcs.gov.cn"


def test_every_cell_of_every_form_is_a_column_newest_form_first() -> None:
    newest, *older = load_forms()
    columns = [name for name in REPORTS.names if name in CELLS]
    assert columns[: len(newest.cells)] == list(newest.cells)
    for form in older:
        added = [cell for cell in form.cells if cell not in newest.cells]
        assert [name for name in columns if name in added] == added


def test_one_column_never_mixes_units_or_kinds_of_two_forms() -> None:
    for form in load_forms():
        for cell in form.cells.values():
            assert (cell.unit, cell.kind) == (CELLS[cell.id].unit, CELLS[cell.id].kind)


def test_every_column_is_explained_in_both_languages() -> None:
    text = codebook().decode()
    package = {resource["name"]: resource for resource in json.loads(datapackage())["resources"]}
    for table, schema in SCHEMAS.items():
        fields = {field["name"]: field for field in package[table]["schema"]["fields"]}
        for field in schema:
            metadata = {key.decode(): value.decode() for key, value in field.metadata.items()}
            assert metadata["label"]
            assert metadata["label_en"].isascii()
            assert f"| `{field.name}` |" in text
            assert fields[field.name]["title"] == metadata["label"]
            assert fields[field.name].get("unit") == metadata.get("unit")
    assert fields.keys() >= {"year", "province"}
    assert REPORTS.field(FEES).metadata[b"unit"].decode() == "万元"
    enum = {field["name"]: field.get("constraints") for field in package["cells"]["schema"]["fields"]}[
        "status"
    ]
    assert enum == {"required": True, "enum": list(CellStatus)}
    assert all(f"| `{code}` |" in text for code in [*Verdict, *CellStatus, *CheckOutcome])


def test_wide_row_gives_a_number_only_where_it_is_stated_or_deduced(tmp_path: Path) -> None:
    cells = cells_of({NEW: 4, "applications.new_received.other": None})
    cells["applications.carried_over.total"] = Cell(1, None, CellStatus.DEDUCED)
    cells["applications.carried_over.other"] = Cell(None, "1 或 7", CellStatus.UNCERTAIN)
    item = site_report(cells={k: v for k, v in cells.items() if k in FORM.cells})
    stage(tmp_path, SITE, "甘肃省", [item, site_report("金昌市信访局", cells={})])
    publish(tmp_path)
    empty, row = read_arrow("reports", home=tmp_path).to_pylist()
    assert all(empty[cell] is None for cell in CELLS)
    given = {cell: row[cell] for cell in CELLS if row[cell] is not None}
    assert given == {NEW: 4, "applications.carried_over.total": 1}
    assert (row["cells_stated"], row["cells_deduced"]) == (1, 1)
    assert (row["checks_pass"], row["checks_fail"], row["checks_not_checkable"]) == (1, 0, 1)


def test_report_row_tells_where_the_report_comes_from() -> None:
    item = dataclasses.replace(site_report(), published_date=date(2024, 1, 12))
    (row,) = report_tables(SITE, "甘肃省", [item])["reports"].to_pylist()
    assert row["report_id"] == "金昌市工业和信息化局/2023"
    assert (row["division"], row["province_code"], row["level"]) == ("620300", "620000", "county")
    assert row["urls"] == [item.sources[0].url]
    assert row["digests"] == [item.sources[0].digest]
    assert row["fetched_at"] == datetime(2026, 11, 20, 2, tzinfo=UTC)
    assert row["published_date"] == date(2024, 1, 12)
    assert row["issues"] == [{"code": "torn_row", "message": "3 numbers behind 行政许可 outside any table"}]
    assert row["section_problems"] == "公开内容还不够全面。"
    assert row["section_other_matters"] is None


def test_cell_rows_follow_the_form_and_lead_back_to_the_bytes() -> None:
    shuffled = dict(reversed(cells_of({NEW: 4}).items()))
    rows = report_tables(SITE, "甘肃省", [site_report(cells=shuffled)])["cells"].to_pylist()
    assert [row["cell"] for row in rows] == list(FORM.cells)
    cell = next(row for row in rows if row["cell"] == NEW)
    assert (cell["table"], cell["row"], cell["column"]) == ("applications", "new_received", "total")
    assert (cell["value"], cell["raw"], cell["status"], cell["unit"]) == (4.0, "4", "stated", "件")
    assert cell["capture"] == "sha256:" + "ab" * 32
    assert [cell[name] for name in ("block", "table_number", "grid_row", "grid_column", "page")] == [
        7,
        1,
        3,
        6,
        2,
    ]
    assert cell["box"] == [1, 2, 30, 9]
    review = next(row for row in rows if row["table"] == "review_litigation")
    assert review["row"] is None


ALL_STATED = cells_of(dict.fromkeys(FORM.cells, 0))


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (ALL_STATED, Verdict.COMPLETE),
        (ALL_STATED | {NEW: Cell(None, "", CellStatus.BLANK)}, Verdict.COMPLETE),
        (ALL_STATED | {NEW: Cell(None, "/", CellStatus.NOT_APPLICABLE)}, Verdict.COMPLETE),
        (ALL_STATED | {NEW: Cell(3, None, CellStatus.DEDUCED)}, Verdict.COMPLETE),
        (ALL_STATED | {NEW: Cell(None, "1 或 7", CellStatus.UNCERTAIN)}, Verdict.PARTIAL),
        (ALL_STATED | {NEW: Cell(None, None, CellStatus.ABSENT)}, Verdict.PARTIAL),
        (cells_of({}), Verdict.NARRATIVE_ONLY),
        ({}, Verdict.NARRATIVE_ONLY),
    ],
)
def test_verdict_follows_the_statuses(cells: dict[str, Cell], expected: Verdict) -> None:
    assert verdict(site_report(cells=cells).report) is expected


def test_verdict_of_conflicts_and_unreadable_documents() -> None:
    report = site_report(cells=ALL_STATED).report
    conflict = (Issue(IssueCode.SOURCE_CONFLICT, "page 4, attachment 5"),)
    assert verdict(dataclasses.replace(report, issues=conflict)) is Verdict.SOURCE_CONFLICT
    unreadable = dataclasses.replace(report, outcome=Outcome.UNREADABLE, cells={})
    assert verdict(unreadable) is Verdict.UNREADABLE


@pytest.mark.parametrize(
    ("reports", "complaint"),
    [
        ([site_report(site="other.gov.cn")], "belongs to other.gov.cn in 甘肃省, not to gxj.jcs.gov.cn"),
        ([site_report(province="青海省")], "in 青海省, not to gxj.jcs.gov.cn in 甘肃省"),
        ([site_report(), site_report()], "gives 金昌市工业和信息化局/2023 twice"),
        (
            [
                dataclasses.replace(
                    site_report(), report=dataclasses.replace(site_report().report, agency=None)
                )
            ],
            "no agency",
        ),
        ([site_report(numbers={NEW: 4.5})], f"counts 4.5 in {NEW}"),
    ],
)
def test_reports_that_cannot_be_placed_are_refused(reports: list[SiteReport], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        report_tables(SITE, "甘肃省", reports)


def test_importing_the_warehouse_loads_neither_scheduler_nor_crawler() -> None:
    code = "import sys, warehouse; print(sorted({'prefect', 'scrapy', 'twisted'} & set(sys.modules)))"
    root = Path(__file__).parents[2]
    assert subprocess.check_output([sys.executable, "-c", code], cwd=root, text=True).strip() == "[]"
