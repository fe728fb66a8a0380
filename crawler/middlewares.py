"""Between engine and network: every request stays on its site's hosts, obeys robots.txt, is counted; every
response is archived.

Order (see `crawler.settings`): robots outermost, then hosts, then Scrapy's own (retry, redirect), cookies,
then the archive, innermost the decompression, so that the archive sees each answer once and decoded.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING, Self

from protego import Protego
from scrapy import Request, signals
from scrapy.http import Response
from scrapy.http.cookies import CookieJar
from scrapy.http.request import NO_CALLBACK

from crawler.archive import Role
from crawler.obstacles import LOST, Blocked, HostLost, OffHost, RobotsDenied, obstacle
from crawler.registry import DEFAULT_DELAY
from crawler.sitecrawl import SiteCrawl, Visit
from crawler.urls import host_key, posting, split_url
from crawler.writer import ArchiveWriter, Fetched
from parsers.charset import decode_text

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

ROBOTS_TOKEN = "nianbao"
MAX_CRAWL_DELAY = 60.0
"""Seconds: a longer Crawl-delay of robots.txt is taken for this."""


class HostsMiddleware:
    """Keeps each request on its site's hosts, in the queue of its host, and in the site's account."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        middleware = cls()
        crawler.signals.connect(middleware.sent, signals.request_reached_downloader)
        return middleware

    def process_request(self, request: Request) -> None:
        crawl: SiteCrawl = request.meta["crawl"]
        if not crawl.scope.on_hosts(request.url):
            raise OffHost(f"leads to {request.url}, which is not on the site's hosts")
        # Host and port: Scrapy's own key has no port. Two sites of one host share its queue and delay.
        request.meta["download_slot"] = host_key(request.url)

    def sent(self, request: Request) -> None:
        crawl: SiteCrawl = request.meta["crawl"]
        crawl.requests += 1


class CookiesMiddleware:
    """Keeps the cookies of each host, for that host alone. Scrapy's own, meant for cookies across domains,
    downloads the public suffix list from a third party and stops all crawls while it waits for it."""

    def __init__(self) -> None:
        self._jars: defaultdict[str, CookieJar] = defaultdict(CookieJar)

    def process_request(self, request: Request) -> None:
        request.headers.pop("Cookie", None)
        self._jars[host_key(request.url)].add_cookie_header(request)

    def process_response(self, request: Request, response: Response) -> Response:
        self._jars[host_key(request.url)].extract_cookies(response, request)
        return response


class RobotsMiddleware:
    """Obeys robots.txt. Scrapy's own lets everything pass when robots.txt cannot be read; here an answer of
    401, 403, 429 or 5xx closes the host, any other 4xx opens it (RFC 9309, the refusals read strictly)."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._rules: dict[str, asyncio.Future[Protego]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        visit: Visit = request.meta["visit"]
        parts = split_url(request.url)
        if visit.role is Role.ROBOTS or parts is None:
            return
        address = f"{parts.scheme}://{parts.netloc}/robots.txt"
        if address not in self._rules:
            self._rules[address] = asyncio.ensure_future(self._ask(address, request.meta["crawl"]))
        rules = await asyncio.shield(self._rules[address])
        if not rules.can_fetch(request.url, ROBOTS_TOKEN):
            raise RobotsDenied(f"robots.txt forbids {request.url}")

    async def _ask(self, address: str, crawl: SiteCrawl) -> Protego:
        request = Request(
            address, meta={"crawl": crawl, "visit": Visit(address, Role.ROBOTS)}, callback=NO_CALLBACK
        )
        assert self._crawler.engine is not None
        try:
            response = await self._crawler.engine.download_async(request)
        except LOST as error:
            raise HostLost(f"{address}: {error}") from error
        except OffHost:
            return Protego.parse("")
        refusal = obstacle(response.status, b"\n".join(response.headers.getlist("Set-Cookie")), response.body)
        if refusal is not None and "challenge" in refusal:
            raise Blocked(f"{address} answered {refusal}")
        if refusal is not None or response.status >= 500:
            raise RobotsDenied(f"{address} answered HTTP {response.status}; left alone until it can be read")
        rules = Protego.parse(decode_text(response.body) if response.status < 300 else "")
        self._slow_down(host_key(address), rules.crawl_delay(ROBOTS_TOKEN))
        return rules

    def _slow_down(self, host: str, delay: float | None) -> None:
        """Obey the Crawl-delay of a robots.txt where it asks for more than the registry."""
        if delay is None:
            return
        assert self._crawler.engine is not None
        downloader = self._crawler.engine.downloader
        asked = min(delay, MAX_CRAWL_DELAY)
        slots = downloader.per_slot_settings.setdefault(host, {"delay": DEFAULT_DELAY})
        slots["delay"] = max(slots["delay"], asked)
        if host in downloader.slots:
            downloader.slots[host].delay = slots["delay"]


class ArchiveMiddleware:
    """Archives every response, redirects, errors and robots.txt too."""

    def __init__(self, writer: ArchiveWriter) -> None:
        self._writer = writer

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        from crawler.spider import ReportSpider

        assert isinstance(crawler.spider, ReportSpider)
        return cls(crawler.spider.writer)

    def process_response(self, request: Request, response: Response) -> Response:
        crawl: SiteCrawl = request.meta["crawl"]
        visit: Visit = request.meta["visit"]
        crawl.bytes += len(response.body)
        request.meta["capture"] = self._writer.add(
            Fetched(_address(request, response), response.status, _headers(response), response.body),
            crawl.site.id,
            visit.role,
            parent=visit.parent,
            title=visit.title,
            listed_date=visit.listed_date,
        )
        return response


def _address(request: Request, response: Response) -> str:
    return posting(response.url, request.body.decode()) if request.method == "POST" else response.url


def _headers(response: Response) -> list[tuple[str, str]]:
    return [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in response.headers.items()
        for value in values
    ]
