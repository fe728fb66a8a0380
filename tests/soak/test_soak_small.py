"""`make soak` in four nights."""

from __future__ import annotations

from pathlib import Path

from tests.portal.server import serving
from tests.soak.__main__ import SITES, conclude, open_portals, soak
from tests.soak.program import short_program


def test_nights_with_weather_changes_and_a_kill_end_with_what_the_portals_hold(tmp_path: Path) -> None:
    with serving() as server:
        sites = open_portals(server, SITES[:2], 1)
        told = soak(sites, short_program(sites), tmp_path, 1)
        wrong, _ = conclude(told, tmp_path / "home")
    assert wrong == []
