"""A shard: some sites, one crawl process, and a handful of tasks that parse and stage what it brought.

The sites are parsed and staged in batches, so that only one site of a shard is in memory at a time. A site
that fails keeps its old rows and never stops the others (`flows.deliver`). Only ids, addresses and digests
pass through Prefect, never documents.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task, exponential_backoff

from crawler.archive import SiteResult
from crawler.registry import Site
from flows.crawl import CrawlError, crawl
from flows.deliver import deliver, failed
from flows.ledger import SiteState, read_ledger
from flows.parse import ParserPool
from flows.place import ArchiveFolder, Place
from flows.summary import SiteRun, Timings

BATCH_SITES = 50
"""Sites that one task parses and stages."""
RETRIES = 3
"""Times that what may pass by itself is tried again, after growing pauses."""
FIRST_PAUSE = 10
"""Seconds before the first of them; each further pause is twice as long."""

log = logging.getLogger("nianbao")

Delivered = Callable[[Sequence[SiteRun]], None]
"""Takes note of sites that have been delivered."""


def _ended_from_outside(_task: Task[..., object], _run: TaskRun, state: State[object]) -> bool:
    """A crawl that was killed may succeed when it is tried again; no other failure goes away by itself."""
    return isinstance(state.data, CrawlError) and state.data.signalled


@task(
    name="crawl a shard",
    retries=RETRIES,
    retry_delay_seconds=exponential_backoff(FIRST_PAUSE),
    retry_condition_fn=_ended_from_outside,
    cache_policy=NO_CACHE,
    persist_result=False,
)
async def crawl_shard(
    archive: Path,
    sites_path: Path | None,
    site_ids: list[str],
    log_path: Path,
    *,
    recheck: bool,
    now: datetime | None,
) -> list[SiteResult]:
    """One crawl process; gives one result a site. Raises `CrawlError`, which carries those it has."""
    return await crawl(archive, sites_path, site_ids, log_path, recheck=recheck, now=now)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the delivery of some sites begins with: the results of their crawls, and their states where those
    tell what need not be parsed again."""

    home: str
    archive: ArchiveFolder
    results: Mapping[str, SiteResult]
    before: Mapping[str, SiteState]


@task(name="parse and stage a batch", cache_policy=NO_CACHE, persist_result=False)
async def deliver_batch(work: Delivery, sites: Sequence[Site], pool: ParserPool) -> list[SiteRun]:
    """`deliver_sites` as a task."""
    return await deliver_sites(work, sites, pool)


async def deliver_sites(work: Delivery, sites: Sequence[Site], pool: ParserPool) -> list[SiteRun]:
    """Parse and stage some sites, one after the other; a failing site is in its record."""
    return [
        await deliver(
            work.home,
            work.archive,
            site,
            result=work.results[site.id],
            before=work.before.get(site.id),
            pool=pool,
        )
        for site in sites
    ]


class Shard:
    """Some sites of a run. `delivered` is told of every site as soon as it is staged."""

    def __init__(self, place: Place, log_path: Path, timings: Timings, delivered: Delivered) -> None:
        self._place = place
        self._log_path = log_path
        self._timings = timings
        self._delivered = delivered

    async def crawled(
        self,
        sites: Sequence[Site],
        sites_path: Path | None,
        pool: ParserPool,
        *,
        recheck: bool = False,
        now: datetime | None = None,
    ) -> None:
        """Crawl the sites in one process (as if it began at `now`) and deliver them. Raises WarehouseError or
        OSError where the archive cannot be reached."""
        ids = [site.id for site in sites]
        with self._place.archive(ids) as archive:
            began = time.monotonic()
            reason = "the crawl process gave no result"
            results: Sequence[SiteResult]
            try:
                results = await crawl_shard(
                    archive.root, sites_path, ids, self._log_path, recheck=recheck, now=now
                )
            except CrawlError as error:
                results, reason = error.results, str(error)
            archive.push()
            self._timings.crawl += time.monotonic() - began
            by_site = {result.site: result for result in results}
            before = read_ledger(self._place.work)
            await self.delivered(Delivery(self._place.home, archive, by_site, before), sites, reason, pool)

    async def delivered(self, work: Delivery, sites: Sequence[Site], missing: str, pool: ParserPool) -> None:
        """Parse and stage the sites that have a result; `missing` is the reason for those without."""
        began = time.monotonic()
        self._delivered([failed(site, missing) for site in sites if site.id not in work.results])
        for batch in portions([site for site in sites if site.id in work.results], BATCH_SITES):
            self._delivered(await self._batch(work, batch, pool))
        self._timings.parse += time.monotonic() - began

    async def _batch(self, work: Delivery, batch: Sequence[Site], pool: ParserPool) -> list[SiteRun]:
        """Deliver a batch. An error that nobody foresaw costs the site that it comes from, and no other."""
        # Prefect's overload forgets that the state of an async task is awaited.
        state: State[list[SiteRun]] = await deliver_batch(  # type: ignore[misc]
            work, batch, pool, return_state=True
        )
        if state.is_completed():
            return await state.aresult()
        if len(batch) > 1:
            return [run for site in batch for run in await self._batch(work, [site], pool)]
        reason = (state.message or str(state.name)).partition("\n")[0]
        return [failed(batch[0], reason, work.results[batch[0].id])]


def portions(items: Sequence[Site], size: int) -> list[Sequence[Site]]:
    """The items in portions of at most `size`."""
    return [items[start : start + size] for start in range(0, len(items), size)]
