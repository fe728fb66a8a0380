"""`make soak`: thirty simulated nights over the simulated portals, with changes, faults and kills.

Every night runs as the schedule would run it, at the hour that the simulated clock shows. At the end the
dataset must hold what the portals hold and nothing twice, every change must have been noticed, and memory,
open files and the server's database must have stayed flat.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

import warehouse
from flows.journal import open_runs
from flows.local import run_flow
from flows.server import prefect_server
from flows.summary import RunOutcome, read_summaries
from tests.portal.server import Server
from tests.portal.site import Day, Portal
from tests.portal.zoo import open_zoo

ROOT = Path(__file__).parents[2]
BEGIN = datetime(2027, 1, 1, 18, tzinfo=UTC)
"""02:00 in Shanghai, in the season in which every site is crawled every night."""
NIGHTS = 30
SETTLED = 5
"""Nights until memory and files are compared."""
GROWTH = 1.25
"""By how much memory may grow from then to the end."""

_NIGHT = """
import sys
from datetime import datetime
from pathlib import Path
from flows.local import run_flow
run_flow("nightly", sys.argv[1], sites_path=Path(sys.argv[2]), now=datetime.fromisoformat(sys.argv[3]))
"""


@dataclass
class Soak:
    """What the nights brought. `flat` are memory (MB), open files and database (MB) of some nights."""

    happened: dict[str, Day] = field(default_factory=dict)
    killed: int = 0
    flat: list[tuple[int, float, int, float]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def soak(portals: Sequence[Portal], folder: Path, nights: int, seed: int) -> Soak:
    """Run the nights."""
    rng, told = random.Random(seed), Soak()
    registry, home = folder / "sites.yaml", folder / "home"
    registry.write_text(yaml.safe_dump([p.site() for p in portals], allow_unicode=True), encoding="utf-8")
    with prefect_server(home):
        for night in range(nights):
            now = BEGIN + night * timedelta(days=1)
            if night in (1, 2):  # so early that every silent edit falls due before the end
                for portal in portals[night - 1 :: 2]:
                    told.happened[portal.name] = portal.advance()
            down = rng.choice(portals) if night % 6 == 4 else None
            pages = down.pages if down else {}
            if down:
                down.pages = {}
            if night % 6 == 3:
                told.killed += _killed_night(home, registry, now, rng)
            if night % 8 == 5:
                threading.Timer(rng.uniform(1, 4), _kill_server, [home]).start()
            _night(home, registry, now, told)
            if down:
                down.pages = pages
            told.flat.append((night, *_use(home)))
    return told


def _night(home: Path, registry: Path, now: datetime, told: Soak) -> None:
    """Go on with what was killed, else run the night."""
    left = [plan for plan, going_on in open_runs(home) if not going_on]
    for plan in left:
        run_flow("retry", str(home), run=plan.run_id)
    if not any(run.started_at == now for run in read_summaries(home)):
        run_flow("nightly", str(home), sites_path=registry, now=now)
    newest = next(read_summaries(home))
    if newest.outcome is RunOutcome.FAILED:
        told.wrong.append(f"{newest.run_id}: {newest.reason}")


def _killed_night(home: Path, registry: Path, now: datetime, rng: random.Random) -> int:
    """Begin the night in a process that is killed somewhere on its way; whether it was."""
    command = [sys.executable, "-c", _NIGHT, str(home), str(registry), now.isoformat()]
    child = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL
    )
    try:
        child.wait(rng.uniform(3, 15))
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        time.sleep(1)  # its crawl ends with it
        return 1
    return 0


def _kill_server(home: Path) -> None:
    guard = json.loads((home / "prefect" / "server.json").read_text())["pid"]
    for tasks in Path(f"/proc/{guard}/task").glob("*/children"):
        for child in tasks.read_text().split():
            os.kill(int(child), signal.SIGKILL)


def _use(home: Path) -> tuple[float, int, float]:
    """Memory and open files of this process, and size of the server's database."""
    status = Path("/proc/self/status").read_text()
    memory = int(status.partition("VmRSS:")[2].split()[0]) / 1024
    files = len(list(Path("/proc/self/fd").iterdir()))
    return memory, files, (home / "prefect" / "prefect.db").stat().st_size / 1e6


def judge(portals: Sequence[Portal], told: Soak, home: Path) -> list[str]:
    """What is wrong at the end, in words."""
    wrong = list(told.wrong)
    columns = ["report_id", "agency", "report_year", "site", "withdrawn_at"]
    reports = warehouse.read("reports", home=home, columns=columns)
    if reports["report_id"].duplicated().any():
        wrong.append("a report stands twice in the dataset")
    there = reports[reports["withdrawn_at"].isna()]
    for portal in portals:
        mine = there[there["site"] == portal.name]
        published = set(zip(mine["agency"], mine["report_year"].astype(int), strict=True))
        held = {(report.agency, report.year) for report in portal.reports if not report.gone}
        wrong += [f"{portal.name}: not in the dataset: {one}" for one in sorted(held - published)]
        wrong += [f"{portal.name}: in the dataset alone: {one}" for one in sorted(published - held)]
    noticed = {portal.name: [0, 0, 0] for portal in portals}
    for run in list(read_summaries(home)):
        for site in run.sites:
            if run.started_at > BEGIN:
                more = (site.new, site.revised, site.withdrawn)
                noticed[site.site] = [a + b for a, b in zip(noticed[site.site], more, strict=True)]
    for name, day in told.happened.items():
        new, revised, withdrawn = noticed[name]
        if new < len(day.new) or revised < len(day.edited) or withdrawn < len(day.removed):
            wrong.append(f"{name}: noticed {new} new, {revised} revised, {withdrawn} withdrawn")
    _, memory, files, _ = told.flat[min(SETTLED, len(told.flat) - 1)]
    _, memory_end, files_end, database = told.flat[-1]
    if memory_end > memory * GROWTH or files_end > files + 5:
        wrong.append(f"memory {memory:.0f} to {memory_end:.0f} MB, open files {files} to {files_end}")
    if database > 50:
        wrong.append(f"the server's database has {database:.0f} MB")
    return wrong


def main() -> int:
    options = argparse.ArgumentParser(prog="make soak", description=__doc__)
    options.add_argument("--nights", type=int, default=NIGHTS)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--families", default="trs,generic,vsb")
    chosen = options.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name, Server() as server:
        portals = open_zoo(server, chosen.seed, chosen.families.split(","), small=True)
        told = soak(portals, Path(name), chosen.nights, chosen.seed)
        wrong = judge(portals, told, Path(name) / "home")
    seconds = time.monotonic() - began
    print(f"{chosen.nights} nights over {len(portals)} sites in {seconds:.0f} s, {told.killed} killed")
    for night, memory, files, database in told.flat[:: max(1, len(told.flat) // 6)]:
        print(f"night {night:2}: memory {memory:.0f} MB, {files} open files, database {database:.1f} MB")
    print("\n".join(wrong) or "the dataset is what the portals hold; every change was noticed; nothing twice")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
