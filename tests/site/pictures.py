"""The pictures of README, from the site that the demo leaves: `make pictures`."""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.site.browser import chromium_program

SIZE = (1280, 900)
CELL = "applications.new_received.natural_person"


def main(site: Path, folder: Path) -> int:
    """Take them from the pages in `site` into `folder`."""
    program = chromium_program()
    if program is None:
        print("pictures: no Chromium here; apt-get install chromium", file=sys.stderr)
        return 1
    failing = next(
        page for page in sorted(site.glob("report/*/*/*.html")) if '<li id="check-' in page.read_text("utf-8")
    )
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
        page.goto((site / "index.html").as_uri())
        _save(page, folder / "map.png")
        page.goto(f"{failing.as_uri()}#{CELL}")
        page.frame_locator("iframe").locator("td:target").wait_for()
        page.evaluate("scrollTo(0, document.getElementById('failed').offsetTop - 20)")
        _save(page, folder / "report.png")
        browser.close()
    return 0


def _save(page: Page, file: Path) -> None:
    """As a PNG of few colours, which is a third of the size."""
    page.wait_for_timeout(500)
    with Image.open(BytesIO(page.screenshot())) as picture:
        picture.convert("RGB").quantize(128).save(file, optimize=True)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
