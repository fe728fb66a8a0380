"""Portals that do what real ones do and manuals do not say: one crawl of many small hosts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

import pytest

from crawler.archive import Archive, Role
from crawler.discovery import Lead, lead_inside, lead_outside
from crawler.page import Link
from tests.crawler.portal import report_page
from tests.portal.__main__ import crawl
from tests.portal.server import HTML, Host, Reply, Request, Server, serving

Page = str | Callable[[Request], str]


@dataclass
class Small:
    """A portal: pages by path (or path and query), reports by address."""

    pages: dict[str, Page] = field(default_factory=dict)
    reports: dict[str, str] = field(default_factory=dict)
    start: str = "/"

    def hold(self, addresses: list[str], agency: str = "某县财政局") -> list[tuple[str, str]]:
        """Reports of one agency, the newest first, at these addresses."""
        items = [
            (address, f"{agency}{2025 - n}年政府信息公开工作年度报告") for n, address in enumerate(addresses)
        ]
        self.reports |= dict(items)
        return items

    def __call__(self, request: Request) -> Reply:
        target, path = unquote(request.target), unquote(request.path)
        if self.reports.get(target):
            return Reply(f"<html><body>{report_page(self.reports[target])}</body></html>".encode())
        page = self.pages.get(target) or self.pages.get(path)
        if page is None:
            return Reply(b"gone", 404)
        text = page if isinstance(page, str) else page(request)
        kind = HTML if text.lstrip().startswith("<") else "application/json;charset=utf-8"
        return Reply(text.encode(), headers={"Content-Type": kind})


def rows(items: list[tuple[str, str]]) -> str:
    return "".join(
        f"<li><a href='{address}' title='{title}'>{title[:8]}...<span>2026-01-15</span></a></li>"
        for address, title in items
    )


def home(column: str) -> str:
    return f"<html><a href='{column}'>政府信息<br>公开年报</a></html>"


def trs_total_that_lies() -> Small:
    """The script promises nine pages; behind the third one the portal sends back to the first."""
    portal = Small()
    items = portal.hold([f"/nb/202601/t20260115_10{n}.html" for n in range(9)])
    portal.pages = {"/": home("./nb/"), "/nb/index_3.html": "<meta http-equiv='refresh' content='0;url=./'>"}
    for k in range(3):
        script = "<SCRIPT>\ncreatePageHTML( 9 ,\n 0 , 'index' , 'html' ) ;</SCRIPT>"
        page = f"<html>{rows(items[3 * k : 3 * k + 3])}{script}</html>"
        portal.pages["/nb/" if k == 0 else f"/nb/index_{k}.html"] = page
    return portal


def trs_counted_from_one() -> Small:
    portal = Small()
    items = portal.hold([f"/gknb/202601/t20260115_10{n}.shtml" for n in range(9)])
    portal.pages["/"] = home("/gknb/")
    for k in range(3):
        page = f'<html>{rows(items[3 * k : 3 * k + 3])}<script>createPageHTML(3,{k},"index","shtml")</script>'
        portal.pages["/gknb/" if k == 0 else f"/gknb/index_{k + 1}.shtml"] = page
    portal.pages["/gknb/index_1.shtml"] = portal.pages["/gknb/"]
    return portal


def pages_counted_without_links() -> Small:
    """N.html as in 陕西: the pager is a script without addresses."""
    portal = Small()
    items = portal.hold([f"/zfxxgknb/1{n:018}.html" for n in range(9)])
    portal.pages["/"] = home("/zfxxgknb/1.html")
    for k in (1, 2, 3):
        pager = f"第{k}页 共3页 <a href='javascript:jump({k + 1})'>下一页</a>"
        portal.pages[f"/zfxxgknb/{k}.html"] = f"<html>{rows(items[3 * k - 3 : 3 * k])}{pager}</html>"
    return portal


def jpaas_part_with_a_strange_name() -> Small:
    """The list is the last of three parts whose names say nothing."""
    portal, service = Small(), "/api-gateway/jpaas-publish-server/front/page/build/unit"
    items = portal.hold([f"/nb/art/2026/art_{n:032}.html" for n in range(9)])

    def part(name: str) -> str:
        query = json.dumps({"webId": "8d", "tagId": name, "pageId": "ca"}).replace('"', "&quot;")
        return f"<script src='/x/unitbuild.js' url='{service}' queryData=\"{query}\"></script>"

    def answer(request: Request) -> str:
        number = json.loads(request.query.get("paramJson", "{}")).get("pageNo", 1)
        listed = rows(items[5 * number - 5 : 5 * number])
        html = listed if request.query["tagId"] == "Mp3" else "<a href='/'>首页</a><a href='/x/'>新闻</a>"
        return json.dumps({"success": True, "data": {"html": html}})

    shell = "".join(map(part, ("dh", "gg", "Mp3")))
    portal.pages = {"/": home("/nb/index.html"), "/nb/index.html": f"<html>{shell}</html>", service: answer}
    return portal


def lscms_first_rows_in_the_page() -> Small:
    """The script would load the page's own rows once more."""
    portal, label = Small(), "/site/label/8888"
    items = portal.hold([f"/public/7011/3145{n:03}.html" for n in range(9)])
    query = f"{label}?labelName=publicInfoList&pageSize=5&pageIndex=1&organId=7011&type=3"
    portal.pages = {
        "/": home("/public/column/7011?type=3"),
        "/public/column/7011": f"<html><div id='l'>{rows(items[:5])}</div><script>var u='{query}';</script>",
        label: lambda r: rows(items[5 * int(r.query["pageIndex"]) - 5 :][:5]) or "<p>暂无相关信息</p>",
    }
    return portal


def agencies_with_columns_of_their_own() -> Small:
    """Two directories of agencies, three and two of them, and no column for all."""
    portal = Small()
    portal.pages["/"] = "<html><a href='/zwgk/'>政务公开</a></html>"
    portal.pages["/zwgk/"] = "<html><a href='bm/'>部门信息公开目录</a><a href='xz/'>乡镇（街道）</a></html>"
    for group, names in {
        "bm": ("财政局", "教育局", "民政局"),
        "xz": ("石桥镇人民政府", "双河乡人民政府"),
    }.items():
        links = "".join(f"<li><a href='o{n}/'>某县{name}</a></li>" for n, name in enumerate(names))
        portal.pages[f"/zwgk/{group}/"] = f"<html>{links}</html>"
        for n, name in enumerate(names):
            place = f"/zwgk/{group}/o{n}/"
            items = portal.hold([f"{place}nb/{k}.html" for k in (2, 1)], f"某县{name}")
            portal.pages[place] = "<html><a href='nb/'>信息公开年报</a></html>"
            portal.pages[f"{place}nb/"] = f"<html>{rows(items)}</html>"
    return portal


def rows_that_are_clicked() -> Small:
    portal = Small()
    items = portal.hold([f"/cms/html/nb/2026-01-15/{n}.html" for n in range(3)])
    cells = "".join(f"<tr><td onclick=\"window.open('{a}')\">{t}</td></tr>" for a, t in items)
    portal.pages = {"/": home("/cms/html/nb/"), "/cms/html/nb/": f"<html><table>{cells}</table></html>"}
    return portal


def lscms_organs_with_lists_of_their_own() -> Small:
    """A directory of organs under 政务公开; the script's address and its parameters stand apart."""
    portal, label = Small(), "/site/label/8888"
    organs = {7011: "某市财政局", 7012: "某市教育局", 7013: "某市民政局"}
    links = "".join(f"<li><a href='/public/column/{o}?type=4&nav=3'>{n}</a></li>" for o, n in organs.items())
    portal.pages["/"] = "<html><a href='/public/index.html'>政务公开</a></html>"
    portal.pages["/public/index.html"] = (
        f"<html><title>政务公开</title>{links}<script>//site/label/8888</script></html>"
    )
    held = {
        organ: portal.hold([f"/public/{organ}/3145{n:03}.html" for n in range(6)], name)
        for organ, name in organs.items()
    }
    for organ, items in held.items():
        asked = f"{label}?IsAjax=1&dataType=html&_=\"+Math.random(),data:{{labelName:'publicInfoList',"
        asked += f"siteId:'67',pageSize:5,pageIndex:1,organId:'{organ}',type:'3',file:'/xxgk/x2020'}}"
        portal.pages[f"/public/column/{organ}"] = (
            f"<html>{links}<div id='l'>{rows(items[:5])}</div><script>$.ajax({{url:\"{asked}}});</script>"
        )
    portal.pages[label] = lambda r: (
        rows(held[int(r.query["organId"])][5 * int(r.query["pageIndex"]) - 5 :][:5]) or "<p>暂无相关信息</p>"
    )
    return portal


def ucap_channel_named_by_a_code() -> Small:
    portal = Small()
    items = portal.hold([f"/csrc/c101950/c{n}048063/content.shtml" for n in range(1, 9)])
    script = "var channelCode = 'c101950';$.get('/getChannelList?channelCode='+channelCode,load)"

    def answer(request: Request) -> str:
        number = int(request.query["page"])
        found = [{"title": title, "url": address} for address, title in items[5 * number - 5 :][:5]]
        return json.dumps({"data": {"total": 8, "page": number, "rows": 5, "results": found}})

    portal.pages = {
        "/": home("/csrc/c100028/common_zfxxgknb.shtml"),
        "/csrc/c100028/common_zfxxgknb.shtml": f"<html><ul id='l'></ul><script>{script}</script></html>",
        "/getChannelList": json.dumps({"results": [{"channelId": "61eaab3127b040d4950fff177f09e561"}]}),
        "/searchList/61eaab3127b040d4950fff177f09e561": answer,
    }
    return portal


def epoint_below_a_folder() -> Small:
    portal = Small()
    items = portal.hold([f"/gaj/xxgk/014/{n}5f7f1c-9041.html" for n in range(1, 4)])
    column = "/gaj/govInfoPub.html?deptcode=014&categorynum=003009"
    records = [{"infourl": address, "realtitle": title} for address, title in items]
    portal.pages = {
        "/": home(column),
        column: "<html><body class='EWB-FRONT'><script src='js/webBuilderCommon.js'></script></html>",
        "/gaj/js/webBuilderCommon.js": 'var siteInfo={projectName:"/Gaj",siteGuid:"7eb5f7f1-9041-43ad"};',
        "/Gaj/rest/lightfrontaction/getgovinfolist": json.dumps({"custom": {"total": 3, "data": records}}),
    }
    return portal


def a_column_named_by_its_menu_alone() -> Small:
    """The registry names the list; its title says nothing, and its rows come by script."""
    portal = epoint_below_a_folder()
    column = "/gaj/govInfoPub.html?deptcode=014&categorynum=003009"
    menu = f"<a href='#t1'>政府信息公开指南</a><a href='{column.replace('&', '&amp;')}'>政府信息公开年报</a>"
    portal.pages[column] = f"<html>{menu}{portal.pages[column]}"
    portal.start = column
    return portal


def cover_before_the_home_page() -> Small:
    """A cover with one picture, a list in a frame, buttons for its pages."""
    portal = Small()
    items = portal.hold([f"/nb/4{n}017.jhtml" for n in range(9)])
    portal.pages = {
        "/": "<html><a href='/main.jhtml'><img src='/cover.jpg'></a></html>",
        "/main.jhtml": home("/nb/list.jhtml"),
        "/nb/list.jhtml": "<html><iframe src='/frame/nb.jhtml'></iframe></html>",
    }
    for k in (1, 2, 3):
        button = f"<input type='button' value='下一页' onclick=\"location.href='nb_{k + 1}.jhtml';\">"
        address = "/frame/nb.jhtml" if k == 1 else f"/frame/nb_{k}.jhtml"
        portal.pages[address] = f"<html>{rows(items[3 * k - 3 : 3 * k])}{button if k < 3 else ''}</html>"
    return portal


def years_at_the_head_of_a_table() -> Small:
    portal, cells = Small(), ""
    for n, name in enumerate(("某县财政局", "某县教育局")):
        items = portal.hold([f"/detail.aspx?dept={n}&year={year}" for year in (2025, 2024)], name)
        links = "".join(f"<td><a href='{address}'>查看</a></td>" for address, _ in items)
        cells += f"<tr><td>{name}</td>{links}</tr>"
    head = "<thead><tr><th>单位</th><th>2025年</th><th>2024年</th></tr></thead>"
    portal.pages = {
        "/": home("/nb.aspx"),
        "/nb.aspx": f"<html><table>{head}<tbody>{cells}</tbody></table></html>",
    }
    return portal


def xxgk_departments_beside_the_report() -> Small:
    """The report page without a department shows one; it names all of them, each its years."""
    portal, place = Small(), "/module/xxgk/xxgkAnnualReport.jsp"
    names = {"11370902MB2863555K": "某区财政局", "11370902MB2863556K": "某区教育局"}
    tree = "".join(f"<a href='{place}?area={area}'>{name}</a>" for area, name in names.items())

    def shown(area: str) -> Callable[[Request], str]:
        links = "".join(f"<a href='{place}?area={area}&fbtime={year}'>{year}年</a>" for year in (2024, 2023))
        return lambda request: (
            f"<html>{tree}{links}"
            + (
                report_page(f"{names[area]}{request.query['fbtime']}年政府信息公开年报")
                if request.query.get("fbtime") in {"2024", "2023"}
                else "暂无信息"
            )
        )

    by_area = {area: shown(area) for area in names}
    portal.pages = {
        "/": home(place),
        place: lambda request: by_area[request.query.get("area", "11370902MB2863555K")](request),
    }
    portal.reports = {f"{place}?area={area}&fbtime={year}": "" for area in names for year in (2024, 2023)}
    return portal


def articles_of_one_script() -> Small:
    """Home page, list and articles are index.php; a calendar stands on each of them."""
    portal, script = Small(), "/index.php?m=content&a=show&id="
    items = portal.hold([f"{script}{n}" for n in (31, 32, 33)])
    items[1] = (items[1][0], "关于2024年政府信息公开年度工作情况的报告")
    days = "".join(f"<a href='/index.php?m=cal&day={day}'>{day}</a>" for day in range(1, 31))
    portal.pages = {
        "/": f"{home('/index.php?m=content&a=lists&catid=61')}{days}",
        "/index.php?m=content&a=lists&catid=61": f"<html>{rows(items)}{days}</html>",
    }
    return portal


def home_page_in_place_of_a_report() -> Small:
    """Whatever the portal does not have, it shows its home page for."""
    portal = Small()
    items = portal.hold([f"/cms/html/{n}.html" for n in (1779102001, 1779102002)])
    gone = ("/cms/html/1779102003.html", "某县财政局2019年政府信息公开工作年度报告")
    portal.pages = {"/": home("/nb/"), "/nb/": f"<html>{rows([*items, gone])}</html>"}
    portal.pages["/"] += "<p>政府信息公开</p>" * 200
    portal.pages[gone[0]] = portal.pages["/"]
    return portal


PORTALS = (
    *(trs_total_that_lies, trs_counted_from_one, pages_counted_without_links, jpaas_part_with_a_strange_name),
    *(lscms_first_rows_in_the_page, agencies_with_columns_of_their_own, rows_that_are_clicked),
    *(lscms_organs_with_lists_of_their_own, ucap_channel_named_by_a_code, epoint_below_a_folder),
    home_page_in_place_of_a_report,
    *(articles_of_one_script, a_column_named_by_its_menu_alone),
    *(cover_before_the_home_page, years_at_the_head_of_a_table, xxgk_departments_beside_the_report),
)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture(scope="module")
def found(server: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[set[str], set[str]]]:
    """Addresses of reports that are there and those that were found, by portal."""
    folder: Path = tmp_path_factory.mktemp("deviations")
    portals = {make.__name__: make() for make in PORTALS}
    names = {name: server.reserve(f"127.23.0.{n}") for n, name in enumerate(portals, 1)}
    for name, portal in portals.items():
        server.serve(Host(names[name], portal))
    sites = [
        {
            "id": host,
            "name": "某县人民政府",
            "division": "620300",
            "start_urls": [f"http://{host}{portals[name].start}"],
            "delay_s": 0.0,
        }
        for name, host in names.items()
    ]
    crawl(folder, sites)
    archive = Archive(folder / "archive")
    came: dict[str, tuple[set[str], set[str]]] = {}
    for name, host in names.items():
        held = archive.holdings(host)
        articles = {unquote(c.url.partition(host)[2]) for c in held if c.role is Role.ARTICLE}
        came[name] = set(portals[name].reports), articles
    return came


@pytest.mark.parametrize("name", [make.__name__ for make in PORTALS])
def test_all_reports_and_no_other_page(found, name):
    there, came = found[name]
    assert came == there


@pytest.mark.parametrize(
    ("title", "lead"),
    [
        ("某县财政局关于2023年政府信息公...", Lead.ARTICLE),
        ("某县财政局2023年年报", Lead.ARTICLE),
        ("某县消防救援大队", Lead.ARTICLE),
        ("2023年某县政府信息公开年度报告解读", Lead.RETOLD),
        ("关于印发2023年政府信息公开工作年度报告的通知", None),
        ("某县人民医院2023年政府信息公开工作年度报告", None),
        ("某市预算评审中心2023年预算", None),
        ("全省信息公开工作培训班举办", None),
    ],
)
def test_articles_of_a_column_are_told_by_their_titles(title, lead):
    assert lead_inside(Link("http://a.gov.cn/nb/202401/t20240115_1.html", title), "/nb/") is lead


@pytest.mark.parametrize(
    "title",
    ["2023年市政府部门", "二〇二三年", "2018年及以前", "市直机关", "乡镇（街道）", "部门信息公开年报"],
)
def test_parts_of_a_column_may_be_named_in_many_words(title):
    assert lead_inside(Link("http://a.gov.cn/c12/", title), "/nb/", fresh=True) is Lead.COLUMN


def test_the_way_to_the_column_leaves_calendars_and_searches_out():
    leads = {
        "/zwgk/": ("政务公开", Lead.SECTION),
        "/nw2/": ("政府信息公开工作", Lead.SECTION),
        "/bm/": ("区政府部门信息公开", Lead.ORGANS),
        "/c9/": ("五、政府信息公开年报", Lead.COLUMN),
        "/s?q=1": ("政府信息公开年报", None),
        "/calendar?y=2023": ("2023年", None),
        "/zfxxgk.htm": ("", Lead.SECTION),
        "/zfxxgk/zfxxgknb.htm": ("", Lead.COLUMN),
        "/zfxxgk/tz/202401/t20240115_1.html": ("", None),
    }
    told = {path: lead_outside(Link(f"http://a.gov.cn{path}", title)) for path, (title, _) in leads.items()}
    assert told == {path: lead for path, (_, lead) in leads.items()}


def test_an_agency_under_the_address_of_an_article_is_its_report():
    for address in ("/c16617/20240115/i2153657.html", "/nw123/20230331/4a03.html"):
        assert lead_inside(Link(f"http://a.gov.cn{address}", "财政局"), None) is Lead.ARTICLE
    assert lead_inside(Link("http://a.gov.cn/bm/czj/", "财政局"), None) is None


def test_whose_reports_a_column_of_the_section_holds_may_be_all_that_its_name_says():
    for title in ("年报", "区政府年报", "部门乡镇年报"):
        assert lead_outside(Link("http://a.gov.cn/c9/index.html", title), disclosure=True) is Lead.COLUMN
    assert lead_outside(Link("http://a.gov.cn/c9/index.html", "企业年报"), disclosure=True) is None
