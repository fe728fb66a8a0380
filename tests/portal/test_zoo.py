"""A small part of `make zoo`: from the home pages, every report is found, and nothing is fetched that must not be."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.families import families
from tests.portal.__main__ import crawl, judge_all
from tests.portal.families import FAMILIES
from tests.portal.oracle import Verdict
from tests.portal.server import serving
from tests.portal.zoo import open_zoo

LEFT_TO_GENERIC = {"nfcms", "gongkai", "shaanxi", "neimenggu"}
"""Families whose lists are plain pages, so that the crawler needs no module for them."""


def test_from_home_pages_everything_is_found_and_nothing_else(tmp_path: Path) -> None:
    unknown = set(FAMILIES) - set(families()) - LEFT_TO_GENERIC
    if unknown:
        pytest.skip(f"the crawler has no module for {', '.join(sorted(unknown))}")
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
