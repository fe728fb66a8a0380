"""What a crawl found, fetched, and must not have fetched: told from the archive and from the hosts' own log."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import unquote, urlsplit

from protego import Protego

from crawler.archive import Archive
from flows.parse import Article, articles
from parsers import parse
from parsers.model import Outcome
from tests.portal.server import Entry, Server, overlaps
from tests.portal.site import Portal, canonical

TOKEN = "nianbao"


@dataclass
class Verdict:
    """What became of a portal. `missed` and `wrong` name addresses; counts are of requests unless said."""

    reports: int = 0
    found: int = 0
    false: int = 0
    requests: int = 0
    least: int = 0
    files: int = 0
    files_got: int = 0
    bait: int = 0
    robots: int = 0
    overlaps: int = 0
    bytes: int = 0
    missed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __iadd__(self, other: Verdict) -> Verdict:
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))
        return self

    @property
    def per_report(self) -> float:
        return self.requests / self.found if self.found else float("inf")

    @property
    def to_least(self) -> float:
        return self.requests / self.least if self.least else 0.0


def judge(portal: Portal, server: Server, archive: Archive, crawl_id: str, day: int = 1) -> Verdict:
    """The verdict on one crawl of one portal."""
    entries = server.entries(portal.name, day)
    verdict = Verdict(reports=len(portal.reports), requests=len(entries), least=portal.least)
    captures = archive.captures(crawl_id, portal.site()["id"])
    seen: dict[int, str] = {}
    for group in articles(captures):
        hits = {
            id(r): r for capture in group for r in [portal.truth.get(canonical(capture.url))] if r is not None
        }
        for key in hits:
            if key in seen:
                verdict.false += 1
                verdict.wrong.append(f"{group[0].url} is the report of {seen[key]}")
            else:
                seen[key] = group[0].url
                verdict.found += 1
        if not hits and _is_report(archive, group):
            verdict.false += 1
            verdict.wrong.append(f"{group[0].url} is no report of this portal")
    verdict.missed = [f"{portal.name}{r.path} {r.listed}" for r in portal.reports if id(r) not in seen]
    got = {canonical(capture.url) for capture in captures if capture.status == 200}
    wanted = {unquote(path) for path in portal.files}
    verdict.files, verdict.files_got = len(wanted), len(wanted & got)
    verdict.missed += [f"{portal.name}{path} (file)" for path in wanted - got]
    baits = [entry for entry in entries if portal.is_bait(entry.target)]
    verdict.bait = len(baits)
    verdict.wrong += [f"{portal.name}{entry.path} is bait" for entry in baits]
    forbidden = robots_violations(portal, entries)
    verdict.robots = len(forbidden)
    verdict.wrong += [f"{portal.name}{entry.path} is forbidden by robots.txt" for entry in forbidden]
    verdict.overlaps = overlaps(entries)
    verdict.bytes = sum(entry.bytes for entry in entries)
    return verdict


def robots_violations(portal: Portal, entries: list[Entry]) -> list[Entry]:
    """Requests that robots.txt forbids, and those before it was asked for."""
    text = portal.setting.robots
    if text == "default":
        text = portal.pages["/robots.txt"](None).body.decode()  # type: ignore[arg-type]
    rules = Protego.parse(text or "")
    others = [entry for entry in entries if entry.path != "/robots.txt"]
    first = next((entry.start for entry in entries if entry.path == "/robots.txt"), float("inf"))
    return [
        e for e in others if e.start < first or not rules.can_fetch(f"http://{portal.name}{e.target}", TOKEN)
    ]


def _is_report(archive: Archive, group: Article) -> bool:
    for capture in group:
        if capture.status != 200:
            continue
        read = parse(
            archive.read(capture), Path(urlsplit(capture.url).path).name or "page.html",
            title=capture.title, content_type=capture.content_type,
        )  # fmt: skip
        if any(report.outcome is Outcome.REPORT for report in read):
            return True
    return False
