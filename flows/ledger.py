"""The ledger: one line a site with what all runs together say of it, `<home>/runs/ledger.jsonl`.

It only saves reading all summaries again: `rebuilt` makes it from them, and a ledger that is missing or
damaged is made so. Taking a run in twice changes nothing, so a run that died in between is simply taken in
again.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from crawler.archive import CrawlOutcome
from flows.summary import SiteOutcome, SiteRun, SiteTrouble, read_summaries
from parsers.model import CellStatus


class SiteState(BaseModel):
    """A site after its newest run. `crawled_at` is when that began, `delivered_at` the last one that was
    done; `changed_at` when a report was last new, revised or withdrawn; `failing_since` and `failures` count
    the runs since then in which the site was broken; `fingerprint`, `reports` and `cells` are those last
    delivered; `trouble_count`, `troubles`, `shrunk` and `notes` are those of the newest crawl."""

    model_config = ConfigDict(extra="forbid")

    site: str
    name: str
    province: str
    family: str | None
    run_id: str
    crawled_at: datetime
    outcome: SiteOutcome
    crawl_outcome: CrawlOutcome | None
    reason: str | None
    delivered_at: datetime | None = None
    changed_at: datetime | None = None
    failing_since: datetime | None = None
    failures: int = 0
    fingerprint: str | None = None
    reports: int = 0
    cells: dict[CellStatus, int] = Field(default_factory=dict)
    trouble_count: int = 0
    troubles: list[SiteTrouble] = Field(default_factory=list)
    shrunk: list[str] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)


Ledger = dict[str, SiteState]
"""States by site id."""


def read_ledger(home: Path) -> Ledger:
    """The ledger of a home; empty where nothing was run."""
    try:
        lines = _path(home).read_text(encoding="utf-8").splitlines()
        states = [SiteState.model_validate_json(line) for line in lines]
    except (FileNotFoundError, ValidationError):
        return rebuilt(home)
    return {state.site: state for state in states}


def rebuilt(home: Path) -> Ledger:
    """The ledger as the summaries of all runs tell it."""
    ledger: Ledger = {}
    for summary in reversed(list(read_summaries(home))):
        if summary.flow != "reparse":
            take_in(ledger, summary.run_id, summary.started_at, summary.sites)
    return ledger


@contextmanager
def open_ledger(home: Path) -> Iterator[Ledger]:
    """The ledger to change; it is saved on leaving. One process at a time."""
    (home / "runs").mkdir(parents=True, exist_ok=True)
    with (home / "runs" / "ledger.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ledger = read_ledger(home)
        yield ledger
        lines = (ledger[site].model_dump_json(exclude_defaults=True) for site in sorted(ledger))
        partial = _path(home).with_suffix(".tmp")
        partial.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        partial.replace(_path(home))


def take_in(ledger: Ledger, run_id: str, started_at: datetime, runs: Iterable[SiteRun]) -> None:
    """Let the ledger know what a run brought, unless it knows a newer run of the site."""
    for run in runs:
        before = ledger.get(run.site)
        if before is None or (before.run_id != run_id and before.crawled_at <= started_at):
            ledger[run.site] = _after(before, run_id, started_at, run)


def _after(before: SiteState | None, run_id: str, started_at: datetime, run: SiteRun) -> SiteState:
    state = SiteState(
        site=run.site,
        name=run.name,
        province=run.province,
        family=run.family or (before.family if before else None),
        run_id=run_id,
        crawled_at=started_at,
        outcome=run.outcome,
        crawl_outcome=run.crawl_outcome,
        reason=run.reason,
        trouble_count=run.trouble_count,
        troubles=run.troubles,
        shrunk=run.shrunk,
        notes=run.notes,
    )
    if run.outcome is SiteOutcome.DONE:
        changed = before is None or run.new or run.revised or run.withdrawn
        state.delivered_at = started_at
        state.changed_at = started_at if changed or before is None else before.changed_at
        state.reports, state.cells, state.fingerprint = run.reports, run.cells, run.fingerprint
        return state
    if before is not None:
        state.delivered_at, state.changed_at = before.delivered_at, before.changed_at
        state.reports, state.cells = before.reports, before.cells
        state.failing_since, state.failures = before.failing_since, before.failures
    if run.outcome is SiteOutcome.BROKEN:
        state.failures += 1
        state.failing_since = state.failing_since or started_at
    return state


def _path(home: Path) -> Path:
    return home / "runs" / "ledger.jsonl"
