"""Flows on this machine: run one here and now, or serve the schedule."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flows.guard import guarded
from flows.journal import open_runs
from flows.place import Place
from flows.progress import shown_progress
from flows.server import client_environment, prefect_server
from flows.summary import RunSummary

FLUSH_LIMIT = 10.0
"""Seconds that the last logs and events of a run may take to reach the server."""


class FlowError(Exception):
    """Prefect could not run a flow; the message says where to look."""


def run_flow(name: str, home: str, **parameters: object) -> RunSummary:
    """Run the flow `name` of `flows.pipeline` in this process, for somebody who watches. A run that failed
    gives its summary like any other. Raises `ServerError`, `FlowError`, what the flow raises, and
    KeyboardInterrupt for SIGTERM too.
    """
    work = Place.of(home).work
    with _client(work):
        # Prefect reads its settings when it is imported, so not before the server is known.
        import httpx
        from prefect.events.worker import EventsWorker
        from prefect.exceptions import PrefectException, TerminationSignal
        from prefect.logging.handlers import APILogWorker

        from flows import pipeline

        log_file = work / "prefect" / "client.log"
        handler = logging.FileHandler(log_file, encoding="utf-8")
        handler.setLevel(logging.WARNING)
        logging.getLogger().addHandler(handler)
        logging.raiseExceptions = False  # else Prefect writes to the terminal when its server goes away
        try:
            with shown_progress():
                summary: RunSummary = asyncio.run(
                    getattr(pipeline, name)(home=home, attended=True, **parameters)
                )
            return summary
        except pipeline.RunFailed as failure:
            return failure.summary
        except (PrefectException, httpx.HTTPError) as error:
            first = str(error).partition("\n")[0] or type(error).__name__
            left = [f"`nianbao retry {plan.run_id}` goes on" for plan, alive in open_runs(work) if not alive]
            see = f"see {log_file} and server.log beside it"
            raise FlowError("; ".join([f"Prefect: {first}", see, *left[-1:]])) from error
        except TerminationSignal:
            raise KeyboardInterrupt from None
        finally:
            logging.getLogger().removeHandler(handler)
            handler.close()
            # Before the server goes: at the exit of the process Prefect would try again and again.
            APILogWorker.drain_all(timeout=FLUSH_LIMIT)
            EventsWorker.drain_all(timeout=FLUSH_LIMIT)


def serve(home: str, sites_path: Path | None, shards: str | None, shard_sites: int) -> None:
    """Keep a Prefect server for `home` and serve the deployments of `flows.deployments` until interrupted.
    Either is started again if it dies.

    Raises `ServerError`, and `FlowError` if the deployments end again and again.
    """
    work = Place.of(home).work
    with _client(work) as url:
        log_file = work / "prefect" / "deployments.log"
        settings = {
            "home": Place.of(home).home,
            "sites_path": str(sites_path.absolute()) if sites_path else None,
            "shards": shards,
            "shard_sites": shard_sites,
        }
        command = [sys.executable, "-m", "flows.deployments", json.dumps(settings)]
        with log_file.open("ab") as log:
            deployments = subprocess.Popen(
                guarded(command, again=True),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        print(f"schedule: nightly at 02:00 Asia/Shanghai; Prefect: {url.removesuffix('/api')}")
        print(
            f"one site now: PREFECT_API_URL={url} prefect deployment run site/site -p 'sites=[\"SITE\"]'",
            flush=True,
        )
        try:
            status = deployments.wait()
        finally:
            deployments.terminate()
            deployments.wait()
        raise FlowError(f"the deployments ended with status {status}; see {log_file}")


@contextmanager
def _client(work: Path) -> Iterator[str]:
    """A server for `home`, and this process and its children as its clients."""
    (work / "prefect").mkdir(parents=True, exist_ok=True)
    with prefect_server(work) as url:
        os.environ.update(client_environment(work, url))
        yield url
