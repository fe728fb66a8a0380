"""Snapshots: kept, read by themselves, compared, verified; publishing site by site and all at once."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.cli import main
from parsers.model import Cell, CellStatus
from tests.warehouse.samples import FEES, NEW, contents, identities, site_report
from warehouse import (
    NoDatasetError,
    SiteReport,
    WarehouseError,
    diff,
    publish,
    read,
    stage,
    verify,
)
from warehouse.schema import SCHEMA_VERSION

GXJ, ZF = "gxj.jcs.gov.cn", "www.xining.gov.cn"
GANSU_2023 = "year=2023/province=甘肃省"


def gxj(*years: int, number: int = 4) -> list[SiteReport]:
    return [site_report(year=year, numbers={NEW: number, FEES: 0.5}) for year in years]


def current(home: Path) -> str:
    return (home / "snapshots/current").read_text()


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, str, str]:
    """A home with two snapshots, and their ids: a number of 2023 changed, 2022 withdrawn, one site came."""
    stage(tmp_path, GXJ, "甘肃省", gxj(2022, 2023))
    first = publish(tmp_path).snapshot
    stage(tmp_path, GXJ, "甘肃省", gxj(2023, number=9))
    stage(tmp_path, ZF, "青海省", [site_report("西宁市人民政府", site=ZF, province="青海省")])
    return tmp_path, first, publish(tmp_path, [GXJ, ZF]).snapshot


def test_an_older_snapshot_is_read_by_its_id_and_as_a_folder_by_itself(two: tuple[Path, str, str]) -> None:
    home, first, second = two
    assert first < second == current(home)
    columns = ["agency", NEW]
    assert read("reports", home=home, snapshot=first, columns=columns)[NEW].to_list() == [4, 4]
    assert read("reports", home=home, columns=columns)[NEW].to_list() == [9, 4]
    folder = (home / "snapshots" / first).rename(home / "cited")
    assert read("reports", home=folder, columns=columns)[NEW].to_list() == [4, 4]
    assert verify(folder) == []
    everywhere = pl.read_parquet(folder / "reports/**/*.parquet", hive_partitioning=True)
    assert everywhere[NEW].to_list() == [4, 4]
    with pytest.raises(NoDatasetError, match=f"no snapshot {first}; the last ones are {second}"):
        read("reports", home=home, snapshot=first)


def test_a_manifest_names_what_was_published(two: tuple[Path, str, str]) -> None:
    home, first, second = two
    manifest = json.loads((home / "snapshots" / second / "manifest.json").read_text())
    assert (manifest["snapshot"], manifest["previous"]) == (second, first)
    assert manifest["schema_version"] == SCHEMA_VERSION
    assert manifest["tables"]["reports"] == {"files": 2, "rows": 2}
    files = {file["path"]: file for file in manifest["files"]}
    shown = {path for path in contents(home / "dataset")}
    assert set(files) == shown
    assert files[f"reports/{GANSU_2023}/part-0.parquet"]["snapshot"] == second
    assert files["CODEBOOK.md"]["snapshot"] == first


def test_a_publication_that_changes_nothing_is_no_new_snapshot(two: tuple[Path, str, str]) -> None:
    home, _, second = two
    before = identities(home / "snapshots")
    assert publish(home).snapshot == publish(home, [GXJ]).snapshot == second
    stage(home, GXJ, "甘肃省", gxj(2023, number=9))
    assert publish(home, [GXJ]).snapshot == second
    assert identities(home / "snapshots") == before


def test_unchanged_files_of_two_snapshots_are_one_file(two: tuple[Path, str, str]) -> None:
    home, _, second = two
    stage(home, ZF, "青海省", [site_report("西宁市人民政府", site=ZF, province="青海省", numbers={NEW: 1})])
    third = publish(home, [ZF]).snapshot
    path = f"cells/{GANSU_2023}/part-0.parquet"
    places = [home / "dataset" / path, *(home / "snapshots" / one / path for one in (second, third))]
    assert len({place.stat().st_ino for place in places}) == 1


def test_diff_tells_reports_and_cells_that_changed(
    two: tuple[Path, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    home, first, second = two
    gone, changed, came = diff(home, first, second).partitions()
    assert (gone.year, gone.reports_removed) == (2022, ["金昌市工业和信息化局/2022"])
    assert came.reports_added == ["西宁市人民政府/2023"]
    assert changed.files_changed == [f"{table}/{GANSU_2023}/part-0.parquet" for table in ("cells", "reports")]
    [report] = changed.reports_changed
    [cell] = report.cells
    assert (cell.name, cell.before["value"], cell.after["value"]) == (NEW, 4, 9)
    assert main(["diff", "--home", str(home)]) == 0
    shown = capsys.readouterr().out
    assert f"{NEW}: 4 (stated) -> 9 (stated)" in shown
    assert "- 金昌市工业和信息化局/2022" in shown
    assert main(["diff", first, second, "--json", "--home", str(home)]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[1]["reports_changed"][0]["cells"][0]["after"] == {"value": 9, "raw": "9", "status": "stated"}
    assert list(diff(home, second, second).partitions()) == []


def test_diff_tells_a_lost_value_and_another_column(two: tuple[Path, str, str]) -> None:
    home, _, second = two
    cells = {NEW: Cell(None, "9 或 6", CellStatus.UNCERTAIN)}
    stage(home, GXJ, "甘肃省", [site_report(cells=cells)])
    publish(home, [GXJ])
    [change] = diff(home, second).partitions()
    [report] = change.reports_changed
    lost = next(value for value in report.cells if value.name == NEW)
    assert lost.after == {"value": None, "raw": "9 或 6", "status": "uncertain"}
    assert ("cells_uncertain", 0, 1) in [(v.name, v.before, v.after) for v in report.columns]


def test_verify_names_every_file_that_is_not_as_published(two: tuple[Path, str, str]) -> None:
    home, first, second = two
    assert verify(home) == verify(home, first) == []
    (home / "snapshots" / second / "CODEBOOK.md").unlink()
    reports = home / "snapshots" / second / f"reports/{GANSU_2023}/part-0.parquet"
    reports.write_bytes(reports.read_bytes()[:-1])
    flaws = {flaw.path: flaw.message for flaw in verify(home)}
    # The folder of the snapshot and the plain folder show the same file.
    damaged = [f"{place}/reports/{GANSU_2023}/part-0.parquet" for place in (f"snapshots/{second}", "dataset")]
    assert set(flaws) == {f"snapshots/{second}/CODEBOOK.md", *damaged}
    assert flaws[f"snapshots/{second}/CODEBOOK.md"] == "is missing"
    with pytest.raises(WarehouseError, match=r"is not what was published; run 'nianbao publish'"):
        stage(home, GXJ, "甘肃省", gxj(2023, number=10))
        publish(home, [GXJ])
    publish(home)
    assert verify(home) == []


def test_old_partitions_are_brought_to_the_schema_of_today(two: tuple[Path, str, str]) -> None:
    home, _, second = two
    path = home / "snapshots" / second / "manifest.json"
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps(manifest | {"schema_version": SCHEMA_VERSION - 1}))
    third = publish(home, [GXJ]).snapshot
    assert third != second
    renewed = json.loads((home / "snapshots" / third / "manifest.json").read_text())
    assert renewed["schema_version"] == SCHEMA_VERSION


Step = tuple[int, list[tuple[str, int, int]], str]
STEPS = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 2]),
        st.lists(
            st.tuples(
                st.sampled_from(["甲局", "乙局", "丙局"]), st.sampled_from([2022, 2023]), st.integers(0, 2)
            ),
            max_size=4,
            unique_by=lambda drawn: drawn[:2],
        ),
        st.sampled_from(["甘肃省", "青海省"]),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=15, deadline=None)
@given(STEPS)
def test_publishing_site_by_site_gives_the_bytes_of_publishing_all_at_once(steps: list[Step]) -> None:
    """Sites come, change, share reports, move, lose all: the dataset is always that of its staging."""
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        for number, drawn, province in steps:
            site = f"{number}.gov.cn"
            reports = [
                site_report(
                    agency, year, site=site, site_name="甲局", province=province, numbers={NEW: value}
                )
                for agency, year, value in drawn
            ]
            for home in (one, other):
                stage(home, site, province, reports)
            publish(one, [site])
        publish(other)
        assert contents(Path(one, "dataset")) == contents(Path(other, "dataset"))
        assert inputs(Path(one)) == inputs(Path(other))


def inputs(home: Path) -> list[tuple[str, str]]:
    manifest = json.loads((home / "snapshots" / current(home) / "manifest.json").read_text())
    return [(file["path"], file["sha256"]) for file in manifest["inputs"]]
