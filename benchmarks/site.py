"""`make bench-site`: what rendering a national year costs, first whole, then the night after.

Every report has an HTML original beside it. The baseline is the same pages written as plain files in the same
run: what no renderer can do without. A missed target is shown and not an error. `make bench-site
REPORTS=15000` takes a tenth.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from statistics import median

from benchmarks.national import provinces, site_tables, stage_national
from parsers.forms import load_forms
from tests.accuracy import markup
from tests.accuracy.reports import draft
from warehouse import publish
from warehouse.site import Original, Rendering, render_site
from warehouse.sitefile import pack
from warehouse.store import open_store

REPORTS = 150_000
OPENED = 21
"""Pages that are opened in a browser."""
VARIANTS = 20
"""Pages that stand for the originals of all reports."""
NIGHT = 200
"""Reports that change in a night."""


class Pages:
    """An archive that holds a page as an editor leaves it for every digest."""

    def __init__(self) -> None:
        made = [draft(load_forms()[0], random.Random(number)) for number in range(VARIANTS)]
        self._pages = [markup.to_html(one.content(), one.title, random.Random(one.title)) for one in made]

    def read(self, digest: str) -> Original:
        return Original(self._pages[int(digest[-8:], 16) % VARIANTS], "text/html; charset=utf-8")


@dataclass(frozen=True)
class Cost:
    """What a rendering took: seconds of the clock, seconds of the cores, megabytes at the peak."""

    clock: float
    cores: float
    memory: float


def rendered(home: Path) -> tuple[Cost, Rendering]:
    """What a rendering costs, and what it did; in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_rendered, home).result()


def _rendered(home: Path) -> tuple[Cost, Rendering]:
    ended = threading.Event()
    with ThreadPoolExecutor(1) as watcher:
        peak = watcher.submit(_peak, ended)
        before, began = os.times(), time.perf_counter()
        try:
            done = render_site(home, originals=Pages())
        finally:
            ended.set()
        clock, after = time.perf_counter() - began, os.times()
    cores = sum(after[:4]) - sum(before[:4])
    return Cost(clock, cores, peak.result()), done


def _peak(ended: threading.Event) -> float:
    """The most memory that this process and those it started have at once, their shared pages once."""
    most = 0.0
    while not ended.wait(0.25):
        processes = ["self", *Path("/proc/self/task", str(os.getpid()), "children").read_text().split()]
        most = max(most, sum(map(_megabytes, processes)))
    return most


def _megabytes(process: str) -> float:
    try:
        for line in Path("/proc", process, "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass  # it has just ended
    return 0.0


def change_some(home: Path, reports: int) -> list[str]:
    """Stage other numbers for some sites of every province, `reports` reports in all, and publish them."""
    store = open_store(home)
    sites: list[str] = []
    staged = 0
    for number in range(reports):
        for province, held in provinces(REPORTS_HERE).items():
            found = next(site_tables(province, held, number), None)
            if found is None or staged >= reports:
                continue
            site, tables = found
            cells = tables["cells"]
            raw = cells.column_names.index("raw")
            changed = [f"{text} " if text else text for text in cells["raw"].to_pylist()]
            tables["cells"] = cells.set_column(raw, cells.schema.field(raw), [changed])
            store.write(f"staging/{province}/{site}", pack(tables, 1))
            sites.append(site)
            staged += tables["reports"].num_rows
        if staged >= reports:
            break
    publish(home, sites)
    return sites


def plain_write(folder: Path, site: Path) -> float:
    """Seconds to write every page of `site` again as it is, in one process."""
    began = time.perf_counter()
    for file in site.rglob("*.html"):
        target = folder / file.relative_to(site)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes())
    return time.perf_counter() - began


def opening(site: Path) -> float | None:
    """Seconds until a report's page stands in Chromium, opened from disk, as the median of several; None
    without Chromium."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium")
    if program is None:
        return None
    took: list[float] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        files = (site / "report").rglob("*.html")
        for file in islice((file for file in files if "-" not in file.stem), OPENED):  # not their originals
            began = time.perf_counter()
            page.goto(file.as_uri())
            page.evaluate("nianbao.ready")
            took.append(time.perf_counter() - began)
        browser.close()
    return median(took)


def line(what: str, value: float, unit: str, target: float | None = None) -> None:
    verdict = "" if target is None else f"target {target:g}: {'met' if value <= target else 'missed'}"
    print(f"{what:<44}{value:>10.2f} {unit:<8} {verdict}", flush=True)


def show(what: str, cost: Cost, target: float | None = None) -> None:
    line(what, cost.clock, "s", target)
    line("  seconds of the cores", cost.cores, "s")
    line("  memory, all processes", cost.memory, "MB", 1024)


REPORTS_HERE = int(os.environ.get("REPORTS") or REPORTS)


def main() -> int:
    whole = REPORTS_HERE == REPORTS
    with tempfile.TemporaryDirectory(prefix="nianbao-bench-") as name:
        home = Path(name)
        stage_national(home, REPORTS_HERE, os.cpu_count() or 1)
        publish(home)
        cost, done = rendered(home)
        print(f"{done.reports} reports, {done.written} files")
        show("render everything", cost, 600 if whole else None)
        line("  cores a report", cost.cores / done.reports * 1000, "ms")
        pages = list((home / "site").rglob("*.html"))
        line("  largest page", max(page.stat().st_size for page in pages) / 1024, "KB", 300)
        line("  mean page", sum(page.stat().st_size for page in pages) / len(pages) / 1024, "KB")
        opened = opening(home / "site")
        if opened is not None:
            line("  open a report's page from disk", opened, "s", 1)
        bare = plain_write(home / "copy", home / "site")
        line("  ratio to writing the same pages", cost.clock / bare, "")
        shutil.rmtree(home / "copy")
        sites = change_some(home, NIGHT)
        cost, done = rendered(home)
        print(f"{NIGHT} reports changed in {len(sites)} sites: {done.written} files")
        show("render the night", cost, 20)
        cost, done = rendered(home)
        show("render again, nothing changed", cost)
    return 0


if __name__ == "__main__":
    sys.exit(main())
