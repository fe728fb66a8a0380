"""Fixtures that several rooms share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flows.server import prefect_server


@pytest.fixture(scope="session")
def prefect_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The API address of one Prefect server for the whole session."""
    with prefect_server(tmp_path_factory.mktemp("prefect-home")) as url:
        yield url
