"""`make zoo-nights`: night after night at the simulated portals; what the nights cost, and what they notice.

The first night finds everything; the second is quiet. Then a day brings new reports, a silent edit, a removal
and a move to each portal: the third night must notice what its lists show. By the fourth, as much later as a
check may take, and the fifth, which confirms what is missing, all of it must be noticed, and nothing that did
not happen.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from crawler.archive import Archive, Change, ChangeKind, Role
from crawler.schedule import LONGEST
from tests.portal.__main__ import crawl
from tests.portal.content import Report
from tests.portal.families import FAMILIES
from tests.portal.server import Server
from tests.portal.site import Day, Portal, canonical
from tests.portal.zoo import calm, open_zoo

BEGIN = datetime(2026, 11, 20, 18, tzinfo=UTC)
"""02:00 in Shanghai, on the day after the portals' own today."""
BYTES = 0.05
"""Share of the first night's bytes that a quiet night may move."""


@dataclass
class Account:
    """What the nights brought at one portal, or at all: `lists` are the pages that lists have, `extra` the
    requests of the quiet night beyond one a list page, its due checks and robots.txt."""

    lists: int = 0
    first: int = 0
    first_bytes: int = 0
    quiet: int = 0
    quiet_bytes: int = 0
    extra: int = 0
    happened: int = 0
    at_once: int = 0
    noticed: int = 0
    wrong: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def __iadd__(self, other: Account) -> Account:
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self

    def misses(self) -> list[str]:
        """The targets that are missed, in words."""
        told = {
            f"noticed: {self.noticed} of {self.happened}": self.noticed < self.happened,
            f"{len(self.wrong)} changes told that did not happen": bool(self.wrong),
            f"{self.extra} requests in a quiet night beyond lists and due checks": self.extra > 0,
            f"a quiet night moved {self.quiet_bytes / max(self.first_bytes, 1):.1%} of the first night's bytes": (
                self.quiet_bytes > BYTES * self.first_bytes
            ),
        }
        return [text for text, is_missed in told.items() if is_missed]


def nights(server: Server, portals: Sequence[Portal], folder: Path) -> dict[str, Account]:
    """Run the five nights; the account of each portal by name."""
    sites = [portal.site() for portal in portals]
    archive = Archive(folder / "archive")

    def night(number: int, after: timedelta) -> str:
        server.day = number
        results = crawl(folder, sites, "--now", (BEGIN + after).isoformat())
        return str(next(iter(results.values()))["crawl_id"])

    crawls = [night(1, timedelta()), night(2, timedelta(days=1))]
    days = {portal.name: portal.advance() for portal in portals}
    late = 2 + LONGEST
    crawls += [night(number, timedelta(days=day)) for number, day in enumerate((2, late, late + 1), start=3)]
    return {p.name: _account(server, p, days[p.name], archive, crawls) for p in portals}


def _account(server: Server, portal: Portal, day: Day, archive: Archive, crawls: Sequence[str]) -> Account:
    site = portal.site()["id"]
    first, quiet = server.entries(portal.name, 1), server.entries(portal.name, 2)
    captures = archive.captures(crawls[0], site)
    lists = {canonical(c.url) for c in captures if c.role is Role.LIST}
    due = {
        canonical(c.url)
        for c in archive.captures(crawls[1], site)
        if c.role in {Role.ARTICLE, Role.ATTACHMENT}
    }
    plain = [entry for entry in quiet if entry.path != "/robots.txt"]
    at_once = archive.changes(crawls[2], site)
    later = [change for crawl_id in crawls[3:] for change in archive.changes(crawl_id, site)]
    happened = happened_on(day)
    account = Account(
        lists=len(lists),
        first=len(first),
        first_bytes=sum(entry.bytes for entry in first),
        quiet=len(quiet),
        quiet_bytes=sum(entry.bytes for entry in quiet),
        extra=max(0, len(plain) - len(lists) - len(due)),
        happened=len(happened),
    )
    for change in archive.changes(crawls[1], site):
        account.wrong.append(f"{portal.name}: {change.kind} {change.url} in a quiet night")
    told = {told_as(portal.truth, day, change) for change in at_once}
    account.at_once = len(happened & told)
    told |= {told_as(portal.truth, day, change) for change in later}
    account.noticed = len(happened & told)
    account.missed = [f"{portal.name}: {kind} {what}" for kind, what in sorted(happened - told)]
    files = {c.url for c in (*captures, *archive.holdings(site)) if c.role is Role.ATTACHMENT}
    for change in (*at_once, *later):
        if told_as(portal.truth, day, change) not in happened and change.url not in files:
            account.wrong.append(f"{portal.name}: {change.kind} {change.url}")
    return account


def happened_on(day: Day) -> set[tuple[str, str]]:
    """What a day brought, as `told_as` tells it."""
    return {
        *((str(ChangeKind.NEW), _name(report)) for report in day.new),
        *((str(ChangeKind.CHANGED), _name(report)) for report in day.edited),
        *((str(ChangeKind.GONE), path) for path in day.removed),
        *((str(ChangeKind.MOVED), old) for old, report in day.moved if old != report.path),
    }


def told_as(truth: Mapping[str, Report], day: Day, change: Change) -> tuple[str, str]:
    before = canonical(change.before.url) if change.before is not None else ""
    if change.kind in {ChangeKind.GONE, ChangeKind.MOVED}:
        return str(change.kind), day.twins.get(before, before)
    report = truth.get(canonical(change.url))
    return str(change.kind), _name(report) if report is not None else change.url


def _name(report: Report) -> str:
    return f"{report.agency} {report.year}"


def main() -> int:
    options = argparse.ArgumentParser(prog="make zoo-nights", description=__doc__)
    options.add_argument("--families", help="only these, by commas: " + ", ".join(FAMILIES))
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--small", action="store_true", help="the zoo of the test suite")
    options.add_argument("--keep", type=Path, help="keep archive and log in this folder")
    chosen = options.parse_args()
    families = chosen.families.split(",") if chosen.families else None
    with tempfile.TemporaryDirectory() as folder, Server() as server:
        portals = calm(open_zoo(server, chosen.seed, families, small=chosen.small))
        accounts = nights(server, portals, chosen.keep or Path(folder))
    total = Account()
    print(f"{'':34} lists  first  quiet  extra  bytes  happened  at once  noticed")
    for portal in portals:
        print(_row(f"{portal.name} {portal.family} {portal.setting.variant}", accounts[portal.name]))
        total += accounts[portal.name]
    print(_row("all", total))
    for line in (*total.missed, *total.wrong):
        print(line)
    for line in total.misses():
        print(f"missed: {line}")
    return 1 if total.misses() else 0


def _row(name: str, one: Account) -> str:
    share = one.quiet_bytes / one.first_bytes if one.first_bytes else 0.0
    return (
        f"{name:34} {one.lists:5}  {one.first:5}  {one.quiet:5}  {one.extra:5}  {share:5.1%}  {one.happened:8}"
        f"  {one.at_once:7}  {one.noticed:7}"
    )


if __name__ == "__main__":
    sys.exit(main())
