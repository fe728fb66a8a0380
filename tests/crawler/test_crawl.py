"""From the start URL to the archived reports, on real sockets."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from crawler.archive import Archive, Role
from tests.crawler.portal import Answer, broken_warcs, report_page

PDF = b"%PDF-1.4 not a real one"


def article(year: int) -> str:
    return f"./{year + 1}01/t{year + 1}0115_{year}.html"


def item(year: int, agency: str = "某市某局") -> str:
    return (
        f'<li><a href="{article(year)}" title="{agency}{year}年政府信息公开工作年度报告">'
        f"{agency}{year}年政…</a>"
        f"<span>{year + 1}-01-15</span></li>"
    )


@pytest.fixture(scope="module")
def pages():
    column = "/zwgk/zfxxgknb/"
    reports = {
        f"{column}{article(year)[2:]}": report_page(f"某市某局{year}年政府信息公开工作年度报告")
        for year in (2019, 2020, 2021, 2022)
    }
    with_files = report_page(
        "某市某局2023年政府信息公开工作年度报告",
        """<a href="./P020240115000000000001.pdf">附件.pdf</a>
        <script>if("x" != "")
        {document.write('<a href="./P020240115000000000002.docx">表</a><br/>');}</script>""",
    )
    return {
        "/robots.txt": "User-agent: *\nDisallow: /zwgk/zfxxgknb/secret/\n",
        "/": '<a href="/zwgk/">政务公开</a> <a href="/news/">新闻</a>',
        "/zwgk/": """<h3><a href="/zwgk/zfxxgknb/">政府信息<br> 公开年报</a></h3>
            <a href="/zwgk/fzzfjsndbg/">法治政府建设年度报告</a>""",
        column: f"""<ul>{item(2023)}{item(2022)}{item(2021)}
            <li><a href="./201801/t20180101_9.html">某局召开2018年度工作会议</a></li>
            <li><a href="/zwgk/wz/t20240101_8.html">2023年政府网站工作年度报表</a></li>
            <li><a href="./secret/t20180101_7.html">某市某局2017年政府信息公开工作年度报告</a></li>
            <li><a href="./2018.pdf">某市某局2018年政府信息公开工作年度报告</a></li></ul>
            <script>createPageHTML('page_div', 2, 0, 'index', 'html', 7);</script>""",
        column + "index_1.html": f"<ul>{item(2020)}{item(2019)}</ul>"
        "<script>createPageHTML('page_div', 2, 0, 'index', 'html', 7);</script>",
        column + article(2023)[2:]: with_files,
        **reports,
    }


@pytest.fixture(scope="module")
def crawled(serve, pages, run_crawl, tmp_path_factory):
    """One crawl of a living TRS portal, a generic portal, a dead host, a blocked and a closed one."""
    pages = dict(pages)
    pages["/robots.txt"] = Answer(pages["/robots.txt"].encode(), headers={"Content-Type": "text/plain"})
    for name in ("2018.pdf", "202401/P020240115000000000001.pdf", "202401/P020240115000000000002.docx"):
        pages[f"/zwgk/zfxxgknb/{name}"] = Answer(
            PDF + name.encode(), headers={"Content-Type": "application/pdf"}
        )
    trs = serve(pages)
    title = "乙县{}年政府信息公开年度报告"
    generic = serve(
        {
            "/list/gknb.html": f"""<meta charset="gb2312">
                <a href="/show.jsp?id=1;">{title.format(2022)}</a>
                <a href="/list/gknb.html?page=2">下一页</a>""",
            "/list/gknb.html?page=2": f"""<div><a href="/show.jsp?id=2">{title.format(2021)}</a>
                <a href="/list/gknb.html?page=3">下一页</a></div>""",
            "/list/gknb.html?page=3": f"""<div><a href="/show.jsp?id=2">{title.format(2021)}</a>
                <a href="/list/gknb.html?page=4">下一页</a></div>""",
            "/show.jsp?id=1;": report_page(title.format(2022)),
            "/show.jsp?id=2": report_page(title.format(2021)),
        },
        "127.0.0.2",
        trs.port,
    )
    with socket.socket() as unused:
        unused.bind(("127.0.0.3", 0))
        dead = f"127.0.0.3:{unused.getsockname()[1]}"
    blocked = serve({"/": Answer(b"<script>$_ts=window['$_ts'];</script>", 412)}, "127.0.0.4")
    closed = serve({"/robots.txt": Answer(b"User-agent: *\nDisallow: /\n"), "/": "never"}, "127.0.0.5")
    unread = serve({"/robots.txt": Answer(b"", 403), "/": "never"}, "127.0.0.6")
    empty = serve({"/": '<a href="http://nb.example.gov.cn/zfxxgknb/">政府信息公开年报</a>'}, "127.0.0.7")
    archive = tmp_path_factory.mktemp("crawled") / "archive"
    sites = [
        {"id": trs.netloc, "start_urls": [trs.url("/")]},
        {"id": generic.netloc, "start_urls": [generic.url("/list/gknb.html")]},
        *(
            {"id": netloc, "start_urls": [f"http://{netloc}/"]}
            for netloc in (dead, blocked.netloc, closed.netloc, unread.netloc, empty.netloc)
        ),
    ]
    run = run_crawl(archive, sites)
    assert run.status == 0, run.log
    return archive, run, {
        "trs": trs, "generic": generic, "blocked": blocked, "closed": closed, "unread": unread,
        "empty": empty, "dead": dead, "sites": sites,
    }  # fmt: skip


def paths(archive: Path, crawl_id: str, site: str, role: Role) -> set[str]:
    captures = Archive(archive).captures(crawl_id, site)
    return {c.url.partition(site)[2] for c in captures if c.role is role and c.status == 200}


def test_trs_portal_gives_its_reports_from_home_page_through_both_list_pages(crawled):
    archive, run, portals = crawled
    site = portals["trs"].netloc
    result = run.results[site]
    assert (result["outcome"], result["reports"], result["columns"]) == ("done", 6, 1)
    expected = {f"/zwgk/zfxxgknb/{article(year)[2:]}" for year in range(2019, 2024)}
    assert paths(archive, run.crawl_id, site, Role.ARTICLE) == expected | {"/zwgk/zfxxgknb/2018.pdf"}
    assert paths(archive, run.crawl_id, site, Role.LIST) == {
        "/zwgk/zfxxgknb/",
        "/zwgk/zfxxgknb/index_1.html",
    }


def test_attachments_come_with_article_and_referer_also_those_written_by_script(crawled):
    archive, run, portals = crawled
    trs = portals["trs"]
    files = [c for c in Archive(archive).captures(run.crawl_id, trs.netloc) if c.role is Role.ATTACHMENT]
    assert sorted(c.title for c in files) == ["表", "附件.pdf"]
    url = trs.url("/zwgk/zfxxgknb/202401/t20240115_2023.html")
    assert {c.parent for c in files} == {url}
    assert trs.referers["/zwgk/zfxxgknb/202401/P020240115000000000001.pdf"] == url


def test_titles_and_dates_of_the_list_are_kept(crawled):
    archive, run, portals = crawled
    captures = Archive(archive).captures(run.crawl_id, portals["trs"].netloc)
    found = {c.title: c.listed_date for c in captures if c.role is Role.ARTICLE}
    assert found["某市某局2021年政府信息公开工作年度报告"] == "2022-01-15"


def test_decoys_and_what_robots_forbids_are_not_asked_for(crawled):
    _, _, portals = crawled
    asked = portals["trs"].asked
    unwanted = ("secret", "fzzfjs", "/wz/", "/news/", "t20180101_9")
    assert [path for path in asked if any(part in path for part in unwanted)] == []
    assert asked[0] == "/robots.txt"
    assert len(asked) == len(set(asked))
    assert all(agent.startswith("nianbao/") for agent in portals["trs"].agents)


def test_generic_list_is_followed_until_nothing_new_comes(crawled):
    _, run, portals = crawled
    result = run.results[portals["generic"].netloc]
    assert (result["outcome"], result["reports"]) == ("done", 2)
    assert result["stops"] == {"nothing_new": 1}


@pytest.mark.parametrize(
    ("portal", "outcome", "evidence"),
    [
        ("blocked", "blocked", "HTTP 412 with a challenge"),
        ("closed", "robots_denied", "robots.txt forbids"),
        ("unread", "robots_denied", "HTTP 403"),
        ("empty", "no_column", "nb.example.gov.cn"),
    ],
)
def test_outcome_says_what_stood_in_the_way(crawled, portal, outcome, evidence):
    _, run, portals = crawled
    result = run.results[portals[portal].netloc]
    assert result["outcome"] == outcome
    assert evidence in result["detail"]


def test_dead_host_is_unreachable(crawled):
    _, run, portals = crawled
    assert run.results[portals["dead"]]["outcome"] == "unreachable"
    assert portals["closed"].asked == ["/robots.txt"]


def test_everything_is_archived_as_valid_warc(crawled):
    archive, run, portals = crawled

    assert broken_warcs(archive) == 0
    reader = Archive(archive)
    captures = reader.captures(run.crawl_id)
    asked = sum(
        len(portals[name].asked) for name in ("trs", "generic", "blocked", "closed", "unread", "empty")
    )
    assert len(captures) == asked
    trs = portals["trs"]
    for capture in reader.captures(run.crawl_id, trs.netloc):
        assert reader.read(capture) == trs.pages[capture.url.partition(trs.netloc)[2]].body


def test_unchanged_pages_are_stored_once(crawled, run_crawl):
    """Last in this module: it changes the portal and crawls it again."""
    archive, first, portals = crawled
    trs = portals["trs"]
    changed = "/zwgk/zfxxgknb/202301/t20230115_2022.html"
    trs.pages[changed].body += b"<!-- corrected -->"
    run = run_crawl(archive, [portals["sites"][0]], "--recheck")
    assert run.status == 0, run.log
    reader = Archive(archive)
    before = {c.url: c for c in reader.captures(first.crawl_id, trs.netloc)}
    for capture in reader.captures(run.crawl_id, trs.netloc):
        old = before[capture.url]
        if capture.url.endswith(changed):
            assert capture.digest != old.digest
            assert capture.stored_at == capture.fetched_at
        else:
            assert (capture.warc, capture.offset, capture.stored_at) == (old.warc, old.offset, old.stored_at)
            assert capture.fetched_at > old.fetched_at
        assert reader.read(capture) == trs.pages[capture.url.partition(trs.netloc)[2]].body
    assert reader.latest_of([trs.netloc])[trs.netloc].crawl_id == run.crawl_id

    assert broken_warcs(archive) == 0
