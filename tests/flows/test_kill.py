"""A run that is killed: the old dataset stays whole, nobody is left over, the next run completes."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable
from contextlib import suppress

import pytest

import warehouse
from tests.flows.nianbao import Nianbao, eventually
from tests.flows.portal import FlowsPortal


def _while_crawling(_nianbao: Nianbao, portal: FlowsPortal, _run: subprocess.Popen[str]) -> None:
    assert portal.asked.wait(60)


def _while_staging(nianbao: Nianbao, _portal: FlowsPortal, run: subprocess.Popen[str]) -> None:
    staged = {path.stat().st_ino for path in nianbao.home.glob("staging/*/*.example")}
    eventually(
        lambda: (
            {path.stat().st_ino for path in nianbao.home.glob("staging/*/*.example")} != staged
            or run.poll() is not None
        )
    )


def _while_publishing(nianbao: Nianbao, _portal: FlowsPortal, run: subprocess.Popen[str]) -> None:
    eventually(lambda: list(nianbao.home.glob("dataset.*")) or run.poll() is not None)


def _at_a_time(seed: int) -> Callable[[Nianbao, FlowsPortal, subprocess.Popen[str]], None]:
    def wait(_nianbao: Nianbao, _portal: FlowsPortal, run: subprocess.Popen[str]) -> None:
        with suppress(subprocess.TimeoutExpired):
            run.wait(random.Random(seed).uniform(1, 4))

    return wait


def test_killed_runs_leave_the_dataset_whole_and_the_next_one_completes(
    nianbao: Nianbao, portal: FlowsPortal
) -> None:
    site = portal.sites[0]
    newest = max(path for path, page in portal.pages[site].items() if b"<table" in page.body)
    page = portal.pages[site].pop(newest)
    nianbao("run")
    old = len(warehouse.read("reports", home=nianbao.home))
    portal.pages[site][newest] = page
    for wait in (_while_crawling, _while_staging, _at_a_time(1), _while_publishing):
        portal.asked.clear()
        run = nianbao.start("run", "--sites", str(portal.registry))
        if wait is _while_crawling:
            portal.open.clear()
        wait(nianbao, portal, run)
        run.kill()
        portal.open.set()
        run.communicate()
        eventually(lambda: nianbao.processes() == [])
        for table in ("reports", "cells", "checks"):
            rows = warehouse.read(table, home=nianbao.home)
            assert rows["report_id"].nunique() in (old, old + 1)
        assert not warehouse.read("cells", home=nianbao.home).duplicated(["report_id", "cell"]).any()
    nianbao("run")
    reports = warehouse.read("reports", home=nianbao.home)
    assert len(reports) == old + 1 == sum(map(portal.reports, portal.sites))
    assert not reports.duplicated(["agency", "report_year"]).any()


@pytest.mark.parametrize("stage", ["server", "crawl"])
def test_a_killed_run_takes_its_server_and_its_crawl_along(
    stage: str, nianbao_alone: Nianbao, portal: FlowsPortal
) -> None:
    portal.open.clear()
    run = nianbao_alone.start("run", "--sites", str(portal.registry))
    if stage == "crawl":
        assert portal.asked.wait(60)
        assert any("-m crawler" in line for line in nianbao_alone.processes())
    else:
        eventually(lambda: any("prefect server" in line for line in nianbao_alone.processes()))
    run.kill()
    portal.open.set()
    run.communicate()
    eventually(lambda: nianbao_alone.processes() == [])
