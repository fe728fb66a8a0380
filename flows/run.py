"""One run over some sites: shards, delivery, publishing, and the summary of it all.

Sites are grouped into shards. A shard is one crawl process and a handful of tasks: its sites are parsed and
staged in batches, so that only one site of a shard is in memory at a time. Then everything that was staged is
published in one step. A site that fails keeps its old rows and never stops the others (`flows.deliver`).
Only ids, addresses and digests pass through Prefect, never documents.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task, exponential_backoff

from crawler.archive import Archive, Capture, SiteResult
from crawler.registry import Site
from flows.alerts import alerts_of
from flows.artifacts import show
from flows.crawl import CrawlError, crawl
from flows.deliver import deliver, failed
from flows.journal import Journal
from flows.ledger import open_ledger, take_in
from flows.parse import ParserPool, parser_pool
from flows.summary import RunOutcome, RunSummary, SiteOutcome, SiteRun, Timings, total, write_summary
from warehouse import WarehouseError, publish

SHARD_SITES = 250
"""Sites a crawl process serves: at one request a second and host it is busy, and not more than that."""
BATCH_SITES = 50
"""Sites that one task parses and stages."""
RETRIES = 3
"""Times that what may pass by itself is tried again, after growing pauses."""
FIRST_PAUSE = 10
"""Seconds before the first of them; each further pause is twice as long."""

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


def _ended_from_outside(_task: Task[..., object], _run: TaskRun, state: State[object]) -> bool:
    """A crawl that was killed may succeed when it is tried again; no other failure goes away by itself."""
    return isinstance(state.data, CrawlError) and state.data.signalled


def _may_pass(_task: Task[..., object], _run: TaskRun, state: State[object]) -> bool:
    """A store that is away comes back; a full disk and damaged rows do not mend themselves."""
    cause = getattr(state.data, "__cause__", None)
    return isinstance(cause, OSError) and cause.errno in _PASSING


@task(
    name="crawl a shard",
    retries=RETRIES,
    retry_delay_seconds=exponential_backoff(FIRST_PAUSE),
    retry_condition_fn=_ended_from_outside,
    cache_policy=NO_CACHE,
    persist_result=False,
)
async def crawl_shard(
    archive: Path, sites_path: Path | None, site_ids: list[str], log_path: Path
) -> list[SiteResult]:
    """One crawl process; gives one result a site. Raises `CrawlError`, which carries those it has."""
    return await crawl(archive, sites_path, site_ids, log_path)


@task(name="parse and stage a batch", cache_policy=NO_CACHE, persist_result=False)
async def deliver_batch(
    home: Path, sites: Sequence[Site], results: dict[str, SiteResult], pool: ParserPool
) -> list[SiteRun]:
    """Parse and stage some sites, one after the other; a failing site is in its record."""
    archive = Archive(home / "archive")
    captures: dict[str, list[Capture]] = {site.id: [] for site in sites}
    for crawl_id in {results[site.id].crawl_id for site in sites}:
        for capture in archive.captures(crawl_id):
            if capture.site in captures and results[capture.site].crawl_id == crawl_id:
                captures[capture.site].append(capture)
    return [await deliver(home, site, results[site.id], captures[site.id], pool) for site in sites]


@task(
    name="publish",
    retries=RETRIES,
    retry_delay_seconds=exponential_backoff(FIRST_PAUSE),
    retry_condition_fn=_may_pass,
    cache_policy=NO_CACHE,
    persist_result=False,
)
async def publish_sites(home: Path, site_ids: list[str]) -> list[str]:
    """Publish the partitions of these sites; gives those that changed. Raises `WarehouseError`."""
    publication = await asyncio.to_thread(publish, home, site_ids)
    return [*publication.written, *publication.removed]


class Run:
    """A run over the sites of a journal that are not delivered yet."""

    def __init__(self, home: Path, journal: Journal, sites: Sequence[Site]) -> None:
        delivered = {run.site for run in journal.delivered}
        self.home = home.absolute()
        self.journal = journal
        self.plan = journal.plan
        self.sites = [site for site in sites if site.id not in delivered]
        self.timings = Timings()
        self._shards = 1
        self._shards_done = 0

    async def crawled(self) -> RunSummary:
        """Crawl all sites in shards, as many at once as there are cores, and deliver each shard."""
        slots = asyncio.Semaphore(os.cpu_count() or 1)
        shards = _portions(self.sites, SHARD_SITES)
        self._shards = len(shards)

        async def shard(number: int, sites: Sequence[Site], pool: ParserPool) -> None:
            async with slots:
                results, reason = await self._crawl(number, sites)
                await self._deliver(sites, results, reason, pool)
                self._shards_done += 1

        with parser_pool() as pool:
            await asyncio.gather(*(shard(number, sites, pool) for number, sites in enumerate(shards)))
        return await self._finish()

    async def archived(self, results: dict[str, SiteResult]) -> RunSummary:
        """Deliver these finished crawls."""
        with parser_pool() as pool:
            await self._deliver(self.sites, results, "no finished crawl in the archive", pool)
        return await self._finish()

    async def _crawl(self, number: int, sites: Sequence[Site]) -> tuple[dict[str, SiteResult], str]:
        """Results by site, and the reason for those that are missing."""
        log.info("crawling %d sites", len(sites), extra={"progress": self._progress()})
        began = time.monotonic()
        reason = "the crawl process gave no result"
        results: Sequence[SiteResult]
        try:
            log_path = self.home / "runs" / f"{self.plan.run_id}.crawl-{number}.log"
            results = await crawl_shard(
                self.home / "archive", self.plan.sites_path, [site.id for site in sites], log_path
            )
        except CrawlError as error:
            results, reason = error.results, str(error)
        self.timings.crawl += time.monotonic() - began
        return {result.site: result for result in results}, reason

    async def _deliver(
        self, sites: Sequence[Site], results: dict[str, SiteResult], missing: str, pool: ParserPool
    ) -> None:
        """Parse and stage the sites that have a result; `missing` is the reason for those without."""
        began = time.monotonic()
        self._delivered([failed(site, missing) for site in sites if site.id not in results])
        for batch in _portions([site for site in sites if site.id in results], BATCH_SITES):
            for run in await self._batch(batch, results, pool):
                self._delivered([run])
        self.timings.parse += time.monotonic() - began

    async def _batch(
        self, batch: Sequence[Site], results: dict[str, SiteResult], pool: ParserPool
    ) -> list[SiteRun]:
        """Deliver a batch. An error that nobody foresaw costs the site that it comes from, and no other."""
        # Prefect's overload forgets that the state of an async task is awaited.
        state: State[list[SiteRun]] = await deliver_batch(  # type: ignore[misc]
            self.home, batch, results, pool, return_state=True
        )
        if state.is_completed():
            return await state.aresult()
        if len(batch) > 1:
            return [run for site in batch for run in await self._batch([site], results, pool)]
        reason = (state.message or str(state.name)).partition("\n")[0]
        return [failed(batch[0], reason, results[batch[0].id])]

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
            partitions = await publish_sites(self.home, done) if done else []
        except WarehouseError as error:
            outcome, reason = RunOutcome.FAILED, str(error)
        if runs and not done:
            outcome = RunOutcome.FAILED
        self.timings.publish = time.monotonic() - began
        summary = conclude(
            self.home,
            self.journal,
            outcome=outcome,
            reason=reason,
            runs=runs,
            partitions=partitions,
            timings=self.timings,
        )
        await show(summary)
        if outcome is RunOutcome.FAILED:
            raise RunFailed(summary)
        return summary


def conclude(
    home: Path,
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
    finished_at = datetime.now(UTC)
    timings = timings or Timings()
    timings.total = (finished_at - plan.started_at).total_seconds()
    with open_ledger(home) as ledger:
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
    write_summary(home, summary)
    journal.finish()
    for alert in alerts:
        log.warning("alert %s  %s: %s", alert.kind, alert.subject, alert.message)
    return summary


def _portions(items: Sequence[Site], size: int) -> list[Sequence[Site]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
