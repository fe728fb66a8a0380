"""What operators write into the registry, and what they are told about it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from crawler.registry import RegistryError, UnknownSiteError, load_registry

GOOD = {
    "id": "gxj.jcs.gov.cn",
    "name": "金昌市工业和信息化局",
    "division": "620300",
    "start_urls": ["http://gxj.jcs.gov.cn/zwgk/zfxxgknb/"],
}


def write(path: Path, *sites: dict[str, object]) -> Path:
    path.write_text(yaml.safe_dump(list(sites), allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


def mistakes(path: Path) -> list[str]:
    with pytest.raises(RegistryError) as caught:
        load_registry(path)
    return str(caught.value).splitlines()


def test_own_registry_is_sound_and_spans_provinces():
    registry = load_registry(None)
    site = registry.sites["gxj.jcs.gov.cn"]
    assert (site.province, site.division, site.portal) == ("甘肃省", "620300", None)
    assert len({site.province for site in registry.sites.values()}) > 10
    assert registry.sites["www.mva.gov.cn"].province == "中央"


def test_folder_is_read_as_one_registry_in_order_of_its_files(tmp_path):
    write(tmp_path / "b.yaml", GOOD)
    write(tmp_path / "a.yaml", {**GOOD, "id": "a.gov.cn", "start_urls": ["http://a.gov.cn/"]})
    (tmp_path / "notes.txt").write_text("not a registry")
    assert list(load_registry(tmp_path).sites) == ["a.gov.cn", "gxj.jcs.gov.cn"]


def test_each_mistake_is_told_with_file_and_line(tmp_path):
    path = tmp_path / "sites.yaml"
    path.write_text(
        """\
- id: a.gov.cn
  name: 甲
  division: 620300
  start_urls: [http://a.gov.cn/]
- id: b.gov.cn
  name: 乙
  colour: red
  division: "99"
  start_urls:
    - ftp://b.gov.cn/
  portal: joomla
- id: c.gov.cn
  name: 丙
  name: 丁
  division: "620300"
  start_urls: []
- name: 无
""",
        encoding="utf-8",
    )
    found = mistakes(path)
    lines = [line.removeprefix(f"{path}:").split(":")[0] for line in found]
    assert lines == ["3", "7", "8", "9", "11", "14", "16", "17", "17", "17"]
    assert "in quotes" in found[0]
    assert "colour" in found[1]


def test_id_that_stands_in_two_files_is_told_with_both_places(tmp_path):
    write(tmp_path / "a.yaml", GOOD)
    write(tmp_path / "b.yaml", GOOD)
    [line] = mistakes(tmp_path)
    assert line.startswith(f"{tmp_path / 'b.yaml'}:1: ")
    assert f"{tmp_path / 'a.yaml'}:1" in line


@pytest.mark.parametrize(
    ("text", "line"),
    [("- id: [\n", 2), ("a: 1\n", 1), ("- id: a\n- just text\n", 2), ("- id: &x\n- *y\n", 2)],
)
def test_file_that_is_no_list_of_sites(tmp_path, text, line):
    path = tmp_path / "sites.yaml"
    path.write_text(text, encoding="utf-8")
    assert mistakes(path)[-1].startswith(f"{path}:{line}: ")


def test_missing_file_is_one_plain_line(tmp_path):
    [line] = mistakes(tmp_path / "none.yaml")
    assert line.startswith(str(tmp_path / "none.yaml"))


def test_hosts_are_those_of_id_and_start_urls(tmp_path):
    urls = ["http://www.jcs.gov.cn/bm/gxj/", "https://61.150.65.235:8080/nb/"]
    path = write(tmp_path / "s.yaml", {**GOOD, "start_urls": urls})
    site = load_registry(path).sites["gxj.jcs.gov.cn"]
    assert site.hosts == {"gxj.jcs.gov.cn", "jcs.gov.cn", "61.150.65.235:8080"}


def test_unknown_site_is_named(tmp_path):
    registry = load_registry(write(tmp_path / "s.yaml", GOOD))
    with pytest.raises(UnknownSiteError, match=r"x\.gov\.cn"):
        registry.select(["gxj.jcs.gov.cn", "x.gov.cn"])
