"""`python -m flows.deployments SETTINGS`: the nightly schedule and all that is started by hand, served by
Prefect.

Started by `nianbao serve`; more machines take the same flows from a work pool by `prefect.yaml`. At its start
it picks up what the time before left: runs that were interrupted go on, and a nightly run that was missed
starts.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime
from inspect import signature
from pathlib import Path
from typing import Any

from prefect import Flow, get_client
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.deployments.runner import RunnerDeployment
from prefect.runner import Runner
from prefect.schedules import Cron
from prefect.states import Crashed
from prefect.types.entrypoint import EntrypointType

from flows.due import NIGHTLY, TIMEZONE, last_night
from flows.journal import open_runs
from flows.pipeline import health, nightly, publish, reparse, retry, site
from flows.place import Place
from flows.summary import read_summaries

MORNING = "0 8 * * *"
"""When `health` looks at the night."""
_LEFT = [StateType.RUNNING, StateType.PENDING, StateType.CANCELLING]


async def serve_deployments(settings: dict[str, Any]) -> None:
    """Serve the flows until the process is ended: `nightly` and `health` by schedule, the others when they
    are started by hand (`<flow>/<flow>`). `settings` are parameters of the flows; each takes those that it
    knows."""
    runner = Runner(name="nianbao", pause_on_shutdown=False)
    ids = {}
    for one, cron in (
        (nightly, NIGHTLY),
        (health, MORNING),
        (site, None),
        (reparse, None),
        (retry, None),
        (publish, None),
    ):
        deployment = await _deployment(one, cron, settings)
        ids[one.name] = await runner.aadd_deployment(deployment)
    async with get_client() as client:
        await _close_left_runs(client, list(ids.values()))
        for flow_name, parameters in left_work(Place.of(settings["home"]).work, datetime.now(UTC)):
            await client.create_flow_run_from_deployment(ids[flow_name], parameters=parameters)
    await runner.start()


def left_work(home: Path, now: datetime) -> list[tuple[str, dict[str, str]]]:
    """What is to be started at once, as flow and parameters: `retry` for each run that was interrupted and
    that nobody watched, `nightly` if the last one that was due did not start. A home without any nightly run
    has missed none."""
    plans = open_runs(home)
    left: list[tuple[str, dict[str, str]]] = [
        ("retry", {"run": plan.run_id}) for plan, going_on in plans if not going_on and not plan.attended
    ]
    nights = [plan.started_at for plan, _ in plans if plan.flow == "nightly"]
    newest = next((run.started_at for run in read_summaries(home) if run.flow == "nightly"), None)
    nights += [newest] if newest else []
    if nights and max(nights) < last_night(now):
        left.append(("nightly", {}))
    return left


async def _deployment(one: Flow[Any, Any], cron: str | None, settings: dict[str, Any]) -> RunnerDeployment:
    known = signature(one.fn).parameters
    parameters = {name: value for name, value in settings.items() if name in known}
    return await one.ato_deployment(
        name=one.name,
        schedule=Cron(cron, timezone=str(TIMEZONE)) if cron else None,
        parameters=parameters,
        description=(one.description or "").strip(),
        entrypoint_type=EntrypointType.MODULE_PATH,
    )


async def _close_left_runs(client: PrefectClient, deployments: list[Any]) -> None:
    """Flow runs that the process before took with it did not tell the server; it would show them for ever."""
    left = await client.read_flow_runs(
        flow_run_filter=FlowRunFilter(
            deployment_id=FlowRunFilterDeploymentId(any_=deployments),
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=_LEFT)),
        )
    )
    for run in left:
        message = "the process that ran it is gone"
        await client.set_flow_run_state(run.id, Crashed(message=message), force=True)


if __name__ == "__main__":
    asyncio.run(serve_deployments(json.loads(sys.argv[1])))
