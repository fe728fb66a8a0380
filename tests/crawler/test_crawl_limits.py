"""Shapes of sites and troubles on the way."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import yaml

from crawler.archive import Archive, Role
from tests.crawler.portal import Answer, as_answer, broken_warcs, report_page

TITLE = "丙县{}年政府信息公开工作年度报告"


def link(path: str, title: str) -> str:
    return f'<li><a href="{path}">{title}</a></li>'


def reports(archive: Path, crawl_id: str, site: str) -> set[str]:
    captures = Archive(archive).captures(crawl_id, site)
    return {c.url.partition("//")[2].partition("/")[2] for c in captures if c.role is Role.ARTICLE}


def test_start_url_may_be_the_report_and_a_column_may_show_it_in_place(serve, run_crawl, tmp_path):
    portal = serve(
        {
            "/zwgk/content/post_100.html": report_page(TITLE.format(2023)),
            "/zfxxgknb/2022n/": report_page(TITLE.format(2022)),
            "/zfxxgknb/2021n/": "<ul>" + link("/zfxxgknb/2021n/bm/", "某某局") + "</ul>",
            "/zfxxgknb/2021n/bm/": link("./t20220101_1.html", TITLE.format(2021)),
            "/zfxxgknb/2021n/bm/t20220101_1.html": report_page(TITLE.format(2021)),
            "/zfxxgknb/": link("./2022n/", "2022年")
            + link("./2021n/", "2021年")
            + link("/zfxxgkzn/", "2020年指南"),
        }
    )
    urls = [portal.url("/zwgk/content/post_100.html"), portal.url("/zfxxgknb/")]
    run = run_crawl(tmp_path / "archive", [{"id": portal.netloc, "start_urls": urls}])
    assert run.results[portal.netloc]["outcome"] == "done"
    assert reports(tmp_path / "archive", run.crawl_id, portal.netloc) == {
        "zwgk/content/post_100.html",
        "zfxxgknb/2022n/",
        "zfxxgknb/2021n/bm/t20220101_1.html",
    }
    assert "/zfxxgkzn/" not in portal.asked


def test_bodies_that_share_a_host_keep_to_their_own(serve, run_crawl, tmp_path):
    nav = (
        link("/bm/a/nb/", "政府信息公开年报")
        + link("/bm/b/nb/", "政府信息公开年报")
        + link("/zfxxgknb/", "政府信息公开年报")
    )
    other = link("/bm/b/nb/t20240101_2.html", "乙局2023年政府信息公开工作年度报告")
    portal = serve(
        {
            "/bm/a/": nav,
            "/bm/a/nb/": nav + other + link("/art/2024/art_1_1.html", "甲局2023年政府信息公开工作年度报告"),
            "/bm/b/": nav,
            "/bm/b/nb/": nav + other,
            "/zfxxgknb/": nav,
            "/art/2024/art_1_1.html": report_page("甲局2023年政府信息公开工作年度报告"),
            "/bm/b/nb/t20240101_2.html": report_page("乙局2023年政府信息公开工作年度报告"),
            "/q?area=1": nav
            + link("/q?area=2", TITLE.format(2020))
            + link("/q?area=1&y=2020", TITLE.format(2020)),
            "/q?area=1&y=2020": report_page(TITLE.format(2020)),
            "/q?area=2": report_page(TITLE.format(2020)),
        }
    )
    starts = {"a": "/bm/a/", "b": "/bm/b/", "q1": "/q?area=1", "q2": "/q?area=2"}
    sites = [
        {"id": f"{portal.netloc}/{name}", "start_urls": [portal.url(url)]} for name, url in starts.items()
    ]
    run = run_crawl(tmp_path / "archive", sites)
    found = {name: reports(tmp_path / "archive", run.crawl_id, f"{portal.netloc}/{name}") for name in starts}
    assert found == {
        "a": {"art/2024/art_1_1.html"},
        "b": {"bm/b/nb/t20240101_2.html"},
        "q1": {"q?area=1&y=2020"},
        "q2": {"q?area=2"},
    }
    assert "/zfxxgknb/" not in portal.asked


def test_budget_ends_the_crawl_with_whole_reports(serve, run_crawl, tmp_path):
    years = range(2010, 2024)
    items = "".join(link(f"./t{year}0101_1.html", TITLE.format(year)) for year in years)
    more = '<a href="P0.pdf">附件</a>'
    portal = serve(
        {
            "/zfxxgknb/": items + '<a href="index_1.html">下一页</a>',
            **{f"/zfxxgknb/t{year}0101_1.html": report_page(TITLE.format(year), more) for year in years},
            "/zfxxgknb/P0.pdf": Answer(b"%PDF-1.4"),
        }
    )
    site = {"id": portal.netloc, "start_urls": [portal.url("/zfxxgknb/")], "max_pages": 6}
    run = run_crawl(tmp_path / "archive", [site])
    result = run.results[portal.netloc]
    assert len(portal.asked) == result["requests"] == 6
    assert (result["outcome"], result["reports"], result["stops"]["budget"]) == ("done", 3, 1)


def test_redirects_are_followed_on_the_sites_hosts_only_and_archived(serve, run_crawl, tmp_path):
    foreign = serve({"/zfxxgknb/": "not ours"}, "127.0.0.9")
    portal = serve(
        {
            "/": Answer(
                status=302, headers={"Location": "/home/;jsessionid=AF0?_=1#top", "Set-Cookie": "k=1"}
            ),
            "/home/;jsessionid=AF0?_=1": link("/zfxxgknb/;jsessionid=12", "政府信息公开年报"),
            "/zfxxgknb/": link("/a.html;jsessionid=7#x", TITLE.format(2023))
            + link("/b.html", TITLE.format(2022)),
            "/a.html": report_page(TITLE.format(2023)),
            "/b.html": Answer(status=301, headers={"Location": foreign.url("/zfxxgknb/")}),
        }
    )
    run = run_crawl(tmp_path / "archive", [{"id": portal.netloc, "start_urls": [portal.url("/")]}])
    assert run.results[portal.netloc]["reports"] == 1
    assert foreign.asked == []
    assert (portal.cookies["/"], portal.cookies["/zfxxgknb/"]) == (None, "k=1")
    statuses = [c.status for c in Archive(tmp_path / "archive").captures(run.crawl_id)]
    assert statuses.count(302) == statuses.count(301) == 1


def test_http_only_site_is_never_asked_by_https(serve, run_crawl, tmp_path):
    portal = serve({"/a.html": report_page(TITLE.format(2023))})
    portal.pages["/"] = as_answer(link(f"https://{portal.netloc}/a.html", TITLE.format(2023)))
    site = {"id": portal.netloc, "start_urls": [portal.url("/")], "http_only": True}
    run = run_crawl(tmp_path / "archive", [site])
    assert run.results[portal.netloc]["reports"] == 1


def test_site_that_turns_to_refusals_is_left_alone(serve, run_crawl, tmp_path):
    items = "".join(link(f"./t{year}0101_1.html", TITLE.format(year)) for year in range(2010, 2024))
    pages = {f"/zfxxgknb/t{year}0101_1.html": Answer(b"no", 403) for year in range(2010, 2024)}
    portal = serve({"/zfxxgknb/": items, **pages})
    run = run_crawl(tmp_path / "archive", [{"id": portal.netloc, "start_urls": [portal.url("/zfxxgknb/")]}])
    result = run.results[portal.netloc]
    assert (result["outcome"], result["requests"]) == ("blocked", 5)
    assert "HTTP 403" in result["detail"]


def start_crawl(archive: Path, *starts: tuple[str, str]) -> subprocess.Popen[str]:
    registry = archive.with_suffix(".yaml")
    sites = [
        {"id": site, "name": "测试", "division": "620300", "start_urls": [url], "delay_s": 0.0}
        for site, url in starts
    ]
    registry.write_text(yaml.safe_dump(sites, allow_unicode=True), encoding="utf-8")
    command = [sys.executable, "-m", "crawler", "--archive", str(archive), "--sites", str(registry)]
    command += ["--recheck"]
    return subprocess.Popen(
        [*command, *(site for site, _ in starts)],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def test_silent_host_holds_up_nobody(serve, tmp_path):
    release = threading.Event()
    living = serve({"/zfxxgknb/t20240101_1.html": report_page(TITLE.format(2023))})
    silent = serve({"/zfxxgknb/t20240101_1.html": report_page(TITLE.format(2023))}, "127.0.0.8", hold=release)
    path = "/zfxxgknb/t20240101_1.html"
    crawl = start_crawl(
        tmp_path / "archive", (silent.netloc, silent.url(path)), (living.netloc, living.url(path))
    )
    with crawl:
        assert crawl.stdout is not None
        first = json.loads(crawl.stdout.readline())
        release.set()
        second = json.loads(crawl.stdout.readline())
    assert [first["site"], second["site"]] == [living.netloc, silent.netloc]
    assert second["outcome"] == "done"


def test_a_host_that_falls_silent_is_waited_for_once(serve, run_crawl, tmp_path):
    answering = threading.Event()
    answering.set()
    paths = [f"/zfxxgknb/t2024010{number}_1.html" for number in range(1, 7)]
    pages = {path: report_page(TITLE.format(2017 + number)) for number, path in enumerate(paths)}
    column = "".join(link(path, TITLE.format(2017 + number)) for number, path in enumerate(paths))
    portal = serve({"/zfxxgknb/": column, **pages}, hold=answering)
    site = {"id": portal.netloc, "start_urls": [portal.url("/zfxxgknb/")]}
    run_crawl(tmp_path / "archive", [site])
    answering.clear()
    portal.asked.clear()
    run = run_crawl(tmp_path / "archive", [site], "--recheck", timeout=1)
    answering.set()
    assert run.results[portal.netloc]["outcome"] == "unreachable"
    assert Counter(Counter(portal.asked).values()) == {2: 1, 1: 2}


def test_killed_crawl_is_unfinished_and_readable(serve, run_crawl, tmp_path):
    archive = tmp_path / "archive"
    release = threading.Event()
    first = serve({"/zfxxgknb/t20240101_1.html": report_page(TITLE.format(2023))})
    silent = serve({"/": "later"}, "127.0.0.8", hold=release)
    start = first.url("/zfxxgknb/t20240101_1.html")
    good = run_crawl(archive, [{"id": first.netloc, "start_urls": [start]}])
    crawl = start_crawl(archive, (first.netloc, start), (silent.netloc, silent.url("/")))
    with crawl:
        assert crawl.stdout is not None
        killed = json.loads(crawl.stdout.readline())["crawl_id"]
        crawl.send_signal(signal.SIGKILL)
    release.set()
    reader = Archive(archive)
    assert reader.results(killed) == []
    assert reader.latest_of([first.netloc])[first.netloc].crawl_id == good.crawl_id
    assert [reader.read(c)[:6] for c in reader.captures(killed) if c.role is Role.ARTICLE] == [b"<html>"]
    assert broken_warcs(archive) == 0
    index = archive / f"{killed}.jsonl"
    whole = len(reader.captures(killed))
    with index.open("a", encoding="utf-8") as file:
        file.write('{"site": "x", "ur')
    assert len(reader.captures(killed)) == whole


def test_full_disk_ends_the_crawl_with_one_plain_line(serve, run_crawl, tmp_path):
    archive = tmp_path / "archive"
    noise = "".join(chr(0x4E00 + (number * 7919) % 20000) for number in range(40000))
    portal = serve(
        {"/zfxxgknb/": link("./t20240101_1.html", TITLE.format(2023)), "/zfxxgknb/t20240101_1.html": noise}
    )
    site = {"id": portal.netloc, "start_urls": [portal.url("/zfxxgknb/")]}
    run = run_crawl(archive, [site], limit=16 * 1024)
    assert run.status == 1
    last = run.log.splitlines()[-1]
    assert "archive cannot be written" in last
    assert "Traceback" not in run.log
    assert list(archive.glob("*.result.json")) == []
    assert broken_warcs(archive) == 0
