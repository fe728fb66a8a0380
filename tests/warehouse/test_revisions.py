"""What changed in a report because its source did: numbers, texts, addresses, withdrawal."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from parsers.model import Cell, CellStatus
from tests.warehouse.samples import FEES, NEW, site_report
from warehouse import Access, Move, Observed, SiteReport, SiteView, publish, read, stage, staged_reports

SITE, AGENCY = "gxj.jcs.gov.cn", "金昌市工业和信息化局"
URL = f"http://{SITE}/zwgk/2023.html"
LATER, LATEST = datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 9, tzinfo=UTC)
SEEN = SiteView(AGENCY, "620300", None, Access.WHOLE, LATEST)


def fetched(digest: str, at: datetime | None = None, url: str = URL, **fields: Any) -> SiteReport:
    """The report as its source with these bytes gives it."""
    item = site_report(**fields)
    [source] = item.sources
    source = replace(source, digest=f"sha256:{digest}", url=url, fetched_at=at or source.fetched_at)
    return replace(item, sources=(source,))


def revisions(home: Path) -> list[dict[str, Any]]:
    publish(home)
    rows = read("revisions", home=home).drop(columns=["year", "province"]).to_dict("records")
    return [{name: None if value is pd.NaT else value for name, value in row.items()} for row in rows]


def test_a_changed_source_is_told_cell_by_cell_from_both_captures(tmp_path: Path) -> None:
    first = fetched("one", numbers={NEW: 4, FEES: 0.5})
    second = fetched("two", LATER, numbers={NEW: 9, FEES: 0.5})
    second = replace(second, report=replace(second.report, sections={"overview": "另有说明。"}))
    stage(tmp_path, SITE, "甘肃省", [first])
    assert revisions(tmp_path) == []
    stage(tmp_path, SITE, "甘肃省", [second])
    cell, overview, problems = revisions(tmp_path)
    assert (cell["revision"], cell["what"], cell["report_id"]) == ("cell", NEW, f"{AGENCY}/2023")
    assert (cell["old_value"], cell["old_text"], cell["old_status"]) == (4, "4", "stated")
    assert (cell["new_value"], cell["new_text"], cell["new_status"]) == (9, "9", "stated")
    assert (list(cell["old_digests"]), list(cell["new_digests"])) == (["sha256:one"], ["sha256:two"])
    assert cell["old_fetched_at"] == pd.Timestamp("2026-11-20T02:00Z")
    assert cell["noticed_at"] == cell["new_fetched_at"] == pd.Timestamp(LATER)
    assert (overview["revision"], overview["what"]) == ("section", "overview")
    assert overview["old_text"].startswith("2023年")
    assert overview["new_text"] == "另有说明。"
    assert problems["what"] == "problems"
    assert pd.isna(problems["new_text"])


def test_revisions_add_up_and_a_rerun_adds_nothing(tmp_path: Path) -> None:
    versions = [fetched("one"), fetched("two", LATER, numbers={NEW: 9}), fetched("three", LATEST)]
    for version in versions:
        stage(tmp_path, SITE, "甘肃省", [version])
        stage(tmp_path, SITE, "甘肃省", [version])
    rows = [(row["what"], row["old_value"], row["new_value"]) for row in revisions(tmp_path)]
    assert [row for row in rows if row[0] == NEW] == [(NEW, 4, 9), (NEW, 9, 4)]


def test_what_is_only_read_anew_is_no_revision(tmp_path: Path) -> None:
    stage(tmp_path, SITE, "甘肃省", [fetched("one", numbers={NEW: 4})])
    stage(tmp_path, SITE, "甘肃省", [fetched("one", numbers={NEW: 9})])
    assert revisions(tmp_path) == []
    assert read("reports", home=tmp_path)[NEW].to_list() == [9]


def test_both_versions_of_a_source_are_read_by_the_parser_of_today(tmp_path: Path) -> None:
    """The parser of before saw a 4 where today's sees the 8 that both versions print."""
    stage(tmp_path, SITE, "甘肃省", [fetched("one", numbers={NEW: 4, FEES: 1})])
    today = [fetched("two", LATER, numbers={NEW: 8, FEES: 2})]
    former = (fetched("one", numbers={NEW: 8, FEES: 1}),)
    stage(tmp_path, SITE, "甘肃省", today, Observed(former=former))
    assert [(row["what"], row["old_value"], row["new_value"]) for row in revisions(tmp_path)] == [
        (FEES, 1, 2)
    ]


def test_a_lost_number_is_a_revision_with_its_status(tmp_path: Path) -> None:
    stage(tmp_path, SITE, "甘肃省", [fetched("one", cells={NEW: Cell(4, "4", CellStatus.STATED)})])
    stage(
        tmp_path,
        SITE,
        "甘肃省",
        [fetched("two", LATER, cells={NEW: Cell(None, "4 或 1", CellStatus.UNCERTAIN)})],
    )
    [row] = revisions(tmp_path)
    assert (row["old_status"], row["new_status"], row["new_text"]) == ("stated", "uncertain", "4 或 1")
    assert pd.isna(row["new_value"])


def test_a_withdrawn_report_keeps_its_rows_and_may_come_back(tmp_path: Path) -> None:
    stage(tmp_path, SITE, "甘肃省", [fetched("one"), site_report(year=2022)])
    gone = Observed(withdrawn={URL: LATER})
    stage(tmp_path, SITE, "甘肃省", [site_report(year=2022)], gone)
    for _ in range(2):  # the portal is read again, and still does not hold it
        [row] = revisions(tmp_path)
        assert (row["revision"], row["noticed_at"]) == ("withdrawn", pd.Timestamp(LATER))
        reports = read("reports", home=tmp_path, year=2023)
        assert reports["withdrawn_at"].to_list() == [pd.Timestamp(LATER)]
        assert reports[NEW].to_list() == [4]
        assert len(read("cells", home=tmp_path, year=2023)) > 0
        assert read("obligations", home=tmp_path, year=2023)["obligation"].to_list() == ["withdrawn"]
        assert staged_reports(tmp_path, SITE) == 1
        stage(tmp_path, SITE, "甘肃省", [site_report(year=2022)])
    stage(tmp_path, SITE, "甘肃省", [fetched("one"), site_report(year=2022)], Observed(SEEN))
    withdrawn, restored = revisions(tmp_path)
    assert (restored["revision"], restored["noticed_at"]) == ("restored", pd.Timestamp(LATEST))
    assert withdrawn["revision"] == "withdrawn"
    assert read("reports", home=tmp_path, year=2023)["withdrawn_at"].isna().all()


def test_a_report_of_two_sources_is_withdrawn_with_the_last_of_them(tmp_path: Path) -> None:
    item = fetched("one")
    [page] = item.sources
    file = replace(page, url=f"http://{SITE}/2023.pdf", digest="sha256:pdf", role="attachment")
    stage(tmp_path, SITE, "甘肃省", [replace(item, sources=(page, file))])
    stage(tmp_path, SITE, "甘肃省", [], Observed(withdrawn={page.url: LATER, file.url: LATEST}))
    assert [row["noticed_at"] for row in revisions(tmp_path)] == [pd.Timestamp(LATEST)]


@pytest.mark.parametrize("told", [True, False], ids=["told by the crawl", "by the same bytes"])
def test_a_moved_report_is_one_report_with_its_new_address(tmp_path: Path, told: bool) -> None:
    new_url = f"http://{SITE}/new/2023.html"
    stage(tmp_path, SITE, "甘肃省", [fetched("one")])
    observed = Observed(SEEN, moved={URL: Move(new_url, LATER)} if told else {})
    stage(tmp_path, SITE, "甘肃省", [fetched("one", url=new_url)], observed)
    [row] = revisions(tmp_path)
    assert (row["revision"], row["old_text"], row["new_text"]) == ("moved", URL, new_url)
    assert row["noticed_at"] == pd.Timestamp(LATER if told else LATEST)
    [report] = read("reports", home=tmp_path).to_dict("records")
    assert list(report["urls"]) == [new_url]
    assert pd.isna(report["withdrawn_at"])


def test_revisions_follow_a_report_that_is_read_under_another_name(tmp_path: Path) -> None:
    stage(tmp_path, SITE, "甘肃省", [fetched("one")])
    stage(tmp_path, SITE, "甘肃省", [fetched("two", LATER, numbers={NEW: 9, FEES: 0.5})])
    stage(
        tmp_path, SITE, "甘肃省", [fetched("two", LATER, agency="金昌市信访局", numbers={NEW: 9, FEES: 0.5})]
    )
    assert {row["report_id"] for row in revisions(tmp_path)} == {"金昌市信访局/2023"}
