"""Portal and command for the tests of the flows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
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
def nianbao_alone(
    tmp_path: Path, portal: FlowsPortal, prefect_home: Path, prefect_api: str
) -> Iterator[Nianbao]:
    """Without a Prefect server: it has to start its own, on a database that was used before. To make a new
    one takes twice as long, and the session's server has shown it."""
    assert prefect_api
    folder = tmp_path / "home" / "prefect"
    folder.mkdir(parents=True)
    source = sqlite3.connect(prefect_home / "prefect" / "prefect.db")
    with closing(source), closing(sqlite3.connect(folder / "prefect.db")) as target:
        source.backup(target)
        with target:
            for table in ("flow_run", "deployment", "flow"):
                target.execute(f"DELETE FROM {table}")
    command = Nianbao(tmp_path / "home", portal.registry, None)
    yield command
    command.end()
