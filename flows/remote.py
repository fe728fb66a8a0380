"""Shards on other machines: each is a flow run of a deployment, which a worker of its work pool takes.

A shard shows by a beat in the home that it lives, and leaves what it did there. One that is silent too long
is given to another worker: staging a site twice gives the same rows, so a worker that was only cut off does
no harm.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.objects import StateType
from prefect.deployments import arun_deployment
from prefect.states import Crashed
from pydantic import BaseModel

from crawler.registry import Site
from flows.deliver import failed
from flows.journal import Plan
from flows.place import Place
from flows.summary import SiteRun, Timings

LEASE_S = float(os.environ.get("NIANBAO_LEASE_S", "60"))
"""Seconds of silence after which a shard counts as lost."""
BEATS = 4
"""Signs of life in that time."""
START_S = 180.0
"""Seconds that a worker may need from taking a shard to the first sign."""
TRIES = 3

log = logging.getLogger("nianbao")


class ShardDone(BaseModel):
    """What a shard leaves in the home."""

    runs: list[SiteRun]
    timings: Timings


class Shards:
    """Runs shards through the deployment `name` ("shard/shard")."""

    def __init__(self, place: Place, name: str) -> None:
        self._place = place
        self._name = name

    async def run(self, plan: Plan, number: int, sites: Sequence[Site]) -> tuple[list[SiteRun], Timings]:
        """Have one shard done, by another worker if one is lost. Sites of a shard that failed again and
        again come back as failed."""
        parameters = {
            "home": self._place.home,
            "run_id": plan.run_id,
            "number": number,
            "sites": [site.id for site in sites],
            "sites_path": str(plan.sites_path) if plan.sites_path else None,
            "recheck": plan.recheck,
        }
        reason = ""
        for _ in range(TRIES):
            started = await arun_deployment(self._name, parameters=parameters, timeout=0, as_subflow=False)
            async with get_client() as client:
                reason = await self._watch(client, started.id, done_name(plan.run_id, number))
            if not reason:
                done = ShardDone.model_validate_json(self._place.store.read(done_name(plan.run_id, number)))
                return done.runs, done.timings
            log.warning("shard %d: %s", number, reason)
        return [failed(site, f"its shard failed {TRIES} times: {reason}") for site in sites], Timings()

    async def _watch(self, client: PrefectClient, flow_run: UUID, name: str) -> str:
        """Wait until the flow run is over or silent; gives the reason if it is not completed."""
        beat, heard = b"", time.monotonic()
        while True:
            await asyncio.sleep(LEASE_S / BEATS / 2)
            state = (await client.read_flow_run(flow_run)).state
            assert state is not None
            if state.is_completed():
                return ""
            if state.is_final():
                return state.message or str(state.name)
            now = await asyncio.to_thread(self._beat, name)
            if state.type is StateType.SCHEDULED or now != beat:
                beat, heard = now, time.monotonic()
            elif (silence := time.monotonic() - heard) > (LEASE_S if beat else START_S):
                message = f"no sign of life for {silence:.0f} s"
                await client.set_flow_run_state(flow_run, Crashed(message=message), force=True)
                return message

    def _beat(self, name: str) -> bytes:
        try:
            return self._place.store.read(f"{name}.beat")
        except FileNotFoundError:
            return b""


@contextlib.asynccontextmanager
async def beating(place: Place, name: str) -> AsyncIterator[None]:
    """Show signs of life while the block runs."""
    store = place.store

    async def beat() -> None:
        while True:
            await asyncio.to_thread(store.write, f"{name}.beat", os.urandom(8))
            await asyncio.sleep(LEASE_S / BEATS)

    beats = asyncio.create_task(beat())
    try:
        yield
    finally:
        beats.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beats
        store.remove(f"{name}.beat")


def done_name(run_id: str, number: int) -> str:
    """Where a shard leaves what it did."""
    return f"runs/shards/{run_id}-{number}.json"
