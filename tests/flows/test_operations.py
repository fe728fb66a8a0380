"""Runs that nobody watches: interrupted, missed, overlapping, without a server for a while."""

from __future__ import annotations

import json
import os
import shutil
import signal
from configparser import ConfigParser
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

import warehouse
from flows.deployments import left_work
from flows.journal import Plan, begin, go_on, open_runs
from flows.summary import SiteOutcome, read_summaries, read_summary
from tests.flows.nianbao import ROOT, Nianbao, eventually
from tests.flows.portal import FlowsPortal
from tests.flows.runs import ran, site_run

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def _plan(started_at: datetime, **fields: Any) -> Plan:
    values: dict[str, Any] = {
        "run_id": f"{started_at:%Y%m%dT%H%M%SZ}-0000",
        "flow": "nightly",
        "started_at": started_at,
        "attended": False,
        "sites_path": None,
        "sites": ["a", "b"],
    }
    return Plan(**{**values, **fields})


def test_a_journal_that_was_torn_goes_on_with_what_is_whole(tmp_path: Path) -> None:
    journal = begin(tmp_path, _plan(NOW))
    journal.add([site_run("a")])
    journal.leave()
    [path] = (tmp_path / "runs").glob("*.open.jsonl")
    with path.open("a") as file:
        file.write('{"site": "b", "na')
    again = go_on(tmp_path, journal.plan.run_id)
    assert again is not None and [run.site for run in again.delivered] == ["a"]
    again.add([site_run("b")])
    again.leave()
    last = go_on(tmp_path, journal.plan.run_id)
    assert last is not None and [run.site for run in last.delivered] == ["a", "b"]
    last.finish()
    assert open_runs(tmp_path) == []


def test_what_a_reboot_leaves_to_be_done(tmp_path: Path) -> None:
    assert left_work(tmp_path, NOW) == []  # a new home has missed nothing
    ran(tmp_path, NOW - 3 * DAY, [site_run("a")])
    assert left_work(tmp_path, NOW) == [("nightly", {})]
    begin(tmp_path, _plan(NOW - 2 * DAY, attended=True)).leave()
    begin(tmp_path, _plan(NOW - DAY, flow="reparse")).leave()
    interrupted = _plan(NOW - timedelta(hours=17))
    begin(tmp_path, interrupted).leave()
    going_on = begin(tmp_path, _plan(NOW - timedelta(minutes=1), flow="site"))
    reparse = _plan(NOW - DAY).run_id
    assert left_work(tmp_path, NOW) == [("retry", {"run": reparse}), ("retry", {"run": interrupted.run_id})]
    going_on.finish()


def _kill_server(home: Path) -> None:
    guard = json.loads((home / "prefect" / "server.json").read_text())["pid"]
    [server] = Path(f"/proc/{guard}/task/{guard}/children").read_text().split()
    os.kill(int(server), signal.SIGKILL)


def test_a_run_outlives_its_server_and_goes_on_where_it_was_killed(
    nianbao_alone: Nianbao, portal: FlowsPortal
) -> None:
    sites = ("--sites", str(portal.registry))
    portal.open.clear()
    run = nianbao_alone.start("run", *sites)
    assert portal.asked.wait(60)
    _kill_server(nianbao_alone.home)
    portal.open.set()
    out, err = run.communicate(timeout=120)
    assert run.returncode == 0, out + err
    assert nianbao_alone.newest_run()["totals"]["done"] == len(portal.sites)


def test_a_killed_run_is_told_and_goes_on(nianbao: Nianbao, portal: FlowsPortal) -> None:
    sites = ("--sites", str(portal.registry))
    portal.open.clear()
    run = nianbao.start("run", *sites)
    assert portal.asked.wait(60)
    # Meanwhile a second one has nothing to do.
    out, _ = nianbao("run")
    [(plan, going_on)] = open_runs(nianbao.home)
    assert going_on and f"skipped: the nightly run {plan.run_id} is still going on" in out
    assert nianbao.newest_run()["outcome"] == "skipped"
    run.kill()
    run.communicate()
    portal.open.set()
    eventually(lambda: nianbao.processes() == [])
    status = json.loads(nianbao("status", "--json")[0])
    assert [(one["run_id"], one["going_on"]) for one in status["open_runs"]] == [(plan.run_id, False)]
    assert "run_interrupted" in nianbao("health", status=1)[0]

    # Of one site it is written down that it was delivered: it is not asked again.
    first, second = portal.sites
    journal = go_on(nianbao.home, plan.run_id)
    assert journal is not None
    journal.add([site_run(first, SiteOutcome.BROKEN)])
    journal.leave()
    nianbao("retry", plan.run_id, status=1)
    done = read_summary(nianbao.home, plan.run_id)
    outcomes = {site.site: site.outcome for site in done.sites}
    assert outcomes == {first: SiteOutcome.BROKEN, second: SiteOutcome.DONE}
    assert open_runs(nianbao.home) == []

    # Repeating a run that is over repeats what failed in it, and only that.
    nianbao("retry", plan.run_id)
    again = nianbao.newest_run()
    assert again["retry_of"] == plan.run_id
    assert [site["site"] for site in again["sites"]] == [first]
    reports = warehouse.read("reports", home=nianbao.home)
    assert len(reports) == sum(map(portal.reports, portal.sites))
    _, err = nianbao("retry", "no-such-run", status=1)
    assert err.splitlines()[-1].startswith("nianbao: no such run: no-such-run")
    status = json.loads(nianbao("status", "--json")[0])
    assert status["sites"] == {"delivers": 2} and status["reports"] == len(reports)
    assert status["last_good_run"]["run_id"] == again["run_id"]


def test_the_systemd_unit_starts_what_picks_up_the_work_that_was_left(
    nianbao_alone: Nianbao, portal: FlowsPortal
) -> None:
    home = nianbao_alone.home
    now = datetime.now(UTC)
    ran(home, now - 3 * DAY, [site_run(portal.sites[0], new=1)])  # nights were missed
    plan = _plan(now - DAY, flow="site", sites=portal.sites[1:], sites_path=portal.registry)
    begin(home, plan).leave()  # and a run was interrupted

    unit = ConfigParser(strict=False, interpolation=None)
    unit.read(ROOT / "deploy" / "nianbao.service")
    program, *arguments = unit["Service"]["ExecStart"].split()
    assert Path(program).name == "nianbao"
    serve = nianbao_alone.start(*arguments, "--sites", str(portal.registry))
    eventually(lambda: len(list(read_summaries(home))) == 3, 180)
    runs = {run.flow: run for run in read_summaries(home) if run.started_at > now - 2 * DAY}
    assert runs["site"].run_id == plan.run_id and runs["site"].totals.done == 1
    assert runs["nightly"].totals.done == 2
    serve.terminate()
    out, err = serve.communicate(timeout=60)
    assert serve.returncode == 0, out + err
    eventually(lambda: nianbao_alone.processes() == [])


def test_the_compose_file_starts_the_same() -> None:
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
    service = compose["services"]["nianbao"]
    docker = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    assert [*json.loads(docker.rpartition("ENTRYPOINT ")[2]), *service["command"]] == ["nianbao", "serve"]
    assert service["network_mode"] == "host" and "ports" not in service


def test_what_is_left_of_a_home_after_a_disaster_gives_the_same_dataset(
    nianbao: Nianbao, portal: FlowsPortal, tmp_path: Path
) -> None:
    """As docs/operations.md says: archive, staging and runs are copied, and the archive alone is enough."""
    nianbao("run")
    dataset = _tables(nianbao.home)
    backup = tmp_path / "backup"
    for name in ("archive", "staging", "runs"):
        shutil.copytree(nianbao.home / name, backup / name)
    shutil.rmtree(nianbao.home)
    shutil.copytree(backup, nianbao.home)
    nianbao("publish")
    assert _tables(nianbao.home) == dataset
    assert f"published reports ({sum(map(portal.reports, portal.sites))})" in nianbao("status")[0]
    portal.pages.clear()
    shutil.rmtree(nianbao.home)
    shutil.copytree(backup / "archive", nianbao.home / "archive")
    nianbao("reparse")
    assert _tables(nianbao.home) == dataset


def _tables(home: Path) -> dict[str, bytes]:
    dataset = home / "dataset"
    return {str(path.relative_to(dataset)): path.read_bytes() for path in dataset.rglob("*.parquet")}
