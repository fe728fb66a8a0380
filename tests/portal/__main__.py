"""`make zoo`: crawl the simulated portals and say what was found, missed and done wrong.

Prints a line for each family, then what went wrong. Exit status 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from crawler.archive import Archive
from tests.portal.families import FAMILIES
from tests.portal.oracle import Verdict, judge
from tests.portal.server import Server
from tests.portal.site import Portal
from tests.portal.zoo import open_zoo

ROOT = Path(__file__).parents[2]
PER_REPORT = 2.0
TO_LEAST = 1.3
_HEAD = (
    "family", "sites", "reports", "found", "false", "files", "requests", "a report", "to least", "bait", "robots",
    "overlaps", "MB",
)  # fmt: skip


def main() -> int:
    options = argparse.ArgumentParser(prog="make zoo", description=__doc__)
    options.add_argument("--families", help="only these, by commas: " + ", ".join(FAMILIES))
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--small", action="store_true", help="the zoo of the test suite")
    options.add_argument("--keep", type=Path, help="keep archive and log in this folder")
    options.add_argument("--lines", type=int, default=40, help="how many faults to tell")
    chosen = options.parse_args()
    families = chosen.families.split(",") if chosen.families else None
    with tempfile.TemporaryDirectory() as folder, Server() as server:
        portals = open_zoo(server, chosen.seed, families, small=chosen.small)
        return campaign(server, portals, chosen.keep or Path(folder), chosen.lines)


def campaign(server: Server, portals: Sequence[Portal], folder: Path, lines: int) -> int:
    started = time.monotonic()
    results = crawl(folder, [portal.site() for portal in portals])
    print(f"{len(portals)} sites crawled in {time.monotonic() - started:.0f} s")
    verdicts = judge_all(server, portals, folder, results)
    return tell(portals, verdicts, results, lines)


def judge_all(
    server: Server, portals: Sequence[Portal], folder: Path, results: dict[str, dict[str, Any]], day: int = 1
) -> dict[str, Verdict]:
    archive = Archive(folder / "archive")
    return {p.name: judge(p, server, archive, results[p.name]["crawl_id"], day) for p in portals}


def crawl(folder: Path, sites: list[dict[str, Any]], *options: str) -> dict[str, dict[str, Any]]:
    """Run the crawl process on these sites, with `options`; results by site. Raises `SystemExit` if it fails."""
    folder.mkdir(parents=True, exist_ok=True)
    registry = folder / "sites.yaml"
    registry.write_text(yaml.safe_dump(sites, allow_unicode=True), encoding="utf-8")
    command = [
        sys.executable, "-m", "crawler", "--archive", str(folder / "archive"), "--sites", str(registry),
        *options, *(str(site["id"]) for site in sites),
    ]  # fmt: skip
    with (folder / "crawl.log").open("wb") as log:
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, check=False)
    if done.returncode:
        tail = (folder / "crawl.log").read_text("utf-8", "replace").splitlines()[-5:]
        raise SystemExit("\n".join(["the crawl process failed:", *tail]))
    return {line["site"]: line for line in map(json.loads, done.stdout.splitlines())}


def tell(
    portals: Sequence[Portal], verdicts: dict[str, Verdict], results: dict[str, dict[str, Any]], lines: int
) -> int:
    """Print table and faults; 1 if a target is missed."""
    by_family: dict[str, list[Portal]] = defaultdict(list)
    for portal in portals:
        by_family[portal.family].append(portal)
    total, columns = Verdict(), Verdict()
    rows: list[tuple[str, ...]] = [_HEAD]
    for family, members in by_family.items():
        summed = Verdict()
        started = Verdict()
        for portal in members:
            summed += verdicts[portal.name]
            if portal.setting.start == "column":
                started += verdicts[portal.name]
        rows.append(_row(family, len(members), summed, started))
        total += summed
        columns += started
    rows.append(_row("all", len(portals), total, columns))
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEAD))]
    for row in rows:
        print(
            "  ".join(
                t.ljust(w) if not i else t.rjust(w) for i, (t, w) in enumerate(zip(row, widths, strict=True))
            )
        )
    faults = [*total.wrong, *(f"not found: {one}" for one in total.missed)]
    for portal in portals:
        result, verdict = results[portal.name], verdicts[portal.name]
        if verdict.found < verdict.reports or result["outcome"] != "done":
            told = f"{result['outcome']} {result['detail']} {result['stops']}"
            faults.insert(
                0,
                f"{portal.name} {portal.family} {portal.setting.variant}: {verdict.found}/{verdict.reports} {told}",
            )
    for line in faults[:lines]:
        print(line)
    if len(faults) > lines:
        print(f"... and {len(faults) - lines} more")
    missed = misses(total, columns)
    for line in missed:
        print(f"missed: {line}")
    return 1 if missed else 0


def misses(total: Verdict, columns: Verdict) -> list[str]:
    """The targets that are missed, in words."""
    told = {
        f"recall: {total.found} of {total.reports} reports": total.found < total.reports,
        f"files: {total.files_got} of {total.files}": total.files_got < total.files,
        f"precision: {total.false} false": total.false > 0,
        f"{total.per_report:.2f} requests a report, {PER_REPORT} are allowed": total.per_report > PER_REPORT,
        f"{columns.to_least:.2f} times the least from columns, {TO_LEAST} are allowed": columns.to_least
        > TO_LEAST,
        f"bait: {total.bait} requests": total.bait > 0,
        f"robots.txt: {total.robots} violations": total.robots > 0,
        f"{total.overlaps} times two requests at once": total.overlaps > 0,
    }
    return [text for text, is_missed in told.items() if is_missed]


def _row(name: str, sites: int, verdict: Verdict, columns: Verdict) -> tuple[str, ...]:
    return (
        name, str(sites), str(verdict.reports), str(verdict.found), str(verdict.false),
        f"{verdict.files_got}/{verdict.files}", str(verdict.requests),
        f"{verdict.per_report:.2f}" if verdict.found else "-",
        f"{columns.to_least:.2f}" if columns.least else "",
        str(verdict.bait), str(verdict.robots), str(verdict.overlaps), f"{verdict.bytes / 1e6:.1f}",
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
