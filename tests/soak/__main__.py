"""`make soak`: thirty simulated nights over the simulated portals, with changes, faults and kills.

`nianbao serve` runs as systemd would start it; every night is ordered at the hour that the simulated calendar
shows. At the end the dataset must hold what the portals hold, to the number, and nothing twice, every change
must have been noticed when it could be, and memory, open files and the server's database must have stayed
flat. Prints a line a night; exit status 1 if anything is wrong.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import yaml

import warehouse
from crawler.archive import Archive
from flows.journal import open_runs
from flows.server import BOUNDED
from flows.summary import AlertKind, RunSummary, SiteOutcome, read_summaries
from tests.portal.families import FAMILIES
from tests.portal.server import Server
from tests.portal.site import Portal
from tests.portal.zoo import EXHIBITS, PLACES, smaller
from tests.soak.judge import Days, Noticed, dataset_wrong, noticed, use_wrong
from tests.soak.program import Kill, Night, program, short_program
from tests.soak.service import Service, Use, wait
from tests.soak.weather import PASSABLE, Exposed, Weather

SITES = ["trs", "jpage", "xxgk", "jpaas", "gkmlpt", "ucap", "vsb", "lscms", "openness", "generic"]
"""The families of its portals."""
KEPT_DAYS = int(BOUNDED["PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD"]) // 86400
PATIENCE = 400.0
"""Seconds that a night may take."""


@dataclass
class Soak:
    """What the nights brought: `wrong` in words, what was `told` of each night, the service's `uses`."""

    nights: list[Night]
    sites: list[Exposed]
    days: list[Days]
    wrong: list[str] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    killed: list[Kill] = field(default_factory=list)
    known: set[str] = field(default_factory=set)


def open_portals(server: Server, families: Sequence[str], seed: int) -> list[Exposed]:
    """A small portal of each family, each of another place. Scans would be all that the nights wait for."""
    sites = []
    for number, family in enumerate(families):
        exhibit = next(one for one in EXHIBITS if one.family == family and one.small)
        plan = replace(smaller(exhibit.setting.plan), place=PLACES[number], scans=False)
        name = server.reserve(f"127.30.0.{number + 1}")
        portal = FAMILIES[family](name, replace(exhibit.setting, plan=plan), f"{seed} {number}")
        sites.append(Exposed(portal, server))
    return sites


def soak(sites: list[Exposed], nights: list[Night], folder: Path, seed: int) -> Soak:
    """Run the nights, and judge them."""
    registry, home = folder / "sites.yaml", folder / "home"
    entries = [site.portal.site() for site in sites]
    registry.write_text(yaml.safe_dump(entries, allow_unicode=True), encoding="utf-8")
    told = Soak(nights, sites, [Days(site.portal) for site in sites])
    service, rng = Service(home, registry), random.Random(seed)
    print(_HEAD, flush=True)
    try:
        service.start()
        for night in nights:
            if night.number:
                service.age(night.now - nights[night.number - 1].now)
            _night(service, night, told, rng)
        wait(lambda: service.old(KEPT_DAYS) == (0, 0), "the pruning of old runs")
    finally:
        service.stop()
    return told


def _night(service: Service, night: Night, told: Soak, rng: random.Random) -> None:
    began = time.monotonic()
    for site, days in zip(told.sites, told.days, strict=True):
        site.weather = night.weather.get(site.portal.name)
        if site in night.changing:
            days.advance(night)
    run = service.order("nightly", now=night.now.isoformat())
    killed = _killed(service, night, rng) if night.kill else ""
    wait(lambda: _has_summary(service.home, night) or service.is_over(run), f"night {night.number}", PATIENCE)
    if not _has_summary(service.home, night):
        _go_on(service, night)
    wait(lambda: not service.works(), "the end of the run", PATIENCE)
    [summary] = [one for one in read_summaries(service.home) if one.started_at == night.now]
    told.uses.append(service.use())
    told.wrong += [f"night {night.number}: {line}" for line in _wrong(service.home, night, summary, told)]
    print(_line(night, summary, told.uses[-1], killed, time.monotonic() - began), flush=True)


def _killed(service: Service, night: Night, rng: random.Random) -> str:
    """Kill what is to be killed at its time, and start what nobody else does; says what became of it."""
    assert night.kill is not None
    staging = service.home / "staging"
    before = {path.stat().st_mtime_ns for path in staging.glob("*/*")}
    moments = {
        Kill.PARSER: lambda: service.processes("spawn_main"),
        Kill.STAGING: lambda: {path.stat().st_mtime_ns for path in staging.glob("*/*")} - before,
        Kill.PUBLISHING: lambda: list(service.home.glob("dataset.*")),
    }
    moment = moments.get(night.kill, lambda: service.processes("-m crawler"))
    came: list[object] = []  # such moments pass, so it is not looked twice

    def is_time() -> bool:
        came.append(moment())
        return bool(came[-1]) or _has_summary(service.home, night)

    brief = night.kill in {Kill.STAGING, Kill.PUBLISHING}
    wait(is_time, str(night.kill), PATIENCE, pause=0.01 if brief else 0.1)
    if night.kill not in moments:
        time.sleep(rng.uniform(0, 1.0))
    if not came[-1] or not service.kill(night.kill):
        return f"{night.kill} missed"
    if night.kill in {Kill.SERVE, Kill.MACHINE}:
        wait(lambda: not service.processes(), "the end of what a dead service has left")
        service.start()
        left = [plan.run_id for plan, _ in open_runs(service.home)]
        wait(lambda: not left or _has_summary(service.home, night), "the run that was left", PATIENCE)
    return str(night.kill)


def _go_on(service: Service, night: Night) -> None:
    """As docs/operations.md says of a run whose process has died; begin anew what had not begun."""
    left = [plan.run_id for plan, _ in open_runs(service.home)]
    now = night.now.isoformat()
    again = service.order("retry", run=left[0]) if left else service.order("nightly", now=now)
    wait(lambda: service.is_over(again), f"night {night.number} after its kill", PATIENCE)


def _has_summary(home: Path, night: Night) -> bool:
    return any((home / "runs").glob(f"{night.now:%Y%m%dT%H%M%SZ}-*.json"))


def _wrong(home: Path, night: Night, summary: RunSummary, told: Soak) -> list[str]:
    """What is wrong right after a night."""
    wrong = []
    reports = set(warehouse.read("reports", home=home, columns=["report_id"])["report_id"])
    if lost := told.known - reports:
        wrong.append(f"{len(lost)} reports have left the dataset: {sorted(lost)[:3]}")
    told.known |= reports
    for run in summary.sites:
        weather = night.weather.get(run.site)
        if weather is None and run.outcome is not SiteOutcome.DONE:
            wrong.append(f"{run.site}: {run.outcome} in fair weather: {run.reason}")
        quiet = run.outcome is SiteOutcome.DONE and not (run.trouble_count or run.shrunk)
        if weather is not None and weather not in PASSABLE and quiet:
            wrong.append(f"{run.site}: nothing said of {weather}")
    return wrong


_HEAD = "night  date        sites done  new rev gone  reports  MB   files  database  runs  seconds"


def _line(night: Night, summary: RunSummary, use: Use, killed: str, seconds: float) -> str:
    totals = summary.totals
    weather = [f"{name.partition(':')[0]} {weather}" for name, weather in night.weather.items()]
    events = [*weather, *([f"killed: {killed}"] if killed else [])]
    return (
        f"{night.number:5}  {night.now + timedelta(hours=8):%Y-%m-%d}  {totals.sites:5} {totals.done:4}  "
        f"{totals.new:3} {totals.revised:3} {totals.withdrawn:4}  {totals.reports:7}  {use.memory:4.0f} "
        f"{use.files:5}  {use.database:5.1f} MB  {use.runs:4}  {seconds:7.1f}  {'; '.join(events)}"
    )


def conclude(told: Soak, home: Path) -> tuple[list[str], list[str]]:
    """What is wrong at the end, and what was compared, both in words."""
    portals: list[Portal] = [site.portal for site in told.sites]
    wrong, compared = dataset_wrong(portals, home)
    seen: Noticed = noticed(told.days, told.nights, Archive(home / "archive"))
    wrong = [*told.wrong, *wrong, *seen.late, *(f"told twice: {one}" for one in seen.twice)]
    wrong += [f"told and did not happen: {one}" for one in seen.untrue]
    wrong += use_wrong(told.uses, told.nights, KEPT_DAYS)
    alerts = [alert for run in read_summaries(home) for alert in run.alerts]
    if Weather.CHALLENGE in {w for night in told.nights for w in night.weather.values()}:
        silent = [alert.subject for alert in alerts if alert.kind is AlertKind.SITE_SILENT]
        if len(silent) != 1:
            wrong.append(f"one site was silent for several nights, alerts told of {silent}")
    if left := [plan.run_id for plan, _ in open_runs(home)]:
        wrong.append(f"nobody went on with {left}")
    return wrong, [
        compared,
        f"{seen.noticed} of {seen.happened} changes noticed when they could be, {len(seen.twice)} told twice",
        f"{len(alerts)} alerts: " + ", ".join(sorted({str(alert.kind) for alert in alerts})),
    ]


def main() -> int:
    options = argparse.ArgumentParser(prog="make soak", description=__doc__)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--short", action="store_true", help="the four nights of the test suite")
    options.add_argument("--keep", type=Path, help="keep the home in this folder")
    chosen = options.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name, Server() as server:
        folder = chosen.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        families = SITES[:2] if chosen.short else SITES
        sites = open_portals(server, families, chosen.seed)
        told = soak(sites, (short_program if chosen.short else program)(sites), folder, chosen.seed)
        wrong, compared = conclude(told, folder / "home")
    print(f"{len(told.nights)} nights over {len(sites)} sites in {time.monotonic() - began:.0f} s")
    print("\n".join(compared))
    print("\n".join(wrong) or "nothing is wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
