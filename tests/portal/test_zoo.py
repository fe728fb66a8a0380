"""A small part of `make zoo`: from the home pages, every report is found, and nothing is fetched that must not be."""

from __future__ import annotations

from pathlib import Path

from tests.portal.__main__ import crawl, judge_all
from tests.portal.oracle import Verdict
from tests.portal.server import serving
from tests.portal.zoo import open_zoo


def test_from_home_pages_everything_is_found_and_nothing_else(tmp_path: Path) -> None:
    with serving() as server:
        portals = open_zoo(server, 5, small=True)
        results = crawl(tmp_path, [portal.site() for portal in portals])
        verdicts = judge_all(server, portals, tmp_path, results)
    total = Verdict()
    for verdict in verdicts.values():
        total += verdict
    assert (total.missed, total.wrong) == ([], [])
    assert (total.false, total.bait, total.robots, total.overlaps) == (0, 0, 0, 0)
    assert total.per_report <= 2.0
