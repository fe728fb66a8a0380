"""`make bench-site`: what rendering a national year costs, first whole, then the night after.

The baseline is the same pages written as plain files in the same run: what no renderer can do without. A
missed target is shown and not an error. `make bench-site REPORTS=15000` takes a tenth.
"""

from __future__ import annotations

import os
import resource
import shutil
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from benchmarks.national import provinces, site_tables, stage_national
from warehouse import publish
from warehouse.site import Original, Rendering, render_site
from warehouse.sitefile import pack
from warehouse.store import open_store

REPORTS = 150_000
NIGHT = 200
"""Reports that change in a night."""


class NoOriginals:
    """An archive that holds nothing: rendering alone is measured."""

    def read(self, digest: str) -> Original | None:
        del digest
        return None


def rendered(home: Path) -> tuple[float, float, Rendering]:
    """Seconds, megabytes of all processes at their peak, and what was done; in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_rendered, home).result()


def _rendered(home: Path) -> tuple[float, float, Rendering]:
    began = time.perf_counter()
    done = render_site(home, originals=NoOriginals())
    seconds = time.perf_counter() - began
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # The kernel tells the largest child alone; there are as many as cores.
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return seconds, (own + child * (os.cpu_count() or 1)) / 1024, done


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


def line(what: str, value: float, unit: str, target: float | None = None) -> None:
    verdict = "" if target is None else f"target {target:g}: {'met' if value <= target else 'missed'}"
    print(f"{what:<44}{value:>10.1f} {unit:<8} {verdict}", flush=True)


REPORTS_HERE = int(os.environ.get("REPORTS", REPORTS))


def main() -> int:
    whole = REPORTS_HERE == REPORTS
    with tempfile.TemporaryDirectory(prefix="nianbao-bench-") as name:
        home = Path(name)
        stage_national(home, REPORTS_HERE, os.cpu_count() or 1)
        publish(home)
        seconds, memory, done = rendered(home)
        print(f"{done.reports} reports, {done.written} files")
        line("render everything", seconds, "s", 600 if whole else None)
        line("  a report", seconds / done.reports * 1000, "ms", 4.0)
        line("  memory, all processes", memory, "MB", 1024)
        pages = list((home / "site").rglob("*.html"))
        line("  largest page", max(page.stat().st_size for page in pages) / 1024, "KB", 300)
        line("  mean page", sum(page.stat().st_size for page in pages) / len(pages) / 1024, "KB")
        bare = plain_write(home / "copy", home / "site")
        line("  ratio to writing the same pages", seconds / bare, "")
        shutil.rmtree(home / "copy")
        sites = change_some(home, NIGHT)
        seconds, memory, done = rendered(home)
        print(f"{NIGHT} reports changed in {len(sites)} sites: {done.written} files")
        line("render the night", seconds, "s", 20)
        line("  memory, all processes", memory, "MB", 1024)
        seconds, memory, done = rendered(home)
        line("render again, nothing changed", seconds, "s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
