"""How a host is treated while it is crawled: robots.txt obeyed, a pace that follows its answers, pauses that
it asks for kept, and reached in the way that works."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Self

from protego import Protego
from scrapy import Request, signals
from scrapy.exceptions import DownloadTimeoutError
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from crawler.archive import Role
from crawler.clock import Clock
from crawler.hosts import ROBOTS_AGE, Hosts, Robots, Tls
from crawler.obstacles import LOST, Blocked, HostLost, OffHost, RobotsDenied, obstacle
from crawler.registry import DEFAULT_DELAY
from crawler.sitecrawl import SiteCrawl, Visit
from crawler.tls import is_certificate_error, tls_error
from crawler.urls import host_key, split_url
from parsers.charset import decode_text

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

ROBOTS_TOKEN = "nianbao"
ROBOTS_BYTES = 512 * 1024
"""Of a robots.txt; what comes behind is not read (RFC 9309 §2.5 asks for at least 500 KiB)."""
MAX_CRAWL_DELAY = 60.0
"""Seconds: a longer Crawl-delay of robots.txt is taken for this."""
QUICK = 1.0
"""Seconds: a host that answers sooner is not slow."""
MAX_PACE = 15.0
"""Seconds between requests to which slow answers may stretch the delay of a host."""
MAX_PAUSE = 120.0
"""Seconds that a crawl waits because a host asks for it; for longer the host is left alone until then."""
CHALLENGES = 2
"""Challenges after which a host is left alone for this crawl."""
OVERLOADED = frozenset({429, 503})


@dataclass
class _Manner:
    """How one host is treated now: the delay that it is owed at least, until when (loop time) it rests, how
    often in a row it was overloaded, how often it challenged us; `silent`: the last request that was sent to
    it ran out of time without a word."""

    least: float
    rest_until: float = 0.0
    overloads: int = 0
    challenges: int = 0
    silent: bool = False


class MannersMiddleware:
    """Paces each host: the delay between requests is at least the time that the host takes to answer (as
    AutoThrottle does for one request at a time, but a host at a time and never below the registry's delay);
    Retry-After and overload are waited out in bounds; after two challenges the host is left alone. While
    it is silent, an address is asked for once and not for longer than a page may take."""

    def __init__(self, crawler: Crawler) -> None:
        from crawler.spider import ReportSpider

        assert isinstance(crawler.spider, ReportSpider)
        self._crawler = crawler
        self._clock: Clock = crawler.spider.clock
        self._hosts: Hosts = crawler.spider.hosts
        self._manners: dict[str, _Manner] = {}
        self._timeout = crawler.settings.getint("DOWNLOAD_TIMEOUT")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        middleware = cls(crawler)
        crawler.signals.connect(middleware.began, signals.headers_received)
        return middleware

    def began(self, request: Request) -> None:
        """An answer begins."""
        request.meta["began"] = True
        self._manner(host_key(request.url)).silent = False

    async def process_request(self, request: Request) -> None:
        name = host_key(request.url)
        manner = self._manner(name)
        closed = self._hosts[name].closed_until
        if closed is not None and closed > self._clock.stamp():
            raise Blocked(f"{name} asks to be left alone until {closed}")
        if manner.challenges >= CHALLENGES:
            raise Blocked(f"{name} challenged {manner.challenges} requests; left alone")
        pause = manner.rest_until - asyncio.get_running_loop().time()
        if pause > 0:
            await asyncio.sleep(pause)
        request.meta.pop("began", None)  # of an earlier try
        if manner.silent:
            request.meta.update(dont_retry=True, download_timeout=self._timeout)

    def process_exception(self, request: Request, exception: Exception) -> None:
        if isinstance(exception, DownloadTimeoutError) and "began" not in request.meta:
            self._manner(host_key(request.url)).silent = True

    def process_response(self, request: Request, response: Response) -> Response:
        if request.meta.get("archived"):
            return response
        request.meta.pop("dont_retry", None)  # it is not silent any more
        name = host_key(request.url)
        manner = self._manner(name)
        cookies = b"\n".join(response.headers.getlist("Set-Cookie"))
        found = obstacle(response.status, cookies, response.body)
        manner.challenges += found is not None and found.challenge
        if response.status in OVERLOADED:
            self._overloaded(name, manner, response.headers.get("Retry-After"))
        else:
            manner.overloads = 0
        self._pace(name, manner, request.meta.get("download_latency", 0.0), good=response.status < 400)
        return response

    def _manner(self, name: str) -> _Manner:
        if name not in self._manners:
            least = self._slots.get(name, {}).get("delay", DEFAULT_DELAY)
            self._manners[name] = _Manner(least)
        return self._manners[name]

    @property
    def _slots(self) -> dict[str, dict[str, float]]:
        assert self._crawler.engine is not None
        return self._crawler.engine.downloader.per_slot_settings

    def _overloaded(self, name: str, manner: _Manner, retry_after: bytes | None) -> None:
        manner.overloads += 1
        asked = _seconds(retry_after, self._clock.now())
        if asked is not None and asked > MAX_PAUSE:
            until = self._clock.now() + timedelta(seconds=asked)
            self._hosts[name].closed_until = until.isoformat(timespec="seconds")
            return
        grown = max(1.0, manner.least) * 2.0 ** (manner.overloads - 1)
        pause = min(grown, MAX_PAUSE) if asked is None else asked
        manner.rest_until = asyncio.get_running_loop().time() + pause

    def _pace(self, name: str, manner: _Manner, latency: float, *, good: bool) -> None:
        """The next delay: after a slow answer at least halfway from the last one to its time, after a quick
        one half of the last; an error never shortens it."""
        manner.least = max(manner.least, self._slots.get(name, {}).get("delay", 0.0))
        assert self._crawler.engine is not None
        slot = self._crawler.engine.downloader.slots.get(name)
        if slot is None:
            return
        aimed = max(latency, (slot.delay + latency) / 2) if latency > QUICK else slot.delay / 2
        delay = max(manner.least, min(aimed, MAX_PACE))
        if good or delay > slot.delay:
            slot.delay = delay


def _seconds(retry_after: bytes | None, now: datetime) -> float | None:
    """What a Retry-After header asks for: a number of seconds or a date; None where it says nothing."""
    text = (retry_after or b"").decode("latin-1").strip()
    if text.isdigit():
        return float(text[:9])
    try:
        when = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - now).total_seconds())


class WayMiddleware:
    """Finds how a host can be reached, and remembers it: standard TLS, then without a valid certificate, then
    with the settings of old servers, each only after an error of the one before; then http."""

    def __init__(self, crawler: Crawler) -> None:
        from crawler.spider import ReportSpider

        assert isinstance(crawler.spider, ReportSpider)
        self._clock: Clock = crawler.spider.clock
        self._hosts: Hosts = crawler.spider.hosts

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_exception(self, request: Request, exception: Exception) -> Request | None:
        if not request.url.startswith("https:") or not isinstance(exception, LOST):
            return None
        host = self._hosts[host_key(request.url)]
        reason = tls_error(exception)
        if reason is not None and host.tls is not Tls.LEGACY:
            certificate = host.tls is Tls.STANDARD and is_certificate_error(reason)
            host.tls = Tls.UNVERIFIED if certificate else Tls.LEGACY
            host.tls_since, host.tls_reason = host.tls_since or self._today(), reason
            return request.copy()
        if request.meta.get("http_instead") or request.meta.get("retry_times", 0) < 1:
            return None  # the network may only have stumbled: Scrapy tries once more
        request.meta["http_instead"] = True
        return request.replace(url=by_http(request.url))

    def process_response(self, request: Request, response: Response) -> Response:
        if request.meta.get("http_instead"):
            host = self._hosts[host_key(request.url)]
            host.http_since = host.http_since or self._today()
        return response

    def _today(self) -> str:
        return self._clock.now().date().isoformat()


def by_http(url: str) -> str:
    """The http address of an https one."""
    return f"http:{url.removeprefix('https:')}"


class RobotsMiddleware:
    """Obeys robots.txt. Scrapy's own lets everything pass when robots.txt cannot be read; here an answer of
    401, 403, 429 or 5xx closes the host, any other 4xx opens it (RFC 9309, the refusals read strictly). What
    was read is believed for a day."""

    def __init__(self, crawler: Crawler) -> None:
        from crawler.spider import ReportSpider

        assert isinstance(crawler.spider, ReportSpider)
        self._crawler = crawler
        self._clock: Clock = crawler.spider.clock
        self._hosts: Hosts = crawler.spider.hosts
        self._rules: dict[str, asyncio.Future[Protego]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        crawl: SiteCrawl = request.meta["crawl"]
        visit: Visit = request.meta["visit"]
        parts = split_url(request.url)
        if visit.role is Role.ROBOTS or parts is None:
            return
        address = f"{parts.scheme}://{parts.netloc}/robots.txt"
        if address not in self._rules:
            self._rules[address] = asyncio.ensure_future(self._ask(address, crawl))
        rules = await asyncio.shield(self._rules[address])
        if not rules.can_fetch(request.url, ROBOTS_TOKEN):
            raise RobotsDenied(f"robots.txt forbids {request.url}")

    async def _ask(self, address: str, crawl: SiteCrawl) -> Protego:
        host = self._hosts[host_key(address)]
        known = host.robots.get(address)
        oldest = self._clock.now() - ROBOTS_AGE
        if known is None or datetime.fromisoformat(known.fetched_at) < oldest:
            known = await self._fetch(address, crawl)
            if known is None:
                return Protego.parse("")
            if known.status in {401, 403, 429} or known.status >= 500:
                raise RobotsDenied(f"{address} answered HTTP {known.status}; left alone until it can be read")
            host.robots[address] = known
        rules = Protego.parse(known.text)
        self._slow_down(host_key(address), rules.crawl_delay(ROBOTS_TOKEN))
        return rules

    async def _fetch(self, address: str, crawl: SiteCrawl) -> Robots | None:
        """Ask for robots.txt; None where it redirects to a host that is not the site's. Raises `HostLost`,
        `Blocked`."""
        visit = Visit(address, Role.ROBOTS)
        request = Request(address, meta={"crawl": crawl, "visit": visit}, callback=NO_CALLBACK)
        assert self._crawler.engine is not None
        try:
            response = await self._crawler.engine.download_async(request)
        except LOST as error:
            raise HostLost(f"{address}: {error}") from error
        except OffHost:
            return None
        cookies = b"\n".join(response.headers.getlist("Set-Cookie"))
        found = obstacle(response.status, cookies, response.body)
        if found is not None and found.challenge:
            raise Blocked(f"{address} answered {found.evidence}")
        text = decode_text(response.body[:ROBOTS_BYTES]) if response.status < 300 else ""
        return Robots(self._clock.stamp(), response.status, text)

    def _slow_down(self, host: str, delay: float | None) -> None:
        """Obey the Crawl-delay of a robots.txt where it asks for more than the registry."""
        if delay is None:
            return
        assert self._crawler.engine is not None
        downloader = self._crawler.engine.downloader
        slots = downloader.per_slot_settings.setdefault(host, {"delay": DEFAULT_DELAY})
        slots["delay"] = max(slots["delay"], min(delay, MAX_CRAWL_DELAY))
        if host in downloader.slots:
            downloader.slots[host].delay = max(downloader.slots[host].delay, slots["delay"])
