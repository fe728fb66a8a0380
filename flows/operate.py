"""The operator's commands: `retry`, `status`, `health`; and what the commands that run flows have in
common."""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

    from flows.summary import RunSummary


SHARD_SITES = 250
"""Sites a crawl process serves: at one request a second and host it is busy, and not more than that."""


def add_commands(commands: _SubParsersAction[ArgumentParser], common: ArgumentParser) -> None:
    """Add them to the parser of `nianbao`."""
    retry = commands.add_parser(
        "retry", parents=[common], help="go on with a run that was interrupted, or repeat what failed in one"
    )
    retry.add_argument("run", metavar="RUN", help="id of a run, as `nianbao status` and runs/ name it")
    retry.set_defaults(command=_retry)
    status = commands.add_parser("status", parents=[common], help="last runs, coverage, what is broken")
    status.add_argument("--json", action="store_true", help="one JSON object, with every broken site")
    status.set_defaults(command=_status)
    health = commands.add_parser(
        "health", parents=[common], help="alerts of the last day; exit status 1 if there are any"
    )
    health.add_argument("--json", action="store_true", help="JSON Lines, one object an alert")
    health.add_argument("--send", action="store_true", help="to the addresses in NIANBAO_ALERTS too")
    health.set_defaults(command=_health)


def add_shards(parser: ArgumentParser) -> None:
    """Add the options that send shards to other machines."""
    parser.add_argument(
        "--shards", metavar="DEPLOYMENT", help='workers take the shards: "shard/shard" (docs/scale.md)'
    )
    parser.add_argument(
        "--shard-sites", type=int, default=SHARD_SITES, metavar="N", help=f"sites of a shard ({SHARD_SITES})"
    )


def _retry(options: argparse.Namespace) -> int:
    from flows.local import run_flow

    home = home_of(options)
    return show_run(run_flow("retry", home, run=options.run), home)


def _status(options: argparse.Namespace) -> int:
    from crawler.registry import load_registry
    from flows.place import Place
    from flows.status import status_lines, status_of

    place = Place.of(home_of(options))
    place.pull_runs()
    status = status_of(place, load_registry(options.sites).sites.values())
    print(status.model_dump_json(indent=1) if options.json else "\n".join(status_lines(status)))
    return 0


def _health(options: argparse.Namespace) -> int:
    from flows.health import check_health
    from flows.notify import line, send
    from flows.place import Place

    place = Place.of(home_of(options))
    place.pull_runs()
    alerts = check_health(place.work, datetime.now(UTC))
    for alert in alerts:
        print(json.dumps(alert.model_dump(), ensure_ascii=False) if options.json else line(alert))
    if options.send:
        send(alerts)
    if not alerts and not options.json:
        print("all is well")
    return 1 if alerts else 0


def home_of(options: argparse.Namespace) -> str:
    """Where everything lies: a folder, or s3://bucket/prefix."""
    home: str = options.home or os.environ.get("NIANBAO_HOME") or "data"
    return home


def dataset_of(home: str) -> str:
    """Where readers look."""
    from flows.place import Place

    return Place.of(home).path("dataset")


def show_run(summary: RunSummary, home: str) -> int:
    """Print what a run did; gives the exit status."""
    from flows.documents import counted
    from flows.place import Place
    from flows.summary import RunOutcome

    totals = summary.totals
    if summary.outcome is RunOutcome.SKIPPED:
        print(summary.reason)
        return 0
    print(f"sites    {totals.done} of {totals.sites}")
    print(f"reports  {totals.reports}")
    print(f"changes  {totals.new} new, {totals.revised} revised, {totals.withdrawn} withdrawn")
    print(f"cells    {counted(totals.cells)}")
    print(f"checks   {totals.checks_failed} failed")
    for run in summary.broken():
        print(f"{run.outcome}   {run.site}: {run.reason}")
    print(f"dataset  {dataset_of(home)}")
    print(f"run      {Place.of(home).path('runs')}/{summary.run_id}.json")
    if summary.reason:
        return failed(summary.reason)
    return 0 if summary.outcome is RunOutcome.DONE else 1


def failed(line: str, status: int = 1) -> int:
    """Say in one plain line what failed; gives the exit status."""
    print(f"nianbao: {line}", file=sys.stderr)
    return status
