"""One run over some sites: its shards, then publishing everything that they staged in one step, and the
summary."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task, exponential_backoff

from crawler.archive import Archive
from crawler.registry import Site
from flows.alerts import alerts_of
from flows.artifacts import show
from flows.journal import Journal, forget_old
from flows.ledger import take_in
from flows.operate import SHARD_SITES
from flows.parse import ParserPool, parser_pool
from flows.place import Place
from flows.remote import Shards
from flows.shard import FIRST_PAUSE, RETRIES, Delivery, Shard, portions
from flows.site import render
from flows.summary import RunOutcome, RunSummary, SiteOutcome, SiteRun, Timings, total, write_summary
from warehouse import NoDatasetError, WarehouseError, publish

_PASSING = {errno.EIO, errno.ETIMEDOUT, errno.ECONNRESET, errno.ECONNREFUSED, errno.EAGAIN, errno.ESTALE}
"""What a network disk or a bucket answers when it is away for a while."""

log = logging.getLogger("nianbao")
log.setLevel(logging.INFO)


class RunFailed(Exception):
    """A run brought nothing; the summary says why. Raised by deployed flows, so that Prefect shows it."""

    def __init__(self, summary: RunSummary) -> None:
        super().__init__(summary.reason or f"none of {len(summary.sites)} sites delivered")
        self.summary = summary


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is, for a terminal: part of the log record of every step."""

    shards: int
    shards_done: int
    sites: int
    sites_done: int
    reports: int


def _may_pass(_task: Task[..., object], _run: TaskRun, state: State[object]) -> bool:
    """A store that is away comes back; a full disk and damaged rows do not mend themselves."""
    cause = getattr(state.data, "__cause__", None)
    return isinstance(cause, OSError) and cause.errno in _PASSING


@task(
    name="publish",
    retries=RETRIES,
    retry_delay_seconds=exponential_backoff(FIRST_PAUSE),
    retry_condition_fn=_may_pass,
    cache_policy=NO_CACHE,
    persist_result=False,
)
async def publish_sites(home: str, site_ids: list[str]) -> list[str]:
    """Publish the partitions of these sites; gives those that changed. Raises `WarehouseError`."""
    publication = await asyncio.to_thread(publish, home, site_ids)
    return [*publication.written, *publication.removed]


@task(name="render the site", cache_policy=NO_CACHE, persist_result=False)
async def render_pages(place: Place) -> int:
    """Render what changed; gives the number of pages written. A home without a dataset has no site."""
    try:
        return (await asyncio.to_thread(render, place)).written
    except NoDatasetError:
        return 0


class Run:
    """A run over the sites of a journal that are not delivered yet."""

    def __init__(self, place: Place, journal: Journal, sites: Sequence[Site]) -> None:
        delivered = {run.site for run in journal.delivered}
        self.place = place
        self.journal = journal
        self.plan = journal.plan
        self.sites = [site for site in sites if site.id not in delivered]
        self.timings = Timings()
        self._shards = 1
        self._shards_done = 0

    async def crawled(self, shards: Shards | None = None, shard_sites: int = SHARD_SITES) -> RunSummary:
        """Crawl all sites in shards and deliver each shard: here, as many at once as there are cores, or by
        the workers that `shards` reaches."""
        slots = asyncio.Semaphore(os.cpu_count() or 1)
        portioned = portions(self.sites, shard_sites)
        self._shards = len(portioned)

        async def here(number: int, sites: Sequence[Site], pool: ParserPool) -> None:
            async with slots:
                log.info("crawling %d sites", len(sites), extra={"progress": self._progress()})
                await self._shard(number).crawled(
                    sites,
                    self.plan.sites_path,
                    pool,
                    recheck=self.plan.recheck,
                    now=self.plan.started_at if self.plan.simulated else None,
                )
                self._shards_done += 1

        async def elsewhere(number: int, sites: Sequence[Site], shards: Shards) -> None:
            runs, timings = await shards.run(self.plan, number, sites)
            self.timings.add(timings)
            self._delivered(runs)
            self._shards_done += 1

        if shards is not None:
            await asyncio.gather(
                *(elsewhere(number, sites, shards) for number, sites in enumerate(portioned))
            )
            return await self._finish()
        with parser_pool() as pool:
            await asyncio.gather(*(here(number, sites, pool) for number, sites in enumerate(portioned)))
        return await self._finish()

    async def archived(self, dask: str | None = None) -> RunSummary:
        """Deliver the newest finished crawl of each site, here or on the Dask cluster at this address."""
        if dask is not None:
            from flows.backlog import parse_on_dask

            self._delivered(await asyncio.to_thread(parse_on_dask, self.place, self.sites, dask))
            return await self._finish()
        with self.place.archive() as archive, parser_pool() as pool:
            results = Archive(archive.root).latest_of([site.id for site in self.sites])
            shard = self._shard(0)
            work = Delivery(self.place.home, archive, results, {})
            await shard.delivered(work, self.sites, "no finished crawl in the archive", pool)
        return await self._finish()

    def _shard(self, number: int) -> Shard:
        log_path = self.place.work / "runs" / f"{self.plan.run_id}.crawl-{number}.log"
        return Shard(self.place, log_path, self.timings, self._delivered)

    def _delivered(self, runs: Sequence[SiteRun]) -> None:
        self.journal.add(runs)
        for run in runs:
            delivered = f"{run.reports} reports from {run.documents} documents"
            log.info("%s: %s", run.site, run.reason or delivered, extra={"progress": self._progress()})

    def _progress(self) -> Progress:
        delivered = self.journal.delivered
        return Progress(
            self._shards,
            self._shards_done,
            len(self.plan.sites),
            len(delivered),
            sum(run.reports for run in delivered),
        )

    async def _finish(self) -> RunSummary:
        """Publish what was staged, write the summary and show it in Prefect. Raises `RunFailed`."""
        runs = sorted(self.journal.delivered, key=lambda run: run.site)
        done = [run.site for run in runs if run.outcome is SiteOutcome.DONE]
        outcome = RunOutcome.DONE if len(done) == len(runs) else RunOutcome.PARTIAL
        reason, partitions = None, []
        began = time.monotonic()
        try:
            changed = [r.site for r in runs if r.outcome is not SiteOutcome.FAILED and not r.unchanged]
            partitions = await publish_sites(self.place.home, changed) if changed else []
        except WarehouseError as error:
            outcome, reason = RunOutcome.FAILED, str(error)
            for run in runs:
                run.fingerprint = None  # staged and not published: the next run does both again
        if runs and not done:
            outcome = RunOutcome.FAILED
        self.timings.publish = time.monotonic() - began
        summary = conclude(
            self.place,
            self.journal,
            outcome=outcome,
            reason=reason,
            runs=runs,
            partitions=partitions,
            timings=self.timings,
        )
        await show(summary)
        await self._render()
        if outcome is RunOutcome.FAILED:
            raise RunFailed(summary)
        return summary

    async def _render(self) -> None:
        """Bring the site up to what is published now; a rendering that fails moves nothing else. The site of
        a home in a bucket is rendered by `nianbao site --out`, on the machine that shows it."""
        if self.place.is_bucket:
            return
        # Prefect's overload forgets that the state of an async task is awaited.
        state: State[int] = await render_pages(self.place, return_state=True)  # type: ignore[misc]
        if not state.is_completed():
            reason = (state.message or str(state.name)).partition("\n")[0]
            log.warning("the site was not rendered: %s", reason)


def conclude(
    place: Place,
    journal: Journal,
    *,
    outcome: RunOutcome,
    reason: str | None,
    runs: Sequence[SiteRun] = (),
    partitions: Sequence[str] = (),
    timings: Timings | None = None,
) -> RunSummary:
    """Take the run into the ledger, write its summary, and close its journal, in this order: whatever dies in
    between is done again by who goes on with the run."""
    plan = journal.plan
    finished_at = plan.started_at if plan.simulated else datetime.now(UTC)
    timings = timings or Timings()
    timings.total = (finished_at - plan.started_at).total_seconds()
    with place.ledger() as ledger:
        alerts = alerts_of(plan.run_id, outcome, reason, runs, ledger)
        if plan.flow != "reparse":
            take_in(ledger, plan.run_id, plan.started_at, runs)
        for run in runs:
            run.failing_since = ledger[run.site].failing_since if run.site in ledger else None
    summary = RunSummary(
        run_id=plan.run_id,
        flow=plan.flow,
        retry_of=plan.retry_of,
        sites_path=plan.sites_path,
        started_at=plan.started_at,
        finished_at=finished_at,
        outcome=outcome,
        reason=reason,
        partitions=list(partitions),
        alerts=alerts,
        sites=list(runs),
        totals=total(list(runs)),
        timings=timings,
    )
    write_summary(place.work, summary)
    place.push_run(plan.run_id)
    journal.finish()
    forget_old(place.work)
    for alert in alerts:
        log.warning("alert %s  %s: %s", alert.kind, alert.subject, alert.message)
    return summary
