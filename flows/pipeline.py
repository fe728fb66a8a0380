"""The flows: `nightly` (every site that is due), `site` (these sites now), `reparse` (from the archive),
`publish`, `retry` (go on with a run that was interrupted, or repeat what failed in one), `health` (what the
operator should know). What a run does is in `flows.run`.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed
from prefect.tasks import exponential_backoff

import warehouse
from crawler.archive import Archive
from crawler.registry import Site, load_registry
from flows.due import due_sites
from flows.health import check_health
from flows.journal import Journal, Plan, begin, go_on, new_run_id, open_runs
from flows.ledger import read_ledger
from flows.notify import line, send
from flows.run import FIRST_PAUSE, RETRIES, Run, RunFailed, conclude
from flows.summary import Alert, RunOutcome, RunSummary, SiteOutcome, read_summary

__all__ = ["RunFailed", "health", "nightly", "publish", "reparse", "retry", "site"]

log = logging.getLogger("nianbao")


@flow(name="nightly", persist_result=False)
async def nightly(
    home: Path, sites_path: Path | None = None, resting: bool = True, attended: bool = False
) -> RunSummary:
    """Crawl, parse and publish every site of the registry that is due.

    home: where everything lies. sites_path: another registry. resting: leave sites that seldom change or fail
    alone on most nights. attended: somebody watches; nobody else goes on with the run if it is interrupted.
    Gives the run's summary; raises `RunFailed` if not one site delivered or nothing could be published. While
    another nightly run of this home is going on, the run is skipped.
    """
    registry = load_registry(sites_path)
    with _only_one(home) as running:
        due = due_sites(registry.sites.values(), read_ledger(home), datetime.now(UTC), resting=resting)
        journal = _journal("nightly", home, [] if running else due, sites_path, attended=attended)
        if running:
            reason = f"skipped: {running} is still going on"
            log.warning("%s", reason)
            return conclude(home, journal, outcome=RunOutcome.SKIPPED, reason=reason)
        return await _crawled(home, journal, due)


@flow(name="site", persist_result=False)
async def site(
    sites: list[str], home: Path, sites_path: Path | None = None, attended: bool = False
) -> RunSummary:
    """Crawl, parse and publish these sites now (the manual rerun). Otherwise as `nightly`.

    sites: ids of the registry.
    """
    chosen = load_registry(sites_path).select(sites)
    return await _crawled(home, _journal("site", home, chosen, sites_path, attended=attended), chosen)


@flow(name="reparse", persist_result=False)
async def reparse(
    home: Path, sites: list[str] | None = None, sites_path: Path | None = None, attended: bool = False
) -> RunSummary:
    """Parse the newest finished crawl of these sites (None: of all that were crawled) again, and publish. No
    network. Otherwise as `nightly`."""
    registry = load_registry(sites_path)
    chosen = registry.select(registry.sites if sites is None else sites)
    if sites is None:
        held = Archive(home / "archive").latest_of([site.id for site in chosen])
        chosen = [site for site in chosen if site.id in held]
    return await _reparsed(home, _journal("reparse", home, chosen, sites_path, attended=attended), chosen)


@flow(name="retry", persist_result=False)
async def retry(run: str, home: Path, attended: bool = False) -> RunSummary:
    """Go on with a run that was interrupted, or repeat the sites that are not done in one that is over.

    run: its id. Raises `UnknownRunError`, `StillRunningError`; otherwise as `nightly`.
    """
    journal = go_on(home, run)
    if journal is None:
        before = read_summary(home, run)
        again = [one.site for one in before.sites if one.outcome is not SiteOutcome.DONE]
        if before.outcome is RunOutcome.FAILED and before.reason:  # nothing of it was published
            again = [one.site for one in before.sites]
        sites_path = before.sites_path
        chosen = _still_registered(again, sites_path)
        flow_name = "reparse" if before.flow == "reparse" else "site"
        journal = _journal(flow_name, home, chosen, sites_path, attended=attended, retry_of=run)
    else:
        chosen = _still_registered(journal.plan.sites, journal.plan.sites_path)
    if journal.plan.flow == "reparse":
        return await _reparsed(home, journal, chosen)
    return await _crawled(home, journal, chosen)


@flow(name="publish", persist_result=False)
async def publish(home: Path) -> list[str]:
    """Publish what is staged, all of it anew; gives the partitions that changed."""
    publication = await asyncio.to_thread(warehouse.publish, home)
    return [*publication.written, *publication.removed]


@flow(name="health", persist_result=False)
async def health(home: Path) -> State[None]:
    """Tell the operator what broke in the last runs, and whether they ran at all; alerts go to the addresses
    in the environment (`NIANBAO_ALERTS`, docs/operations.md)."""
    alerts = check_health(home, datetime.now(UTC))
    await send_alerts(alerts)
    return Completed(message="; ".join(map(line, alerts)) or "all is well")


@task(
    name="send alerts",
    retries=RETRIES,
    retry_delay_seconds=exponential_backoff(FIRST_PAUSE),
    cache_policy=NO_CACHE,
    persist_result=False,
)
async def send_alerts(alerts: list[Alert]) -> None:
    """Raises `NotifyError` if an address does not take them."""
    await asyncio.to_thread(send, alerts)


def _journal(
    flow_name: str,
    home: Path,
    sites: Sequence[Site],
    sites_path: Path | None,
    *,
    attended: bool,
    retry_of: str | None = None,
) -> Journal:
    started_at = datetime.now(UTC)
    plan = Plan(
        run_id=new_run_id(started_at),
        flow=flow_name,
        retry_of=retry_of,
        started_at=started_at,
        attended=attended,
        sites_path=sites_path,
        sites=[site.id for site in sites],
    )
    return begin(home, plan)


async def _crawled(home: Path, journal: Journal, sites: Sequence[Site]) -> RunSummary:
    try:
        return await Run(home, journal, sites).crawled()
    finally:
        journal.leave()


async def _reparsed(home: Path, journal: Journal, sites: Sequence[Site]) -> RunSummary:
    results = Archive(home / "archive").latest_of([site.id for site in sites])
    try:
        return await Run(home, journal, sites).archived(results)
    finally:
        journal.leave()


def _still_registered(site_ids: Sequence[str], sites_path: Path | None) -> list[Site]:
    """Sites that are in the registry; one that was taken out meanwhile is passed over."""
    registry = load_registry(sites_path)
    return [registry.sites[site_id] for site_id in site_ids if site_id in registry.sites]


@contextmanager
def _only_one(home: Path) -> Iterator[str | None]:
    """Be the one nightly run of a home; gives the id of the other where there is one. The kernel ends the
    claim of a run that dies."""
    (home / "runs").mkdir(parents=True, exist_ok=True)
    with (home / "runs" / "nightly.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            going_on = [plan.run_id for plan, alive in open_runs(home) if alive and plan.flow == "nightly"]
            yield " ".join(["the nightly run", *going_on])
            return
        yield None
