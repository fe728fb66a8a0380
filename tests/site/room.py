"""A home with real documents: those of the demo portal, read by the parsers, and hostile ones beside them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from flows.demo.pages import Resource, site_pages
from flows.demo.reports import DemoSite, load_reports, load_sites
from parsers import parse
from parsers.model import Cell, CellStatus, Issue, IssueCode, Outcome, Report
from tests.site.past import stage_past
from tests.warehouse.samples import site_report
from warehouse import SiteReport, Source, publish, stage
from warehouse.site import Broken, Original, Rendering, Run, Runs, render_site

PROVINCES = {"62": "甘肃省", "35": "福建省", "37": "山东省", "15": "内蒙古自治区"}

NIGHTS = Runs(
    [
        Run("b", "nightly", datetime(2026, 11, 20, 18, tzinfo=UTC), 64.2, "partial", None, 1250, 1248, 9),
        Run("a", "nightly", datetime(2026, 11, 19, 18, tzinfo=UTC), 61.0, "done", None, 1250, 1250, 12),
    ],
    [
        Broken(
            "tyj.jcs.gov.cn",
            "金昌市体育局",
            "甘肃省",
            "broken",
            "blocked: <b>412</b> on every page",
            datetime(2026, 11, 3, 18, tzinfo=UTC),
        )
    ],
)
SCRIPT = "<script>document.title='taken'</script>"
IMAGE = '"><img src=x onerror="document.title=\'taken\'">'
UP = "../../../../etc/passwd"
HOSTILE_NAMES = (
    f"{SCRIPT}院",
    "\"><img/src=x/onerror=document.title='taken'>院",
    f"{UP}院",
    "=cmd|'/C:calc'!A1院",
    "..",
    "院\u202e\x00",
)
"""Without blanks and as no place names its offices, so that the dataset spells them alike."""
HOSTILE_HTML = """<html><head><title>x</title><base href="http://evil.test/">
<meta http-equiv="refresh" content="0;url=http://evil.test/"><style>body{background:url(http://evil.test/a)}</style>
<link rel="stylesheet" href="http://evil.test/a.css"><script>document.title='taken'</script></head>
<body onload="document.title='taken'"><h1>某局2023年政府信息公开工作年度报告</h1>
<img src="http://evil.test/a.png" onerror="document.title='taken'"><svg onload="document.title='taken'"></svg>
<a href="javascript:document.title='taken'">点此</a><a href="http://evil.test/">外链</a>
<iframe src="http://evil.test/"></iframe><object data="http://evil.test/"></object>
<embed src="http://evil.test/">
<form action="http://evil.test/"><input autofocus onfocus="document.title='taken'"><button>x</button></form>
<math><mtext><table><mglyph><style><!--</style>
<img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;"></table></math>
<noscript><p title="</noscript><img src=x onerror=document.title='taken'>"></noscript>
<p style="position:fixed;inset:0" class="top" id="main">文字</p>
<table><tr><td id="language" colspan="9999" onclick="x()">一</td><td>二</td></tr></table>
<video src="http://evil.test/v" poster="http://evil.test/p" onerror="x()"></video>
<audio src=//evil.test/a></audio>
</body></html>"""
"""What a page could try against a reader: scripts, outside resources, forms, overlays, mutating markup."""


@dataclass(frozen=True)
class Documents:
    """Originals in memory, as an archive gives them."""

    held: dict[str, Original]

    def read(self, digest: str) -> Original | None:
        return self.held.get(digest)


@dataclass
class Room:
    """A home, what its archive holds, and the site rendered from it."""

    home: Path
    documents: Documents
    last: Rendering | None = None

    @property
    def site(self) -> Path:
        return self.home / "site"

    def publish(self) -> None:
        publish(self.home)
        self.render()

    def render(self) -> Rendering:
        self.last = render_site(self.home, originals=self.documents, nights=NIGHTS)
        return self.last

    def page(self, agency: str, year: int) -> Path:
        """The page of a report."""
        found = [
            page
            for page in (self.site / "report" / str(year)).rglob("*.html")
            if f">{agency}</a> <span" in page.read_text("utf-8") and not page.stem.endswith("o")
        ]
        assert len(found) == 1, f"{agency} {year}: {found}"
        return found[0]


def digest_of(data: bytes) -> str:
    return f"sha256:{sha256(data).hexdigest()}"


def demo_reports(documents: Documents) -> list[SiteReport]:
    """The reports of the demo portal, each read from the document that holds it."""
    found: list[SiteReport] = []
    for site in load_sites():
        best: dict[int, SiteReport] = {}
        for path, resource in site_pages(site).items():
            for report in _read(path, resource):
                item = _found(site, path, resource, report)
                year = report.report_year
                bait = any(issue.code is IssueCode.YEAR_CONTRADICTION for issue in report.issues)
                if report.outcome is Outcome.REPORT and year and not bait and year not in best:
                    best[year] = item
                    documents.held[item.sources[0].digest] = Original(resource.body, resource.content_type)
        found += best.values()
    return found


def _read(path: str, resource: Resource) -> list[Report]:
    if path == "/robots.txt":
        return []
    return parse(resource.body, path, capture=digest_of(resource.body), content_type=resource.content_type)


def _found(site: DemoSite, path: str, resource: Resource, report: Report) -> SiteReport:
    published = {one.year: one.published for one in load_reports() if one.site == site}
    source = Source(
        f"http://{site.id}{path}",
        digest_of(resource.body),
        resource.content_type,
        datetime(2026, 11, 20, 2, tzinfo=UTC),
        "article",
    )
    return SiteReport(
        replace(report, agency=report.agency or site.agency),
        site.id,
        site.agency,
        site.division,
        PROVINCES[site.division[:2]],
        "city",
        (source,),
        published.get(report.report_year or 0),
    )


def hostile_reports(documents: Documents) -> list[SiteReport]:
    """Reports whose every text tries to be markup, a path or an address that runs."""
    found: list[SiteReport] = []
    for number, agency in enumerate(HOSTILE_NAMES):
        data = HOSTILE_HTML.encode() + str(number).encode()
        digest = digest_of(data)
        documents.held[digest] = Original(data, "text/html")
        plain = site_report(agency, 2023, site=f"h{number}.gov.cn", province="青海省")
        cells = {
            name: replace(cell, evidence=replace(cell.evidence, capture=digest)) if cell.evidence else cell
            for name, cell in plain.report.cells.items()
        }
        cells["applications.new_received.natural_person"] = Cell(
            None, f"{IMAGE}{SCRIPT}", CellStatus.NOT_APPLICABLE, None
        )
        cells["applications.new_received.other_org"] = Cell(None, "' data-x='", CellStatus.UNCERTAIN, None)
        report = replace(
            plain.report,
            title=f"{agency}{SCRIPT}",
            document_number=IMAGE,
            cells=cells,
            sections={"overview": f"全年</p>{SCRIPT}{IMAGE}", "problems": "</script>" + SCRIPT},
            issues=(Issue(IssueCode.PROSE_CONTRADICTION, f"{SCRIPT}{IMAGE}"),),
        )
        urls = (
            "javascript:document.title='taken'",
            f"http://a.test/{IMAGE}",
            "data:text/html,x",
            f"file://{UP}",
        )
        sources = tuple(
            Source(url, digest if place == 0 else UP, "text/html", plain.sources[0].fetched_at, "article")
            for place, url in enumerate(urls)
        )
        found.append(replace(plain, report=report, sources=sources))
    return found


def fill(room: Room, reports: list[SiteReport]) -> None:
    """Stage reports, site by site."""
    by_site: dict[tuple[str, str], list[SiteReport]] = {}
    for item in reports:
        by_site.setdefault((item.site_id, item.province), []).append(item)
    for (site, province), held in by_site.items():
        stage(room.home, site, province, held)


def build(home: Path) -> Room:
    """A published and rendered room with every kind of document."""
    room = Room(home, Documents({}))
    fill(room, [*demo_reports(room.documents), *hostile_reports(room.documents)])
    stage_past(home)
    room.publish()
    return room
