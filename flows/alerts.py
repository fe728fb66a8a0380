"""What in a run deserves an alert, seen against the ledger as it was before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from flows.ledger import Ledger
from flows.summary import Alert, AlertKind, RunOutcome, SiteOutcome, SiteRun
from parsers.model import CellStatus

SILENT_AFTER = 2
"""Runs in a row in which a site must be broken: once may be the network's mood."""
FAMILY_LEAST = 3
"""Broken sites of one family that count as more than chance."""
UNCERTAIN_RISE = 0.02
"""By how much the share of uncertain cells may grow."""
UNCERTAIN_LEAST = 20
"""Uncertain cells below which nothing is said."""


def alerts_of(
    run_id: str, outcome: RunOutcome, reason: str | None, runs: Sequence[SiteRun], before: Ledger
) -> list[Alert]:
    """The alerts of a run over sites whose states were `before`."""
    return [
        *_of_run(run_id, outcome, reason, len(runs)),
        *_silent(runs, before),
        *_families(runs, before),
        *_uncertain(run_id, runs, before),
    ]


def _of_run(run_id: str, outcome: RunOutcome, reason: str | None, sites: int) -> Iterator[Alert]:
    if outcome is RunOutcome.FAILED:
        message = reason or f"none of {sites} sites delivered"
        yield Alert(kind=AlertKind.RUN_FAILED, subject=run_id, message=message)
    if outcome is RunOutcome.SKIPPED:
        yield Alert(kind=AlertKind.RUN_SKIPPED, subject=run_id, message=reason or "")


def _silent(runs: Sequence[SiteRun], before: Ledger) -> Iterator[Alert]:
    """Said once, in the run in which it becomes certain."""
    for run in runs:
        state = before.get(run.site)
        if run.outcome is not SiteOutcome.BROKEN or state is None or state.delivered_at is None:
            continue
        if state.failures + 1 == SILENT_AFTER:
            message = f"{run.name} delivered until {state.delivered_at:%Y-%m-%d}: {run.reason}"
            yield Alert(kind=AlertKind.SITE_SILENT, subject=run.site, message=message)


def _families(runs: Sequence[SiteRun], before: Ledger) -> Iterator[Alert]:
    delivering: Counter[str] = Counter()
    broken: Counter[str] = Counter()
    for run in runs:
        state = before.get(run.site)
        if state and state.family and state.delivered_at and not state.failures:
            delivering[state.family] += 1
            broken[state.family] += run.outcome is SiteOutcome.BROKEN
    for family, count in sorted(broken.items()):
        if count >= FAMILY_LEAST and 2 * count > delivering[family]:
            message = f"{count} of {delivering[family]} sites that delivered broke in one run"
            yield Alert(kind=AlertKind.FAMILY_BROKEN, subject=family, message=message)


def _uncertain(run_id: str, runs: Sequence[SiteRun], before: Ledger) -> Iterator[Alert]:
    now: Counter[CellStatus] = Counter()
    then: Counter[CellStatus] = Counter()
    for run in runs:
        state = before.get(run.site)
        if run.outcome is SiteOutcome.DONE and state and state.cells:
            now.update(run.cells)
            then.update(state.cells)
    count = now[CellStatus.UNCERTAIN]
    if count >= UNCERTAIN_LEAST and _share(now) > _share(then) + UNCERTAIN_RISE:
        message = f"{_share(now):.1%} of the cells are uncertain, {_share(then):.1%} were before"
        yield Alert(kind=AlertKind.UNCERTAIN_RISES, subject=run_id, message=message)


def _share(cells: Counter[CellStatus]) -> float:
    return cells[CellStatus.UNCERTAIN] / cells.total() if cells else 0.0
