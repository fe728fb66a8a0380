"""The cluster in a small form; `make cluster` runs the same for all to see."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.cluster.campaign import campaign
from tests.cluster.machines import postgres_programs
from tests.flows.portal import serve_flows_portal


@pytest.mark.skipif(postgres_programs() is None, reason="no PostgreSQL here: apt-get install postgresql")
def test_a_cluster_that_loses_a_worker_makes_the_dataset_of_one_machine(tmp_path: Path) -> None:
    with serve_flows_portal(tmp_path, 2) as portal:
        result = campaign(tmp_path, portal)
    assert result.summary.totals.done == result.summary.totals.sites == 2
    assert result.cluster and result.cluster == result.one_machine == result.dask
    assert result.pages[0] and result.pages[0] == result.pages[1]
    pd.testing.assert_frame_equal(*result.rows)
