"""From staging to the dataset, read back with the tools that people use."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from parsers.model import CellStatus, CheckOutcome
from tests.warehouse.samples import FEES, FORM, NEW, contents, identities, site_report
from warehouse import SiteReport, WarehouseError, publish, read, stage, staged_reports

GXJ, ZF = "gxj.jcs.gov.cn", "www.xining.gov.cn"
GANSU_2023 = "year=2023/province=甘肃省"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Two sites in two provinces, published: 2022 and 2023 of one, 2023 of the other."""
    stage(tmp_path, GXJ, "甘肃省", [site_report(year=2022), site_report(year=2023)])
    stage(tmp_path, ZF, "青海省", [xining(41)])
    publish(tmp_path)
    return tmp_path


def xining(number: int, year: int = 2023) -> SiteReport:
    return site_report("西宁市人民政府", year, site=ZF, province="青海省", numbers={NEW: number, FEES: None})


def test_publication_says_what_changed_and_what_is_there(tmp_path: Path) -> None:
    stage(tmp_path, GXJ, "甘肃省", [site_report()])
    stage(tmp_path, ZF, "青海省", [xining(41)])
    done = publish(tmp_path)
    assert done.written == ("year=2023/province=甘肃省", "year=2023/province=青海省")
    assert done.removed == ()
    assert done.reports == 2
    assert done.cells[CellStatus.STATED] == 3
    assert done.cells[CellStatus.BLANK] == 1
    assert sum(done.cells.values()) == 2 * len(FORM.cells)
    assert done.checks == {CheckOutcome.PASS: 2, CheckOutcome.FAIL: 0, CheckOutcome.NOT_CHECKABLE: 2}


def test_pandas_polars_duckdb_and_read_give_the_same_numbers(home: Path) -> None:
    expected = {("甘肃省", 2022, 4), ("甘肃省", 2023, 4), ("青海省", 2023, 41)}
    reports = home / "dataset" / "reports"
    query = f"SELECT * FROM read_parquet('{reports}/*/*/*.parquet', hive_partitioning = true)"
    frames = [
        pd.read_parquet(reports),
        pl.read_parquet(reports / "**/*.parquet", hive_partitioning=True).to_pandas(),
        duckdb.connect().execute(query).df(),
        read("reports", home=home),
    ]
    for frame in frames:
        assert set(frame[["province", "year", NEW]].itertuples(index=False, name=None)) == expected
        assert frame.set_index("province")[FEES].dropna().to_dict() == {"甘肃省": 0.5}
        assert set(frame["verdict"]) == {"partial"}
        assert {issue["code"] for issues in frame["issues"] for issue in issues} == {"torn_row"}
        assert str(frame["fetched_at"].iloc[0].tz_convert("UTC")) == "2026-11-20 02:00:00+00:00"


def test_filters_on_the_chinese_province_name_work_everywhere(home: Path) -> None:
    cells = home / "dataset" / "cells"
    where = [("province", "==", "青海省"), ("year", "==", 2023), ("status", "==", "stated")]
    with_pandas = pd.read_parquet(cells, filters=where)
    lazy = pl.scan_parquet(cells / "**/*.parquet", hive_partitioning=True)
    with_polars = lazy.filter(pl.col("province") == "青海省", status="stated").collect()
    with_duckdb = (
        duckdb.connect()
        .execute(
            f"SELECT value FROM read_parquet('{cells}/*/*/*.parquet', hive_partitioning = true) "
            "WHERE province = '青海省' AND status = 'stated'"
        )
        .fetchall()
    )
    assert with_pandas["value"].to_list() == with_polars["value"].to_list() == [41.0]
    assert with_duckdb == [(41.0,)]


def test_files_carry_the_labels_of_their_columns(home: Path) -> None:
    field = parquet.read_schema(home / "dataset/reports" / GANSU_2023 / "part-0.parquet").field(NEW)
    assert field.metadata[b"unit"].decode() == "件"
    assert "总计" in field.metadata[b"label"].decode()


def test_rows_stand_by_report_and_in_the_order_of_the_form(home: Path) -> None:
    stage(home, "a.gov.cn", "甘肃省", [site_report("金昌市自然资源局", site="a.gov.cn")])
    stage(home, "b.gov.cn", "甘肃省", [site_report("金昌市公安局", site="b.gov.cn")])
    publish(home, ["a.gov.cn", "b.gov.cn"])
    agencies = ["金昌市公安局", "金昌市工业和信息化局", "金昌市自然资源局"]
    assert read("reports", home=home, year=2023, province="甘肃省")["agency"].to_list() == agencies
    cells = read("cells", home=home, year=2023, province="甘肃省")
    expected = [(agency, cell) for agency in agencies for cell in FORM.cells]
    assert list(cells[["agency", "cell"]].itertuples(index=False, name=None)) == expected


def test_reports_of_many_sites_stand_in_order_and_an_update_gives_the_bytes_of_a_whole_publication(
    tmp_path: Path,
) -> None:
    def staged(site: int, number: int) -> str:
        name = f"s{site:02d}.gov.cn"
        agencies = [f"金昌市第{(37 * place + 11 * site) % 997:03d}{site:02d}局" for place in range(40)]
        reports = [site_report(agency, site=name, numbers={NEW: number}) for agency in agencies]
        stage(tmp_path, name, "甘肃省", reports)
        return name

    for site in range(30):
        staged(site, 5)
    publish(tmp_path)
    for table in ("reports", "cells", "obligations"):
        ids = read(table, home=tmp_path)["report_id"].to_list()
        assert ids == sorted(ids)
    publish(tmp_path, [staged(7, 6)])
    updated = contents(tmp_path / "dataset")
    publish(tmp_path)
    assert contents(tmp_path / "dataset") == updated


def test_publishing_twice_changes_no_file(home: Path) -> None:
    before = identities(home / "dataset"), contents(home / "dataset")
    assert publish(home).written == ()
    assert (identities(home / "dataset"), contents(home / "dataset")) == before


def test_a_dataset_built_anew_has_the_same_bytes(
    home: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    anew = tmp_path_factory.mktemp("anew")
    stage(anew, ZF, "青海省", [xining(41)])
    stage(anew, GXJ, "甘肃省", [site_report(year=2023), site_report(year=2022)])
    publish(anew)
    assert contents(anew / "dataset") == contents(home / "dataset")


def test_rerun_of_one_site_replaces_its_rows_and_no_other_file(home: Path) -> None:
    stage(home, "zrzy.jcs.gov.cn", "甘肃省", [site_report("金昌市自然资源局", site="zrzy.jcs.gov.cn")])
    publish(home)
    before = identities(home / "dataset")
    stage(home, GXJ, "甘肃省", [site_report(year=2022), site_report(year=2023, numbers={NEW: 9})])
    stage(home, ZF, "青海省", [xining(99)])
    done = publish(home, [GXJ])
    assert done.written == (GANSU_2023,)
    after = identities(home / "dataset")
    changed = {path for path in after if after[path] != before.get(path)}
    tables = {f"{table}/{GANSU_2023}/part-0.parquet" for table in ("reports", "cells")}
    assert changed == {*tables, "datapackage.json"}
    numbers = (
        read("reports", home=home, year=2023, columns=["agency", NEW]).set_index("agency")[NEW].to_dict()
    )
    assert numbers == {"金昌市工业和信息化局": 9, "金昌市自然资源局": 4, "西宁市人民政府": 41}


def test_partitions_that_lost_all_rows_vanish(home: Path) -> None:
    stage(home, GXJ, "甘肃省", [site_report(year=2023)])
    done = publish(home, [GXJ])
    assert (done.written, done.removed) == ((), ("year=2022/province=甘肃省",))
    assert not list((home / "dataset").glob("*/year=2022"))
    stage(home, GXJ, "甘肃省", [])
    stage(home, ZF, "青海省", [])
    assert publish(home).reports == 0
    assert read("reports", home=home).empty
    assert list(read("cells", home=home, columns=["value"])) == ["value", "year", "province"]


def test_narrative_reports_have_a_row_and_no_cells(tmp_path: Path) -> None:
    stage(tmp_path, GXJ, "甘肃省", [site_report(cells={})])
    publish(tmp_path)
    assert read("reports", home=tmp_path)["verdict"].to_list() == ["narrative_only"]
    assert read("cells", home=tmp_path).empty


def test_a_site_moved_to_another_province_leaves_no_row_behind(home: Path) -> None:
    moved = [site_report(year=2023, province="青海省")]
    stage(home, GXJ, "青海省", moved)
    assert staged_reports(home, GXJ) == 1
    done = publish(home, [GXJ])
    assert done.removed == ("year=2022/province=甘肃省", "year=2023/province=甘肃省")
    rows = read("reports", home=home, columns=["agency", "province_code"])
    assert set(rows["province"]) == {"青海省"}
    assert set(rows["province_code"]) == {"630000"}
    assert len(rows) == 2


def site_with(site: str, site_name: str, stated: int) -> SiteReport:
    numbers = dict.fromkeys(list(FORM.cells)[:stated], 1)
    return site_report(site=site, site_name=site_name, numbers=numbers)


@pytest.mark.parametrize(
    ("sites", "winner"),
    [
        ([("a.gov.cn", "金昌市人民政府", 90), ("b.gov.cn", "金昌市工业和信息化局", 10)], "b.gov.cn"),
        ([("a.gov.cn", "金昌市人民政府", 10), ("b.gov.cn", "金昌市档案馆", 90)], "b.gov.cn"),
        ([("b.gov.cn", "金昌市人民政府", 10), ("a.gov.cn", "金昌市档案馆", 10)], "a.gov.cn"),
    ],
    ids=["the agency's own site", "most stated cells", "first site id"],
)
def test_one_report_on_two_sites_is_one_row(
    tmp_path: Path, sites: list[tuple[str, str, int]], winner: str
) -> None:
    for site, name, stated in sites:
        stage(tmp_path, site, "甘肃省", [site_with(site, name, stated)])
    publish(tmp_path)
    (other,) = {site for site, _, _ in sites} - {winner}
    [row] = read("reports", home=tmp_path).to_dict("records")
    assert row["site"] == winner
    assert list(row["source_sites"]) == [winner, other]
    assert list(row["urls"]) == [f"http://{site}/zwgk/2023.html" for site in (winner, other)]
    assert row["cells_stated"] == max(stated for _, _, stated in sites)
    assert set(read("cells", home=tmp_path)["site"]) == {winner}
    assert len(read("cells", home=tmp_path)) == len(FORM.cells)
    stage(tmp_path, winner, "甘肃省", [])
    publish(tmp_path, [winner])
    assert set(read("checks", home=tmp_path)["site"]) == {other}


Drawn = tuple[str, str, int, int]
REPORTS = st.lists(
    st.tuples(
        st.sampled_from(["a.gov.cn", "b.gov.cn/路径", "c.gov.cn:8080"]),
        st.sampled_from(["城关区人民政府", "城关镇人民政府"]),
        st.sampled_from([2021, 2023]),
        st.integers(0, 3),
    ),
    max_size=8,
    unique_by=lambda drawn: drawn[:3],
)


@settings(max_examples=10, deadline=None)
@given(REPORTS.flatmap(lambda drawn: st.tuples(st.just(drawn), st.permutations(drawn))))
def test_order_of_staging_does_not_show(orders: tuple[list[Drawn], list[Drawn]]) -> None:
    """Any set of reports gives the same bytes in any order, and each report one row."""
    datasets = []
    for drawn in orders:
        by_site: dict[str, list[SiteReport]] = {}
        for site, agency, year, number in drawn:
            item = site_report(agency, year, site=site, site_name="城关区人民政府", numbers={NEW: number})
            by_site.setdefault(site, []).append(item)
        with TemporaryDirectory() as directory:
            for site, reports in by_site.items():
                stage(Path(directory), site, "甘肃省", reports)
            published = publish(Path(directory)).reports
            datasets.append(contents(Path(directory, "dataset")))
        assert published == len({(agency, year) for _, agency, year, _ in drawn})
    assert datasets[0] == datasets[1]


def test_a_dataset_with_other_columns_is_renewed_whole(home: Path) -> None:
    published = home / "snapshots" / (home / "snapshots/current").read_text() / "manifest.json"
    manifest = json.loads(published.read_text())
    published.write_text(json.dumps(manifest | {"columns": "others"}))
    stage(home, ZF, "青海省", [xining(99)])
    publish(home, [GXJ])
    assert read("reports", home=home, province="青海省")[NEW].to_list() == [99]


def test_sites_without_reports_publish_nothing(home: Path) -> None:
    before = identities(home / "dataset")
    stage(home, "empty.gov.cn", "甘肃省", [])
    for sites in ([], ["empty.gov.cn"], ["nowhere.gov.cn"]):
        assert publish(home, sites).written == ()
    assert identities(home / "dataset") == before


def test_sites_are_staged_whole(home: Path) -> None:
    assert (staged_reports(home, GXJ), staged_reports(home, "nowhere.gov.cn")) == (2, 0)
    stage(home, GXJ, "甘肃省", [site_report(year=2021)])
    assert staged_reports(home, GXJ) == 1
    stage(home, "a.gov.cn/b/c", "甘肃省", [site_report(site="a.gov.cn/b/c")])
    assert staged_reports(home, "a.gov.cn/b/c") == 1
    assert staged_reports(home, "a.gov.cn") == 0


def _with_head(data: bytes, head: object) -> bytes:
    """A staged file whose head says something else."""
    renewed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as former, zipfile.ZipFile(renewed, "w") as archive:
        for name in former.namelist():
            archive.writestr(name, json.dumps(head) if name == "head.json" else former.read(name))
    return renewed.getvalue()


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:100],
        lambda data: _with_head(data, {"version": 1, "held": 2, "reports": []}),
        lambda data: _with_head(data, []),
    ],
    ids=["cut off", "head without schema", "head of another kind"],
)
def test_damaged_staging_is_named_and_publishes_nothing(home: Path, damage: Callable[[bytes], bytes]) -> None:
    (damaged,) = (home / "staging").glob(f"*/{GXJ}")
    damaged.write_bytes(damage(damaged.read_bytes()))
    before = contents(home / "dataset")
    with pytest.raises(WarehouseError, match=r"甘肃省/gxj\.jcs\.gov\.cn: .*reparse") as raised:
        publish(home)
    assert "\n" not in str(raised.value)
    assert contents(home / "dataset") == before


def test_readers_never_see_two_publications_at_once(home: Path) -> None:
    """While one publishes, whatever is read belongs to one publication."""
    stop = threading.Event()

    def republish() -> None:
        for number in range(8):
            numbers = {NEW: number}
            stage(home, GXJ, "甘肃省", [site_report(year=y, numbers=numbers) for y in range(2019, 2024)])
            publish(home, [GXJ])
        stop.set()

    writer = threading.Thread(target=republish)
    writer.start()
    editions = []
    while not stop.is_set():
        editions.append(read("reports", home=home, province="甘肃省", columns=[NEW])[NEW].to_list())
    writer.join()
    assert all(len(set(edition)) == 1 for edition in editions)
    assert {len(edition) for edition in editions} <= {2, 5}


def test_writers_at_the_same_time_do_not_meet(tmp_path: Path) -> None:
    """Sites staged and published from many threads give what one after the other gives."""

    def rerun(home: Path, number: int) -> None:
        site = f"s{number}.gov.cn"
        stage(home, site, "甘肃省", [site_report(f"第{number}局", site=site)])
        publish(home, [site])

    for number in range(6):
        rerun(tmp_path / "in turn", number)
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(rerun, [tmp_path / "at once"] * 12, [*range(6), *range(6)]))
    assert contents(tmp_path / "at once" / "dataset") == contents(tmp_path / "in turn" / "dataset")
