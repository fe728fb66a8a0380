"""One nightly run over a cluster, of which a worker is lost in the middle, and the same on one machine."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from flows.place import Place
from flows.summary import RunSummary, read_summary
from tests.cluster.machines import (
    BUCKET,
    ROOT,
    accepts,
    bucket,
    free_port,
    kill_group,
    postgres,
    prefect_on,
    process,
    wait,
)
from tests.flows.portal import FlowsPortal
from warehouse import read
from warehouse.store import open_store

HOME = f"s3://{BUCKET}/home"
LEASE_S = "8"


@dataclass
class Result:
    """What the cluster did: its summary, the dataset's files, those that one machine makes of the same
    archive, the rows without times of a run on one machine from the start, the pages of reports on the site
    of the bucket and on that of the one machine, and seconds by step."""

    summary: RunSummary
    cluster: dict[str, bytes]
    one_machine: dict[str, bytes]
    dask: dict[str, bytes]
    rows: tuple[pd.DataFrame, pd.DataFrame]
    pages: tuple[set[str], set[str]]
    seconds: dict[str, float]


def campaign(folder: Path, portal: FlowsPortal) -> Result:
    """Start everything, lose a worker while all shards are crawling, and compare."""
    seconds: dict[str, float] = {}
    with ExitStack() as stack:
        began = time.monotonic()
        environment = stack.enter_context(bucket(folder)) | {"NIANBAO_LEASE_S": LEASE_S}
        url = stack.enter_context(prefect_on(stack.enter_context(postgres(folder / "postgres")), folder))
        environment |= {"PREFECT_API_URL": url, "NIANBAO_ROOT": str(ROOT)}
        prefect(environment, "work-pool", "create", "nianbao", "--type", "process")
        prefect(environment, "--no-prompt", "deploy", "--all")
        each = str(len(portal.sites) // 2)
        start = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "nianbao", "--limit", each]
        workers = []
        for name in ("one", "other"):
            own = environment | {
                "PREFECT_HOME": str(folder / name),
                "NIANBAO_WORK": str(folder / name / "work"),
            }
            command = [*start, "--name", name]
            workers.append(stack.enter_context(process(command, folder / f"worker-{name}.log", own)))
        seconds["start"] = time.monotonic() - began

        began = time.monotonic()
        portal.open.clear()
        control = environment | {
            "PREFECT_HOME": str(folder / "control"),
            "NIANBAO_WORK": str(folder / "control" / "work"),
        }
        run = nianbao("run", "--home", HOME, "--sites", str(portal.registry), "--shards", "shard/shard",
                      "--shard-sites", "1", env=control)  # fmt: skip
        wait(
            lambda: sum(len(crawls_of(worker.pid)) for worker in workers) == len(portal.sites),
            "a crawl of each shard",
            240,
        )
        lost = crawls_of(workers[0].pid)
        kill_group(workers[0], signal.SIGKILL)
        portal.open.set()
        out, err = run.communicate(timeout=300)
        assert run.returncode == 0, out + err
        seconds["run"] = time.monotonic() - began
        assert lost

        run_id = Path(out.rpartition("run ")[2].strip()).stem
        stack.enter_context(set_for_a_while(environment))
        place = Place.of(HOME)
        cluster = tables(HOME)
        for name in place.store.walk("archive"):
            path = folder / "home" / "archive" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(place.store.read(f"archive/{name}"))
        for arguments in (
            ["reparse", "--home", str(folder / "home")],
            ["run", "--home", str(folder / "afresh")],
        ):
            began = time.monotonic()
            alone = nianbao(*arguments, "--sites", str(portal.registry), env=environment)
            out, err = alone.communicate(timeout=300)
            assert alone.returncode == 0, out + err
            seconds[f"one machine: {arguments[0]}"] = time.monotonic() - began
        began = time.monotonic()
        site = nianbao("site", "--home", HOME, "--out", str(folder / "site"), env=environment)
        out, err = site.communicate(timeout=300)
        assert site.returncode == 0, out + err
        seconds["the site of the bucket"] = time.monotonic() - began
        shutil.copytree(folder / "home" / "archive", folder / "backlog" / "archive")
        began = time.monotonic()
        reparse_on_dask(folder, portal.registry, environment)
        seconds["reparse on Dask"] = time.monotonic() - began
        summary = read_summary(folder / "control" / "work" / f"{BUCKET}%2Fhome", run_id)
        return Result(
            summary,
            cluster,
            tables(folder / "home"),
            tables(folder / "backlog"),
            (rows(HOME), rows(folder / "afresh")),
            (pages(folder / "site"), pages(folder / "home" / "site")),
            seconds,
        )


@contextmanager
def set_for_a_while(environment: dict[str, str]) -> Iterator[None]:
    """Environment variables of this process; tests that follow find them as they were."""
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def reparse_on_dask(folder: Path, registry: Path, environment: dict[str, str]) -> None:
    """Parse the archive on a Dask scheduler with two workers; the first that has work is lost."""
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    dask = [sys.executable, "-m", "dask"]
    serve = [*dask, "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
    work = [*dask, "worker", address, "--no-nanny", "--no-dashboard", "--nthreads", "1"]
    with ExitStack() as stack:
        stack.enter_context(process(serve, folder / "dask.log", {}))
        wait(lambda: accepts(port), "the Dask scheduler")
        workers = [stack.enter_context(process(work, folder / "dask.log", environment)) for _ in range(2)]
        where = ["--home", str(folder / "backlog"), "--sites", str(registry)]
        run = nianbao("reparse", *where, "--dask", address, env=environment)
        wait(
            lambda: any(children_of(worker.pid) for worker in workers) or run.poll() is not None,
            "a parser process of a Dask worker",
            120,
        )
        for worker in workers:
            if children_of(worker.pid):
                kill_group(worker, signal.SIGKILL)
                break
        out, err = run.communicate(timeout=300)
        assert run.returncode == 0, out + err


def children_of(pid: int) -> list[str]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [child for task in tasks for child in task.read_text().split()]


def tables(home: str | Path) -> dict[str, bytes]:
    """The Parquet files of the dataset by path."""
    store = open_store(home)
    names = [name for name in store.walk("dataset") if name.endswith(".parquet")]
    return {name: store.read(f"dataset/{name}") for name in names}


def rows(home: str | Path) -> pd.DataFrame:
    """The cells as published, which hold no times."""
    found = read("cells", home=home, columns=["report_id", "cell", "value", "status", "raw"])
    return found.sort_values(["report_id", "cell"]).reset_index(drop=True)


def pages(site: Path) -> set[str]:
    """The pages of reports, and of their originals."""
    return {str(path.relative_to(site)) for path in (site / "report").rglob("*.html")}


def nianbao(*arguments: str, env: dict[str, str]) -> subprocess.Popen[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    return subprocess.Popen(
        [sys.executable, "-m", "flows.cli", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**inherited, "PYTHONPATH": str(ROOT), **env},
    )


def prefect(environment: dict[str, str], *arguments: str) -> None:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    command = [sys.executable, "-m", "prefect", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env={**inherited, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def crawls_of(worker: int) -> list[int]:
    """The crawl processes below a worker."""
    parents: dict[int, int] = {}
    crawls = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(path.name)] = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            command = (path / "cmdline").read_bytes()
            if b"crawler\0--archive" in command and b"flows.guard" not in command:
                crawls.append(int(path.name))
        except (OSError, ProcessLookupError):
            continue

    def below(pid: int) -> bool:
        while pid > 1:
            if pid == worker:
                return True
            pid = parents.get(pid, 0)
        return False

    return [pid for pid in crawls if below(pid)]


def told(result: Result) -> dict[str, Any]:
    """The figures of a campaign."""
    totals = result.summary.totals
    return {
        "sites": totals.sites,
        "reports": totals.reports,
        "files": len(result.cluster),
        "same bytes": result.cluster == result.one_machine,
        "same bytes on Dask": result.dask == result.one_machine,
        "same pages": result.pages[0] == result.pages[1],
        "same rows": result.rows[0].equals(result.rows[1]),
        "seconds": {step: round(seconds, 1) for step, seconds in result.seconds.items()},
    }


def as_json(result: Result) -> str:
    return json.dumps(told(result), indent=1)
