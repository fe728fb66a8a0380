"""A reader of the room: a browser window that notes what goes wrong."""

from __future__ import annotations

import shutil
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Request

from tests.site.room import Room

DESKTOP, PHONE = (1360, 900), (390, 844)


def chromium_program() -> str | None:
    """The system's Chromium; None where there is none."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Reader:
    """Opens pages of a room from disk, or below `base`; `complaints` must stay empty."""

    def __init__(self, browser: Browser, room: Room) -> None:
        self._browser = browser
        self.room = room
        self.base = room.site.as_uri()
        self.complaints: list[str] = []
        self._pages: list[Page] = []

    def open(
        self,
        path: str,
        size: tuple[int, int] = DESKTOP,
        scheme: Literal["light", "dark"] = "light",
        script: bool = True,
    ) -> Page:
        """A page in a window of its own."""
        context = self._browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            java_script_enabled=script,
            accept_downloads=True,
        )
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("request", self._request)
        page.on("requestfailed", self._failed)
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        page.goto(f"{self.base}/{path}")
        if script:
            page.evaluate("nianbao.ready")
        self._pages.append(page)
        return page

    def _failed(self, request: Any) -> None:
        # A page that closes while its frame still loads breaks that off.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"not there: {request.url}")

    def report(self, agency: str, year: int) -> str:
        """Address of a report's page below the site."""
        return self.room.page(agency, year).relative_to(self.room.site).as_posix()

    def close(self) -> None:
        for page in self._pages:
            page.context.close()

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.base, "data:", "blob:")):
            self.complaints.append(f"asks {urlsplit(request.url).netloc or 'another place'}: {request.url}")


def axe_findings(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 AA and its own best practice, one line a rule and element."""
    from axe_playwright_python.sync_playwright import Axe

    options: dict[str, Any] = {"resultTypes": ["violations"], "iframes": False, "preload": False}
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{rule['id']}: {node['target']} {node['html'][:120]} {node['failureSummary'][:160]}"
        for rule in found
        for node in rule["nodes"]
    ]
