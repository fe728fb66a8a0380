"""The archive parsed by many machines: batches of sites as Prefect tasks on a Dask cluster.

A batch that a lost worker had goes to another one; staging a site twice gives the same rows. Each Dask worker
parses in a process of its own beside it, within the limits of `flows.parse`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from crawler.archive import Archive
from crawler.registry import Site
from flows.deliver import failed
from flows.parse import parser_pool
from flows.place import Place
from flows.shard import BATCH_SITES, Delivery, deliver_sites, portions
from flows.summary import SiteRun

LOCAL = "local"
"""In place of an address: a cluster on this machine, started for the run."""
BATCHES = 64
"""Batches into which few sites are cut, so that they share out."""


def parse_on_dask(place: Place, sites: Sequence[Site], address: str) -> list[SiteRun]:
    """Parse and stage the newest finished crawl of these sites on the Dask cluster at `address`."""
    import dask
    from prefect_dask.task_runners import DaskTaskRunner

    # Workers have children of their own, which daemons may not have.
    dask.config.set({"distributed.worker.daemon": False})
    runner: Any = DaskTaskRunner() if address == LOCAL else DaskTaskRunner(address=address)
    return parse_backlog.with_options(task_runner=runner)(place.home, sites)


@flow(name="parse on Dask", persist_result=False, validate_parameters=False)
def parse_backlog(home: str, sites: Sequence[Site]) -> list[SiteRun]:
    """One task a batch, on the task runner that the flow is given. What the flow holds goes to the workers
    with every task: nothing that stays on this machine."""
    batches = portions(sites, max(1, min(BATCH_SITES, len(sites) // BATCHES)))
    runs: list[SiteRun] = []
    for batch, future in [(batch, parse_batch.submit(home, batch)) for batch in batches]:
        future.wait()
        if future.state.is_completed():
            runs += future.result()
        else:
            reason = (future.state.message or str(future.state.name)).partition("\n")[0]
            runs += [failed(site, reason) for site in batch]
    return runs


@task(name="parse and stage a batch of the backlog", cache_policy=NO_CACHE, persist_result=False)
def parse_batch(home: str, sites: Sequence[Site]) -> list[SiteRun]:
    """In a Dask worker: parse and stage some sites."""
    place = Place.of(home)
    with place.archive([site.id for site in sites]) as archive:
        results = Archive(archive.root).latest_of([site.id for site in sites])
        gone = [failed(site, "no finished crawl in the archive") for site in sites if site.id not in results]
        held = [site for site in sites if site.id in results]

        async def parsed(work: Delivery) -> list[SiteRun]:
            with parser_pool(1) as pool:
                return await deliver_sites(work, held, pool)

        return gone + asyncio.run(parsed(Delivery(place.home, archive, results, {})))
