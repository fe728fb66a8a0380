"""How reporting bodies are named and placed."""

from __future__ import annotations

import pytest

from parsers.model import Scope
from warehouse import agency_name
from warehouse.bodies import body_key, body_of, place_of, report_id
from warehouse.vocabulary import Body, Level


@pytest.mark.parametrize(
    ("printed", "division", "name"),
    [
        ("永昌县政府", "620321", "永昌县人民政府"),
        ("永昌县政府 办公室", "620321", "永昌县人民政府办公室"),
        ("永昌县", "620321", "永昌县人民政府"),
        ("鼓楼区", "320302", "徐州市鼓楼区人民政府"),
        ("国家税务总局(示例)税务局", "620300", "国家税务总局（示例）税务局"),
        # Names that say no place, or one that several divisions of the province bear.
        ("司法局", "620302", "金昌市金川区司法局"),
        ("公安局", "421022", "荆州市公安县公安局"),
        ("城市管理局", "620302", "金昌市金川区城市管理局"),
        ("财政厅", "620000", "甘肃省财政厅"),
        ("城关镇人民政府", "340122", "合肥市肥东县城关镇人民政府"),
        ("鼓楼区民政局", "320302", "徐州市鼓楼区民政局"),
        ("鼓楼区民政局", "320100", "南京市鼓楼区民政局"),
        # Names that stand as they are: with a place, in short, of several levels, above all provinces.
        ("文登区民政局", "371003", "文登区民政局"),
        ("威海市文登区民政局", "370000", "威海市文登区民政局"),
        ("准格尔旗教育体育局", "150622", "准格尔旗教育体育局"),
        ("深圳海关", "440300", "深圳海关"),
        ("耿马县大兴乡", "530926", "耿马县大兴乡"),
        ("西咸新区太平镇", "610000", "西咸新区太平镇"),
        ("财政部", "000000", "财政部"),
        ("示例局", "999999", "示例局"),
    ],
)
def test_a_name_that_many_bodies_have_gets_its_place(printed: str, division: str, name: str) -> None:
    assert agency_name(printed, division) == name
    assert agency_name(name, division) == name


def test_spellings_of_one_body_have_one_key_and_namesakes_have_not() -> None:
    assert body_key("威海市文登区民政局", "370000") == body_key("文登区民政局", "370000")
    assert body_key("江苏省徐州市鼓楼区民政局", "320000") == body_key("徐州市鼓楼区民政局", "320000")
    assert body_key("徐州市鼓楼区民政局", "320000") != body_key("南京市鼓楼区民政局", "320000")
    assert body_key("威海市民政局", "370000") != body_key("文登区民政局", "370000")


@pytest.mark.parametrize(
    ("agency", "body"),
    [
        ("永昌县人民政府", Body.GOVERNMENT),
        ("永昌县人民政府办公室", Body.DEPARTMENT),
        ("金昌市工业和信息化局", Body.DEPARTMENT),
        ("国家税务总局", Body.DEPARTMENT),
        ("国家税务总局金昌市税务局", Body.VERTICAL),
        ("金陵海关", Body.VERTICAL),
        ("金昌市气象局", Body.VERTICAL),
        ("城关镇人民政府", Body.TOWNSHIP),
        ("北镇街道办事处", Body.TOWNSHIP),
        ("金昌经济技术开发区管理委员会", Body.OTHER),
        ("益阳市大通湖区管理委员会", Body.OTHER),
        ("甘肃省人民政府国有资产监督管理委员会", Body.DEPARTMENT),
        ("金昌市城市管理委员会", Body.DEPARTMENT),
        ("金昌市第一中学", Body.OTHER),
    ],
)
def test_the_kind_of_a_body_is_told_by_its_name(agency: str, body: Body) -> None:
    assert body_of(agency) is body


def test_a_body_belongs_to_the_division_that_its_name_names_below_the_sites() -> None:
    of_district = place_of("威海市文登区民政局", "371000", "city", 2023)
    assert of_district == ("371003", Level.COUNTY, "威海市", "文登区")
    assert place_of("威海市民政局", "371000", None, 2023) == ("371000", Level.CITY, "威海市", None)
    assert place_of("金岭镇人民政府", "371003", None, 2023).level is Level.TOWNSHIP
    assert place_of("财政部", "000000", None, 2023) == ("000000", Level.CENTRAL, None, None)
    # A name of a division elsewhere does not take the body away from its site.
    assert place_of("威海市文登区民政局", "370100", None, 2023).division == "370100"


def test_a_report_on_the_office_alone_is_another_report_of_a_government_only() -> None:
    assert report_id("永昌县人民政府", 2023, Scope.OWN_ORGAN) == "永昌县人民政府/2023/own_organ"
    assert report_id("永昌县人民政府", 2023, Scope.WHOLE_JURISDICTION) == "永昌县人民政府/2023"
    assert report_id("永昌县教育局", 2023, Scope.OWN_ORGAN) == "永昌县教育局/2023"
