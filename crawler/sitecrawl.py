"""The crawl of one site: what is still to be fetched, what was found, and how it ended."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlsplit

from crawler.archive import CrawlOutcome, Role, SiteResult, StopReason
from crawler.discovery import column_root
from crawler.registry import Site
from crawler.scope import Scope
from crawler.urls import host_key, page_key

LIST_CAP = 50
"""Pages of one list that a crawl follows."""
SECTION_DEPTH = 3
"""Section pages between the start page and the column."""
MISSES = 3
"""Refusals or lost connections in a row after which a site is left alone for this crawl."""

# What was found is fetched before more is looked for, so that a small budget still gives whole reports.
_ORDER = {Role.ATTACHMENT: 0, Role.ARTICLE: 1, Role.LIST: 2, Role.PAGE: 3, Role.ROBOTS: 4}


@dataclass
class Column:
    """One list being walked: its directory if it has one, the links seen on its pages, pages fetched."""

    root: str | None
    seen: set[str] = field(default_factory=set)
    pages: int = 0


@dataclass(frozen=True)
class Visit:
    """One page or file to be fetched. `parent`, `title`, `listed_date` are as in `crawler.archive.Capture`;
    `column` is the list that a further page belongs to, `depth` the number of sections passed, `portal`
    the family that asked for this page."""

    url: str
    role: Role
    parent: str | None = None
    title: str | None = None
    listed_date: str | None = None
    column: Column | None = None
    depth: int = 0
    portal: str | None = None


class SiteCrawl:
    """Queue and account of one site."""

    def __init__(self, site: Site, scope: Scope) -> None:
        self.site = site
        self.scope = scope
        self.requests = 0
        self.bytes = 0
        self.finished = False
        self._queue: list[tuple[int, int, Visit]] = []
        self._turn = count()
        self._seen: set[str] = set()
        self._columns: set[str] = set()
        self._reports: set[str] = set()
        self._stops: Counter[StopReason] = Counter()
        self._answered = 0
        self._misses = 0
        self._troubles: list[tuple[CrawlOutcome, str]] = []
        self._gave_up = False
        self._elsewhere: str | None = None
        for url in site.start_urls:
            self.add(Visit(url, Role.PAGE))

    def add(self, visit: Visit) -> None:
        """Queue a visit unless its page is known already or not the site's."""
        if not self._in_scope(visit):
            if visit.role is Role.LIST and not self.scope.on_hosts(visit.url):
                self._elsewhere = self._elsewhere or visit.url
            return
        key = page_key(visit.url)
        if key not in self._seen:
            self._seen.add(key)
            heapq.heappush(self._queue, (_ORDER[visit.role], next(self._turn), visit))

    def next(self) -> Visit | None:
        """The visit to make now; None when the crawl of this site is over."""
        if self._gave_up or not self._queue:
            return None
        if self.requests >= self.site.max_pages:
            self.stop(StopReason.BUDGET)
            return None
        return heapq.heappop(self._queue)[2]

    def column(self, url: str) -> Column:
        """A list that begins at `url`, counted as a column found."""
        self._columns.add(page_key(url))
        return Column(column_root(url))

    def arrived(self, url: str) -> None:
        """A page of content came; `url` is where it was found in the end."""
        self._seen.add(page_key(url))
        self._answered += 1
        self._misses = 0

    def report(self, url: str) -> None:
        """A candidate for a report was fetched."""
        self._reports.add(page_key(url))

    def stop(self, reason: StopReason) -> None:
        self._stops[reason] += 1

    def missed(self, outcome: CrawlOutcome, detail: str) -> None:
        """A visit brought no content. Lost connections and refusals in a row end the crawl of the site."""
        self._troubles.append((outcome, detail))
        if outcome in {CrawlOutcome.UNREACHABLE, CrawlOutcome.BLOCKED}:
            self._misses += 1
            if self._misses >= MISSES:
                self._gave_up = True
                self.stop(StopReason.GAVE_UP)

    def result(self, crawl_id: str) -> SiteResult:
        """The account so far as the result of the site."""
        outcome, detail = self._verdict()
        return SiteResult(
            crawl_id=crawl_id,
            site=self.site.id,
            outcome=outcome,
            detail=detail,
            requests=self.requests,
            bytes=self.bytes,
            columns=len(self._columns),
            reports=len(self._reports),
            stops=dict(self._stops),
        )

    def _verdict(self) -> tuple[CrawlOutcome, str]:
        if self._gave_up:
            outcome, detail = self._troubles[-1]
            return outcome, f"{detail}; given up after {self.requests} requests"
        if self._reports or (self._columns and not self._troubles):
            return CrawlOutcome.DONE, ""
        if self._troubles:
            return self._troubles[0]
        if self._elsewhere is not None:
            host = host_key(self._elsewhere)
            return (
                CrawlOutcome.NO_COLUMN,
                f"the column lies on {host}, which the registry does not name: {self._elsewhere}",
            )
        return CrawlOutcome.NO_COLUMN, f"{self._answered} pages read, none a column of annual reports"

    def _in_scope(self, visit: Visit) -> bool:
        if visit.url in self.site.start_urls:
            return True
        if visit.role in {Role.LIST, Role.PAGE}:
            # The pages of a list may have addresses of another shape (scripts, query strings).
            return self.scope.may_hold_list(visit.url) or (
                visit.portal is not None and self.scope.may_hold_article(visit.url)
            )
        return self.scope.may_hold_article(visit.url) and bool(urlsplit(visit.url).path.strip("/"))
