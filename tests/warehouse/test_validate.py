"""`validate` names rows that break the contract though every file is as it was published."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.warehouse.samples import NEW, site_report
from warehouse import publish, stage, validate

GXJ = "gxj.jcs.gov.cn"
WHERE = "year=2023/province=甘肃省/part-0.parquet"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    stage(tmp_path, GXJ, "甘肃省", [site_report(), site_report("兰州市教育局")])
    publish(tmp_path)
    return tmp_path


def republished(home: Path, table: str, change: Callable[[pa.Table], pa.Table]) -> list[str]:
    """Publish other rows in a file's place, by hand; gives the flaws that are found then, table first."""
    folder = home / "snapshots" / (home / "snapshots/current").read_text()
    path = folder / table / WHERE
    rows = change(pq.read_table(path, partitioning=None))
    pq.write_table(rows, path)
    manifest = json.loads((folder / "manifest.json").read_text())
    [entry] = [file for file in manifest["files"] if file["path"] == f"{table}/{WHERE}"]
    manifest["tables"][table]["rows"] += rows.num_rows - entry["rows"]
    data = path.read_bytes()
    entry |= {"bytes": len(data), "sha256": sha256(data).hexdigest(), "rows": rows.num_rows}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return [f"{flaw.path.partition('/')[0]} {flaw.message}" for flaw in validate(home)]


def test_what_was_published_is_without_flaw(home: Path) -> None:
    assert list(validate(home)) == []


def test_a_row_that_stands_twice(home: Path) -> None:
    found = republished(home, "cells", lambda rows: pa.concat_tables([rows, rows.slice(0, 1)]))
    assert found == ["cells has 2 rows of 兰州市教育局/2023 proactive.regulations.issued"]


def test_rows_of_a_report_that_is_not_there(home: Path) -> None:
    found = republished(home, "reports", lambda rows: rows.slice(1))
    strange = "holds rows of 兰州市教育局/2023, which is not among the reports"
    assert found == [f"cells {strange}", f"checks {strange}"]


def test_of_a_damaged_file_nothing_else_is_said(home: Path) -> None:
    path = home / "dataset" / "reports" / WHERE
    path.write_bytes(path.read_bytes()[:-1])
    messages = {(flaw.path.partition("/")[0], flaw.message.split(" that")[0]) for flaw in validate(home)}
    held = f"holds {path.stat().st_size} bytes"
    assert messages == {("snapshots", held), ("dataset", held)}


def test_columns_that_the_codebook_does_not_have(home: Path) -> None:
    found = republished(home, "checks", lambda rows: rows.append_column("note", pa.nulls(rows.num_rows)))
    assert found == ["checks does not have the columns of the codebook: note"]


def test_nothing_where_the_codebook_says_never_null(home: Path) -> None:
    def blanked(rows: pa.Table) -> pa.Table:
        place = rows.schema.get_field_index("status")
        status = pc.if_else(pc.equal(rows["cell"], NEW), None, rows["status"])
        return rows.set_column(place, pa.field("status", pa.string()), status)

    assert republished(home, "cells", blanked) == ["cells status is never null, but is in 2 rows"]
