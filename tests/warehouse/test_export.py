"""The dataset for programs that read no Parquet, and cells turned into columns."""

from __future__ import annotations

import csv
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from flows.cli import main
from tests.warehouse.samples import FEES, FORM, NEW, site_report
from warehouse import Format, UnknownNameError, WarehouseError, export, publish, read, stage

GXJ = "gxj.jcs.gov.cn"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("export")
    stage(
        home, GXJ, "甘肃省", [site_report(year=2022), site_report(year=2023, numbers={NEW: None, FEES: 1.5})]
    )
    publish(home)
    return home


def test_csv_opens_in_excel_and_reads_back(home: Path, tmp_path: Path) -> None:
    counts = export(home, tmp_path / "out", Format.CSV)
    assert counts["reports"] == 2
    assert counts["cells"] == 2 * len(FORM.cells)
    data = (tmp_path / "out" / "reports.csv").read_bytes()
    assert data.startswith("\ufeffreport_id,".encode())
    frame = pd.read_csv(tmp_path / "out" / "reports.csv")
    assert frame["agency"].unique().tolist() == ["金昌市工业和信息化局"]
    assert frame["province"].to_list() == ["甘肃省", "甘肃省"]
    assert frame[FEES].to_list() == [0.5, 1.5]
    with (tmp_path / "out" / "reports.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row[NEW] for row in rows] == ["4", ""]
    assert json.loads(rows[0]["digests"]) == [f"sha256:{2022:064x}"]
    assert json.loads(rows[0]["issues"])[0]["code"] == "torn_row"
    assert rows[0]["fetched_at"] == "2026-11-20T02:00:00+00:00"


def test_sqlite_and_duckdb_answer_what_the_dataset_does(home: Path, tmp_path: Path) -> None:
    query = f"select year, status, value from cells where cell = '{NEW}' order by year"
    export(home, tmp_path / "out.sqlite", Format.SQLITE)
    with closing(sqlite3.connect(tmp_path / "out.sqlite")) as database:
        in_sqlite = database.execute(query).fetchall()
        [(kind,)] = database.execute(f'select typeof("{NEW}") from reports where year = 2022').fetchall()
    assert in_sqlite == [(2022, "stated", 4.0), (2023, "blank", None)]
    assert kind == "integer"
    export(home, tmp_path / "out.duckdb", Format.DUCKDB)
    with duckdb.connect(str(tmp_path / "out.duckdb")) as database:
        assert database.execute(query).fetchall() == in_sqlite
        [(urls,)] = database.execute("select urls from reports where year = 2022").fetchall()
    assert urls == [f"http://{GXJ}/zwgk/2022.html"]


def test_a_part_is_exported_by_the_command(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "part"
    arguments = ["export", "csv", str(out), "--table", "reports", "--year", "2023", "--home", str(home)]
    assert main(arguments) == 0
    assert "reports      1 rows" in capsys.readouterr().out
    assert [path.name for path in out.iterdir()] == ["reports.csv"]
    assert main(arguments) == 1
    assert capsys.readouterr().err == f"nianbao: {out}: exists already; remove it or name another one\n"
    assert main([*arguments[:2], str(tmp_path / "x"), "--table", "nosuch", "--home", str(home)]) == 1
    assert "no table 'nosuch'" in capsys.readouterr().err


@pytest.mark.parametrize("format_", Format)
def test_an_export_that_fails_leaves_nothing(home: Path, tmp_path: Path, format_: Format) -> None:
    """The second table of two is damaged."""
    damaged = next((home / "snapshots").glob("2*/cells/*/*/*.parquet"))
    data = damaged.read_bytes()
    damaged.write_bytes(data[:-100])
    try:
        with pytest.raises(WarehouseError, match="the dataset is damaged"):
            export(home, tmp_path / "out", format_, tables=["reports", "cells"])
    finally:
        damaged.write_bytes(data)
    assert list(tmp_path.iterdir()) == []


def test_cells_are_pivoted_on_request(home: Path) -> None:
    statuses = read("cells", home=home, pivot="status")
    assert list(statuses.columns)[:4] == ["report_id", "agency", "year", "province"]
    assert statuses[["year", NEW, FEES]].values.tolist() == [
        [2022, "stated", "stated"],
        [2023, "blank", "stated"],
    ]
    places = read("cells", home=home, year=2023, pivot="block", columns=[FEES])
    assert list(places.columns) == ["report_id", "agency", "year", "province", FEES]
    assert places[FEES].to_list() == [7]
    assert read("cells", home=home, year=1999, pivot="raw").empty
    with pytest.raises(UnknownNameError, match="no cell nosuch"):
        read("cells", home=home, pivot="raw", columns=["nosuch"])
    with pytest.raises(UnknownNameError, match="cells has no column nosuch"):
        read("cells", home=home, pivot="nosuch")
    with pytest.raises(UnknownNameError, match="only cells can be pivoted"):
        read("reports", home=home, pivot="raw")
