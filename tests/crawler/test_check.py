"""What `nianbao sites check` finds in a registry."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from crawler.check import PROVINCE_FILES, check_registry
from crawler.registry import DEFAULT_SITES, load_registry
from parsers.divisions import DivisionLevel, current, division

GOOD = {
    "id": "gxj.jcs.gov.cn",
    "name": "金昌市工业和信息化局",
    "division": "620300",
    "start_urls": ["http://gxj.jcs.gov.cn/zwgk/zfxxgknb/"],
}


def write(path: Path, *sites: dict[str, object]) -> Path:
    text = yaml.safe_dump(
        list(sites), allow_unicode=True, sort_keys=False, default_flow_style=None, width=200
    )
    path.write_text(text, encoding="utf-8")
    return path


def test_the_own_registry_is_sound() -> None:
    assert check_registry(None) == []


def test_the_own_registry_spans_every_province_and_the_central_bodies() -> None:
    sites = load_registry(None).sites.values()
    assert len(sites) >= 150
    mainland = {name for name, code in PROVINCE_FILES.items() if code != "66"}
    assert {path.stem for path in DEFAULT_SITES.glob("*.yaml")} == mainland
    assert len({site.province for site in sites}) == 32


def test_the_own_registry_names_bodies_of_their_divisions() -> None:
    """A government that bears the name of a division has the code of just that one."""
    for site in load_registry(None).sites.values():
        own = division(site.division)
        if site.name.endswith("人民政府") and own.level is not DivisionLevel.CENTRAL:
            assert site.name.removesuffix("人民政府").endswith(own.name), site
            assert current(site.division) == (own,), site


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"division": "620399"}, ":3: division 620399 is no code of GB/T 2260"),
        ({"division": "370684"}, ":3: division 370684 蓬莱市 was abolished in 2020; now 370614 蓬莱区"),
        ({"start_urls": ["http://jcs.com/", "http://gxj.jcs.gov.cn/"]}, ":4: start_urls: jcs.com is neither"),
        ({"start_urls": ["http://gxj.jcs.gov.cn.x.top/"]}, ":4: start_urls: gxj.jcs.gov.cn.x.top is neither"),
        ({"start_urls": ["http://www.jcs.gov.cn/"]}, ":4: start_urls: no address is on gxj.jcs.gov.cn"),
        ({"start_urls": ["http://a:b@gxj.jcs.gov.cn/"]}, ":4: start_urls: 'http://a:b@gxj.jcs.gov.cn/' is n"),
        ({"start_urls": ["http://gxj.jcs.gov.cn/{Y}/"]}, ":4: start_urls: 'http://gxj.jcs.gov.cn/{Y}/' is n"),
        ({"start_urls": ["http://gxj.jcs.gov.cn/nb/", "https://gxj.jcs.gov.cn/nb"]}, ""),
        ({"id": "localhost"}, ":1: id: localhost is no full host name"),
        ({"level": "province"}, ":5: level province is above its division, a city"),
        ({"level": "central"}, ':5: level central and division "000000" belong together'),
        ({"schedule": "0 0 30 2 *"}, ":5: schedule '0 0 30 2 *' is no cron line"),
        ({"schedule": "nightly"}, ":5: schedule 'nightly' is no cron line"),
    ],
)  # fmt: skip
def test_one_mistake(tmp_path: Path, change: dict[str, object], said: str) -> None:
    path = write(tmp_path / "s.yaml", {**GOOD, **change})
    found = check_registry(path)
    assert any(line.startswith(f"{path}{said}") for line in found) if said else not found


def test_every_mistake_is_told_in_the_order_of_files_and_lines(tmp_path: Path) -> None:
    write(
        tmp_path / "gansu.yaml",
        GOOD,
        {**GOOD, "id": "www.gxj.jcs.gov.cn", "start_urls": ["http://gxj.jcs.gov.cn/"]},
        {**GOOD, "id": "www.jcs.gov.cn/gxj", "start_urls": ["https://www.jcs.gov.cn/gxj/"]},
        {**GOOD, "id": "jcs.gov.cn", "name": "金昌市", "start_urls": ["https://jcs.gov.cn/gxj/index.html"]},
    )
    write(tmp_path / "shaanxi.yaml", {**GOOD, "name": "金昌市教育局", "schedule": "often"})
    write(
        tmp_path / "shanxi.yaml",
        {**GOOD, "id": "b.gov.cn", "name": "乙局", "start_urls": ["http://b.gov.cn/"]},
    )
    found = [line.removeprefix(f"{tmp_path}/") for line in check_registry(tmp_path)]
    assert [line.partition(": ")[0] for line in found] == [
        "gansu.yaml:5",
        "gansu.yaml:6",
        "gansu.yaml:10",
        "gansu.yaml:16",
        "shaanxi.yaml:5",
        "shanxi.yaml:3",
    ]
    assert "id 'www.gxj.jcs.gov.cn' means the same as 'gxj.jcs.gov.cn' at" in found[0]
    assert "name '金昌市工业和信息化局' in division 620300 is taken by" in found[1]
    assert "https://jcs.gov.cn/gxj/index.html is taken by" in found[3]
    assert "no cron line" in found[4]
    assert "does not belong into the file of 山西省" in found[5]


def test_bodies_on_one_page_told_apart_by_a_fragment_or_query_are_no_duplicates(tmp_path: Path) -> None:
    page = "http://gxj.jcs.gov.cn/gkmlpt/annualreport"
    path = write(
        tmp_path / "s.yaml",
        {**GOOD, "start_urls": [f"{page}#1", f"{page}?area=2"]},
        {**GOOD, "id": "gxj.jcs.gov.cn/b", "name": "乙局", "start_urls": [f"{page}#2", f"{page}?area=3"]},
    )
    assert check_registry(path) == []


def test_an_ip_host_is_a_site_where_the_id_names_it(tmp_path: Path) -> None:
    ip = {"id": "61.150.65.235", "start_urls": ["http://61.150.65.235/nb/"]}
    assert check_registry(write(tmp_path / "s.yaml", {**GOOD, **ip})) == []
    stray = {"start_urls": ["http://61.150.65.235/nb/"]}
    assert check_registry(write(tmp_path / "t.yaml", {**GOOD, **stray}))
