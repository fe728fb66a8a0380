"""`nianbao sites probe`: what it says about pages that a real server on loopback gives."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from flows.cli import main
from flows.demo.pages import Resource
from tests.flows.portal import FlowsPortal

HEAD = '<meta name="SiteName" content="某县人民政府"><meta name="SiteIDCode" content="{code}">'
ROW = '<li><a href="./202401/t20240119_{number}.html">{year}年政府信息公开工作年度报告</a></li>'


class Asked(dict[str, Resource]):
    """Pages that keep in `paths` what was asked for."""

    def __init__(self, pages: dict[str, Resource]) -> None:
        super().__init__(pages)
        self.paths: list[str] = []

    def get(self, path: str, default: Resource | None = None) -> Resource | None:  # type: ignore[override]
        self.paths.append(path)
        return super().get(path, default)


def page(body: str, charset: str = "utf-8", code: str = "", title: str = "政府信息公开年报") -> Resource:
    head = HEAD.format(code=code) if code else ""
    text = f"<html><head><title>{title}</title>{head}</head><body>{body}</body></html>"
    return Resource(text.encode(charset), "text/html")


def column(code: str = "", charset: str = "utf-8") -> Resource:
    rows = "".join(ROW.format(number=number, year=2020 + number) for number in range(3))
    return page(f'<ul>{rows}</ul><a href="index_1.html">下一页</a>', charset, code)


def probe(
    portal: FlowsPortal, capsys: pytest.CaptureFixture[str], paths: list[str], division: str = "110118"
) -> tuple[int, str]:
    """Probe the first site with these start pages."""
    [entry, *_] = yaml.safe_load(portal.registry.read_text(encoding="utf-8"))
    origin = "/".join(entry["start_urls"][0].split("/")[:3])
    entry |= {"start_urls": [origin + path for path in paths], "division": division}
    portal.registry.write_text(yaml.safe_dump([entry], allow_unicode=True), encoding="utf-8")
    status = main(["sites", "probe", entry["id"], "--sites", str(portal.registry)])
    return status, capsys.readouterr().out.replace(origin, "")


def test_a_column_is_described(
    portal: FlowsPortal, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    portal.pages[portal.sites[0]]["/zfxxgknb/"] = column("1101180001", "gb18030")
    before = set(tmp_path.iterdir())
    status, out = probe(portal, capsys, ["/zfxxgknb/"])
    lines = dict(line.split(maxsplit=1) for line in out.replace("next page", "next-page").splitlines())
    assert status == 0
    assert lines["site"].endswith("110118 北京市 密云区")
    assert (lines["start"], lines["address"], lines["status"]) == ("/zfxxgknb/", "/zfxxgknb/", "200")
    assert (lines["charset"], lines["title"]) == ("gb18030", "政府信息公开年报")
    assert lines["kind"] == "column of annual reports"
    assert lines["SiteIDCode"] == "1101180001: 北京市 密云区, agrees with the registry"
    assert lines["SiteName"] == "某县人民政府"
    assert lines["leads"].startswith("3 articles")
    assert lines["next-page"] == "/zfxxgknb/index_1.html"
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("code", "division", "said"),
    [
        ("1102280001", "110118", "1102280001: 北京市 密云县, agrees with the registry"),  # its old code
        ("bm17000009", "000000", "bm17000009: 中央, agrees with the registry"),
        ("6203000012", "110118", "6203000012: 甘肃省 金昌市, but the registry says 110118 北京市 密云区"),
        ("政府网站标识码", "110118", "政府网站标识码: is no such code"),
    ],
)
def test_the_site_code_is_held_against_the_registry(
    portal: FlowsPortal, capsys: pytest.CaptureFixture[str], code: str, division: str, said: str
) -> None:
    portal.pages[portal.sites[0]]["/zfxxgknb/"] = column(code)
    assert f"SiteIDCode {said}" in probe(portal, capsys, ["/zfxxgknb/"], division)[1].splitlines()


def test_each_start_page_is_asked_for_once_and_nothing_else(
    portal: FlowsPortal, capsys: pytest.CaptureFixture[str]
) -> None:
    home = page('<a href="/zwgk/">政务公开</a><a href="/x/">其他</a>', title="某县人民政府")
    pages = portal.pages[portal.sites[0]] = Asked({"/": home, "/zfxxgknb/": column()})
    status, out = probe(portal, capsys, ["/", "/zfxxgknb/"])
    assert status == 0
    kinds = [line.partition("kind")[2].strip() for line in out.splitlines() if line.startswith("kind")]
    assert kinds == ["home or section page", "column of annual reports"]
    assert "1 sections" in out
    assert [path for path in pages.paths if path != "/robots.txt"] == ["/", "/zfxxgknb/"]


def test_obstacles_are_one_plain_line(portal: FlowsPortal, capsys: pytest.CaptureFixture[str]) -> None:
    pages = portal.pages[portal.sites[0]]
    pages["/"] = page("<script>$_ts=window['$_ts'];</script>")
    pages["/secret/"] = page("x")
    pages["/robots.txt"] = Resource(b"User-agent: *\nDisallow: /secret/\n", "text/plain")
    status, out = probe(portal, capsys, ["/", "/secret/", "/gone/"])
    obstacles = [line for line in out.splitlines() if line.startswith("obstacle")]
    assert status == 1
    assert [line.split()[1] for line in obstacles] == ["blocked:", "robots_denied:", "failed:"]
    assert "瑞数" in obstacles[0]
    assert "404" in obstacles[2]
