"""One rendered room for the tests that only look at it, and a Chromium where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.site.browser import Reader, chromium_program
from tests.site.room import Room, build

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"


@pytest.fixture(scope="session")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    """Nobody changes it."""
    return build(tmp_path_factory.mktemp("room"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    program = chromium_program()
    if program is None:
        pytest.skip("no Chromium here, so no page was opened; apt-get install chromium")
    with sync_playwright() as playwright:
        # Containers have no namespaces for its sandbox; the pages are our own.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def reader(chromium: Browser, room: Room) -> Iterator[Reader]:
    """A window on the room; whatever a page complains about or loads from elsewhere fails the test."""
    reader = Reader(chromium, room)
    yield reader
    reader.close()
    assert reader.complaints == []


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where pictures of the pages go for people to look at."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return SCREENSHOTS
