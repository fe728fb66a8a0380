"""The flows: `nightly` (every site that is due), `site` (these sites now), `reparse` (from the archive).

Sites are grouped into shards. A shard is one crawl process and a handful of tasks: its sites are parsed and
staged in batches, so that only one site of a shard is in memory at a time. Then everything that was staged is
published in one step. A site that fails keeps its old rows and never stops the others (`flows.deliver`).
Only ids, addresses and digests pass through Prefect, never documents.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from prefect import flow, task
from prefect.artifacts import acreate_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from crawler.archive import Archive, SiteResult
from crawler.registry import Site, load_registry
from flows.crawl import CrawlError, crawl
from flows.deliver import deliver, failed
from flows.due import due_sites
from flows.observe import crawl_records
from flows.parse import ParserPool, parser_pool
from flows.summary import RunOutcome, RunSummary, SiteOutcome, SiteRun, Timings, total, write_summary
from warehouse import WarehouseError, publish

SHARD_SITES = 250
"""Sites a crawl process serves: at one request a second and host it is busy, and not more than that."""
BATCH_SITES = 50
"""Sites that one task parses and stages."""

log = logging.getLogger("nianbao")
log.setLevel(logging.INFO)


class RunFailed(Exception):
    """A run brought nothing; the summary says why. Raised by deployed flows, so that Prefect shows it."""

    def __init__(self, summary: RunSummary) -> None:
        super().__init__(summary.reason or f"none of {len(summary.sites)} sites delivered")
        self.summary = summary


def _ended_from_outside(_task: Task[..., object], _run: TaskRun, state: State[object]) -> bool:
    """A crawl that was killed may succeed when it is tried again; no other failure goes away by itself."""
    return isinstance(state.data, CrawlError) and state.data.signalled


@task(
    name="crawl a shard",
    retries=1,
    retry_condition_fn=_ended_from_outside,
    cache_policy=NO_CACHE,
    persist_result=False,
)
async def crawl_shard(
    archive: Path, sites_path: Path | None, site_ids: list[str], log_path: Path, *, recheck: bool
) -> list[SiteResult]:
    """One crawl process; gives one result a site. Raises `CrawlError`, which carries those it has."""
    return await crawl(archive, sites_path, site_ids, log_path, recheck=recheck)


@task(name="parse and stage a batch", cache_policy=NO_CACHE, persist_result=False)
async def deliver_batch(
    home: Path, sites: Sequence[Site], results: dict[str, SiteResult], pool: ParserPool
) -> list[SiteRun]:
    """Parse and stage some sites, one after the other; a failing site is in its record."""
    records = crawl_records(Archive(home / "archive"), {site.id: results[site.id] for site in sites})
    return [await deliver(home, site, results[site.id], records[site.id], pool) for site in sites]


@task(name="publish", cache_policy=NO_CACHE, persist_result=False)
async def publish_sites(home: Path, site_ids: list[str]) -> list[str]:
    """Publish the partitions of these sites; gives those that changed. Raises `WarehouseError`."""
    publication = await asyncio.to_thread(publish, home, site_ids)
    for reason in publication.refused:
        log.warning("%s", reason)
    return [*publication.written, *publication.removed]


class _Run:
    """One run over some sites: what the three flows share."""

    def __init__(self, flow_name: str, home: Path, sites: Sequence[Site], *, recheck: bool = False) -> None:
        self.started_at = datetime.now(UTC)
        self.id = f"{self.started_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
        self.flow_name = flow_name
        self.home = home.absolute()
        self.sites = sites
        self.recheck = recheck
        self.timings = Timings()
        (self.home / "runs").mkdir(parents=True, exist_ok=True)

    async def crawled(self, sites_path: Path | None) -> RunSummary:
        """Crawl all sites in shards, as many at once as there are cores, and deliver each shard."""
        slots = asyncio.Semaphore(os.cpu_count() or 1)

        async def shard(number: int, sites: Sequence[Site], pool: ParserPool) -> list[SiteRun]:
            async with slots:
                results, reason = await self._crawl(number, sites, sites_path)
                return await self._deliver(sites, results, reason, pool)

        with parser_pool() as pool:
            shards = enumerate(_portions(self.sites, SHARD_SITES))
            runs = await asyncio.gather(*(shard(number, sites, pool) for number, sites in shards))
        return await self._finish([run for shard_runs in runs for run in shard_runs])

    async def archived(self, results: dict[str, SiteResult]) -> RunSummary:
        """Deliver these finished crawls."""
        with parser_pool() as pool:
            runs = await self._deliver(self.sites, results, "no finished crawl in the archive", pool)
        return await self._finish(runs)

    async def _crawl(
        self, number: int, sites: Sequence[Site], sites_path: Path | None
    ) -> tuple[dict[str, SiteResult], str]:
        """Results by site, and the reason for those that are missing."""
        log.info("crawling %d sites", len(sites))
        began = time.monotonic()
        reason = "the crawl process gave no result"
        results: Sequence[SiteResult]
        try:
            log_path = self.home / "runs" / f"{self.id}.crawl-{number}.log"
            results = await crawl_shard(
                self.home / "archive",
                sites_path,
                [site.id for site in sites],
                log_path,
                recheck=self.recheck,
            )
        except CrawlError as error:
            results, reason = error.results, str(error)
        self.timings.crawl += time.monotonic() - began
        return {result.site: result for result in results}, reason

    async def _deliver(
        self,
        sites: Sequence[Site],
        results: dict[str, SiteResult],
        missing: str,
        pool: ParserPool,
    ) -> list[SiteRun]:
        """Parse and stage the sites that have a result; `missing` is the reason for those without."""
        began = time.monotonic()
        runs = [failed(site, missing) for site in sites if site.id not in results]
        for batch in _portions([site for site in sites if site.id in results], BATCH_SITES):
            # Prefect's overload forgets that the state of an async task is awaited.
            state: State[list[SiteRun]] = await deliver_batch(  # type: ignore[misc]
                self.home, batch, results, pool, return_state=True
            )
            if state.is_completed():
                runs += await state.aresult()
            else:  # an error that nobody foresaw must not end the night for all
                reason = (state.message or str(state.name)).partition("\n")[0]
                runs += [failed(site, reason) for site in batch]
        self.timings.parse += time.monotonic() - began
        for run in runs:
            delivered = f"{run.reports} reports from {run.documents} documents"
            log.info("%s: %s", run.site, run.reason or delivered)
        return runs

    async def _finish(self, runs: list[SiteRun]) -> RunSummary:
        """Publish what was staged, write the summary and show it in Prefect. Raises `RunFailed`."""
        done = [run.site for run in runs if run.outcome is SiteOutcome.DONE]
        outcome = RunOutcome.DONE if len(done) == len(runs) else RunOutcome.PARTIAL
        reason, partitions = None, []
        began = time.monotonic()
        try:
            # Of a broken site it is new how it was seen.
            seen = [run.site for run in runs if run.outcome is not SiteOutcome.FAILED]
            partitions = await publish_sites(self.home, seen) if done else []
        except WarehouseError as error:
            outcome, reason = RunOutcome.FAILED, str(error)
        if runs and not done:
            outcome = RunOutcome.FAILED
        finished_at = datetime.now(UTC)
        self.timings.publish = time.monotonic() - began
        self.timings.total = (finished_at - self.started_at).total_seconds()
        summary = RunSummary(
            run_id=self.id,
            flow=self.flow_name,
            started_at=self.started_at,
            finished_at=finished_at,
            outcome=outcome,
            reason=reason,
            partitions=partitions,
            sites=sorted(runs, key=lambda run: run.site),
            totals=total(runs),
            timings=self.timings,
        )
        write_summary(self.home, summary)
        await _show(summary)
        if outcome is RunOutcome.FAILED:
            raise RunFailed(summary)
        return summary


async def _show(summary: RunSummary) -> None:
    """The sites that keep their old rows, as an artifact of the flow run."""
    rows = [
        {"site": run.site, "outcome": run.outcome.value, "reason": run.reason} for run in summary.broken()
    ]
    if rows:
        await acreate_table_artifact(rows, key=f"{summary.flow}-broken", description=summary.run_id)


def _portions(items: Sequence[Site], size: int) -> list[Sequence[Site]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


@flow(name="nightly")
async def nightly(home: Path, sites_path: Path | None = None, *, recheck: bool = False) -> RunSummary:
    """Crawl, parse and publish every site of the registry that is due; with `recheck`, look at every page
    that is known of them again. Gives the run's summary; raises `RunFailed` if not one site delivered or
    nothing could be published."""
    registry = load_registry(sites_path)
    due = due_sites(registry.sites.values(), home, datetime.now(UTC))
    return await _Run("nightly", home, due, recheck=recheck).crawled(sites_path)


@flow(name="site")
async def site(
    sites: list[str], home: Path, sites_path: Path | None = None, *, recheck: bool = False
) -> RunSummary:
    """Crawl, parse and publish these sites now (the manual rerun). Otherwise as `nightly`."""
    registry = load_registry(sites_path)
    return await _Run("site", home, registry.select(sites), recheck=recheck).crawled(sites_path)


@flow(name="reparse")
async def reparse(home: Path, sites: list[str] | None = None, sites_path: Path | None = None) -> RunSummary:
    """Parse what the archive holds of these sites (None: of all that were crawled) again, and publish. No
    network. Otherwise as `nightly`."""
    registry = load_registry(sites_path)
    chosen = registry.select(registry.sites if sites is None else sites)
    results = Archive(home / "archive").latest_of([site.id for site in chosen])
    if sites is None:
        chosen = [site for site in chosen if site.id in results]
    return await _Run("reparse", home, chosen).archived(results)
