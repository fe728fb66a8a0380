"""Who owed a report, and whether it came: what is said, what it rests on, and what is not said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from parsers.model import Outcome
from tests.warehouse.samples import site_report
from warehouse import Access, ListPage, Observed, SiteReport, SiteView, publish, read, stage, stage_view
from warehouse.obligations import deadline
from warehouse.vocabulary import Body

SITE, BUREAU = "gxj.jcs.gov.cn", "金昌市工业和信息化局"
PAGES = (ListPage(f"http://{SITE}/zwgk/", "sha256:list"),)
APRIL = datetime(2026, 4, 15, tzinfo=UTC)


def view(access: Access = Access.WHOLE, at: datetime = APRIL, name: str = BUREAU) -> SiteView:
    return SiteView(name, "620300", None, access, at, PAGES if access is Access.WHOLE else ())


def dated(agency: str = BUREAU, year: int = 2024, **fields: Any) -> SiteReport:
    """A report first archived long after its date, with these dates."""
    item = site_report(agency, year)
    published, signed = fields.get("published"), fields.get("signed")
    report = replace(item.report, signed_date=signed, outcome=fields.get("outcome", Outcome.REPORT))
    archived = fields.get("archived", datetime(2026, 11, 20, tzinfo=UTC))
    sources = tuple(replace(source, fetched_at=archived) for source in item.sources)
    return replace(item, report=report, published_date=published, sources=sources)


def judged(home: Path, *reports: SiteReport, seen: SiteView | None = None) -> dict[tuple[str, int], Any]:
    """Judgement and its basis by agency and year."""
    stage(home, SITE, "甘肃省", reports, Observed(seen))
    return published(home)


def published(home: Path) -> dict[tuple[str, int], Any]:
    publish(home)
    rows = read("obligations", home=home).to_dict("records")
    return {(row["agency"], row["report_year"]): (row["obligation"], row["basis"]) for row in rows}


def test_the_dates_are_those_of_the_regulations() -> None:
    department, government = deadline(Body.DEPARTMENT, 2023), deadline(Body.GOVERNMENT, 2023)
    assert department is not None and department.due == date(2024, 1, 31)
    assert government is not None and government.due == date(2024, 3, 31)
    before = deadline(Body.DEPARTMENT, 2018)
    assert before is not None and before.due == date(2019, 3, 31)
    assert [deadline(body, 2023) for body in (Body.TOWNSHIP, Body.VERTICAL, Body.OTHER)] == [None] * 3
    assert deadline(Body.GOVERNMENT, 2007) is None


@pytest.mark.parametrize(
    ("agency", "dates", "expected"),
    [
        (BUREAU, {"published": date(2025, 1, 31)}, ("in_time", "published_date")),
        (BUREAU, {"published": date(2025, 2, 1)}, ("late", "published_date")),
        ("金昌市人民政府", {"published": date(2025, 3, 31)}, ("in_time", "published_date")),
        ("金昌市人民政府", {"published": date(2025, 4, 1)}, ("late", "published_date")),
        # In Jinchang it is already the 1st of February.
        (BUREAU, {"archived": datetime(2025, 1, 31, 15, 59, tzinfo=UTC)}, ("in_time", "archived_date")),
        (BUREAU, {"archived": datetime(2025, 1, 31, 16, 0, tzinfo=UTC)}, ("not_judged", "no_date")),
        (BUREAU, {"signed": date(2025, 2, 7)}, ("late", "signed_date")),
        # Signed in time says nothing of the publication.
        (BUREAU, {"signed": date(2025, 1, 7)}, ("not_judged", "no_date")),
        # Portals that moved show the day of the move.
        (BUREAU, {"published": date(2026, 5, 1)}, ("not_judged", "late_date")),
        # A date before the year that the report is about is that of another document.
        (BUREAU, {"published": date(2023, 5, 1)}, ("not_judged", "no_date")),
        (BUREAU, {"outcome": Outcome.UNREADABLE}, ("unreadable", "document")),
        ("城关镇人民政府", {"published": date(2025, 6, 1)}, ("not_judged", "no_duty")),
        ("国家税务总局金昌市税务局", {"published": date(2025, 6, 1)}, ("not_judged", "no_duty")),
    ],
)
def test_a_report_that_is_there_is_judged_by_its_dates(
    tmp_path: Path, agency: str, dates: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert list(judged(tmp_path, dated(agency, **dates)).values()) == [expected]


def test_an_absence_is_said_with_the_archived_list_pages(tmp_path: Path) -> None:
    found = judged(tmp_path, dated(year=2022), dated(year=2024), seen=view())
    assert found[BUREAU, 2023] == found[BUREAU, 2025] == ("missing", "list_pages")
    assert (BUREAU, 2021) not in found
    [row] = read("obligations", home=tmp_path, year=2025).to_dict("records")
    assert list(row["list_urls"]) == [PAGES[0].url]
    assert list(row["list_digests"]) == ["sha256:list"]
    assert row["observed_at"].to_pydatetime() == APRIL
    assert row["due_date"] == date(2026, 1, 31)
    assert row["report_id"] == f"{BUREAU}/2025"
    assert "第四十九条" in row["instrument"]


def test_nothing_is_missing_before_its_date_is_over(tmp_path: Path) -> None:
    last_day = view(at=datetime(2026, 1, 31, 15, 59, tzinfo=UTC))
    assert (BUREAU, 2025) not in judged(tmp_path, dated(year=2024), seen=last_day)
    after = view(at=datetime(2026, 1, 31, 16, 0, tzinfo=UTC))
    assert judged(tmp_path, dated(year=2024), seen=after)[BUREAU, 2025] == ("missing", "list_pages")


def test_a_government_has_until_the_end_of_march(tmp_path: Path) -> None:
    government = "金昌市人民政府"
    march = view(at=datetime(2026, 3, 31, 2, tzinfo=UTC), name=government)
    assert (government, 2025) not in judged(tmp_path, dated(government), seen=march)
    assert judged(tmp_path, dated(government), seen=view(name=government))[government, 2025][0] == "missing"


@pytest.mark.parametrize(
    ("access", "expected"),
    [
        (Access.PARTLY, ("not_judged", "column_not_read")),
        (Access.UNREACHABLE, ("not_judged", "column_not_read")),
        (Access.REFUSED, ("blocked", "refusal")),
    ],
)
def test_what_could_not_be_read_is_not_said_to_be_missing(
    tmp_path: Path, access: Access, expected: tuple[str, str]
) -> None:
    assert judged(tmp_path, dated(year=2024), seen=view(access))[BUREAU, 2025] == expected
    stage_view(tmp_path, "blocked.gov.cn", "甘肃省", Observed(view(access, name="金昌市信访局")))
    assert published(tmp_path)["金昌市信访局", 2025] == expected


def test_an_absence_once_proven_outlasts_a_block_until_the_report_comes(tmp_path: Path) -> None:
    judged(tmp_path, dated(year=2024), seen=view())
    may = datetime(2026, 5, 1, tzinfo=UTC)
    stage_view(tmp_path, SITE, "甘肃省", Observed(view(Access.REFUSED, may)))
    assert published(tmp_path)[BUREAU, 2025] == ("missing", "list_pages")
    assert read("obligations", home=tmp_path, year=2025)["observed_at"][0].to_pydatetime() == APRIL
    late = dated(year=2025, published=date(2026, 5, 20))
    assert judged(tmp_path, dated(year=2024), late, seen=view(at=may))[BUREAU, 2025][0] == "late"


def test_an_agency_that_only_reports_name_owes_one_year_after_its_last(tmp_path: Path) -> None:
    """It may have been merged or renamed since."""
    found = judged(tmp_path, dated(year=2024), dated("金昌市粮食局", 2018), seen=view())
    assert found["金昌市粮食局", 2019] == ("missing", "list_pages")
    assert ("金昌市粮食局", 2020) not in found


def test_a_site_whose_reports_bear_other_names_accuses_nobody(tmp_path: Path) -> None:
    found = judged(tmp_path, dated("金昌市工信局", 2025), seen=view())
    assert found[BUREAU, 2025] == ("not_judged", "other_name")


def test_townships_are_never_missing(tmp_path: Path) -> None:
    found = judged(tmp_path, dated("永昌县城关镇人民政府", 2022), seen=view(name="永昌县城关镇人民政府"))
    assert list(found) == [("永昌县城关镇人民政府", 2022)]


def test_a_report_on_another_portal_or_under_another_spelling_is_no_absence(tmp_path: Path) -> None:
    other = replace(
        site_report("金昌市永昌县教育局", 2025, site="www.jcs.gov.cn", site_name="金昌市人民政府"),
        published_date=date(2026, 1, 8),
    )
    stage(tmp_path, "www.jcs.gov.cn", "甘肃省", [other])
    seen = replace(view(name="永昌县教育局"), division="620321")
    assert (
        judged(tmp_path, dated("永昌县教育局", 2024), seen=seen)["金昌市永昌县教育局", 2025][0] == "in_time"
    )
    assert ("永昌县教育局", 2025) not in published(tmp_path)


def test_the_first_archived_copy_proves_a_report_in_time_after_its_page_changed(tmp_path: Path) -> None:
    early = datetime(2025, 1, 20, tzinfo=UTC)
    assert judged(tmp_path, dated(archived=early))[BUREAU, 2024] == ("in_time", "archived_date")
    assert judged(tmp_path, dated())[BUREAU, 2024] == ("in_time", "archived_date")
