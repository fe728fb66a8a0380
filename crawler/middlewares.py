"""Between engine and network: every request stays on its site's hosts and is counted; every response is
decoded in bounds, judged and archived. (How hosts are treated is in `crawler.manners`.)

Order (see `crawler.settings`): the archive's own answers outermost, then robots.txt and hosts, then Scrapy's
(retry, redirect) and the manners, cookies, then the archive, innermost the decoding, so that the archive sees
each answer once and decoded.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Self

from scrapy import Request, signals
from scrapy.http import Response
from scrapy.http.cookies import CookieJar

from crawler.archive import Standing
from crawler.bodies import BodyError, decoded
from crawler.obstacles import Broken, OffHost, standing
from crawler.sitecrawl import SiteCrawl, Visit
from crawler.urls import host_key, posting
from crawler.writer import ArchiveWriter, Fetched

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


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


class DecodingMiddleware:
    """Asks for compressed answers and unpacks them (`crawler.bodies.decoded`)."""

    def process_request(self, request: Request) -> None:
        request.headers["Accept-Encoding"] = "gzip, deflate"

    def process_response(self, request: Request, response: Response) -> Response:
        encoding = b",".join(response.headers.getlist("Content-Encoding")).decode("latin-1")
        if not encoding or request.method == "HEAD":
            return response
        try:
            body = decoded(response.body, encoding)
        except BodyError as error:
            raise Broken(f"{response.url}: {error}") from None
        headers = response.headers.copy()
        del headers["Content-Encoding"]
        return response.replace(body=body, headers=headers)


class ArchiveMiddleware:
    """Archives every response, redirects, errors and robots.txt too. Asks only for what has changed since the
    archive's copy, where the host gave validators with it (RFC 9110 §13)."""

    def __init__(self, writer: ArchiveWriter) -> None:
        self._writer = writer

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        from crawler.spider import ReportSpider

        assert isinstance(crawler.spider, ReportSpider)
        return cls(crawler.spider.writer)

    def process_request(self, request: Request) -> None:
        crawl: SiteCrawl = request.meta["crawl"]
        known = crawl.known_content(request.url) if request.method == "GET" else None
        for name, value in (
            ("If-None-Match", known.etag if known else None),
            ("If-Modified-Since", known.last_modified if known else None),
        ):
            request.headers.pop(name, None)  # those of the address that redirected here
            if value is not None:
                request.headers[name] = value

    def process_response(self, request: Request, response: Response) -> Response:
        if request.meta.get("archived"):
            return response
        crawl: SiteCrawl = request.meta["crawl"]
        visit: Visit = request.meta["visit"]
        crawl.bytes += len(response.body)
        address = _address(request, response)
        known = crawl.known_content(address)
        cookies = b"\n".join(response.headers.getlist("Set-Cookie"))
        judged = standing(response.status, cookies, response.body)
        if response.status == 304 and known is None:
            judged = Standing.FAILED  # nothing was said about an earlier answer
        request.meta["known"] = known
        request.meta["capture"] = self._writer.add(
            Fetched(address, response.status, _headers(response), response.body),
            crawl.asked(visit),
            judged,
            known,
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
