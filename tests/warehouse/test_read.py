"""The read API: pruning, types, and what it says when something is not there."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.warehouse.samples import FEES, NEW, site_report
from warehouse import NoDatasetError, UnknownNameError, WarehouseError, publish, read, stage

GXJ = "gxj.jcs.gov.cn"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    reports = [
        site_report(year=year, numbers={NEW: year} if year > 2021 else {}) for year in (2021, 2022, 2023)
    ]
    stage(tmp_path, GXJ, "甘肃省", reports)
    publish(tmp_path)
    return tmp_path


def test_years_provinces_and_columns_are_pruned(home: Path) -> None:
    rows = read("reports", home=home, year=[2022, 2023], province="甘肃省", columns=["agency", NEW])
    assert list(rows.columns) == ["agency", NEW, "year", "province"]
    assert rows["year"].to_list() == [2022, 2023]
    assert read("reports", home=home, year=2021)["year"].to_list() == [2021]
    assert read("reports", home=home, year=[]).empty
    assert read("reports", home=home, province="青海省").empty


def test_only_the_files_asked_for_are_opened(home: Path) -> None:
    (other,) = (home / "dataset/reports/year=2021").rglob("*.parquet")
    other.write_bytes(b"damaged")
    assert read("reports", home=home, year=2023)[NEW].to_list() == [2023]
    with pytest.raises(WarehouseError, match=r"year=2021.*nianbao publish"):
        read("reports", home=home)
    publish(home)
    assert len(read("reports", home=home)) == 3


def test_counts_stay_whole_numbers_where_some_are_missing(home: Path) -> None:
    rows = read("reports", home=home, columns=[NEW, FEES])
    assert rows[NEW].dtype == pd.Int64Dtype()
    assert rows[NEW].to_list()[1:] == [2022, 2023]
    assert rows[NEW].isna().to_list() == [True, False, False]
    assert rows[FEES].dtype == "float64"


def test_home_is_taken_from_the_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIANBAO_HOME", str(home))
    assert len(read("reports")) == 3
    monkeypatch.delenv("NIANBAO_HOME")
    (home / "data").mkdir()
    (home / "snapshots").rename(home / "data" / "snapshots")
    monkeypatch.chdir(home)
    assert len(read("reports")) == 3


def test_what_is_not_there_is_said_plainly(home: Path, tmp_path: Path) -> None:
    tables = "reports, cells, checks, facts, revisions, obligations, panel"
    with pytest.raises(UnknownNameError, match=f"no table 'figures'; the dataset has {tables}"):
        read("figures", home=home)
    with pytest.raises(UnknownNameError, match=r"reports has no column nosuch; CODEBOOK\.md"):
        read("reports", home=home, columns=["agency", "nosuch"])
    with pytest.raises(NoDatasetError, match="nothing published here yet"):
        read("reports", home=tmp_path / "empty")
