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
from flows.operate import SHARD_SITES
from flows.parse import parser_pool
from flows.place import Place
from flows.remote import ShardDone, Shards, beating, done_name
from flows.run import Run, RunFailed, conclude
from flows.shard import FIRST_PAUSE, RETRIES, Shard
from flows.summary import Alert, RunOutcome, RunSummary, SiteOutcome, Timings, read_summary

__all__ = ["RunFailed", "health", "nightly", "publish", "reparse", "retry", "shard", "site"]

log = logging.getLogger("nianbao")


@flow(name="nightly", persist_result=False)
async def nightly(
    home: str,
    sites_path: Path | None = None,
    *,
    resting: bool = True,
    recheck: bool = False,
    attended: bool = False,
    shards: str | None = None,
    shard_sites: int = SHARD_SITES,
    now: datetime | None = None,
) -> RunSummary:
    """Crawl, parse and publish every site of the registry that is due.

    home: where everything lies, a folder or s3://bucket/prefix. sites_path: another registry. resting: leave
    sites that seldom change or fail alone on most nights. attended: somebody watches; nobody else goes on
    with the run if it is interrupted. shards: the deployment that takes the shards ("shard/shard"); none:
    this process. shard_sites: sites of a shard.

    Gives the run's summary; raises `RunFailed` if not one site delivered or nothing could be published. While
    another nightly run of this home is going on, the run is skipped.
    """
    place = Place.of(home)
    registry = load_registry(sites_path)
    with _only_one(place.work) as running:
        place.pull_runs()
        ledger = read_ledger(place.work)
        due = due_sites(registry.sites.values(), ledger, now or datetime.now(UTC), resting=resting)
        chosen = [] if running else due
        journal = _journal("nightly", place, chosen, sites_path, attended=attended, recheck=recheck, now=now)
        if running:
            reason = f"skipped: {running} is still going on"
            log.warning("%s", reason)
            return conclude(place, journal, outcome=RunOutcome.SKIPPED, reason=reason)
        try:
            run = Run(place, journal, due)
            return await run.crawled(Shards(place, shards) if shards else None, shard_sites)
        finally:
            journal.leave()


@flow(name="shard", persist_result=False)
async def shard(
    home: str,
    run_id: str,
    number: int,
    sites: list[str],
    sites_path: Path | None = None,
    *,
    recheck: bool = False,
) -> None:
    """One shard of a nightly run on this machine; what it did is left in the home."""
    place = Place.of(home)
    chosen = load_registry(sites_path).select(sites)
    name, done = done_name(run_id, number), ShardDone(runs=[], timings=Timings())
    log_path = place.work / "runs" / f"{run_id}.crawl-{number}.log"
    log_path.parent.mkdir(parents=True, exist_ok=True)
    async with beating(place, name):
        with parser_pool() as pool:
            place.pull_runs()
            work = Shard(place, log_path, done.timings, done.runs.extend)
            await work.crawled(chosen, sites_path, pool, recheck=recheck)
        place.store.write(name, done.model_dump_json().encode())


@flow(name="site", persist_result=False)
async def site(
    sites: list[str],
    home: str,
    sites_path: Path | None = None,
    *,
    recheck: bool = False,
    attended: bool = False,
) -> RunSummary:
    """Crawl, parse and publish these sites now (the manual rerun). Otherwise as `nightly`.

    sites: ids of the registry.
    """
    place = Place.of(home)
    chosen = load_registry(sites_path).select(sites)
    journal = _journal("site", place, chosen, sites_path, attended=attended, recheck=recheck)
    return await _crawled(place, journal, chosen)


@flow(name="reparse", persist_result=False)
async def reparse(
    home: str,
    sites: list[str] | None = None,
    sites_path: Path | None = None,
    *,
    attended: bool = False,
    dask: str | None = None,
) -> RunSummary:
    """Parse the newest finished crawl of these sites (None: of all that were crawled) again, and publish. No
    network. Otherwise as `nightly`.

    dask: the address of a Dask scheduler whose workers parse, or "local"; none: this process.
    """
    place = Place.of(home)
    registry = load_registry(sites_path)
    chosen = registry.select(registry.sites if sites is None else sites)
    if sites is None:
        with place.archive([]) as archive:
            held = Archive(archive.root).latest_of([site.id for site in chosen])
        chosen = [site for site in chosen if site.id in held]
    journal = _journal("reparse", place, chosen, sites_path, attended=attended)
    return await _reparsed(place, journal, chosen, dask)


@flow(name="retry", persist_result=False)
async def retry(run: str, home: str, attended: bool = False) -> RunSummary:
    """Go on with a run that was interrupted, or repeat the sites that are not done in one that is over.

    run: its id. Raises `UnknownRunError`, `StillRunningError`; otherwise as `nightly`.
    """
    place = Place.of(home)
    journal = go_on(place.work, run)
    if journal is None:
        place.pull_runs(run)
        before = read_summary(place.work, run)
        again = [one.site for one in before.sites if one.outcome is not SiteOutcome.DONE]
        if before.outcome is RunOutcome.FAILED and before.reason:  # nothing of it was published
            again = [one.site for one in before.sites]
        chosen = _still_registered(again, before.sites_path)
        flow_name = "reparse" if before.flow == "reparse" else "site"
        journal = _journal(flow_name, place, chosen, before.sites_path, attended=attended, retry_of=run)
    else:
        chosen = _still_registered(journal.plan.sites, journal.plan.sites_path)
    if journal.plan.flow == "reparse":
        return await _reparsed(place, journal, chosen)
    return await _crawled(place, journal, chosen)


@flow(name="publish", persist_result=False)
async def publish(home: str) -> list[str]:
    """Publish what is staged, all of it anew; gives the partitions that changed."""
    publication = await asyncio.to_thread(warehouse.publish, home)
    return [*publication.written, *publication.removed]


@flow(name="health", persist_result=False)
async def health(home: str) -> State[None]:
    """Tell the operator what broke in the last runs, and whether they ran at all; alerts go to the addresses
    in the environment (`NIANBAO_ALERTS`, docs/operations.md)."""
    place = Place.of(home)
    place.pull_runs()
    alerts = check_health(place.work, datetime.now(UTC))
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
    place: Place,
    sites: Sequence[Site],
    sites_path: Path | None,
    *,
    attended: bool,
    recheck: bool = False,
    retry_of: str | None = None,
    now: datetime | None = None,
) -> Journal:
    started_at = now or datetime.now(UTC)
    plan = Plan(
        run_id=new_run_id(started_at),
        flow=flow_name,
        retry_of=retry_of,
        started_at=started_at,
        attended=attended,
        recheck=recheck,
        simulated=now is not None,
        sites_path=sites_path,
        sites=[site.id for site in sites],
    )
    return begin(place.work, plan)


async def _crawled(place: Place, journal: Journal, sites: Sequence[Site]) -> RunSummary:
    try:
        return await Run(place, journal, sites).crawled()
    finally:
        journal.leave()


async def _reparsed(
    place: Place, journal: Journal, sites: Sequence[Site], dask: str | None = None
) -> RunSummary:
    try:
        return await Run(place, journal, sites).archived(dask)
    finally:
        journal.leave()


def _still_registered(site_ids: Sequence[str], sites_path: Path | None) -> list[Site]:
    """Sites that are in the registry; one that was taken out meanwhile is passed over."""
    registry = load_registry(sites_path)
    return [registry.sites[site_id] for site_id in site_ids if site_id in registry.sites]


@contextmanager
def _only_one(work: Path) -> Iterator[str | None]:
    """Be the one nightly run of a home; gives the id of the other where there is one. The kernel ends the
    claim of a run that dies."""
    (work / "runs").mkdir(parents=True, exist_ok=True)
    with (work / "runs" / "nightly.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            going_on = [plan.run_id for plan, alive in open_runs(work) if alive and plan.flow == "nightly"]
            yield " ".join(["the nightly run", *going_on])
            return
        yield None
