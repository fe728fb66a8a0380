"""Checks of a government's report against those of its departments, townships and lower governments."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from parsers.model import Scope
from tests.warehouse.samples import FEES, NEW, Numbers, contents, site_report
from warehouse import SiteReport, publish, read, stage
from warehouse.levels import level_cells
from warehouse.schema import CELLS

PENALTIES = "proactive.admin_penalty.decisions"
CITYS, BUREAUS = "www.jcs.gov.cn", "jyj.jcs.gov.cn"
CITY, COUNTY = "金昌市人民政府", "永昌县人民政府"


def report(agency: str, numbers: Numbers, scope: Scope | None = None, site: str = CITYS) -> SiteReport:
    item = site_report(agency, site=site, numbers=numbers)
    return replace(item, report=replace(item.report, scope=scope))


def whole(agency: str, numbers: Numbers) -> SiteReport:
    return report(agency, numbers, Scope.WHOLE_JURISDICTION)


def levels(home: Path, *reports: SiteReport) -> pd.DataFrame:
    stage(home, CITYS, "甘肃省", reports)
    publish(home)
    return read("levels", home=home).set_index(["agency", "cell"])


def test_the_bodies_below_a_government_may_not_add_up_to_more(tmp_path: Path) -> None:
    rows = levels(
        tmp_path,
        whole(CITY, {NEW: 20, PENALTIES: 9, FEES: 1}),
        report("金昌市教育局", {NEW: 5, PENALTIES: 4, FEES: 7}),
        report("金昌市公安局", {NEW: 6, PENALTIES: 6}),
        whole(COUNTY, {NEW: 9, PENALTIES: None}),
        report("永昌县教育局", {NEW: 4}),
        report("永昌县城关镇人民政府", {NEW: 6}),
    )
    assert set(rows.index) == {(CITY, NEW), (CITY, PENALTIES), (COUNTY, NEW)}
    said = rows[["outcome", "value", "below", "reports"]]
    # The county stands for its own bodies.
    assert said.loc[(CITY, NEW)].to_list() == ["pass", 20, 5 + 6 + 9, 3]
    assert said.loc[(CITY, PENALTIES)].to_list() == ["fail", 9, 10, 2]
    assert said.loc[(COUNTY, NEW)].to_list() == ["fail", 9, 10, 2]


def test_bodies_of_a_county_without_a_report_are_parts_of_the_city(tmp_path: Path) -> None:
    rows = levels(tmp_path, whole(CITY, {NEW: 3}), report("永昌县教育局", {NEW: 4}))
    assert rows.loc[(CITY, NEW), ["outcome", "below", "reports"]].to_list() == ["fail", 4, 1]


@pytest.mark.parametrize("scope", [None, Scope.OWN_ORGAN])
def test_a_report_that_is_not_on_the_whole_jurisdiction_is_held_against_nobody(
    tmp_path: Path, scope: Scope | None
) -> None:
    rows = levels(tmp_path, report(CITY, {NEW: 3}, scope), report("金昌市教育局", {NEW: 4}))
    assert set(rows["outcome"]) <= {"not_checkable"}


def test_a_system_of_several_levels_and_an_office_led_from_above_are_no_parts(tmp_path: Path) -> None:
    rows = levels(
        tmp_path,
        whole(CITY, {NEW: 3}),
        report("金昌市教育局", {NEW: 40}, Scope.VERTICAL_SYSTEM),
        report("国家税务总局金昌市税务局", {NEW: 50}),
        report("金昌市公安局", {NEW: 2}),
    )
    assert rows.loc[(CITY, NEW), ["outcome", "below", "reports"]].to_list() == ["pass", 2, 1]


def test_a_body_under_two_spellings_is_counted_once(tmp_path: Path) -> None:
    rows = levels(
        tmp_path,
        whole(CITY, {NEW: 5}),
        report("永昌县教育局", {NEW: 4}),
        report("金昌市永昌县教育局", {NEW: 4}),
    )
    assert rows.loc[(CITY, NEW), ["outcome", "below", "reports"]].to_list() == ["pass", 4, 1]


def test_an_update_of_one_body_checks_the_government_above_it_anew(tmp_path: Path) -> None:
    homes = [tmp_path / name for name in ("step", "whole")]
    for home in homes:
        stage(home, CITYS, "甘肃省", [whole(CITY, {NEW: 5})])
        stage(home, BUREAUS, "甘肃省", [report("金昌市教育局", {NEW: 5}, site=BUREAUS)])
        if home is homes[0]:
            publish(home)
            assert read("levels", home=home)["outcome"].to_list() == ["pass"]
        stage(home, BUREAUS, "甘肃省", [report("金昌市教育局", {NEW: 6}, site=BUREAUS)])
    publish(homes[0], [BUREAUS])
    publish(homes[1])
    assert read("levels", home=homes[0])["outcome"].to_list() == ["fail"]
    assert contents(homes[0] / "dataset") == contents(homes[1] / "dataset")


def test_the_cells_that_are_compared_are_counts_of_the_forms() -> None:
    assert {CELLS[cell].kind for cell in level_cells()} == {"count"}
