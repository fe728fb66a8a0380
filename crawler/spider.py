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

from crawler.archive import Archive, ArchiveError, Capture, CrawlOutcome, Role, SiteResult, Standing
from crawler.bodies import is_page
from crawler.clock import Clock
from crawler.discovery import Lead, column_root, lead_inside
from crawler.families import Family, family_of
from crawler.hosts import Hosts
from crawler.manners import by_http
from crawler.memory import DOCUMENTS
from crawler.obstacles import GIVEN_UP, LOST, Blocked, Broken, HostLost, Obstacle, RobotsDenied, obstacle
from crawler.page import Page
from crawler.sitecrawl import SiteCrawl, Visit
from crawler.urls import host_key, page_key, posted
from crawler.walk import Arrival
from crawler.writer import ArchiveWriter

LONG_TIMEOUT = 180
"""Seconds that a file may take in all; pages have `DOWNLOAD_TIMEOUT`."""

Seen = tuple[Page, Family]
"""A page and the family that reads it."""


class ReportSpider(Spider):
    """Crawls the given sites. `on_result` is called with each site's result when the site is finished;
    `hosts` is what is remembered of hosts, `archive` where unchanged pages are read."""

    name = "nianbao"

    def __init__(
        self,
        *,
        crawls: Sequence[SiteCrawl],
        writer: ArchiveWriter,
        archive: Archive,
        hosts: Hosts,
        clock: Clock,
        on_result: Callable[[SiteResult], None],
    ) -> None:
        super().__init__()
        self.writer = writer
        self.hosts = hosts
        self.clock = clock
        self._archive = archive
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
        try:
            self._judge(crawl, visit, response)
        except ArchiveError as error:
            self._stop(error)
        yield from self._next(crawl)

    def lost(self, failure: Failure) -> Iterator[Request]:
        """No response came, or it was not to be asked for."""
        request: Request = failure.request  # type: ignore[attr-defined]
        crawl: SiteCrawl = request.meta["crawl"]
        visit: Visit = request.meta["visit"]
        error = failure.value
        assert error is not None
        if isinstance(error, ArchiveError):
            self._stop(error)
        outcome, detail = _reason(request, error)
        if not (isinstance(error, (*LOST, Broken)) and crawl.again(visit)):
            crawl.trouble(crawl.asked(visit), outcome, detail)
        if isinstance(error, Blocked):
            crawl.give_up(outcome, detail)
        else:
            crawl.missed(outcome, detail)
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
        by_https = url.startswith("https:")
        if by_https and (crawl.site.http_only or self.hosts[host_key(url)].http_since is not None):
            url = by_http(url)
        target, form = posted(url) or (url, None)
        yield Request(
            target,
            method="GET" if form is None else "POST",
            body=form,
            callback=self.answered,
            errback=self.lost,
            headers=_headers(visit, form),
            meta={"crawl": crawl, "visit": visit} | _patience(visit),
            dont_filter=True,  # the queue of the site knows what was fetched
        )

    def _finish(self, crawl: SiteCrawl, result: SiteResult) -> None:
        crawl.finished = True
        result = dataclasses.replace(result, notes=self.hosts.notes(crawl.site.hosts))
        self.results.append(result)
        self._on_result(result)

    def _stop(self, error: ArchiveError) -> None:
        self.archive_error = error
        raise CloseSpider("the archive cannot be written")

    def _judge(self, crawl: SiteCrawl, visit: Visit, response: Response) -> None:
        capture: Capture = response.meta["capture"]
        said = f"{response.url} answered HTTP {response.status}"
        match capture.standing:
            case Standing.REFUSED:
                found = obstacle(response.status, b"\n".join(_cookies(response)), response.body)
                self._refused(crawl, visit, capture, found or Obstacle(f"HTTP {response.status}", False))
            case Standing.CONTENT:
                crawl.arrived(visit, capture.url, capture.digest)
                self._content(crawl, visit, response)
            case Standing.MISSING:
                if response.status < 300:
                    said = f"{response.url} says that there is no such page"
                if visit.role not in {Role.PAGE, Role.LIST} and crawl.known_content(visit.url) is None:
                    crawl.trouble(capture, CrawlOutcome.FAILED, said)
                if visit.role is Role.ARTICLE:
                    crawl.displaced(visit)
                crawl.gone(visit, said)
            case Standing.REDIRECT | Standing.FAILED:
                if not crawl.again(visit):
                    crawl.trouble(capture, CrawlOutcome.FAILED, said)
                    crawl.gone(visit, said)

    def _refused(self, crawl: SiteCrawl, visit: Visit, capture: Capture, found: Obstacle) -> None:
        """A refusal: where it may be about the bare directory only, its index page is asked for once."""
        said = f"{capture.url} answered {found.evidence}"
        index = dataclasses.replace(visit, url=f"{visit.url}index.html")
        if capture.status == 403 and visit.url.endswith("/") and not found.challenge and crawl.again(index):
            return
        crawl.trouble(capture, CrawlOutcome.BLOCKED, said)
        crawl.missed(CrawlOutcome.BLOCKED, said)

    def _content(self, crawl: SiteCrawl, visit: Visit, response: Response) -> None:
        capture: Capture = response.meta["capture"]
        before: Capture | None = response.meta["known"]
        same = before is not None and before.digest == capture.digest
        redirected = page_key(visit.url) != page_key(capture.url)
        back = crawl.way_role(capture.url) if redirected else None
        led_back = f"{visit.url} leads back to {capture.url}"
        if back is Role.PAGE and crawl.agenda.was_list(visit.url):
            self.writer.reclassify(capture, back, None)
            crawl.gone(visit, led_back)
            return
        if back is not None and visit.role in DOCUMENTS:
            # Many portals send to their home page or list what they no longer have.
            self.writer.reclassify(capture, back, None)
            crawl.trouble(crawl.asked(visit), CrawlOutcome.FAILED, led_back)
            if visit.role is Role.ARTICLE:
                crawl.displaced(visit)
            return
        if visit.role is Role.ATTACHMENT:
            return
        if same and visit.role is Role.ARTICLE:
            crawl.report(capture.url)
            return
        if response.status == 304:
            headers = {"Content-Type": capture.content_type or ""}
            response = response.replace(status=200, body=self._archive.read(capture), headers=headers)
        if visit.portal is None and not is_page(response.body, capture.content_type or ""):
            crawl.report(capture.url)
            if visit.role is not Role.ARTICLE:
                self.writer.reclassify(capture, Role.ARTICLE, visit.title)
            return
        page = Page.of(response, capture.url, visit.parent if visit.portal else None)
        family = family_of(page, visit.portal or crawl.site.portal)
        now = page, family
        was = now if same else self._before(crawl, visit, before)
        lost = _lost(crawl, visit, capture.digest, now, was)
        if lost is not None:
            self.writer.missing(capture)
            crawl.trouble(capture, CrawlOutcome.FAILED, f"{capture.url} shows {lost}")
            crawl.displaced(visit)
            return
        if was is not None:
            old, its = was
            crawl.known_links(link.url for link in its.read_list(old).items)
            if not same and visit.role is Role.LIST and _has_shrunk(_named(*was), _named(*now)):
                crawl.shrunk(capture.url)
        Arrival(crawl, visit, page, family, partial(self._turned, capture, before)).read()
        if before is not None and not same:
            crawl.agenda.was_read(capture.url)

    def _turned(self, capture: Capture, before: Capture | None, role: Role, title: str | None) -> None:
        """The text of a page shows it to be something else than what it was fetched as."""
        if role is Role.PAGE and before is not None and before.role in DOCUMENTS:
            self.writer.missing(capture)
        else:
            self.writer.reclassify(capture, role, title)

    def _before(self, crawl: SiteCrawl, visit: Visit, capture: Capture | None) -> Seen | None:
        """A page as it was, read as its own: what stands there now may show nothing of its family."""
        if capture is None:
            return None
        headers = {"Content-Type": capture.content_type or ""}
        response = Response(capture.url, headers=headers, body=self._archive.read(capture))
        page = Page.of(response, capture.url, capture.parent if capture.portal else None)
        return page, family_of(page, visit.portal or crawl.site.portal)


def _lost(crawl: SiteCrawl, visit: Visit, digest: str, now: Seen, was: Seen | None) -> str | None:
    """What a page shows in place of an article that is not there; None for any other page."""
    if visit.role is not Role.ARTICLE or now[0].is_report:
        return None
    if crawl.is_on_the_way(digest):
        return "another page of the site"
    had = was is not None and (was[0].is_report or (_leads_on(*was) and not _leads_on(*now)))
    return "no report any more" if had else None


def _leads_on(page: Page, family: Family) -> bool:
    """Whether the page of an article without the text of its report leads to where it may lie."""
    return bool(family.attachments(page) or page.frames)


def _has_shrunk(was: int, now: int) -> bool:
    """Whether a list that named `was` reports names less than half of them now."""
    return was > 1 and (now == 0 or (was > 3 and now * 2 <= was))


def _named(page: Page, family: Family) -> int:
    """How many reports a list page names."""
    items = family.read_list(page).items
    root = column_root(page.url)
    return len({link.url for link in items if lead_inside(link, root) is Lead.ARTICLE})


def _reason(request: Request, error: BaseException) -> tuple[CrawlOutcome, str]:
    """What a request without answer makes of its site, and the evidence."""
    match error:
        case RobotsDenied():
            return CrawlOutcome.ROBOTS_DENIED, str(error)
        case Blocked():
            return CrawlOutcome.BLOCKED, str(error)
        case HostLost():
            return CrawlOutcome.UNREACHABLE, str(error)
        case _ if isinstance(error, LOST):
            return CrawlOutcome.UNREACHABLE, f"{request.url}: {error or type(error).__name__}"
        case _ if isinstance(error, (*GIVEN_UP, IgnoreRequest)):
            return CrawlOutcome.FAILED, f"{request.url}: {error}"
        case _:
            return CrawlOutcome.FAILED, f"{request.url}: {type(error).__name__}: {error}"


def _cookies(response: Response) -> list[bytes]:
    return response.headers.getlist("Set-Cookie")


def _patience(visit: Visit) -> dict[str, object]:
    return {"download_timeout": LONG_TIMEOUT} if visit.role is Role.ATTACHMENT else {}


def _headers(visit: Visit, form: str | None) -> dict[str, str]:
    headers = {"Referer": visit.parent} if visit.parent else {}
    if form is not None:
        kind = "json" if form.startswith("{") else "x-www-form-urlencoded"
        headers["Content-Type"] = f"application/{kind}"
    return headers
