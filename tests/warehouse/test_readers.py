"""Every reader that docs/reading.md names, by the lines that stand there, on a published dataset."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.warehouse.samples import NEW, site_report
from warehouse import publish, stage

BLOCKS = re.findall(
    r"^```python\n(.*?)^```",
    Path(__file__).parents[2].joinpath("docs/reading.md").read_text("utf-8"),
    re.M | re.S,
)
AGENCIES = ["兰州市教育局", "金昌市工业和信息化局"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the home `data`: two agencies of 甘肃省 in two years, one of 青海省 in one."""
    folder = tmp_path_factory.mktemp("readers")
    home = folder / "data"
    reports = [
        site_report(agency, year, numbers={NEW: number})
        for agency, number in zip(AGENCIES, (3, 4), strict=True)
        for year in (2022, 2023)
    ]
    stage(home, "gxj.jcs.gov.cn", "甘肃省", reports)
    xining = site_report("西宁市人民政府", site="www.xining.gov.cn", province="青海省", numbers={NEW: 20})
    stage(home, "www.xining.gov.cn", "青海省", [xining])
    publish(home)
    return folder


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the block that imports a library, beside the home; gives its variables."""
    monkeypatch.chdir(folder)
    monkeypatch.delenv("NIANBAO_HOME", raising=False)

    def run(library: str) -> dict[str, Any]:
        [block] = [block for block in BLOCKS if re.match(rf"(import|from) {library}\b", block)]
        names: dict[str, Any] = {}
        exec(compile(block, "docs/reading.md", "exec"), names)
        return names

    return run


def test_no_reader_is_left_out() -> None:
    libraries = {re.match(r"(?:import|from) (\w+)", block)[1] for block in BLOCKS}  # type: ignore[index]
    assert libraries == {"pandas", "warehouse", "polars", "duckdb", "pyspark"}


def test_pandas(run: Any) -> None:
    names = run("pandas")
    assert sorted(names["reports"][NEW]) == [3, 3, 4, 4, 20]
    assert names["reports"]["province"].unique().tolist() == ["甘肃省", "青海省"]
    assert names["gansu"]["agency"].to_list() == AGENCIES


def test_its_own_reader(run: Any) -> None:
    names = run("warehouse")
    assert list(names["reports"].columns) == ["agency", NEW, "year", "province"]
    assert names["reports"][NEW].to_list() == [3, 4]
    assert names["statuses"][["province", NEW]].values.tolist() == [
        ["甘肃省", "stated"], ["甘肃省", "stated"], ["青海省", "stated"],
    ]  # fmt: skip
    assert set(names["table"]["year"].to_pylist()) == {2022, 2023}


def test_polars(run: Any) -> None:
    reports = run("polars")["reports"]
    assert sorted(reports.select("province", NEW).rows()) == [("甘肃省", 3), ("甘肃省", 4), ("青海省", 20)]


def test_duckdb(run: Any) -> None:
    assert sorted(run("duckdb")["by_province"]) == [("甘肃省", 7), ("青海省", 20)]


@pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java")
def test_spark(run: Any) -> None:
    pytest.importorskip("pyspark")
    names = run("pyspark")
    try:
        rows = names["reports"].select("province", "agency", f"`{NEW}`").orderBy("agency").collect()
        assert [tuple(row) for row in rows] == [
            ("甘肃省", agency, n) for agency, n in zip(AGENCIES, (3, 4), strict=True)
        ]
    finally:
        names["spark"].stop()
