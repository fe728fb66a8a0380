"""What the archive knows of a site beside its reports, in the words of the warehouse."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

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
from warehouse import Access, ListPage, Move, Observed, SiteView

_REFUSED = {CrawlOutcome.BLOCKED, CrawlOutcome.ROBOTS_DENIED}
_CUT_SHORT = {StopReason.LIST_CAP, StopReason.SEARCH_CAP, StopReason.BUDGET, StopReason.GAVE_UP}


def observed(archive: Archive, site: Site, result: SiteResult, withdrawn: Iterable[Capture] = ()) -> Observed:
    """How the crawl that ended with `result` saw the site; `withdrawn` are the captures of documents that its
    portal holds no longer. When those were missed, and what moved, is told by the changes of all crawls."""
    gone = {capture.url for capture in withdrawn}
    missed: dict[str, datetime] = {}
    moved: dict[str, Move] = {}
    for crawl_id in reversed(archive.crawls()):
        for change in _departures(archive.root, crawl_id).get(site.id, ()):
            at = datetime.fromisoformat(change.noticed_at)
            if change.kind is ChangeKind.MOVED and change.before is not None:
                moved[change.before.url] = Move(change.url, at)
            elif change.url in gone:
                missed[change.url] = at
    return Observed(_view(archive, site, result), missed, moved)


@lru_cache(maxsize=1024)  # a finished crawl does not change, and every site of a run asks for all of them
def _departures(archive: Path, crawl_id: str) -> dict[str, list[Change]]:
    """By site, what a crawl noticed to be gone or at another address."""
    found: dict[str, list[Change]] = {}
    for change in Archive(archive).changes(crawl_id):
        if change.kind in {ChangeKind.GONE, ChangeKind.MOVED}:
            found.setdefault(change.site, []).append(change)
    return found


def _view(archive: Archive, site: Site, result: SiteResult) -> SiteView | None:
    """None where the crawl asked for nothing."""
    captures = archive.captures(result.crawl_id, site.id)
    times = [capture.fetched_at for capture in captures]
    if not times and result.outcome is CrawlOutcome.DONE:
        return None
    seen_at = max(times, default=None)
    pages = {
        capture.url: ListPage(capture.url, capture.digest)
        for capture in captures
        if capture.role is Role.LIST and capture.standing is Standing.CONTENT
    }
    return SiteView(
        site_name=site.name,
        division=site.division,
        level=site.level,
        access=_access(result),
        observed_at=datetime.fromisoformat(seen_at) if seen_at else _began(result.crawl_id),
        pages=tuple(pages.values()),
    )


def _access(result: SiteResult) -> Access:
    if result.outcome in _REFUSED:
        return Access.REFUSED
    if result.outcome is CrawlOutcome.UNREACHABLE:
        return Access.UNREACHABLE
    whole = result.outcome is CrawlOutcome.DONE and not (_CUT_SHORT & result.stops.keys() or result.troubles)
    return Access.WHOLE if whole else Access.PARTLY


def _began(crawl_id: str) -> datetime:
    """A crawl's id begins with the time of its start, UTC."""
    return datetime.strptime(crawl_id.partition("Z-")[0], "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC)
