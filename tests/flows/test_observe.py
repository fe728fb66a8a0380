"""What a crawl says of a site beside its reports: were its lists read, what is gone, moved, changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from crawler.archive import (
    Capture,
    Change,
    ChangeKind,
    CrawlOutcome,
    Role,
    SiteResult,
    Standing,
    StopReason,
    Trouble,
)
from crawler.registry import Site
from flows.deliver import site_reports
from flows.observe import CrawlRecord, former_articles, moves, site_view, withdrawn_urls
from flows.parse import ParsedArticle, Problem
from parsers.model import IssueCode, Outcome, Report
from warehouse import Access

SITE = Site(id="a.gov.cn", name="金昌市示例局", division="620300", start_urls=("http://a.gov.cn/",))
NIGHT = "2026-11-20T02:00:00+00:00"
RESULT = SiteResult(
    crawl_id="20261120T015900.000000Z-abc",
    site=SITE.id,
    outcome=CrawlOutcome.DONE,
    detail="",
    requests=9,
    bytes=9,
    columns=1,
    reports=3,
    stops={StopReason.LAST_PAGE: 1},
)


def capture(url: str, role: Role = Role.ARTICLE, digest: str = "one", **fields: Any) -> Capture:
    known = Capture(
        site=SITE.id,
        url=url,
        role=role,
        parent=None,
        title=None,
        listed_date=None,
        status=200,
        content_type="text/html",
        filename=None,
        digest=f"sha256:{digest}",
        warc="c.warc.gz",
        offset=0,
        length=1,
        fetched_at=NIGHT,
        stored_at=NIGHT,
        etag=None,
        last_modified=None,
    )
    return replace(known, **fields)


LISTS = (
    capture("http://a.gov.cn/nb/", Role.LIST, "list"),
    capture("http://a.gov.cn/nb/2", Role.LIST, "list2"),
)


def lost(role: Role, title: str | None) -> Trouble:
    return Trouble(
        capture("http://a.gov.cn/lost", role, title=title, status=0), CrawlOutcome.FAILED, "HTTP 500"
    )


@pytest.mark.parametrize(
    ("told", "access"),
    [
        ({}, Access.WHOLE),
        ({"stops": {StopReason.LAST_PAGE: 1, StopReason.LIST_CAP: 1}}, Access.PARTLY),
        ({"stops": {StopReason.BUDGET: 1}}, Access.PARTLY),
        ({"columns": 0}, Access.PARTLY),
        ({"shrunk": ("http://a.gov.cn/nb/",)}, Access.PARTLY),
        ({"troubles": (lost(Role.LIST, None),)}, Access.PARTLY),
        # A listed article that did not come may be the report of a year that is not there.
        ({"troubles": (lost(Role.ARTICLE, "2024年政府信息公开工作年度报告"),)}, Access.PARTLY),
        ({"troubles": (lost(Role.ARTICLE, None),)}, Access.PARTLY),
        ({"troubles": (lost(Role.ARTICLE, "2023年政府信息公开工作年度报告"),)}, Access.WHOLE),
        ({"outcome": CrawlOutcome.BLOCKED}, Access.REFUSED),
        ({"outcome": CrawlOutcome.ROBOTS_DENIED}, Access.REFUSED),
        ({"outcome": CrawlOutcome.UNREACHABLE}, Access.UNREACHABLE),
        ({"outcome": CrawlOutcome.NO_COLUMN}, Access.PARTLY),
    ],
)
def test_a_column_is_whole_only_if_every_list_was_read_to_its_end(
    told: dict[str, Any], access: Access
) -> None:
    view = site_view(SITE, replace(RESULT, **told), CrawlRecord(LISTS, ()), [2023])
    assert view.access is access
    assert [page.url for page in view.pages] == ([c.url for c in LISTS] if access is Access.WHOLE else [])


def test_a_view_is_of_the_time_of_its_crawl() -> None:
    assert site_view(SITE, RESULT, CrawlRecord(LISTS, ()), []).observed_at == datetime.fromisoformat(NIGHT)
    began = datetime(2026, 11, 20, 1, 59, tzinfo=UTC)
    assert site_view(SITE, RESULT, CrawlRecord((), ()), []).observed_at == began


def test_a_list_that_was_refused_proves_nothing() -> None:
    refused = tuple(replace(page, standing=Standing.REFUSED) for page in LISTS)
    assert site_view(SITE, RESULT, CrawlRecord(refused, ()), [2023]).access is Access.PARTLY


def test_changes_are_told_in_the_words_of_the_warehouse() -> None:
    noticed = "2026-11-20T02:03:00+00:00"

    def change(kind: ChangeKind, before: Capture, after: Capture | None) -> Change:
        return Change(SITE.id, kind, (after or before).url, before, after, noticed)

    page, new_page = capture("http://a.gov.cn/1"), capture("http://a.gov.cn/1", digest="two")
    file = capture("http://a.gov.cn/1.pdf", Role.ATTACHMENT, parent=page.url)
    away, old, new = (capture(f"http://a.gov.cn/{name}") for name in ("away", "old", "new"))
    record = CrawlRecord(
        (),
        (
            change(ChangeKind.CHANGED, page, new_page),
            change(ChangeKind.GONE, away, None),
            change(ChangeKind.MOVED, old, new),
        ),
    )
    at = datetime.fromisoformat(noticed)
    assert {url: (move.url, move.noticed_at) for url, move in moves(record).items()} == {
        old.url: (new.url, at)
    }
    assert former_articles([(new_page, file), (new,)], record) == [(page, file)]
    staged = pa.table({"urls": [[page.url, file.url], [f"https://www.a.gov.cn/{'away'}"], [old.url]]})
    later = datetime.fromisoformat(NIGHT)
    withdrawn = withdrawn_urls(staged, [away, capture("http://a.gov.cn/long-gone")], record, later)
    assert withdrawn == {page.url: at, "https://www.a.gov.cn/away": at}
    assert withdrawn_urls(staged, [away], CrawlRecord((), ()), later) == {"https://www.a.gov.cn/away": later}


def test_what_the_list_calls_a_report_and_nobody_can_read_is_there_and_unreadable() -> None:
    def article(url: str, title: str) -> tuple[Capture, ...]:
        return (capture(url, title=title),)

    groups = [
        article("http://a.gov.cn/1", "2024年政府信息公开工作年度报告"),
        article("http://a.gov.cn/2", "2023年政府信息公开工作年度报告"),
        article("http://a.gov.cn/3", "一图读懂2022年政府信息公开工作年度报告"),
        article("http://a.gov.cn/4", "2023年政府信息公开工作年度报告"),
    ]
    problem = Problem(
        "http://a.gov.cn/1", None, Outcome.UNREADABLE, IssueCode.TOO_EXPENSIVE, "too many pages"
    )
    report = Report("http://a.gov.cn/4", Outcome.REPORT, agency=SITE.name, report_year=2023)
    unread = ParsedArticle((), (problem,))
    parsed = [unread, unread, unread, ParsedArticle(((report, groups[3]),), ())]
    found, _ = site_reports(SITE, parsed, groups)
    assert {(f.report.agency, f.report.report_year, f.report.outcome) for f in found} == {
        (SITE.name, 2024, Outcome.UNREADABLE),
        (SITE.name, 2023, Outcome.REPORT),
    }
    [lost_one] = [f for f in found if f.report.outcome is Outcome.UNREADABLE]
    assert lost_one.captures == groups[0]
    assert [issue.message for issue in lost_one.report.issues] == ["too many pages"]
