"""Nightly run and manual reruns at the same time: what is published is what one after the other gives."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import pytest

from tests.warehouse.interleaved import Turns, interleaved_folder
from tests.warehouse.samples import NEW, contents, site_report
from warehouse import SiteReport, publish, stage, verify
from warehouse.store import Folder, Home

SEEDS = 50
SITES = ("a.gov.cn", "b.gov.cn", "c.gov.cn", "d.gov.cn")
NIGHTLY, RERUN = 1, 2
RERUNS = ("b.gov.cn", "c.gov.cn")
"""Sites that are run again by hand during the nightly run; the portal of c then gives it another province."""


def province(site: str, version: int) -> str:
    return "青海省" if (site, version) == ("c.gov.cn", RERUN) else "甘肃省"


def reports(site: str, version: int) -> list[SiteReport]:
    """The reports of a site: with a number that tells the version, other years in the rerun, and one of an
    agency that two sites have."""
    where = province(site, version)
    years = (2022, 2023) if version == RERUN else (2023,)
    own = [
        site_report(f"{site[0]}局", year, site=site, province=where, numbers={NEW: version}) for year in years
    ]
    shared = site_report("共同局", site=site, site_name="某局", province=where, numbers={NEW: version})
    return [*own, shared] if site in RERUNS else own


def run(home: Home, sites: Sequence[str], version: int) -> None:
    """What a run does with the sites that it crawled."""
    for site in sites:
        stage(home, site, province(site, version), reports(site, version))
    publish(home, sites)


@pytest.fixture(scope="module")
def serial(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, ...], dict[str, bytes]]:
    """The dataset that each order of the three runs gives, one after the other."""
    results = {}
    for order in itertools.permutations(("nightly", *RERUNS)):
        home = tmp_path_factory.mktemp("serial")
        run(home, SITES, 0)
        for name in order:
            run(home, *((SITES, NIGHTLY) if name == "nightly" else ([name], RERUN)))
        results[order] = contents(home / "dataset")
    return results


@pytest.mark.parametrize("seeds", [range(first, first + 10) for first in range(0, SEEDS, 10)])
def test_runs_side_by_side_give_what_runs_in_turn_give(
    seeds: range,
    serial: dict[tuple[str, ...], dict[str, bytes]],
    quick_disk: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mixed = 0
    for seed in seeds:
        home = quick_disk / str(seed)
        run(home, SITES, 0)
        turns = Turns(seed)

        def stepping(home: Home, turns: Turns = turns) -> Folder:
            return interleaved_folder(turns, threading.current_thread().name)(Path(home))

        with monkeypatch.context() as patched:
            for module in ("warehouse.staging", "warehouse.publish"):
                patched.setattr(import_module(module), "open_store", stepping)
            turns.run(
                {
                    "nightly": lambda home=home: run(home, SITES, NIGHTLY),
                    **{site: lambda home=home, site=site: run(home, [site], RERUN) for site in RERUNS},
                }
            )
        assert contents(home / "dataset") in serial.values(), f"seed {seed}: {turns.order}"
        assert verify(home) == []
        changes = sum(one != other for one, other in itertools.pairwise(turns.order))
        mixed += changes > 20
    assert mixed == len(seeds), "the runs hardly met"
