"""Whole runs: a loopback portal, a real Prefect server, the archive, staging and the dataset."""

from __future__ import annotations

import dataclasses
import re
import signal
from pathlib import Path

import pandas as pd
import yaml
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType

import warehouse
from tests.flows.nianbao import Nianbao, eventually
from tests.flows.portal import FlowsPortal


def _published(home: Path) -> pd.DataFrame:
    return warehouse.read("reports", home=home, columns=["agency", "report_year", "site"])


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _one_report(portal: FlowsPortal, site: str) -> str:
    reports = [path for path, page in portal.pages[site].items() if b"<table" in page.body]
    return max(path for path in reports if "internal" not in path)


def test_run_publishes_and_tells_what_it_did(nianbao: Nianbao, portal: FlowsPortal) -> None:
    out, err = nianbao("run")
    published = _published(nianbao.home)
    assert published.groupby("site").size().to_dict() == {site: portal.reports(site) for site in portal.sites}
    assert not published.duplicated(["agency", "report_year"]).any()
    assert "sites    2 of 2" in out
    assert f"dataset  {nianbao.home / 'dataset'}" in out
    assert all(line.startswith((*portal.sites, "crawling")) for line in err.splitlines())

    run = nianbao.newest_run()
    assert (run["flow"], run["outcome"]) == ("nightly", "done")
    assert run["totals"]["reports"] == len(published)
    assert run["totals"]["cells"]["stated"] > 0
    assert {site["site"]: site["crawl_outcome"] for site in run["sites"]} == dict.fromkeys(
        portal.sites, "done"
    )
    assert nianbao.processes() == []
    pages = list((nianbao.home / "site" / "report").rglob("*.html"))
    assert len([page for page in pages if "-" not in page.stem]) == len(published)
    assert run["started_at"][:10] in (nianbao.home / "site" / "runs.html").read_text("utf-8")

    # The same bytes on the portal, or in the archive, give the same dataset.
    dataset = _files(nianbao.home / "dataset")
    nianbao("run", portal.sites[0])
    portal.pages.clear()
    nianbao("reparse")
    assert nianbao.newest_run()["flow"] == "reparse"
    nianbao("publish")
    assert _files(nianbao.home / "dataset") == dataset

    out, _ = nianbao("status")
    assert f"published reports ({len(published)})" in out
    assert "broken" not in out


def test_the_rerun_of_one_site_replaces_its_rows_and_touches_nothing_else(
    nianbao: Nianbao, portal: FlowsPortal
) -> None:
    nianbao("run")
    site, other = portal.sites
    before = _files(nianbao.home / "dataset")
    cells = warehouse.read("cells", home=nianbao.home)
    for path, page in portal.pages[site].items():
        if b"<table" in page.body and "internal" not in path:
            changed = page.body.replace(b"</h1>", "（修订）</h1>".encode())
            portal.pages[site][path] = dataclasses.replace(page, body=changed)
    nianbao("run", site, "--recheck")
    after = _files(nianbao.home / "dataset")
    province = warehouse.read("reports", home=nianbao.home).set_index("site").loc[[site], "province"].iloc[0]
    touched = {file for file in before.keys() | after.keys() if before.get(file) != after.get(file)}
    data = touched - {"datapackage.json"}
    assert data and all(f"province={province}" in file for file in data)
    rows = warehouse.read("cells", home=nianbao.home)
    pd.testing.assert_frame_equal(
        rows[rows["site"] == other].reset_index(drop=True),
        cells[cells["site"] == other].reset_index(drop=True),
    )
    assert len(rows) == len(cells) and not rows.duplicated(["report_id", "cell"]).any()


def test_a_site_that_fails_keeps_its_rows_and_others_go_on(nianbao: Nianbao, portal: FlowsPortal) -> None:
    nianbao("run")
    before = _published(nianbao.home)
    poorer, gone = portal.sites
    expected = portal.reports(poorer) + 1
    sites = yaml.safe_load(portal.registry.read_text("utf-8"))
    entries = [site | ({"expects": expected} if site["id"] == poorer else {}) for site in sites]
    portal.registry.write_text(yaml.safe_dump(entries, allow_unicode=True), "utf-8")
    portal.pages[gone].clear()

    out, _ = nianbao("run", status=1)
    runs = {run["site"]: run for run in nianbao.newest_run()["sites"]}
    assert runs[poorer]["outcome"] == runs[gone]["outcome"] == "broken"
    assert f"broken   {poorer}: {expected - 1} reports where the registry expects {expected}" in out
    assert f"broken   {gone}: " in out
    pd.testing.assert_frame_equal(_published(nianbao.home), before)
    status, _ = nianbao("status")
    assert f"{gone}  {runs[gone]['reason']}" in status


def test_what_portals_take_away_and_change_stays_in_the_dataset_with_both_captures(
    nianbao: Nianbao, portal: FlowsPortal
) -> None:
    nianbao("run")
    first = warehouse.read("reports", home=nianbao.home)
    site = portal.sites[0]
    gone = _one_report(portal, site)
    others = [path for path, one in portal.pages[site].items() if b"<table" in one.body and path != gone]
    *_, other, changed = sorted(path for path in others if "internal" not in path)
    page = portal.pages[site][changed]
    body = re.sub(rb">\s*[1-9]\d*\s*<", b">7777<", page.body, count=1)
    portal.pages[site][changed] = dataclasses.replace(page, body=body)
    page = portal.pages[site][other]
    other_bytes = page.body.replace(b"</body>", b"<!-- made in 17 ms --></body>")
    portal.pages[site][other] = dataclasses.replace(page, body=other_bytes)
    nianbao("run", site, "--recheck")
    [told] = nianbao.newest_run()["sites"]
    assert (told["new"], told["revised"], told["withdrawn"]) == (0, 1, 0)
    assert warehouse.read("reports", home=nianbao.home)["withdrawn_at"].isna().all()
    del portal.pages[site][gone]
    row = rb"<li>(?:(?!</li>).)*" + re.escape(gone.rpartition("/")[2].encode()) + rb".*?</li>"
    for path, one in portal.pages[site].items():
        body = re.sub(row, b"", one.body, flags=re.DOTALL)
        portal.pages[site][path] = dataclasses.replace(one, body=body)
    nianbao("run", site)  # no list names it any more
    dataset = _files(nianbao.home / "dataset")
    nianbao("reparse")
    assert _files(nianbao.home / "dataset") == dataset

    reports = warehouse.read("reports", home=nianbao.home).set_index("report_id")
    assert sorted(reports.index) == sorted(first["report_id"])
    [withdrawn] = reports[reports["withdrawn_at"].notna()].to_dict("records")
    assert withdrawn["urls"][0].endswith(gone)
    revisions = warehouse.read("revisions", home=nianbao.home)
    assert revisions["revision"].value_counts()["withdrawn"] == 1
    [cell] = revisions[revisions["new_value"] == 7777].to_dict("records")
    assert cell["revision"] == "cell"
    assert cell["old_value"] == first.set_index("report_id").loc[cell["report_id"], cell["what"]]
    assert list(cell["new_digests"]) == list(reports.loc[cell["report_id"], "digests"])
    assert set(cell["new_digests"]).isdisjoint(cell["old_digests"])
    obligations = warehouse.read("obligations", home=nianbao.home).set_index("report_id")
    assert obligations.loc[f"{withdrawn['agency']}/{withdrawn['report_year']}", "obligation"] == "withdrawn"


def test_two_runs_at_once_on_one_home_share_a_server(nianbao_alone: Nianbao, portal: FlowsPortal) -> None:
    sites = ("--sites", str(portal.registry))
    runs = [nianbao_alone.start("run", *sites), nianbao_alone.start("run", *sites)]
    for run in runs:
        out, err = run.communicate(timeout=120)
        assert run.returncode == 0, out + err
    published = _published(nianbao_alone.home)
    assert len(published) == sum(map(portal.reports, portal.sites))
    assert not published.duplicated(["agency", "report_year"]).any()
    eventually(lambda: nianbao_alone.processes() == [])


def test_ctrl_c_ends_a_run_with_its_children(nianbao: Nianbao, portal: FlowsPortal) -> None:
    portal.open.clear()
    run = nianbao.start("run", "--sites", str(portal.registry))
    assert portal.asked.wait(60)
    run.send_signal(signal.SIGINT)
    portal.open.set()
    out, err = run.communicate(timeout=60)
    assert run.returncode == 130
    assert err.splitlines()[-1] == "nianbao: interrupted"
    assert "Traceback" not in out + err
    eventually(lambda: nianbao.processes() == [])


def test_serve_takes_a_manual_rerun_and_ends_with_its_children(
    nianbao_alone: Nianbao, portal: FlowsPortal
) -> None:
    serve = nianbao_alone.start("serve", "--sites", str(portal.registry))
    assert serve.stdout is not None
    said = serve.stdout.readline()
    names = {"health", "nightly", "publish", "reparse", "retry", "site"}
    due = {
        "deployment_filter": DeploymentFilter(name=DeploymentFilterName(any_=["nightly"])),
        "flow_run_filter": FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED]))
        ),
    }
    # Prefect's own client asks again where the server's database was busy, as every user of the API has to.
    with SyncPrefectClient(said.split()[-1] + "/api") as server:
        eventually(lambda: {found.name for found in server.read_deployments()} == names)
        eventually(lambda: server.read_flow_runs(**due))
        times = {run.expected_start_time.strftime("%H:%M") for run in server.read_flow_runs(**due)}
        assert times == {"18:00"}  # 02:00 in Shanghai
        [site] = [found for found in server.read_deployments() if found.name == "site"]
        run = server.create_flow_run_from_deployment(site.id, parameters={"sites": portal.sites[:1]})
        eventually(lambda: server.read_flow_run(run.id).state_type == StateType.COMPLETED)
    assert set(_published(nianbao_alone.home)["site"]) == {portal.sites[0]}
    serve.terminate()
    out, err = serve.communicate(timeout=60)
    assert serve.returncode == 0, out + err
    eventually(lambda: nianbao_alone.processes() == [])
