"""What the families of Hanweb's three products read from pages and answers."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from crawler.families import families, family_of
from crawler.page import Page
from crawler.urls import posted
from tests.crawler.portal import report_page

ORIGIN = "http://a.gov.cn"
COLUMN = f"{ORIGIN}/col/col17/index.html"
PROXY = "/module/web/jpage/dataproxy.jsp"
SAMPLES = Path(__file__).parents[3] / "shared"


def listing(url: str, text: str, family: str, asked_by: str | None = None):
    page = Page(url, text, asked_by)
    reader = family_of(page)
    assert family == reader.NAME
    return reader.read_list(page)


def query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def jpage(rows: int, total: int, size: int, *, ids: str = "17", record: bool = True) -> str:
    records = [
        f"<li><a href='/art/2024/1/{n % 28 + 1}/art_17_{n}.html' title='甲局{n}号'>甲…</a>"
        "<span>2024-01-09</span></li>"
        for n in range(rows)
    ]
    inner = "".join(f"<record><![CDATA[{row}]]></record>" for row in records)
    if not record:
        inner = f"<![CDATA[{''.join(records)}]]>"
    proxy = f"{PROXY}?page=1&appid=1&webid=3&path=/&columnid={ids}&unitid=88&webname=甲市"
    return f"""<a href="/module/visitcount/visit.jsp?id=1">访问</a><a href="/zwgk/">政务公开</a>
        <div id="88"><script type="text/xml"><datastore>
        <nextgroup><![CDATA[<a href="{proxy}"></a>]]></nextgroup>
        <recordset>{inner}</recordset></datastore></script></div>
        <script>$('#77').jpage({{totalRecord:4000,perPage:10}});
        $('#88').jpage({{totalRecord:{total},perPage:{size}}});</script>"""


def answer(url: str, rows: int, total: str = "") -> tuple[str, ...]:
    records = "".join(
        f"<record><![CDATA[<li><a href='/art/{n}.html'>x</a></li>]]></record>" for n in range(rows)
    )
    text = f"\ufeff<?xml version='1.0'?><datastore>{total}<recordset>{records}</recordset></datastore>"
    return listing(url, text, "jpage").next_pages


@pytest.mark.parametrize("record", [True, False])
def test_jpage_rows_stand_in_cdata_and_links_into_the_software_are_left_out(record):
    found = listing(COLUMN, jpage(3, 3, 10, record=record), "jpage")
    assert [(link.url.removeprefix(ORIGIN), link.date) for link in found.items] == [
        ("/art/2024/1/1/art_17_0.html", "2024-01-09"),
        ("/art/2024/1/2/art_17_1.html", "2024-01-09"),
        ("/art/2024/1/3/art_17_2.html", "2024-01-09"),
        ("/zwgk/", None),
    ]
    assert found.items[0].title == "甲局0号"
    assert found.next_pages == ()


def test_jpage_asks_for_the_page_behind_the_rows_it_has():
    (url,) = listing(COLUMN, jpage(10, 33, 10), "jpage").next_pages
    assert urlsplit(url).path == PROXY
    assert query(url) == {
        "page": "2", "startrecord": "11", "endrecord": "20", "perpage": "10",
        "appid": "1", "webid": "3", "path": "/", "columnid": "17", "unitid": "88",
    }  # fmt: skip


def test_jpage_reads_long_lists_in_large_pages():
    (url,) = listing(COLUMN, jpage(10, 330, 10), "jpage").next_pages
    asked = query(url)
    assert [asked[name] for name in ("page", "startrecord", "endrecord", "perpage")] == [
        "1",
        "1",
        "100",
        "100",
    ]


@pytest.mark.parametrize(
    ("place", "rows", "total", "following"),
    [
        ("page=2&perpage=10", 10, "<totalrecord>33</totalrecord>", "3"),
        ("page=4&perpage=10", 3, "<totalrecord>33</totalrecord>", None),
        ("page=2&perpage=100", 20, "<totalrecord>90</totalrecord>", None),
        ("page=1&perpage=100", 20, "<totalrecord>90</totalrecord>", "2"),  # the server keeps to its own size
        ("page=2&perpage=10", 10, "", "3"),
        ("page=2&perpage=10", 4, "", None),
        ("page=2&perpage=10", 0, "<totalrecord>33</totalrecord>", None),
        ("page=x&perpage=", 4, "<totalrecord>33</totalrecord>", None),
    ],
)
def test_jpage_answers_tell_when_the_list_ends(place, rows, total, following):
    following_pages = answer(f"{ORIGIN}{PROXY}?{place}&columnid=17&unitid=88", rows, total)
    assert [query(url)["page"] for url in following_pages] == ([following] if following else [])


def test_jpage_with_encrypted_ids_has_one_page():
    assert listing(COLUMN, jpage(10, 330, 10, ids="a%2BF9x=="), "jpage").next_pages == ()


def test_jpage_service_of_a_page_that_names_it_in_the_script_only():
    markup = """<div id="88"></div><script>$('#88').jpage({totalRecord:30,perPage:15,
        proxyUrl:'/module/web/jpage/dataproxy.jsp',ajaxParam:{col:1,webid:35,path:'/',columnid:8415,unitid:'88'}})
        </script>"""
    (url,) = listing(COLUMN, markup, "jpage").next_pages
    asked = query(url)
    assert (asked["page"], asked["columnid"], asked["unitid"], asked["col"]) == ("1", "8415", "88", "1")


REPORT = f"{ORIGIN}/module/xxgk/xxgkAnnualReport.jsp"


def years(markup: str, fbtime: str) -> list[str]:
    found = listing(f"{REPORT}?area=1137A&fbtime={fbtime}", markup, "xxgk")
    assert all(query(url)["area"] == "1137A" for url in found.next_pages)
    return [query(url)["fbtime"] for url in found.next_pages]


def test_xxgk_years_are_those_that_the_page_offers():
    choice = "<select><option value=''>年份</option><option>2021</option><option>2019</option></select>"
    assert years(report_page("甲局2021年政府信息公开年报") + choice, "2021") == ["2019"]
    linked = "".join(
        f'<a href="/module/xxgk/xxgkAnnualReport.jsp?area={area}&fbtime={year}">{year}年</a>'
        for area, year in (("1137A", 2020), ("1137A", 2021), ("1137B", 2018))
    )
    assert years(linked, "2021") == ["2020"]
    assert years(report_page("甲局2021年年报") + "<select><option>2021</option></select>", "2021") == []


def test_xxgk_years_without_a_choice_are_looked_for_beside_each_report():
    assert years(report_page("甲局2019年政府信息公开年报"), "2019") == ["2020", "2018", "2017"]
    assert years(report_page("甲局2008年政府信息公开年报"), "2008") == ["2009"]
    assert years("<p>暂无内容</p>", "2017") == []
    now = date.today().year
    assert years(report_page("甲局年报"), str(now)) == [str(now - 1), str(now - 2)]
    assert years("<p>暂无内容</p>", str(now - 1)) == [str(now - 2)]


def test_xxgk_departments_come_from_the_tree():
    column = '<iframe src="/module/xxgk/tree.jsp?area="></iframe>'
    assert listing(COLUMN, column, "xxgk").next_pages == (f"{ORIGIN}/module/xxgk/tree.jsp?area=",)
    tree = """<script>d.add(2,1,'甲局','/module/xxgk/xxgkAnnualReport.jsp?area=11370902MB2863555K');
        d.add(3,1,'乙局',"javascript:show('2102000056')");</script>
        <a href="/module/xxgk/xxgkAnnualReport.jsp?area=2102000057&fbtime=2019">丙局</a>"""
    found = listing(f"{ORIGIN}/module/xxgk/tree.jsp?area=", tree, "xxgk")
    last = str(date.today().year - 1)
    assert {(query(url)["area"], query(url)["fbtime"]) for url in found.columns} == {
        ("2102000057", "2019"),
        ("11370902MB2863555K", last),
    }
    codes = listing(
        f"{ORIGIN}/module/xxgk/tree.jsp?area=", "<script>d.add(3,1,'2102000056')</script>", "xxgk"
    )
    assert [query(url)["area"] for url in codes.columns] == ["2102000056"]
    quoted = r"""<script>d.add(1,0,'甲局','javascript:show(\'11370902MB2863555K\')');</script>"""
    codes = listing(f"{ORIGIN}/module/xxgk/tree.jsp?area=", quoted, "xxgk")
    assert [query(url)["area"] for url in codes.columns] == ["11370902MB2863555K"]


def test_xxgk_documents_are_asked_for_by_category():
    column = "<script>loadDynamic('/module/xxgk/search.jsp?infotypeId=A05&area=0022','div17');</script>"
    (address,) = listing(COLUMN, column, "xxgk").next_pages
    url, form = posted(address) or ("", "")
    fields = dict(parse_qsl(form, keep_blank_values=True))
    assert urlsplit(url).path == "/module/xxgk/search.jsp"
    assert (fields["infotypeId"], fields["area"], fields["divid"], fields["currpage"]) == (
        "A05",
        "0022",
        "div17",
        "1",
    )

    apart = """<script>$.post("/module/xxgk/search.jsp?fbtime=-1",
        "infotypeId=A05&area=0022&divid=div17")</script>"""
    assert listing(COLUMN, apart, "xxgk").next_pages == (address,)

    tree = (
        """<a onclick="funclick('A01','x')">机构职能</a><a onclick="funclick('A05','x')">信息公开年报</a>"""
    )
    (address,) = listing(
        f"{ORIGIN}/module/xxgk/tree.jsp?area=0022&divid=div17", tree, "xxgk", COLUMN
    ).next_pages
    assert dict(parse_qsl((posted(address) or ("", ""))[1]))["infotypeId"] == "A05"

    rows = """<table><tr><td><a href="/art/2024/1/9/art_17_1.html">2023年度报告</a></td><td>2024-01-09</td>
        </tr><tr><td><a href="/art/2024/1/8/art_18_2.html">某办公室</a></td><td>2024-01-08</td></tr>
        <tr><td><a href="/art/2024/1/8/art_18_3.html">甲局2022年政府信息公开年报</a></td></tr></table>
        共2页"""
    found = listing(address, rows, "xxgk", COLUMN)
    assert [link.title for link in found.items] == ["2023年度报告", "", "甲局2022年政府信息公开年报"]
    (second,) = found.next_pages
    assert dict(parse_qsl((posted(second) or ("", ""))[1]))["currpage"] == "2"
    assert listing(second, rows, "xxgk", COLUMN).next_pages == ()


UNIT = "/api-gateway/jpaas-publish-server/front/page/build/unit"


def shell(*tags: str) -> str:
    return "".join(
        f"""<script src="/script/AuthorizedRead/unitbuild.js?v=3" url="{UNIT}"
        queryData="{{'parseType':'bulidstatic','webId':'w1','tplSetId':'t1','pageType':'column',
        'tagId':'{tag}','editType':'null','pageId':'p1'}}"></script>"""
        for tag in tags
    )


@pytest.mark.parametrize(
    ("tags", "asked"),
    [
        (("页头", "左侧导航", "当前栏目list", "页脚"), ["当前栏目list"]),
        (("页头", "甲", "乙", "页脚"), ["甲", "乙"]),
        (("左侧导航",), ["左侧导航"]),
    ],
)
def test_jpaas_asks_for_the_part_that_is_named_like_a_list(tags, asked):
    found = listing(f"{ORIGIN}/zwgk/nb/index.html", shell(*tags), "jpaas")
    assert [query(url)["tagId"] for url in found.next_pages] == asked
    assert all(quote(tag) in url for tag, url in zip(asked, found.next_pages, strict=True))
    assert "paramJson" not in query(found.next_pages[0])


def part(html: str, question: str = "") -> tuple[object, tuple[str, ...]]:
    url = f"{ORIGIN}{UNIT}?webId=w1&tagId=list&editType=null&pageId=p1{question}"
    text = json.dumps({"success": True, "data": {"html": html}}, ensure_ascii=False)
    found = listing(url, text, "jpaas", f"{ORIGIN}/zwgk/nb/index.html")
    return found.items, found.next_pages


def test_jpaas_parts_page_by_param_json_and_links_are_those_of_the_shell():
    rows = (
        "<ul><li><a href='./art/2024/art_{0}.html' title='{0}'>x</a><span>2024-01-31</span></li></ul>".format(
            "0" * 32
        )
    )
    items, (second,) = part(rows + '<div count="18" rows="15" pageNo="1"></div>')
    assert [link.url for link in items] == [f"{ORIGIN}/zwgk/nb/art/2024/art_{'0' * 32}.html"]
    assert json.loads(query(second)["paramJson"]) == {"pageNo": 2, "pageSize": 15}
    assert "editType" not in query(second)
    question = "&paramJson=" + quote('{"pageNo":2,"pageSize":15}')
    assert part(rows + '<div count="18" rows="15" pageNo="2"></div>', question)[1] == ()
    assert part("<a href='/'>首页</a>" + '<div count="18" rows="15"></div>')[1] == ()


def test_jpaas_attachments_are_fetched_through_the_gateway():
    gateway = "/api-gateway/jpaas-web-server/front/document/file-download"
    page = Page(
        f"{ORIGIN}/zwgk/nb/art/2024/art_1.html",
        f"""<a href="{gateway}?fileUrl=/cms_files/a.xls">附表</a><a href="{gateway}?fileName=b.pdf">全文</a>
        <div id="pdfshow" data-value="/cms_files/c.pdf"></div>"""
        + shell("list"),
    )
    assert [link.url.removeprefix(ORIGIN) for link in family_of(page).attachments(page)] == [
        f"{gateway}?fileUrl=/cms_files/a.xls",
        f"{gateway}?fileName=b.pdf",
        "/cms_files/c.pdf",
    ]


@pytest.mark.skipif(not SAMPLES.exists(), reason="the shared samples are not here")
def test_real_samples():
    column = listing(COLUMN, (SAMPLES / "portals/hanweb-jpage/column_page_inline.html").read_text(), "jpage")
    assert column.items[0].url == f"{ORIGIN}/art/2026/9/11/art_33718_11828204.html"
    assert (column.items[0].title, column.items[0].date) == ("连云港跨里海班列运输提质提速", "2026-09-11")
    assert query(column.next_pages[0])["columnid"] == "33718"

    text = (SAMPLES / "portals/hanweb-jpage/dataproxy_response.xml").read_text()
    answered = listing(f"{ORIGIN}{PROXY}?page=4&perpage=20&columnid=1229165988&unitid=6101313", text, "jpage")
    assert answered.items[0].url == "http://www.yuhang.gov.cn/art/2020/8/14/art_1229179150_1872814.html"
    assert query(answered.next_pages[0])["page"] == "5"

    script = (SAMPLES / "portals/hanweb-jpaas/column_script.html").read_text()
    (asked,) = listing(f"{ORIGIN}/zwgk/index.html", script, "jpaas").next_pages
    assert query(asked)["tagId"] == "右侧内容"


@pytest.mark.skipif(not SAMPLES.exists(), reason="the shared samples are not here")
def test_families_leave_the_pages_of_others_alone():
    own = {"hanweb-jpage": "jpage", "hanweb-jpaas": "jpaas"}
    mine = ["jpage", "xxgk", "jpaas", "truecms", "epoint", "eportal", "gongkai"]
    pages = [
        *SAMPLES.glob("portals/*/*.html"),
        *SAMPLES.glob("portals/*/*.xml"),
        *SAMPLES.glob("pages/*.html"),
    ]
    assert len(pages) > 12
    for path in [*pages, *SAMPLES.glob("portals/*/*.json")]:
        page = Page(f"{ORIGIN}/zwgk/a.html", path.read_text(encoding="utf-8", errors="replace"))
        recognised = [name for name in mine if families()[name].recognises(page)]
        assert recognised == ([own[path.parent.name]] if path.parent.name in own else []), path


HOSTILE = [
    "",
    "<",
    "{" * 100_000,
    "[" * 100_000,
    '{"data": null}',
    '{"data": {"html": 7}, "result": [1], "custom": {"data": [null, 3, {"infourl": {}}], "total": "-1"}}',
    'cb({"result": "<datastore><record><![CDATA["})',
    '{"custom": {"data": [{"infourl": "http://[", "title": null}], "total": 1e999}}',
    "<datastore>" * 500,
    "<![CDATA[" * 20_000 + "<datastore>",
    "<script " * 200,
    "param_a={" * 20_000 + ".jpage({totalRecord:99999999999999999999,perPage:0",
    "<iframe src='http://[/module/xxgk/tree.jsp?area='></iframe><script>/module/xxgk/search.jsp?%%%</script>",
    "<input name='article_paging_list_hidden' totalpage='9e9' moduleid=''>" * 100,
    "{doc_000000000000000000000000.html" * 2_000,
]


@pytest.mark.parametrize(
    "url",
    [
        COLUMN,
        f"{ORIGIN}{PROXY}?page=2&perpage=10&columnid=1&unitid=2",
        f"{ORIGIN}{UNIT}?paramJson=x&tagId=list",
        f"{REPORT}?area=&fbtime=99999999",
        f"{ORIGIN}/module/xxgk/tree.jsp?area=",
        f"{ORIGIN}/module/xxgk/search.jsp?__wb_method=POST&currpage=1",
        f"{ORIGIN}/truecms/messageController/getMessage.do?startrecord=1&perpage=x",
        f"{ORIGIN}/EWB-FRONT/rest/lightfrontaction/getgovinfolist?__wb_method=POST&%7B%22pageIndex%22",
        f"{ORIGIN}/EWB-FRONT/rest/lightfrontaction/getgovinfolist?__wb_method=POST&%7B%22pageIndex%22%3A0%7D",
        f"{ORIGIN}/js/webBuilderCommon.js?categorynum=",
        f"{ORIGIN}/eportal/ui?pageId=1&currentPage=x",
        f"{ORIGIN}/gongkai/channel_1/?open=zfxxgknb",
    ],
)
def test_hostile_answers_are_empty_lists(url):
    for text in HOSTILE:
        page = Page(url, text)
        for name in ("jpage", "xxgk", "jpaas", "truecms", "epoint", "eportal", "gongkai"):
            families()[name].recognises(page)
            assert len(families()[name].read_list(page).next_pages) < 60
