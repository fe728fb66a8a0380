"""Each family whose lists are loaded by scripts, crawled from the home page over real sockets."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from urllib.parse import quote

import pytest

from crawler.archive import Archive, Role
from crawler.urls import posting
from tests.crawler.portal import Answer, broken_warcs, report_page

JSON = {"Content-Type": "application/json;charset=UTF-8"}
SCRIPT = {"Content-Type": "application/javascript"}
NOTICE = "关于做好2023年政府信息公开工作年度报告编制的通知"


def title(year: int) -> str:
    return f"甲局{year}年政府信息公开工作年度报告"


def row(address: str, name: str) -> str:
    return f"<li><a href='{address}' title='{name}'>{name[:6]}…</a><span>2024-01-19</span></li>"


def home(column: str) -> str:
    return f'<a href="{column}">政府信息公开年报</a> <a href="/news/">新闻</a>'


def jpage() -> tuple[dict[str, Answer | str], list[str]]:
    """12 records, 5 of them in the column page."""
    service = "/module/web/jpage/dataproxy.jsp"
    articles = {f"/art/2024/1/19/art_17_{year}.html": title(year) for year in range(2012, 2024)}
    rows = [f"<record><![CDATA[{row(*article)}]]></record>" for article in articles.items()]
    proxy = f"{service}?page=1&webid=3&columnid=17&unitid=88"
    inline = f"""<datastore><nextgroup><![CDATA[<a href="{proxy}"></a>]]></nextgroup>
        <recordset>{"".join(rows[:5])}</recordset></datastore>"""
    pages: dict[str, Answer | str] = {
        "/": home("/col/col17/index.html"),
        "/col/col17/index.html": f"""<div id="88"><script type="text/xml">{inline}</script></div>
            <script>$('#88').jpage({{totalRecord:12,perPage:5}});</script>""",
        **{address: report_page(name) for address, name in articles.items()},
    }
    for page in (2, 3):
        records = "".join(rows[5 * page - 5 : 5 * page])
        place = f"page={page}&startrecord={5 * page - 4}&endrecord={5 * page}&perpage=5"
        pages[f"{service}?{place}&webid=3&columnid=17&unitid=88"] = Answer(
            f"<datastore><totalrecord>12</totalrecord>{records}</datastore>".encode(),
            headers={"Content-Type": "text/xml;charset=UTF-8"},
        )
    return pages, list(articles)


def xxgk() -> tuple[dict[str, Answer | str], list[str]]:
    """Two departments in a tree; one offers its years, the other has a gap and is asked year by year."""
    last = date.today().year - 1
    report = "/module/xxgk/xxgkAnnualReport.jsp?area={}&fbtime={}"
    frame = '<h1>政府信息公开年报</h1><iframe src="/module/xxgk/tree.jsp?area="></iframe>'
    choice = "<select>" + "".join(f"<option>{year}</option>" for year in (last, last - 3)) + "</select>"
    one = [report.format("113709", year) for year in (last, last - 3)]
    two = [report.format("113710", year) for year in (last, last - 2)]
    pages: dict[str, Answer | str] = {
        "/": home("/col/col17/index.html"),
        "/col/col17/index.html": frame,
        "/module/xxgk/tree.jsp?area=": "".join(
            f'<a href="/module/xxgk/xxgkAnnualReport.jsp?area={area}&fbtime={last}">某局</a>'
            for area in ("113709", "113710")
        ),
        **{report.format("113710", last + n): "<p>暂无</p>" for n in (1, -1, -3, -4)},
        **{address: report_page(title(2000)) + choice for address in one},
        **{address: report_page(title(2000)) for address in two},
    }
    return pages, one + two


def search() -> tuple[dict[str, Answer | str], list[str]]:
    """An xxgk column whose documents are posted for."""
    articles = {f"/art/2024/1/19/art_17_{year}.html": title(year) for year in (2021, 2022, 2023)}
    asked = "infotypeId=A05&area=0022&currpage={}"
    form = (
        "infotypeId=A05&area=0022&currpage={}&jdid=1&divid=div17&vc_title=&vc_number=&vc_filenumber=&vc_all="
        "&texttype=0&fbtime=-1&sortfield=%2Ccreatedate%3A0%2Corderid%3A0&requestUrl={}"
    )
    rows = [row(*article) for article in articles.items()]
    found = {1: rows[0] + row("/art/2024/1/2/art_18_1.html", NOTICE), 2: rows[1] + rows[2]}
    pages: dict[str, Answer | str] = {
        "/": home("/col/col17/index.html"),
        "/col/col17/index.html": """<script>loadDynamic('/module/xxgk/search.jsp?infotypeId=A05&area=0022',
            'div17');</script>""",
        **{address: report_page(name) for address, name in articles.items()},
    }
    for page, markup in found.items():
        body = form.format(page, "http%3A%2F%2F{netloc}%2Fcol%2Fcol17%2Findex.html")
        pages[posting(f"/module/xxgk/search.jsp?{asked.format(page)}", body)] = f"{markup} 共2页"
    return pages, list(articles)


def jpaas() -> tuple[dict[str, Answer | str], list[str]]:
    """A shell with four parts, of which the one named like a list is asked for, twice."""
    service = "/api-gateway/jpaas-publish-server/front/page/build/unit"
    column = "/zwgk/zfxxgknb/"
    articles = {f"{column}art/2024/art_{year:032x}.html": title(year) for year in (2020, 2021, 2022)}
    parts = "".join(
        f"""<script src="/unitbuild.js" url="{service}"
        queryData="{{'webId':'w','tagId':'{tag}','editType':'null','pageId':'p'}}"></script>"""
        for tag in ("页头", "左侧导航", "分页列表", "页脚")
    )
    rows = [row(f"./{address.removeprefix(column)}", name) for address, name in articles.items()]
    tag, second = quote("分页列表"), quote('{"pageNo":2,"pageSize":3}')
    lists = {
        f"tagId={tag}&editType=null&pageId=p": "".join(rows[:2]) + row("/a/art_1.html", NOTICE),
        f"tagId={tag}&pageId=p&paramJson={second}": rows[2],
    }
    pages: dict[str, Answer | str] = {
        "/": home(column),
        column: parts,
        **{address: report_page(name) for address, name in articles.items()},
    }
    for question, markup in lists.items():
        html = f'<ul>{markup}</ul><div count="4" rows="3"></div>'
        body = json.dumps({"success": True, "data": {"html": html}}, ensure_ascii=False)
        pages[f"{service}?webId=w&{question}"] = Answer(body.encode(), headers=JSON)
    return pages, list(articles)


def truecms() -> tuple[dict[str, Answer | str], list[str]]:
    """Two records in the page, one behind them in an answer that is a script."""
    service = "/truecms/messageController/getMessage.do"
    articles = {f"/nb/art/{year}/{year}AHeNV5pi.html": title(year) for year in (2021, 2022, 2023)}
    rows = [row(*article) for article in articles.items()]
    result = f"<datastore><totalrecord>3</totalrecord><record><![CDATA[{rows[2]}]]></record></datastore>"
    pages: dict[str, Answer | str] = {
        "/": home("/nb/nb.html"),
        "/nb/nb.html": f"""<ul id="initData">{rows[0]}{rows[1]}</ul><script>$('#m').jpage({{totalRecord:3,
            perPage:2,proxyUrl:'{service}',ajaxParam:{{columnId:'5a43'}}}});</script>""",
        f"{service}?startrecord=3&endrecord=4&perpage=2&columnId=5a43&callback=cb": Answer(
            f"cb({json.dumps({'result': result})})".encode(), headers=SCRIPT
        ),
        **{address: report_page(name) for address, name in articles.items()},
    }
    return pages, list(articles)


def epoint() -> tuple[dict[str, Answer | str], list[str]]:
    """The site's script, then one page of JSON."""
    articles = {f"/zwgk/003/{year}0115/a.html": title(year) for year in (2022, 2023)}
    records = [
        {"infourl": url, "realtitle": name, "infodate": "2024-01-15"} for url, name in articles.items()
    ]
    records.append({"infourl": "/zwgk/003/b.html", "realtitle": NOTICE, "infodate": "2024-01-02"})
    body = '{"deptcode": "", "categorynum": "003002", "siteGuid": "7eb5f7f1", "pageIndex": 0, "pageSize": 50}'
    column = "/dynamic/zwgk/govInfoPub.html?categorynum=003002"
    answer = json.dumps({"custom": {"data": records, "total": 3}}).encode()
    pages: dict[str, Answer | str] = {
        "/": home(column),
        column: '<script src="/EWB-FRONT/js/page.js"></script>',
        "/js/webBuilderCommon.js?categorynum=003002": Answer(
            b'var siteInfo = {"projectName":"/EWB-FRONT","siteGuid":"7eb5f7f1"};', headers=SCRIPT
        ),
        posting("/EWB-FRONT/rest/lightfrontaction/getgovinfolist", body): Answer(answer, headers=JSON),
        **{address: report_page(name) for address, name in articles.items()},
    }
    return pages, list(articles)


def eportal() -> tuple[dict[str, Answer | str], list[str]]:
    """Two pages; articles differ by their key alone."""
    articles = {
        f"/eportal/ui?pageId=9&articleKey={year}&columnId=7": title(year) for year in (2021, 2022, 2023)
    }
    rows = [row(*article) for article in articles.items()]
    paging = '<input name="article_paging_list_hidden" moduleid="m1" totalpage="2">'
    pages: dict[str, Answer | str] = {
        "/": home("/eportal/ui?pageId=8"),
        "/eportal/ui?pageId=8": f"{rows[0]}{rows[1]}{paging}",
        "/eportal/ui?pageId=8&currentPage=2&moduleId=m1&staticRequest=yes": f"{rows[2]}{paging}",
        **{address: report_page(name) for address, name in articles.items()},
    }
    return pages, list(articles)


def gongkai() -> tuple[dict[str, Answer | str], list[str]]:
    """The annual reports of a district and of a body of it, one of them only in a script."""
    column = "/gongkai/channel_63899ec7375991828262e186/?open=zfxxgknb"
    other = "/gongkai/site_b/channel_63899b033759918282623858/?open=zfxxgknb"
    articles = {f"/gongkai/site_b/channel_1/doc_{year:024x}.html": title(year) for year in (2021, 2022, 2023)}
    rows = [row(*article) for article in articles.items()]
    address, name = list(articles.items())[2]
    pages: dict[str, Answer | str] = {
        "/": home(column),
        column: f'{rows[0]}{rows[1]}<a href="{other}">乙局</a>',
        other: f'<script>var docs=[{{"title":"{name}","url":"{address}"}}];</script>',
        **{address: report_page(name) for address, name in articles.items()},
    }
    return pages, list(articles)


FAMILIES = [jpage, xxgk, search, jpaas, truecms, epoint, eportal, gongkai]


@pytest.fixture(scope="module")
def crawled(serve, run_crawl, tmp_path_factory):
    archive = tmp_path_factory.mktemp("families") / "archive"
    portals = {}
    for number, family in enumerate(FAMILIES):
        pages, articles = family()
        portal = serve({}, f"127.0.1.{number + 1}")
        netloc = quote(portal.netloc, safe="")
        for path, page in pages.items():
            answer = (
                page if isinstance(page, Answer) else Answer(f"<html><body>{page}</body></html>".encode())
            )
            portal.pages[path.replace("{netloc}", netloc)] = answer
        portals[family.__name__] = portal, articles
    sites = [{"id": portal.netloc, "start_urls": [portal.url("/")]} for portal, _ in portals.values()]
    run = run_crawl(archive, sites)
    assert run.status == 0, run.log
    return archive, run, portals


@pytest.mark.parametrize("family", [family.__name__ for family in FAMILIES])
def test_all_reports_from_the_home_page_and_no_request_too_many(crawled, family):
    archive, run, portals = crawled
    portal, articles = portals[family]
    captures = Archive(archive).captures(run.crawl_id, portal.netloc)
    found = {
        c.url.partition(portal.netloc)[2] for c in captures if c.role is Role.ARTICLE and c.status == 200
    }
    assert found == set(articles)
    assert sorted(portal.asked) == sorted({*portal.pages, "/robots.txt"})
    result = run.results[portal.netloc]
    assert (result["outcome"], result["reports"]) == ("done", len(articles))


def test_parts_are_asked_for_in_the_name_of_the_page_that_shows_them(crawled):
    _, _, portals = crawled
    portal, _ = portals["jpage"]
    column = portal.url("/col/col17/index.html")
    assert {referer for path, referer in portal.referers.items() if "dataproxy" in path} == {column}


def test_the_archive_of_posted_questions_is_valid(crawled):
    archive: Path = crawled[0]
    assert broken_warcs(archive) == 0
