"""The page of the runs: what the last nights did, and what is broken since when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from warehouse.site.pages import page


@dataclass(frozen=True, slots=True)
class Broken:
    """A site that keeps its old rows, and the start of the first of the runs in a row that it failed in."""

    site: str
    name: str
    province: str
    outcome: str
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Run:
    """One run as the page lists it; `sites` were to be crawled, `done` of them delivered."""

    run_id: str
    flow: str
    started_at: datetime
    seconds: float
    outcome: str
    reason: str | None
    sites: int
    done: int
    reports: int


@dataclass(frozen=True, slots=True)
class Runs:
    """What is known of the runs, the newest first."""

    runs: Sequence[Run] = ()
    broken: Sequence[Broken] = ()


def render(found: Runs) -> bytes:
    """The page `runs.html`."""
    broken = sorted(found.broken, key=lambda site: (site.since, site.site))
    return page("runs.html", 0, here="runs", runs=found.runs, broken=broken)
