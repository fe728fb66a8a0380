"""`python -m flows.deployments HOME [SITES]`: the nightly schedule and the manual rerun, served by Prefect.

Started by `nianbao serve`; more machines take the same flows from a work pool by `prefect.yaml`.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from prefect import aserve
from prefect.schedules import Cron
from prefect.types.entrypoint import EntrypointType

from flows.pipeline import nightly, site

NIGHTLY = "0 2 * * *"
TIMEZONE = "Asia/Shanghai"


async def serve_deployments(home: Path, sites_path: Path | None) -> None:
    """Serve `nightly/nightly` (scheduled) and `site/site` (started by hand) until the process is ended."""
    parameters = {"home": str(home), "sites_path": str(sites_path) if sites_path else None}
    await aserve(
        await nightly.ato_deployment(
            name="nightly",
            schedule=Cron(NIGHTLY, timezone=TIMEZONE),
            concurrency_limit=1,
            parameters=parameters,
            entrypoint_type=EntrypointType.MODULE_PATH,
        ),
        await site.ato_deployment(
            name="site", parameters=parameters, entrypoint_type=EntrypointType.MODULE_PATH
        ),
        print_starting_message=False,
    )


if __name__ == "__main__":
    asyncio.run(serve_deployments(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None))
