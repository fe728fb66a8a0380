"""Night after night at one portal: what is asked for again, what is noticed, what is forgotten."""

from __future__ import annotations

import dataclasses
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.archive import Archive, Change, ChangeKind, Role, SiteResult
from crawler.memory import rebuilt, remembered
from tests.crawler.portal import Answer, Portal, broken_warcs, report_page

BEGIN = datetime(2026, 11, 3, 18, tzinfo=UTC)
"""02:00 in Shanghai, outside the season."""
TITLE = "丁市丁局{}年政府信息公开工作年度报告"
COLUMN = "/zwgk/zfxxgknb/"
HTML = {"Content-Type": "text/html; charset=utf-8"}


def address(year: int) -> str:
    return f"{COLUMN}{year + 1}01/t{year + 1}0115_{year}.html"


def row(year: int) -> str:
    return f'<li><a href="{address(year)}">{TITLE.format(year)}</a><span>{year + 1}-01-15</span></li>'


def page(markup: str, tag: str = "") -> Answer:
    return Answer(
        f"<html><body>{markup}</body></html>".encode(), headers=HTML | ({"ETag": tag} if tag else {})
    )


def report(year: int, more: str = "") -> Answer:
    return page(report_page(TITLE.format(year), f"<p>{'本机关依法公开信息。' * 200}</p>{more}"))


def listing(*years: int, further: str = "") -> Answer:
    return page(f"<ul>{''.join(map(row, years))}</ul>{further}")


NEXT = '<a href="index_1.html">下一页</a>'


def pages() -> dict[str, Answer]:
    """A home page, a section, a list of two pages, twelve reports of which one has a file."""
    files = '<a href="./P020200115000001.pdf">附件</a>'
    return {
        "/": page('<a href="/zwgk/">政务公开</a>' + "<p>新闻</p>" * 500),
        "/zwgk/": page(f'<a href="{COLUMN}">政府信息公开年报</a>' + "<p>动态</p>" * 500),
        COLUMN: listing(*range(2025, 2018, -1), further=NEXT),
        f"{COLUMN}index_1.html": listing(*range(2018, 2013, -1)),
        **{address(year): report(year) for year in range(2014, 2026)},
        address(2019): report(2019, files),
        f"{COLUMN}202001/P020200115000001.pdf": Answer(
            b"%PDF-1.4 one", headers={"Content-Type": "application/pdf"}
        ),
    }


@dataclass
class Night:
    """What one night brought."""

    crawl_id: str
    asked: list[str]
    sent: int
    result: SiteResult
    changes: list[Change]

    def kinds(self) -> dict[str, str]:
        """Kind of change by path."""
        return {"/" + c.url.split("/", 3)[3]: str(c.kind) for c in self.changes}


@dataclass
class Nights:
    """Crawls of one portal, a simulated day apart."""

    portal: Portal
    archive: Path
    run: object
    when: datetime = BEGIN
    site: dict[str, object] = field(default_factory=dict)

    def __call__(self, *options: str, days: float = 1, status: int = 0) -> Night:
        self.portal.asked.clear()
        self.portal.sent = 0
        site = {"id": self.portal.netloc, "start_urls": [self.portal.url("/")], **self.site}
        done = self.run(self.archive, [site], "--now", self.when.isoformat(), *options)  # type: ignore[operator]
        assert done.status == status, done.log
        assert "Traceback" not in done.log, done.log
        self.when += timedelta(days=days)
        archive = Archive(self.archive)
        [result] = archive.results(done.crawl_id)
        asked = [path for path in self.portal.asked if path != "/robots.txt"]
        return Night(done.crawl_id, asked, self.portal.sent, result, archive.changes(done.crawl_id))

    def held(self) -> set[str]:
        captures = Archive(self.archive).holdings(self.portal.netloc)
        return {"/" + capture.url.split("/", 3)[3] for capture in captures}


@pytest.fixture
def nights(serve, run_crawl, tmp_path):
    return Nights(serve(pages()), tmp_path / "archive", run_crawl)


def test_a_quiet_night_asks_for_each_list_once_and_moves_few_bytes(nights):
    first = nights()
    assert first.result.reports == 12
    assert Counter(first.kinds().values()) == {"new": 13}
    for _ in range(3):
        quiet = nights()
        assert quiet.asked[:1] == [COLUMN]
        assert set(quiet.asked) - {COLUMN} <= {"/", "/zwgk/", f"{COLUMN}index_1.html"} | set(nights.held())
        assert len(quiet.asked) <= 2
        assert quiet.sent < 0.05 * first.sent
        assert quiet.changes == []
        assert (quiet.result.outcome, quiet.result.reports) == ("done", 12)
    assert broken_warcs(nights.archive) == 0


def test_everything_known_is_looked_at_within_a_month_and_not_on_one_night(nights):
    nights()
    asked: Counter[str] = Counter()
    most = 0
    for _ in range(23):
        night = nights()
        asked.update(night.asked)
        most = max(most, len(night.asked))
    assert set(asked) == set(nights.portal.pages)
    assert most <= 3
    assert asked[COLUMN] == 23
    assert all(asked[path] <= 2 for path in asked if path != COLUMN)


def test_what_happens_in_a_day_is_noticed_and_nothing_else(nights):
    nights()
    portal = nights.portal
    portal.pages[address(2026)] = report(2026)
    portal.pages["/zwgk/new/t20150115_2014.html"] = portal.pages.pop(address(2014))
    del portal.pages[address(2016)]
    portal.pages[COLUMN] = listing(*range(2026, 2018, -1), further=NEXT)
    moved = row(2014).replace(address(2014), "/zwgk/new/t20150115_2014.html")
    portal.pages[f"{COLUMN}index_1.html"] = page(f"<ul>{row(2018)}{row(2017)}{row(2015)}{moved}</ul>")
    portal.pages[address(2025)] = report(2025, "<p>更正</p>")
    night = nights()
    assert night.kinds() == {
        address(2026): "new",
        "/zwgk/new/t20150115_2014.html": "moved",
        address(2016): "gone",
    }
    assert len(night.asked) <= 7
    [moved_to] = [change for change in night.changes if change.kind is ChangeKind.MOVED]
    assert moved_to.before is not None and moved_to.after is not None
    assert moved_to.before.url.endswith(address(2014))
    archive = Archive(nights.archive)
    assert archive.read(moved_to.before) == archive.read(moved_to.after)
    everything = nights("--recheck")
    assert everything.kinds() == {address(2025): "changed"}
    [change] = everything.changes
    assert change.before is not None and change.after is not None
    assert archive.read(change.before) != archive.read(change.after)
    assert {address(2026), address(2025)} <= nights.held()
    assert not {address(2016), address(2014)} & nights.held()


def test_reports_of_the_running_season_are_looked_at_every_night(nights):
    nights.when = datetime(2026, 2, 1, 18, tzinfo=UTC)
    nights.portal.pages[f"{COLUMN}index_1.html"].headers["ETag"] = '"a"'
    nights()
    nights.portal.pages[address(2025)] = report(2025, "<p>更正</p>")
    night = nights()
    assert night.kinds() == {address(2025): "changed"}
    assert address(2025) in nights().asked


def test_validators_are_used_and_an_unchanged_answer_is_a_revisit(nights):
    portal = nights.portal
    for number, answer in enumerate(portal.pages.values()):
        answer.headers = {**answer.headers, "ETag": f'"{number}"'}
    nights()
    night = nights("--recheck")
    assert len(night.asked) == len(portal.pages)
    assert night.sent == night.result.bytes <= len(b"gone")  # robots.txt, if a day has passed
    archive = Archive(nights.archive)
    captures = archive.captures(night.crawl_id)
    assert {c.status for c in captures if c.role is not Role.ROBOTS} == {304}
    for capture in captures:
        if capture.role is not Role.ROBOTS:
            assert archive.read(capture) == portal.pages["/" + capture.url.split("/", 3)[3]].body
    assert broken_warcs(nights.archive) == 0


def test_a_removal_that_the_list_still_names_counts_when_seen_twice(nights):
    nights()
    gone = nights.portal.pages.pop(address(2019))
    assert nights("--recheck").changes == []
    assert address(2019) in nights.held()
    nights.portal.pages[address(2019)] = gone
    assert nights("--recheck").changes == []
    del nights.portal.pages[address(2019)]
    # However often it is asked for on one day, as after a crawl that was killed: it is one observation.
    assert nights("--recheck", days=0.2).changes == []
    assert nights("--recheck", days=0.8).changes == []
    night = nights()  # what is missing is looked at again the next night
    file = f"{COLUMN}202001/P020200115000001.pdf"
    assert night.kinds() == {address(2019): "gone", file: "gone"}
    assert not {address(2019), file} & nights.held()


@pytest.mark.parametrize("options", [(), ("--recheck",)])
def test_a_removal_that_no_list_names_counts_at_once(nights, options):
    nights()
    del nights.portal.pages[address(2022)]
    nights.portal.pages[COLUMN] = listing(2025, 2024, 2023, 2021, 2020, 2019, further=NEXT)
    assert nights(*options).kinds() == {address(2022): "gone"}


def test_a_page_for_upkeep_in_the_place_of_an_article_is_no_change_of_it(nights):
    files = '<a href="./P020200115000001.pdf">政府信息公开年度报告</a>'
    nights.portal.pages[address(2019)] = page(f"<h1>{TITLE.format(2019)}</h1>{files}")
    nights()
    upkeep = page("<p>政府信息公开网站升级维护公告：本网站正在升级维护，暂停访问。</p>")
    for path in (address(2019), address(2016)):
        held, nights.portal.pages[path] = nights.portal.pages[path], upkeep
        night = nights("--recheck")
        assert night.changes == []
        assert [trouble.asked.url for trouble in night.result.troubles] == [nights.portal.url(path)]
        nights.portal.pages[path] = held
        assert nights("--recheck").changes == []


def test_a_site_that_loses_most_at_once_keeps_it_for_a_week(nights):
    nights()
    kept = dict(nights.portal.pages)
    for year in range(2014, 2024):
        del nights.portal.pages[address(year)]
    nights.portal.pages[COLUMN] = listing(2025, 2024)
    for _ in range(3):
        assert nights().changes == []
    assert len(nights.held()) == 13
    nights.portal.pages.update(kept)
    assert nights().changes == []
    assert nights().asked == [COLUMN]


def test_a_list_that_suddenly_names_half_is_told_and_loses_nothing(nights):
    nights()
    nights.portal.pages[COLUMN] = listing(2025, 2024)
    night = nights()
    assert night.result.shrunk == (nights.portal.url(COLUMN),)
    assert night.changes == []
    assert len(nights.held()) == 13


@pytest.mark.parametrize("instead", [Answer(b"gone", 404), Answer(b"", 302, {"Location": "/"})])
def test_a_site_whose_lists_are_gone_says_so_until_they_are_back(nights, instead):
    nights()
    portal = nights.portal
    kept = {path: portal.pages[path] for path in (COLUMN, f"{COLUMN}index_1.html")}
    portal.pages.update(dict.fromkeys(kept, instead))
    first = nights("--recheck")
    assert (first.result.outcome, first.result.shrunk) == ("no_column", (portal.url(COLUMN),))
    for options in ((), ("--recheck",)):
        night = nights(*options)
        assert (night.result.outcome, night.changes) == ("no_column", [])
        assert COLUMN in night.result.detail
    assert len(nights.held()) == 13
    portal.pages.update(kept)
    night = nights()
    assert (night.result.outcome, night.result.shrunk, night.changes) == ("done", (), [])


def test_a_move_within_the_depth_of_a_list_is_seen_as_one(nights):
    portal, deep = nights.portal, f"{COLUMN}index_1.html"
    lately = row(2014).replace("2015-01-15", "2026-11-04")  # so that it is looked at again the next night
    portal.pages[deep] = page(f"<ul>{row(2018)}{row(2017)}{row(2016)}{row(2015)}{lately}</ul>")
    nights()
    moved = address(2014).replace("t2015", "t2016")
    portal.pages[moved] = portal.pages.pop(address(2014))
    portal.pages[deep].body = portal.pages[deep].body.replace(address(2014).encode(), moved.encode())
    night = nights()
    assert night.kinds() == {moved: "moved"}
    assert nights().changes == []


def test_a_new_column_on_the_home_page_is_found_within_a_month(nights):
    nights()
    portal = nights.portal
    portal.pages["/"].body += '<a href="/zfxxgknb2/">街道办政府信息公开年报</a>'.encode()
    portal.pages["/zfxxgknb2/"] = page(
        '<a href="./t20260115_9.html">戊街道2025年政府信息公开工作年度报告</a>'
    )
    portal.pages["/zfxxgknb2/t20260115_9.html"] = page(report_page("戊街道2025年政府信息公开工作年度报告"))
    nights.when += timedelta(days=22)
    night = nights()
    assert night.kinds() == {"/zfxxgknb2/t20260115_9.html": "new"}
    assert "/zfxxgknb2/" in nights().asked


def test_a_column_that_moved_is_searched_for_at_once(nights):
    nights()
    portal = nights.portal
    for path in [path for path in portal.pages if path.startswith(COLUMN)]:
        answer = portal.pages.pop(path)
        moved = path.replace(COLUMN, "/xxgk/nb/")
        portal.pages[moved] = dataclasses.replace(
            answer, body=answer.body.replace(COLUMN.encode(), b"/xxgk/nb/")
        )
    portal.pages["/zwgk/"] = page('<a href="/xxgk/nb/">政府信息公开年报</a>')
    night = nights()
    assert set(night.kinds().values()) == {"moved"}
    assert len(night.changes) == 13
    assert night.result.outcome == "done"
    assert all(path.startswith("/xxgk/nb/") for path in nights.held())
    assert nights().changes == []


def test_a_redirect_to_the_new_address_is_a_move_and_one_to_the_home_page_a_removal(nights):
    nights()
    portal = nights.portal
    portal.pages["/neu/1.html"] = portal.pages[address(2019)]
    portal.pages[address(2019)] = Answer(b"", 301, {"Location": "/neu/1.html"})
    portal.pages[address(2018)] = Answer(b"", 302, {"Location": "/"})
    night = nights("--recheck")
    assert night.kinds() == {"/neu/1.html": "moved"}
    night = nights()
    assert night.kinds() == {address(2018): "gone"}
    assert nights().changes == []


def test_what_failed_is_listed_and_asked_for_on_the_next_night(nights):
    portal = nights.portal
    failed = {path: portal.pages[path] for path in (address(2015), address(2021))}
    for path in failed:
        portal.pages[path] = Answer(b"", 500, HTML)
    night = nights()
    assert (night.result.outcome, night.result.reports) == ("done", 10)
    assert {t.asked.url for t in night.result.troubles} == {portal.url(path) for path in failed}
    assert all("HTTP 500" in trouble.detail for trouble in night.result.troubles)
    portal.pages.update(failed)
    night = nights()
    assert set(night.asked) == {COLUMN, *failed}
    assert set(night.kinds()) == set(failed)


def test_what_the_budget_left_is_asked_for_on_the_next_night(nights):
    nights.site["max_pages"] = 8
    found: set[str] = set()
    for _ in range(4):
        found |= set(nights().kinds())
    assert len(found) == 13


def test_memory_can_be_rebuilt_and_a_damaged_one_is(nights):
    nights()
    nights.portal.pages[address(2019)] = report(2019, "<p>更正</p>")
    nights.portal.pages[address(2018)] = Answer(b"", 500, HTML)
    nights("--recheck")
    archive = Archive(nights.archive)
    site = nights.portal.netloc
    saved = remembered(archive, site)
    assert rebuilt(archive, site) == saved
    [file] = nights.archive.glob("memory/*.jsonl.gz")
    file.write_bytes(file.read_bytes()[:-20])
    assert remembered(archive, site) == saved
    file.unlink()
    assert remembered(archive, site) == saved


def test_replay_gives_the_same_reports_without_network(nights):
    first = nights()
    nights.portal.pages.clear()
    again = nights("--replay", first.crawl_id)
    assert again.asked == [] == nights.portal.asked
    assert (again.result.reports, again.result.requests) == (12, 0)
    assert again.changes == []
