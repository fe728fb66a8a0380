"""Answers from the archive in place of the network: for the rest of a crawl that was killed, which asks for
nothing twice, and for the replay of a crawl, which asks for nothing at all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.responsetypes import responsetypes

from crawler.archive import Archive, Capture, Role, Standing
from crawler.sitecrawl import SiteCrawl
from crawler.urls import page_key, posting

_LEADING = frozenset({Role.PAGE, Role.LIST})


class NotArchived(IgnoreRequest):
    """A replayed crawl asks for what the archive does not hold."""


class Answers:
    """What the archive answers for one site. `whole`: nothing else may be asked for."""

    def __init__(self, archive: Archive, captures: Iterable[Capture], *, whole: bool) -> None:
        self._archive = archive
        self.whole = whole
        self._by_address: dict[str, Capture] = {}
        self._by_key: dict[str, Capture] = {}
        for capture in captures:
            if capture.role is not Role.ROBOTS and capture.standing in _FINAL:
                self._by_address[capture.url] = capture
                if capture.standing is not Standing.REDIRECT:
                    self._by_key[page_key(capture.url)] = capture

    def to(self, address: str) -> Capture | None:
        return self._by_address.get(address) or self._by_key.get(page_key(address))

    def response(self, request: Request, capture: Capture) -> Response:
        """The archived answer as Scrapy would have given it."""
        headers = {"Content-Type": capture.content_type, "Location": capture.location}
        shown = {name: value for name, value in headers.items() if value is not None}
        body = self._archive.read(capture)
        status = 200 if capture.status == 304 else capture.status
        kind = responsetypes.from_args(headers=None, url=request.url, body=body)
        return kind(url=request.url, status=status, headers=shown, body=body, request=request)


_FINAL = frozenset({Standing.CONTENT, Standing.REDIRECT, Standing.MISSING})
"""Answers that stand; refusals and failures of a killed crawl are asked for again."""


class ReplayMiddleware:
    """Outermost: what is answered here passes no other middleware on its way out."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:  # noqa: ARG003 - Scrapy's interface
        return cls()

    def process_request(self, request: Request) -> Response | None:
        crawl: SiteCrawl = request.meta["crawl"]
        request.meta.pop("archived", None)  # of the answer that redirected here
        if crawl.answers is None or request.meta["visit"].role is Role.ROBOTS:
            return None
        address = request.url
        if request.method == "POST":
            address = posting(request.url, request.body.decode())
        capture = crawl.answers.to(address)
        if capture is not None:
            request.meta["capture"] = capture
            request.meta["known"] = crawl.known_content(address)
            request.meta["archived"] = True
            return crawl.answers.response(request, capture)
        if crawl.answers.whole:
            raise NotArchived(f"{address} is not in the archive")
        return None
