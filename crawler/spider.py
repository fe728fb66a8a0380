"""The spider: from each site's start URLs over sections and columns to reports and their attachments.

Each site has one request on its way at a time; its answer brings the next. So a slow or dead host holds up
nobody but itself, and a site is finished, and told of, as soon as nothing is left to fetch.
"""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from functools import partial

from scrapy import Request, Spider
from scrapy.exceptions import CloseSpider, IgnoreRequest
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.archive import ArchiveError, CrawlOutcome, Role, SiteResult, StopReason
from crawler.families import family_of
from crawler.obstacles import LOST, Blocked, HostLost, RobotsDenied, obstacle
from crawler.page import Page
from crawler.sitecrawl import SiteCrawl, Visit
from crawler.urls import posted
from crawler.walk import Arrival
from crawler.writer import ArchiveWriter

_FILE_MAGIC = (
    b"%PDF",
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0",
    b"\xff\xd8",
    b"\x89PNG",
    b"GIF8",
    b"Rar!",
    b"{\\rtf",
)


class ReportSpider(Spider):
    """Crawls the given sites. `on_result` is called with each site's result when the site is finished."""

    name = "nianbao"

    def __init__(
        self, crawls: Sequence[SiteCrawl], writer: ArchiveWriter, on_result: Callable[[SiteResult], None]
    ) -> None:
        super().__init__()
        self.writer = writer
        self._crawls = crawls
        self._on_result = on_result
        self.results: list[SiteResult] = []
        self.archive_error: ArchiveError | None = None

    async def start(self) -> AsyncIterator[Request]:
        for crawl in self._crawls:
            for request in self._next(crawl):
                yield request

    def answered(self, response: Response) -> Iterator[Request]:
        """A response came, whatever its status."""
        crawl: SiteCrawl = response.meta["crawl"]
        visit: Visit = response.meta["visit"]
        refusal = obstacle(response.status, b"\n".join(response.headers.getlist("Set-Cookie")), response.body)
        try:
            if refusal is not None:
                crawl.missed(CrawlOutcome.BLOCKED, f"{response.url} answered {refusal}")
            elif response.status >= 300:
                self._gone(crawl, visit, response)
            else:
                crawl.arrived(response.meta["capture"].url)
                self._read(crawl, visit, response)
        except ArchiveError as error:
            self._stop(error)
        yield from self._next(crawl)

    def lost(self, failure: Failure) -> Iterator[Request]:
        """No response came, or it was not to be asked for."""
        request: Request = failure.request  # type: ignore[attr-defined]
        crawl: SiteCrawl = request.meta["crawl"]
        error = failure.value
        if isinstance(error, ArchiveError):
            self._stop(error)
        elif isinstance(error, RobotsDenied):
            crawl.missed(CrawlOutcome.ROBOTS_DENIED, str(error))
        elif isinstance(error, Blocked):
            crawl.missed(CrawlOutcome.BLOCKED, str(error))
        elif isinstance(error, HostLost):
            crawl.missed(CrawlOutcome.UNREACHABLE, str(error))
        elif isinstance(error, LOST):
            crawl.missed(CrawlOutcome.UNREACHABLE, f"{request.url}: {error}")
        elif isinstance(error, IgnoreRequest):
            crawl.missed(CrawlOutcome.FAILED, f"{request.url}: {error}")
        else:
            crawl.missed(CrawlOutcome.FAILED, f"{request.url}: {type(error).__name__}: {error}")
        yield from self._next(crawl)

    def closed(self, reason: str) -> None:
        """A site that is still open when everything else is done was broken by an error of ours."""
        if reason == "finished":
            for crawl in self._crawls:
                if not crawl.finished:
                    broken = dataclasses.replace(
                        crawl.result(self.writer.crawl_id),
                        outcome=CrawlOutcome.FAILED,
                        detail="the crawl broke; its log has the error",
                    )
                    self._finish(crawl, broken)

    def _next(self, crawl: SiteCrawl) -> Iterator[Request]:
        visit = crawl.next()
        if visit is None:
            self._finish(crawl, crawl.result(self.writer.crawl_id))
            return
        url = visit.url
        if crawl.site.http_only and url.startswith("https:"):
            url = f"http:{url.removeprefix('https:')}"
        target, form = posted(url) or (url, None)
        yield Request(
            target,
            method="GET" if form is None else "POST",
            body=form,
            callback=self.answered,
            errback=self.lost,
            headers=_headers(visit, form),
            meta={"crawl": crawl, "visit": visit},
            dont_filter=True,  # the queue of the site knows what was fetched
        )

    def _finish(self, crawl: SiteCrawl, result: SiteResult) -> None:
        crawl.finished = True
        self.results.append(result)
        self._on_result(result)

    def _stop(self, error: ArchiveError) -> None:
        self.archive_error = error
        raise CloseSpider("the archive cannot be written")

    def _gone(self, crawl: SiteCrawl, visit: Visit, response: Response) -> None:
        if visit.role is Role.LIST and visit.column is not None and visit.column.pages:
            crawl.stop(StopReason.LAST_PAGE)
        elif visit.role in {Role.PAGE, Role.LIST}:
            crawl.missed(CrawlOutcome.FAILED, f"{response.url} answered HTTP {response.status}")

    def _read(self, crawl: SiteCrawl, visit: Visit, response: Response) -> None:
        capture = response.meta["capture"]
        if visit.role is Role.ATTACHMENT:
            return
        if is_page(response):
            page = Page.of(response, capture.url)
            family = family_of(page, visit.portal or crawl.site.portal)
            turned = partial(self.writer.reclassify, capture)
            Arrival(crawl, visit, page, family, turned).read()
            return
        crawl.report(response.url)
        if visit.role is not Role.ARTICLE:
            self.writer.reclassify(capture, Role.ARTICLE, visit.title)


def _headers(visit: Visit, form: str | None) -> dict[str, str]:
    headers = {"Referer": visit.parent} if visit.parent else {}
    if form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    return headers


def is_page(response: Response) -> bool:
    """Whether a response is text with links, not a file."""
    if response.body.startswith(_FILE_MAGIC):
        return False
    content_type = (response.headers.get("Content-Type") or b"").lower()
    return any(kind in content_type for kind in (b"html", b"json", b"xml")) or b"<" in response.body[:1024]
