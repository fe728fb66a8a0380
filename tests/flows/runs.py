"""Runs that were, for tests of what follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flows.alerts import alerts_of
from flows.ledger import open_ledger, take_in
from flows.summary import (
    RunOutcome,
    RunSummary,
    SiteOutcome,
    SiteRun,
    Timings,
    total,
    write_summary,
)


def site_run(site: str, outcome: SiteOutcome = SiteOutcome.DONE, **fields: Any) -> SiteRun:
    if outcome is not SiteOutcome.DONE:
        fields.setdefault("reason", "it does not answer")
    return SiteRun(site=site, name="甲局", province="甘肃省", outcome=outcome, **fields)


def ran(home: Path, started_at: datetime, runs: Sequence[SiteRun], flow: str = "nightly") -> RunSummary:
    """Leave a run in `home` as the flows do."""
    (home / "runs").mkdir(parents=True, exist_ok=True)
    run_id = f"{started_at:%Y%m%dT%H%M%SZ}-0000"
    with open_ledger(home) as ledger:
        alerts = alerts_of(run_id, RunOutcome.DONE, None, runs, ledger)
        take_in(ledger, run_id, started_at, runs)
    summary = RunSummary(
        run_id=run_id,
        flow=flow,
        started_at=started_at,
        finished_at=started_at + timedelta(minutes=1),
        outcome=RunOutcome.DONE,
        alerts=alerts,
        sites=list(runs),
        totals=total(list(runs)),
        timings=Timings(),
    )
    write_summary(home, summary)
    return summary
