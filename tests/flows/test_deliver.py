"""What becomes of the parsed articles of a site, and when a site keeps its old rows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crawler.archive import Capture, Role
from crawler.registry import Site
from flows.deliver import shortfall, site_reports, still_known
from flows.parse import ParsedArticle, articles
from parsers.model import Cell, CellStatus, IssueCode, Outcome, Report

SITE = Site(id="a.gov.cn", name="金昌市甲局", division="620300", start_urls=("http://a.gov.cn/",))


def _capture(url: str, role: Role, parent: str | None = None) -> Capture:
    return Capture(
        site=SITE.id,
        url=url,
        role=role,
        parent=parent,
        title=None,
        listed_date=None,
        status=200,
        content_type="text/html",
        filename=None,
        digest=f"sha256:{url}",
        warc="c.warc.gz",
        offset=0,
        length=1,
        fetched_at="2026-01-10T00:00:00+00:00",
        stored_at="2026-01-10T00:00:00+00:00",
        etag=None,
        last_modified=None,
    )


def _report(**fields: object) -> Report:
    report = Report("http://a.gov.cn/1", Outcome.REPORT, agency="甲局", report_year=2024)
    return replace(report, **fields)  # type: ignore[arg-type]


def _article(*reports: Report) -> ParsedArticle:
    return ParsedArticle(tuple((report, (_capture(report.source, Role.ARTICLE),)) for report in reports), ())


@pytest.mark.parametrize(
    ("reports", "known", "expects", "kept"),
    [
        (3, 3, None, False),
        (4, 3, 4, False),
        (2, 3, None, True),
        (3, 0, 4, True),
        (0, 0, None, True),
        (0, 0, 0, True),
    ],
)
def test_a_site_keeps_its_rows_when_it_gives_too_few(
    reports: int, known: int, expects: int | None, kept: bool
) -> None:
    site = SITE.model_copy(update={"expects": expects})
    assert (shortfall(site, reports, known, documents=9) is not None) is kept


def test_withdrawn_reports_are_neither_known_nor_expected_any_more() -> None:
    staged = [frozenset({"http://a.gov.cn/1", "http://a.gov.cn/1.pdf"}), frozenset({"http://a.gov.cn/2"})]
    page, file = (
        _capture("https://a.gov.cn/1", Role.ARTICLE),
        _capture("http://a.gov.cn/1.pdf", Role.ATTACHMENT),
    )
    assert still_known(staged, [page]) == 2
    assert still_known(staged, [page, file]) == 1
    site = SITE.model_copy(update={"expects": 2})
    assert shortfall(site, 1, 1, documents=1) is not None
    assert shortfall(site, 1, 1, documents=1, withdrawn=1) is None


def test_an_article_stands_before_its_attachments() -> None:
    page, file = _capture("/1", Role.ARTICLE), _capture("/1.pdf", Role.ATTACHMENT, "/1")
    alone, listing = _capture("/2.pdf", Role.ATTACHMENT, "/gone"), _capture("/", Role.LIST)
    assert articles([listing, file, page, alone]) == [(page, file), (alone,)]


def test_a_report_without_agency_is_the_sites_own_and_said_so() -> None:
    [found], [problem] = site_reports(SITE, [_article(_report(agency=None))])
    assert found.report.agency == SITE.name
    assert problem.code is IssueCode.NO_AGENCY


def test_a_report_without_year_is_listed_and_not_published() -> None:
    found, [problem] = site_reports(SITE, [_article(_report(report_year=None))])
    assert found == []
    assert problem.code is IssueCode.NO_REPORT_YEAR


def test_two_articles_of_one_agency_and_year_give_one_report_and_hide_no_conflict() -> None:
    cell = "applications.new_received.natural_person"
    one, other = (
        _report(
            source=f"http://a.gov.cn/{number}",
            form="cn_ogi_annual_2021",
            cells={cell: Cell(number, str(number), CellStatus.STATED)},
        )
        for number in (1, 2)
    )
    [found], _ = site_reports(SITE, [_article(one), _article(other)])
    assert found.report.cells[cell].status is CellStatus.UNCERTAIN
    assert [capture.url for capture in found.captures] == [one.source, other.source]
