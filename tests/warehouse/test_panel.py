"""Checks of a report against that of the year before, and the crosswalk from form to form."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from parsers.forms import load_forms
from parsers.model import Scope
from tests.warehouse.samples import FORM, contents, site_report
from warehouse import SiteReport, publish, read, stage
from warehouse.crosswalk import crosswalk
from warehouse.panel import chains
from warehouse.schema import CELLS
from warehouse.vocabulary import Comparable

SITE = "gxj.jcs.gov.cn"
CARRIED_OVER, CARRIED_FORWARD = (f"applications.carried_{way}.total" for way in ("over", "forward"))
DOCUMENTS = "proactive.normative_documents"
PROSE = (
    "我局高度重视政府信息公开工作，成立领导小组，明确专人负责，健全工作制度，规范办理流程，强化监督检查。"
    "通过门户网站、政务新媒体、公开栏等渠道，及时、准确地公开政策文件、财政预决算和群众关心的其他信息。"
)


def report(year: int, prose: str = PROSE, **fields: Any) -> SiteReport:
    item = site_report(year=year, **fields)
    return replace(item, report=replace(item.report, sections={"overview": f"{year}年，{prose}"}))


def panel(home: Path, *reports: SiteReport) -> pd.DataFrame:
    stage(home, SITE, "甘肃省", reports)
    publish(home)
    return read("panel", home=home).set_index(["report_year", "check", "at"])


def test_what_is_carried_forward_must_be_carried_over_by_the_next_year(tmp_path: Path) -> None:
    rows = panel(
        tmp_path,
        report(2021, numbers={CARRIED_FORWARD: 3}),
        report(2022, numbers={CARRIED_OVER: 3, CARRIED_FORWARD: 2}),
        report(2023, numbers={CARRIED_OVER: 5}),
    )
    chain = rows.loc[(slice(None), "carried_over_chain", "total"), :].droplevel([1, 2])
    assert chain["outcome"].to_dict() == {2022: "pass", 2023: "fail"}
    assert chain.loc[2023, ["value", "expected"]].to_list() == [5, 2]
    assert chain.loc[2023, "prior_report_id"] == "金昌市工业和信息化局/2022"


def test_documents_in_force_follow_from_those_of_last_year(tmp_path: Path) -> None:
    rows = panel(
        tmp_path,
        report(2022, numbers={f"{DOCUMENTS}.in_force": 10}),
        report(2023, numbers={f"{DOCUMENTS}.{column}": n for column, n in
                              [("issued", 4), ("repealed", 1), ("in_force", 13)]}),
        report(2024, numbers={f"{DOCUMENTS}.in_force": 13, f"{DOCUMENTS}.issued": 1}),
    )  # fmt: skip
    chain = rows.loc[(slice(None), "in_force_chain", "normative_documents"), "outcome"]
    assert chain.to_list() == ["pass", "not_checkable"]


def test_a_text_that_is_last_years_but_for_its_numbers_is_marked(tmp_path: Path) -> None:
    prose = PROSE.replace("成立领导小组", "成立5人小组")
    rows = panel(tmp_path, report(2021), report(2022), report(2023, prose), report(2024, "另写一篇。" * 20))
    repeated = rows.loc[(slice(None), "text_repeated", "overview"), ["outcome", "value"]].droplevel([1, 2])
    assert repeated["outcome"].to_dict() == {2022: "fail", 2023: "fail", 2024: "pass"}
    assert repeated.loc[2022, "value"] == 1
    assert 0.95 <= repeated.loc[2023, "value"] < 1


def test_no_year_between_no_check_and_no_cell_of_the_chain_no_row(tmp_path: Path) -> None:
    rows = panel(
        tmp_path, report(2020, numbers={CARRIED_FORWARD: 3}), report(2022, numbers={CARRIED_OVER: 3})
    )
    assert rows.empty
    rows = panel(tmp_path, report(2022, "短", numbers={}), report(2023, "短", numbers={}))
    assert rows.empty


def test_years_meet_on_other_sites_and_under_other_spellings(tmp_path: Path) -> None:
    earlier = site_report("金昌市永昌县教育局", 2022, site="a.gov.cn", numbers={CARRIED_FORWARD: 3})
    stage(tmp_path, "a.gov.cn", "甘肃省", [earlier])
    publish(tmp_path)
    later = site_report("永昌县教育局", 2023, site="b.gov.cn", numbers={CARRIED_OVER: 4})
    stage(tmp_path, "b.gov.cn", "甘肃省", [later])
    publish(tmp_path, ["b.gov.cn"])
    [row] = read("panel", home=tmp_path, year=2023).to_dict("records")
    assert (row["prior_report_id"], row["outcome"]) == ("金昌市永昌县教育局/2022", "fail")
    changed = site_report("金昌市永昌县教育局", 2022, site="a.gov.cn", numbers={CARRIED_FORWARD: 4})
    stage(tmp_path, "a.gov.cn", "甘肃省", [changed])
    assert publish(tmp_path, ["a.gov.cn"]).written == (
        "year=2022/province=甘肃省",
        "year=2023/province=甘肃省",
    )
    assert read("panel", home=tmp_path, year=2023)["outcome"].to_list() == ["pass"]
    by_site = contents(tmp_path / "dataset")
    publish(tmp_path)
    assert contents(tmp_path / "dataset") == by_site


def test_a_report_on_the_office_is_not_compared_with_one_on_the_jurisdiction(tmp_path: Path) -> None:
    government = "永昌县人民政府"
    own = site_report(government, 2022, numbers={CARRIED_FORWARD: 1})
    own = replace(own, report=replace(own.report, scope=Scope.OWN_ORGAN))
    rows = panel(
        tmp_path,
        own,
        site_report(government, 2022, numbers={CARRIED_FORWARD: 9}),
        site_report(government, 2023, numbers={CARRIED_OVER: 9}),
    )
    assert rows.loc[(2023, "carried_over_chain", "total"), "outcome"] == "pass"


def test_the_chains_name_cells_of_the_forms() -> None:
    named = {cell for chain in chains() for at in chain.at for cell in chain.cells(at)}
    assert named <= CELLS.keys()
    assert f"{DOCUMENTS}.in_force" in named


def test_every_cell_of_an_older_form_has_its_place_in_the_crosswalk() -> None:
    newest, *older = load_forms()
    found = crosswalk()
    for form in older:
        assert {one.from_cell for one in found if one.from_form == form.id} == set(form.cells)
    last = {one.from_cell: one for one in found if one.to_form == newest.id}
    assert last["applications.granted.total"].comparable is Comparable.SAME
    fees = last["proactive.admin_fees.items_prior_year"]
    assert (fees.comparable, fees.to_cells) == (Comparable.NOT, ("proactive.admin_fees.amount",))
    split = last["applications.other_handling.total"]
    assert split.comparable is Comparable.SUM
    assert len(split.to_cells) == 3
    assert set(split.to_cells) <= set(FORM.cells)
    for one in found:
        assert one.note and one.note_en.isascii()
        assert (one.comparable is Comparable.NOT) or one.to_cells
