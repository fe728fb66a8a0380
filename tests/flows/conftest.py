"""Portal and command for the tests of the flows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.nianbao import Nianbao
from tests.flows.portal import FlowsPortal, serve_flows_portal


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[FlowsPortal]:
    with serve_flows_portal(tmp_path) as portal:
        yield portal


@pytest.fixture
def nianbao(tmp_path: Path, portal: FlowsPortal, prefect_api: str) -> Iterator[Nianbao]:
    """On the session's Prefect server."""
    command = Nianbao(tmp_path / "home", portal.registry, prefect_api)
    yield command
    command.end()


@pytest.fixture
def nianbao_alone(tmp_path: Path, portal: FlowsPortal) -> Iterator[Nianbao]:
    """Without a Prefect server: it has to start its own."""
    command = Nianbao(tmp_path / "home", portal.registry, None)
    yield command
    command.end()
