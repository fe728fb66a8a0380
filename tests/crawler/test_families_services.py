"""TrueCMS, Epoint, ePortal and gongkai: what they read from pages and answers."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from crawler.families import Listing, family_of
from crawler.page import Page
from crawler.urls import posted

ORIGIN = "http://a.gov.cn"
MESSAGES = "/truecms/messageController/getMessage.do"
RECORDS = f"{ORIGIN}/EWB-FRONT/rest/lightfrontaction/getgovinfolist"


def listing(url: str, text: str, family: str) -> Listing:
    page = Page(url, text)
    reader = family_of(page)
    assert family == reader.NAME
    return reader.read_list(page)


def query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


def truecms(held: int, total: int) -> str:
    rows = "".join(f"<ul><li><a href='/nb/content/{n}.html'>甲局{n}</a></li></ul>" for n in range(held))
    return f"""<div id="initData">{rows}</div><script>$('#msgList').jpage({{totalRecord:{total},
        contentTemplate:'<datastore><totalrecord>0</totalrecord></datastore>',
        proxyUrl:'{MESSAGES}',perPage:15,groupSize:3,ajaxParam:{{columnId:'5a43-29'}}}});</script>"""


def test_truecms_asks_for_the_records_behind_those_in_the_page():
    (url,) = listing(f"{ORIGIN}/nb/nb.html", truecms(30, 41), "truecms").next_pages
    assert query(url) == {
        "startrecord": "31", "endrecord": "45", "perpage": "15", "columnId": "5a43-29", "callback": "cb",
    }  # fmt: skip
    assert listing(f"{ORIGIN}/nb/nb.html", truecms(30, 30), "truecms").next_pages == ()


@pytest.mark.parametrize("wrapped", ["cb({})", "{}", "cb({});"])
def test_truecms_answers_come_as_jsonp_or_json(wrapped):
    records = "".join(
        f'<record><![CDATA[<li><a href="/col/1/art/{n}.html" title="甲局{n}">甲</a>2024-01-09</li>]]>'
        "</record>"
        for n in range(2)
    )
    result = f"<datastore><totalrecord>5</totalrecord><recordset>{records}</recordset></datastore>"
    text = wrapped.replace("{}", json.dumps({"result": result}))
    url = f"{ORIGIN}{MESSAGES}?startrecord=1&endrecord=2&perpage=2&columnId=c&callback=cb"
    found = listing(url, text, "truecms")
    assert [(link.title, link.date) for link in found.items] == [
        ("甲局0", "2024-01-09"),
        ("甲局1", "2024-01-09"),
    ]
    assert query(found.next_pages[0])["startrecord"] == "3"
    last = url.replace("startrecord=1&endrecord=2", "startrecord=5&endrecord=6")
    assert listing(last, text, "truecms").next_pages == ()


def asked(address: str) -> dict[str, object]:
    url, body = posted(address) or ("", "{}")
    assert url == RECORDS
    return dict(json.loads(body))


def test_epoint_learns_the_site_from_its_script_and_posts_json():
    column = '<script src="/EWB-FRONT/js/a.js"></script><a href="/">首页</a>'
    url = f"{ORIGIN}/dynamic/zwgk/govInfoPub.html?deptcode=D1&categorynum=003002"
    (script,) = listing(url, column, "epoint").next_pages
    assert script == f"{ORIGIN}/js/webBuilderCommon.js?deptcode=D1&categorynum=003002"
    text = 'var siteInfo = {"projectName":"/EWB-FRONT", "siteGuid":"7eb5f7f1-9041-43ad-8e13-8fcb82ea831a"};'
    (first,) = listing(script, text, "epoint").next_pages
    assert asked(first) == {
        "deptcode": "D1", "categorynum": "003002", "siteGuid": "7eb5f7f1-9041-43ad-8e13-8fcb82ea831a",
        "pageIndex": 0, "pageSize": 50,
    }  # fmt: skip
    assert listing(url, column + f"<script>{text}</script>", "epoint").next_pages == (first,)

    rows = [
        {"infourl": "/zwgk/2024/a.html", "realtitle": "甲局<b>2023</b>年年报", "infodate": "2024-01-31 10:00"}
    ]
    found = listing(first, json.dumps({"custom": {"data": rows * 50, "total": 120}}), "epoint")
    link = found.items[0]
    assert (link.url, link.title, link.date) == (f"{ORIGIN}/zwgk/2024/a.html", "甲局2023年年报", "2024-01-31")
    assert [asked(page)["pageIndex"] for page in found.next_pages] == [2, 3, 1]
    capped = listing(first, json.dumps({"custom": {"data": rows * 20, "total": 50}}), "epoint").next_pages
    assert [(asked(page)["pageIndex"], asked(page)["pageSize"]) for page in capped] == [
        (2, 20),
        (3, 20),
        (1, 20),
    ]
    # A portal that counts from 1 has nothing at 0.
    (second,) = listing(first, '{"custom": {"data": [], "total": 60}}', "epoint").next_pages
    further = listing(second, json.dumps({"custom": {"data": rows, "total": 60}}), "epoint").next_pages
    assert [asked(page)["pageIndex"] for page in further] == [2]
    assert listing(first, json.dumps({"custom": {"data": rows, "total": 1}}), "epoint").next_pages == ()


@pytest.mark.parametrize(
    ("pager", "url", "expected"),
    [
        (
            """<a onclick="queryArticleByCondition(this,'/zwgk/nb/3b3662a6-2.html')">下一页</a>""",
            "/zwgk/nb/index.html",
            "/zwgk/nb/3b3662a6-2.html",
        ),
        ('<a tagname="/zwgk/nb/21892-3.html">下一页</a>', "/zwgk/nb/21892-2.html", "/zwgk/nb/21892-3.html"),
        ('<a tagname="/zwgk/nb/21892-2.html">尾页</a>', "/zwgk/nb/21892-2.html", None),
        ("", "/zwgk/nb/index.html", "/eportal/ui?pageId=23128&currentPage=2&moduleId=m1&staticRequest=yes"),
        ("", "/eportal/ui?pageId=7&currentPage=2&moduleId=m1&staticRequest=yes",
         "/eportal/ui?pageId=7&currentPage=3&moduleId=m1&staticRequest=yes"),
        ("", "/eportal/ui?pageId=7&currentPage=3&moduleId=m1&staticRequest=yes", None),
    ],
)  # fmt: skip
def test_eportal_next_page(pager, url, expected):
    total = 2 if pager else 3
    markup = f"""<input type="hidden" id="eprotalCurrentPageId" value="23128">{pager}
        <a href="/eportal/ui?pageId=7&articleKey=302&columnId=79">甲局2023年政府信息公开年报</a>
        <input name="article_paging_list_hidden" moduleid="m1" totalpage="{total}">"""
    found = listing(ORIGIN + url, markup, "eportal")
    assert found.next_pages == ((ORIGIN + expected,) if expected else ())
    assert f"{ORIGIN}/eportal/ui?pageId=7&articleKey=302&columnId=79" in [link.url for link in found.items]


def test_gongkai_reads_links_scripts_and_the_columns_of_other_bodies():
    one, two = "65b75610e7d36fd897a5df9f", "6979c74e2721202154bae243"
    folder = "/gongkai/site_lcq/channel_657c07df0ee15e41cff2fbb3"
    markup = f"""<a href="{folder}/doc_{one}.html">甲局2023年政府信息公开年报</a>
        <a href="/gongkai/site_b/channel_63899b033759918282623858/?open=zfxxgknb">乙局</a>
        <script>var docs=[{{"title":"乙局2022年政府信息公开年报","publishTime":"2023-01-20 09:00",
        "url":"\\/gongkai\\/site_b\\/channel_1\\/doc_{two}.html"}}];</script>"""
    found = listing(f"{ORIGIN}/gongkai/channel_63899ec7375991828262e186/?open=zfxxgknb", markup, "gongkai")
    assert [(link.title, link.date) for link in found.items] == [
        ("甲局2023年政府信息公开年报", None),
        ("乙局2022年政府信息公开年报", "2023-01-20"),
    ]
    assert found.items[1].url == f"{ORIGIN}/gongkai/site_b/channel_1/doc_{two}.html"
    assert found.columns == (f"{ORIGIN}/gongkai/site_b/channel_63899b033759918282623858/?open=zfxxgknb",)
