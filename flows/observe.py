"""What a crawl tells of a site beside its reports, as the warehouse puts it: whether its column was read,
what its portal withdrew or moved, and the sources of reports before they changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa

from crawler.archive import (
    Archive,
    Capture,
    Change,
    ChangeKind,
    CrawlOutcome,
    Role,
    SiteResult,
    Standing,
    StopReason,
)
from crawler.registry import Site
from crawler.urls import page_key
from flows.parse import Article
from parsers.identity import year_of
from parsers.labels import normalise
from warehouse import Access, ListPage, Move, SiteView

_READ_TO_ITS_END = {StopReason.LAST_PAGE, StopReason.NOTHING_NEW, StopReason.FOUND}
_ACCESS = {
    CrawlOutcome.BLOCKED: Access.REFUSED,
    CrawlOutcome.ROBOTS_DENIED: Access.REFUSED,
    CrawlOutcome.UNREACHABLE: Access.UNREACHABLE,
}


@dataclass(frozen=True)
class CrawlRecord:
    """What one crawl fetched and noticed at one site."""

    captures: tuple[Capture, ...]
    changes: tuple[Change, ...]


def crawl_records(archive: Archive, results: Mapping[str, SiteResult]) -> dict[str, CrawlRecord]:
    """The records of the crawls that ended with these results, by site; each crawl's index is read once."""
    captures: dict[str, list[Capture]] = {site: [] for site in results}
    changes: dict[str, list[Change]] = {site: [] for site in results}
    for crawl_id in {result.crawl_id for result in results.values()}:
        sites = {site for site, result in results.items() if result.crawl_id == crawl_id}
        for capture in archive.captures(crawl_id):
            if capture.site in sites:
                captures[capture.site].append(capture)
        for change in archive.changes(crawl_id):
            if change.site in sites:
                changes[change.site].append(change)
    return {site: CrawlRecord(tuple(captures[site]), tuple(changes[site])) for site in results}


def site_view(site: Site, result: SiteResult, record: CrawlRecord, years: Iterable[int]) -> SiteView:
    """How a crawl saw the site; `years` are those of the reports that it has."""
    pages = {
        capture.url: ListPage(capture.url, capture.digest)
        for capture in record.captures
        if capture.role is Role.LIST and capture.standing is Standing.CONTENT
    }
    access = _ACCESS.get(result.outcome, Access.PARTLY)
    if result.outcome is CrawlOutcome.DONE and pages and _whole(result, set(years)):
        access = Access.WHOLE
    return SiteView(
        site_name=site.name,
        division=site.division,
        level=site.level,
        access=access,
        observed_at=_observed_at(result, record),
        pages=tuple(pages.values()) if access is Access.WHOLE else (),
    )


def _whole(result: SiteResult, years: set[int]) -> bool:
    """Whether every list was read to its end, and no listed document that did not come may be a report of a
    year that no report is of."""
    if not result.columns or result.shrunk or not result.stops.keys() <= _READ_TO_ITS_END:
        return False
    lost = [trouble.asked for trouble in result.troubles]
    if any(capture.role is Role.LIST for capture in lost):
        return False
    titles = [normalise(capture.title or "") for capture in lost if capture.role is Role.ARTICLE]
    return all(year_of(title) in years for title in titles)


def _observed_at(result: SiteResult, record: CrawlRecord) -> datetime:
    """When the crawl looked at the site last; its beginning where nothing was fetched."""
    fetched = [datetime.fromisoformat(capture.fetched_at) for capture in record.captures]
    began = datetime.strptime(result.crawl_id.partition("-")[0], "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC)
    return max(fetched, default=began)


def withdrawn_urls(
    staged: pa.Table, withdrawn: Iterable[Capture], record: CrawlRecord, observed_at: datetime
) -> dict[str, datetime]:
    """The addresses of staged reports at which the portal no longer shows the document that was archived
    there, with the time when that was noticed. `staged` needs the columns `urls` and `withdrawn_at`."""
    noticed = {
        page_key(change.before.url): datetime.fromisoformat(change.noticed_at)
        for change in record.changes
        if change.before is not None and change.kind in {ChangeKind.GONE, ChangeKind.CHANGED}
    }
    changed = {page_key(c.url) for c in record.changes if c.kind is ChangeKind.CHANGED}
    gone = {page_key(capture.url) for capture in withdrawn} | changed
    urls = {url for of_report in staged["urls"].to_pylist() for url in of_report}
    return {url: noticed.get(page_key(url), observed_at) for url in urls if page_key(url) in gone}


def moves(record: CrawlRecord) -> dict[str, Move]:
    """Documents that the crawl found at another address, by the old one."""
    return {
        change.before.url: Move(change.after.url, datetime.fromisoformat(change.noticed_at))
        for change in record.changes
        if change.kind is ChangeKind.MOVED and change.before is not None and change.after is not None
    }


def former_articles(groups: Sequence[Article], record: CrawlRecord) -> list[Article]:
    """The articles that the crawl found changed, as they were before."""
    before = {
        (change.after.url, change.after.digest): change.before
        for change in record.changes
        if change.kind is ChangeKind.CHANGED and change.before is not None and change.after is not None
    }
    changed = [group for group in groups if any((c.url, c.digest) in before for c in group)]
    return [tuple(before.get((c.url, c.digest), c) for c in group) for group in changed]
