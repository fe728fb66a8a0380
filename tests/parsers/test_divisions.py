"""The table of GB/T 2260: what a code means, when it did, and what became of it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from parsers import divisions
from parsers.divisions import DivisionLevel, Place, UnknownDivisionError, current, division, parents, place

TABLE = Path(divisions.__file__).with_name("table.csv")


def codes() -> list[str]:
    with TABLE.open(encoding="utf-8") as file:
        return [row["code"] for row in csv.DictReader(line for line in file if not line.startswith("#"))]


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("000000", Place("中央", None, None)),
        ("110108", Place("北京市", None, "海淀区")),
        ("620000", Place("甘肃省", None, None)),
        ("620300", Place("甘肃省", "金昌市", None)),
        ("620321", Place("甘肃省", "金昌市", "永昌县")),
        ("429006", Place("湖北省", None, "天门市")),
        ("441900", Place("广东省", "东莞市", None)),
        ("659001", Place("新疆维吾尔自治区", None, "石河子市")),
    ],
)
def test_a_code_has_the_names_of_all_its_levels(code: str, names: Place) -> None:
    assert place(code) == names


@pytest.mark.parametrize(
    ("code", "year", "names"),
    [
        ("110228", 2014, Place("北京市", None, "密云县")),
        ("341402", 2009, Place("安徽省", "巢湖市", "居巢区")),
        ("371202", 2017, Place("山东省", "莱芜市", "莱城区")),
        ("420600", 2009, Place("湖北省", "襄樊市", None)),
        ("420600", 2012, Place("湖北省", "襄阳市", None)),
    ],
)
def test_a_report_of_an_old_year_is_placed_as_it_was_then(code: str, year: int, names: Place) -> None:
    assert place(code, year) == names


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("110228", {"110118"}),  # 2015, 县 to 区
        ("370684", {"370614"}),  # 2020, 蓬莱
        ("371200", {"370100"}),  # 2018, 莱芜 into 济南
        ("341400", {"340100", "340200", "340500"}),  # 2011, 巢湖 divided
        ("330104", {"330102", "330114"}),  # 2021, 江干区
        ("500105", {"500157"}),  # 2025, 两江新区
        ("620300", {"620300"}),
    ],
)
def test_an_old_code_leads_to_what_is_there_today(old: str, new: set[str]) -> None:
    assert {record.code for record in current(old)} == new


def test_validity_is_told_in_years() -> None:
    assert (division("370684").since, division("370684").until) == (1991, 2020)
    assert division("370614").until is None
    with pytest.raises(UnknownDivisionError, match="370614 was not in force in 2010"):
        division("370614", 2010)
    with pytest.raises(UnknownDivisionError, match="620399 is no code"):
        division("620399")


def test_the_table_is_whole() -> None:
    today = [division(code) for code in dict.fromkeys(codes()) if division(code).until is None]
    count = {level: sum(record.level is level for record in today) for level in DivisionLevel}
    # 34 provinces and the 兵团; 333 prefectures and some 2,845 counties by the Ministry's count.
    assert (count[DivisionLevel.PROVINCE], count[DivisionLevel.CITY]) == (35, 333)
    assert 2830 <= count[DivisionLevel.COUNTY] <= 2860
    for code in dict.fromkeys(codes()):
        assert current(code), code
        assert code == "000000" or code.endswith("0000") or parents(code), code
        assert place(code).province


def test_no_code_has_two_names_at_once() -> None:
    for code in dict.fromkeys(codes()):
        for year in range(2001, 2027):
            try:
                records = [division(code, year)]
            except UnknownDivisionError:
                continue
            assert len([record for record in records if record.in_force(year)]) == 1


def test_origin_and_licence_stand_in_the_file() -> None:
    head = TABLE.read_text(encoding="utf-8").partition("\ncode,")[0]
    assert all(word in head for word in ("民政部", "CC0", "MIT License"))
