"""`make cluster`: PostgreSQL, a bucket, a Prefect server and two workers on loopback; one worker is lost."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.cluster.campaign import as_json, campaign
from tests.cluster.machines import postgres_programs
from tests.flows.portal import serve_flows_portal


def main() -> int:
    if postgres_programs() is None:
        print("PostgreSQL is missing: apt-get install postgresql", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with serve_flows_portal(folder, 4) as portal:
            result = campaign(folder, portal)
    print(as_json(result))
    same = result.cluster == result.one_machine == result.dask and result.rows[0].equals(result.rows[1])
    same = same and result.pages[0] == result.pages[1]
    print("the dataset of the cluster equals that of one machine" if same else "the datasets differ")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
