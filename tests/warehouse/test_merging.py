"""One report on several sites: one row with all its sources; readings that differ are a conflict."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.model import Cell, CellStatus
from tests.warehouse.samples import FEES, FORM, NEW, contents, site_report
from warehouse import Observed, SiteReport, publish, read, stage

AGENCY = "金昌市工业和信息化局"
OWN, CITY = "gxj.jcs.gov.cn", "www.jcs.gov.cn"
PERSONS = "applications.new_received.natural_person"


def on(site: str, **fields: Any) -> SiteReport:
    """The agency's report on its own site or on the city's."""
    return site_report(AGENCY, site=site, site_name=AGENCY if site == OWN else "金昌市人民政府", **fields)


def published(home: Path, *reports: SiteReport) -> tuple[dict[str, Any], pd.DataFrame]:
    """The row and the cells of the one report that is published."""
    for report in reports:
        stage(home, report.site_id, "甘肃省", [report])
    publish(home)
    [row] = read("reports", home=home).to_dict("records")
    return row, read("cells", home=home).set_index("cell")


def test_readings_that_differ_are_a_conflict_that_names_both(tmp_path: Path) -> None:
    row, cells = published(tmp_path, on(OWN, numbers={NEW: 4, FEES: 1}), on(CITY, numbers={NEW: 5, FEES: 1}))
    assert row["verdict"] == "source_conflict"
    assert pd.isna(row[NEW])
    assert row[FEES] == 1
    assert cells.loc[NEW, ["status", "raw"]].to_list() == ["uncertain", "4 ≠ 5"]
    [conflict] = [one["message"] for one in row["issues"] if one["code"] == "source_conflict"]
    own, city = f"http://{OWN}/zwgk/2023.html", f"http://{CITY}/zwgk/2023.html"
    assert conflict == f"{NEW}: {own} prints '4', {city} prints '5'"
    assert list(row["urls"]) == [own, city]
    assert list(row["source_sites"]) == [OWN, CITY]
    assert len(row["digests"]) == len(row["source_roles"]) == len(row["source_fetched_at"]) == 2
    checks = read("checks", home=tmp_path)
    assert not checks.duplicated(["report_id", "check", "at"]).any()


def test_each_site_adds_the_cells_that_the_other_lost(tmp_path: Path) -> None:
    lost = {PERSONS: Cell(None, "1 或 7", CellStatus.UNCERTAIN)}
    one, other = on(OWN, numbers={NEW: 4}), on(CITY, numbers={NEW: 4, PERSONS: 3})
    one = replace(one, report=replace(one.report, cells=one.report.cells | lost))
    row, cells = published(tmp_path, one, other)
    assert (row[NEW], row[PERSONS]) == (4, 3)
    assert row["verdict"] != "source_conflict"
    assert cells.loc[PERSONS, "status"] == "stated"
    assert row["cells_stated"] == 2


def test_reports_in_prose_alone_have_no_cells_that_differ(tmp_path: Path) -> None:
    row, cells = published(tmp_path, on(OWN, cells={}), on(CITY, cells={}))
    assert cells.empty
    assert sorted(row["source_sites"]) == [OWN, CITY]


def test_the_earliest_date_counts_and_a_site_that_withdrew_has_no_say(tmp_path: Path) -> None:
    early = replace(on(CITY, numbers={NEW: 5}), published_date=date(2024, 1, 20))
    late = replace(on(OWN, numbers={NEW: 5}), published_date=date(2024, 2, 20))
    row, _ = published(tmp_path, early, late)
    assert row["published_date"] == date(2024, 1, 20)
    gone = datetime(2026, 12, 1, tzinfo=UTC)
    url = f"http://{CITY}/zwgk/2023.html"
    stage(tmp_path, CITY, "甘肃省", [], Observed(withdrawn={url: gone}))
    publish(tmp_path, [CITY])
    [row] = read("reports", home=tmp_path).to_dict("records")
    assert pd.isna(row["withdrawn_at"])
    assert list(row["source_sites"]) == [OWN]
    stage(tmp_path, OWN, "甘肃省", [], Observed(withdrawn={f"http://{OWN}/zwgk/2023.html": gone}))
    publish(tmp_path, [OWN])
    [row] = read("reports", home=tmp_path).to_dict("records")
    assert row["withdrawn_at"] == pd.Timestamp(gone)
    assert row[NEW] == 5
    assert sorted(row["source_sites"]) == [OWN, CITY]


Drawn = tuple[str, str, int, int, bool]
STAGED = st.lists(
    st.tuples(
        st.sampled_from([OWN, CITY, "c.gov.cn/路径"]),
        st.sampled_from(["金川区民政局", "金昌市金川区民政局", "永昌县政府"]),
        st.sampled_from([2021, 2022]),
        st.sampled_from([0, 0, 7]),
        st.booleans(),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda drawn: drawn[:3],
)
GONE = datetime(2026, 12, 1, tzinfo=UTC)


def drawn_report(site: str, agency: str, year: int, number: int) -> SiteReport:
    """A report with an address of its own."""
    item = site_report(agency, year, site=site, site_name="永昌县人民政府", numbers={NEW: number})
    [source] = item.sources
    return replace(item, sources=(replace(source, url=f"http://{site}/{agency}/{year}.html"),))


@settings(max_examples=15, deadline=None)
@given(STAGED)
def test_any_staging_gives_each_report_once_and_loses_none(drawn: list[Drawn]) -> None:
    """Whatever sites hold, withdraw and read differently: rows are unique, every report and source is there,
    a number is one that a source prints, and publishing site by site gives the same bytes."""
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        for site in dict.fromkeys(row[0] for row in drawn):
            of_site = [(drawn_report(*row[:4]), row[4]) for row in drawn if row[0] == site]
            gone = {item.sources[0].url: GONE for item, withdrawn in of_site if withdrawn}
            for home in (one, other):
                stage(home, site, "甘肃省", [item for item, _ in of_site])
                stage(
                    home,
                    site,
                    "甘肃省",
                    [item for item, withdrawn in of_site if not withdrawn],
                    Observed(withdrawn=gone),
                )
            publish(one, [site])
        publish(other)
        assert contents(Path(one, "dataset")) == contents(Path(other, "dataset"))
        reports = read("reports", home=one)
        cells = read("cells", home=one)
        obligations = read("obligations", home=one)
    held: dict[str, list[Drawn]] = {}
    for row in drawn:
        held.setdefault(f"{row[1].replace('县政府', '县人民政府')}/{row[2]}", []).append(row)
    assert sorted(reports["report_id"]) == sorted(held)
    assert not cells.duplicated(["report_id", "cell"]).any()
    assert len(cells) == len(reports) * len(FORM.cells)
    assert set(obligations["report_id"]) <= set(reports["report_id"])
    for row in reports.to_dict("records"):
        there = [one for one in held[row["report_id"]] if not one[4]]
        assert pd.isna(row["withdrawn_at"]) == bool(there)
        counted = there or held[row["report_id"]]
        assert set(row["source_sites"]) == {one[0] for one in counted}
        numbers = {one[3] for one in counted}
        assert row[NEW] in numbers if len(numbers) == 1 else pd.isna(row[NEW])
