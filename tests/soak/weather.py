"""What comes over the host of a portal for a night or longer, and passes."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from itertools import count
from urllib.parse import unquote

from tests.portal.server import HTML, Fault, Reply, Request, Server
from tests.portal.site import Portal

_CHALLENGE = b"<html><script>$_ts=window['$_ts'];if(!$_ts)$_ts={};$_ts.nsd=1;</script><body></body></html>"
_UPKEEP = "<div class='notice'><h1>网站升级维护公告</h1><p>本网站正在升级维护，暂停访问，敬请谅解。</p></div>"


class Weather(StrEnum):
    """Ways in which a host goes wrong as a whole."""

    RESETS = "resets"
    SILENCE = "silence"
    """The column is not answered when it is asked for the first time. For a host that never answers, a crawl
    waits longer than these nights last."""
    ERRORS = "HTTP 500"
    BUSY = "HTTP 503 at times"
    CLOSED = "HTTP 503 for hours"
    CHALLENGE = "challenge"
    FORBIDDEN = "HTTP 403"
    NO_LISTS = "404 lists"
    EMPTY_LISTS = "empty lists"
    NOTHING = "404 everywhere"
    CUT = "cut bodies"
    CUT_GZIP = "truncated gzip"
    SLOW = "slow bodies"
    UPKEEP = "upkeep page"
    """With status 200 at every address."""
    ELSEWHERE = "redirects away"


PASSABLE = frozenset({Weather.SILENCE, Weather.BUSY, Weather.SLOW})
"""A crawl gets through these; after any other it must say what it did not get."""

_FAULTS = {
    Weather.RESETS: Fault.RESET,
    Weather.CUT: Fault.CUT,
    Weather.CUT_GZIP: Fault.CUT_GZIP,
    Weather.SLOW: Fault.SLOW,
}
_PAGES: dict[Weather, tuple[int, dict[str, str], bytes]] = {
    Weather.ERRORS: (500, {}, b"<h1>500 Internal Server Error</h1>"),
    Weather.CLOSED: (503, {"Retry-After": "7200"}, b"closed"),
    Weather.CHALLENGE: (412, {}, _CHALLENGE),
    Weather.FORBIDDEN: (403, {}, b"<h1>403 Forbidden</h1>"),
    Weather.NOTHING: (404, {}, b"<h1>404 Not Found</h1>"),
    Weather.ELSEWHERE: (302, {"Location": "http://127.99.0.1/parked"}, b""),
}


class Exposed:
    """A portal and the weather over its host (None: fair)."""

    def __init__(self, portal: Portal, server: Server) -> None:
        self.portal = portal
        self.weather: Weather | None = None
        self._turn = count()
        server.serve(replace(portal.host(), handler=self._answer))

    def _answer(self, request: Request) -> Reply:
        reply, weather = self.portal.handle(request), self.weather
        if weather in _FAULTS:
            return replace(reply, fault=_FAULTS[weather])
        if weather in _PAGES:
            status, headers, body = _PAGES[weather]
            return Reply(body, status, {"Content-Type": HTML, **headers})
        if weather is Weather.BUSY and next(self._turn) % 3 == 0:
            return Reply(b"busy", 503, {"Content-Type": HTML, "Retry-After": "1"})
        return reply if request.path == "/robots.txt" else self._replaced(request) or reply

    def _replaced(self, request: Request) -> Reply | None:
        """What stands there instead, if it is only some pages that are replaced."""
        if self.weather is Weather.SILENCE:
            column = unquote(request.target) == unquote(self.portal.entry_path)
            return Reply(fault=Fault.SILENT) if column and next(self._turn) % 2 == 0 else None
        if self.weather is Weather.UPKEEP:
            return self._framed("网站维护", _UPKEEP)
        if self.weather is Weather.NO_LISTS and self._is_list(request):
            return Reply(b"<h1>404 Not Found</h1>", 404, {"Content-Type": HTML})
        if self.weather is Weather.EMPTY_LISTS and self._is_list(request):
            return self._framed("政府信息公开年报", "<div class='list'>暂无数据</div>")
        return None

    def _is_list(self, request: Request) -> bool:
        """Neither a page that is only passed, nor a document."""
        target, path = unquote(request.target), unquote(request.path)
        documents = self.portal.truth.keys() | self.portal.files.keys()
        return path not in {"/", "/robots.txt"} and not {target, path} & documents

    def _framed(self, title: str, body: str) -> Reply:
        return Reply(self.portal.encode(self.portal.frame.page(title, body)), 200, self.portal.html_headers())
