"""What must be true after the nights, told from the portals, the dataset, the archive and the service."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd

import warehouse
from crawler.archive import Archive, ChangeKind, CrawlOutcome
from crawler.schedule import LONGEST
from tests.portal.bodies import truth_of
from tests.portal.content import Medium, Report
from tests.portal.nights import happened_on, told_as
from tests.portal.site import Day, Portal
from tests.soak.program import LAST_RESTART, Night
from tests.soak.service import Use

SETTLED = 3
"""Nights that a server is given before its use is taken for a measure."""
GROWTH = 1.15
"""By how much memory may grow from then to the end."""
FILES = 4
"""Open files more than then."""
DATABASE = 1.25
"""By how much the database may grow once it holds as much as is kept."""
READ = 0.97
"""Share of the cells of reports on pages that must be read; the others must be marked."""


@dataclass
class Days:
    """What changed at a portal, with the night before which it did, and every address that a report had."""

    portal: Portal
    days: list[tuple[Night, Day]] = field(default_factory=list)
    truth: dict[str, Report] = field(default_factory=dict)

    def advance(self, night: Night) -> None:
        """Let the portal change before a night."""
        self.truth |= self.portal.truth
        self.days.append((night, self.portal.advance((night.now + timedelta(hours=8)).date())))
        self.truth |= self.portal.truth


@dataclass
class Noticed:
    """How the changes of all portals were noticed."""

    happened: int = 0
    noticed: int = 0
    twice: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    untrue: list[str] = field(default_factory=list)


def dataset_wrong(portals: Sequence[Portal], home: Path) -> tuple[list[str], str]:
    """Where the dataset differs from what the portals hold, and how much was compared."""
    known = ["report_id", "agency", "report_year", "site", "withdrawn_at"]
    reports = warehouse.read("reports", home=home, columns=known)
    cells = warehouse.read("cells", home=home, columns=["report_id", "cell", "value", "status"])
    wrong = []
    if reports["report_id"].duplicated().any() or reports.duplicated(["agency", "report_year"]).any():
        wrong.append("a report stands twice in the dataset")
    if cells.duplicated(["report_id", "cell"]).any():
        wrong.append("a cell stands twice in the dataset")
    compared = Counter[str]()
    by_report = dict(tuple(cells.groupby("report_id")))
    for portal in portals:
        mine = reports[reports["site"] == portal.name]
        ids = {(row.agency, int(row.report_year)): row.report_id for row in mine.itertuples()}
        there = {key for key, gone in zip(ids, mine["withdrawn_at"].notna(), strict=True) if not gone}
        held = {(report.agency, report.year): report for report in portal.reports}
        wrong += [f"{portal.name}: not in the dataset: {one}" for one in sorted(held.keys() - there)]
        wrong += [f"{portal.name}: in the dataset alone: {one}" for one in sorted(there - held.keys())]
        gone = {(r.agency, r.year) for c in portal.root.walk() for r in c.items if getattr(r, "gone", False)}
        wrong += [f"{portal.name}: not told as withdrawn: {one}" for one in sorted(gone - set(ids))]
        for key in held.keys() & there:
            text = held[key].medium in {Medium.PAGE, Medium.PAGE_AND_FILE}
            wrong += _wrong_cells(by_report[ids[key]], truth_of(held[key]), compared, text=text)
    share = compared["right"] / max(1, compared["right"] + compared["marked"])
    if share < READ:
        wrong.append(f"only {share:.1%} of the cells on pages were read")
    return wrong, (
        f"{compared['reports']} reports, {compared['right'] + compared['read']} numbers as the portals print "
        f"them, {compared['marked'] + compared['unread']} marked as not read"
    )


def _wrong_cells(
    rows: pd.DataFrame, truth: dict[str, int | float | None], compared: Counter[str], *, text: bool
) -> Iterator[str]:
    compared["reports"] += 1
    for row in rows.itertuples():
        true = truth.get(row.cell)
        if row.status in {"stated", "deduced"}:
            compared["right" if text else "read"] += 1
            if true is None or abs(float(row.value) - true) > 1e-6:
                yield f"{row.report_id} {row.cell} is {true}, published as {row.value} ({row.status})"
        else:
            compared["marked" if text else "unread"] += 1


def noticed(all_days: Sequence[Days], nights: Sequence[Night], archive: Archive) -> Noticed:
    """Whether every change was noticed when it could be: what lists show in the first crawl that saw them in
    fair weather, what only a check shows LONGEST days later, what must be confirmed one such crawl after."""
    found = Noticed()
    crawls = [(crawl_id, _night_of(nights, crawl_id)) for crawl_id in sorted(archive.crawls())]
    results = {crawl_id: {r.site: r for r in archive.results(crawl_id)} for crawl_id, _ in crawls}
    for one in all_days:
        name = one.portal.name
        seen_by = [
            night
            for crawl_id, night in crawls
            if name in results[crawl_id] and results[crawl_id][name].outcome is CrawlOutcome.DONE
            and name not in night.weather
        ]  # fmt: skip
        fair = list({night.number: night for night in seen_by}.values())  # a night may crawl twice
        merged = _merged(one)
        told: dict[tuple[str, str], list[Night]] = {}
        files = {c.url for c in archive.holdings(name) if c.url.partition(name)[2] in one.portal.files}
        first = min((night.number for _, night in crawls), default=0)
        for crawl_id, night in crawls:
            for change in archive.changes(crawl_id, name):
                if night.number > first and change.url not in files:
                    told.setdefault(told_as(one.truth, merged, change), []).append(night)
        happened = {key: night for night, day in one.days for key in happened_on(day)}
        found.happened += len(happened)
        for key, night in happened.items():
            due = _due(key[0], night, fair)
            when = [then for then in told.pop(key, []) if then.number >= night.number]
            if due is None:
                found.late.append(f"{name}: {key} could not be noticed in these nights")
            elif not when or when[0].number > due.number:
                seen = f"noticed in {when[0].number}" if when else "never noticed"
                found.late.append(f"{name}: {key} of night {night.number}, due in {due.number}, {seen}")
            else:
                found.noticed += 1
            found.twice += [f"{name}: {key} again in night {then.number}" for then in when[1:]]
        for key, when in told.items():
            found.untrue.append(f"{name}: {key} in nights {[then.number for then in when]}")
    return found


def _due(kind: str, night: Night, fair: Sequence[Night]) -> Night | None:
    """The night in which a change is noticed at the latest."""
    if kind == ChangeKind.NEW:
        return next((one for one in fair if one.number >= night.number), None)
    checked = [one for one in fair if one.now >= night.now + timedelta(days=LONGEST)]
    confirmed = checked[1:] if kind in {ChangeKind.GONE, ChangeKind.MOVED} else checked
    return next(iter(confirmed), None)


def _merged(one: Days) -> Day:
    """The twins of all days, by which removals are told."""
    return Day(twins={twin: path for _, day in one.days for twin, path in day.twins.items()})


def _night_of(nights: Sequence[Night], crawl_id: str) -> Night:
    began = datetime.strptime(crawl_id.partition("Z-")[0], "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC)
    return max((night for night in nights if night.now <= began), key=lambda night: night.now)


def use_wrong(uses: Sequence[Use], nights: Sequence[Night], kept: int) -> list[str]:
    """Growth of what serves from the last restart on, and of the database as a whole. `kept`: days for which
    it keeps runs."""
    wrong = []
    process = uses[-1].process
    same = [use for use in uses if use.process == process]
    if len(nights) > LAST_RESTART and len(same) < len(nights) - LAST_RESTART - 1:
        wrong.append(f"the server of the last nights served only {len(same)} of them")
    if len(same) > SETTLED + 1:
        early, late = same[SETTLED], same[-1]
        if late.memory > early.memory * GROWTH or late.files > early.files + FILES:
            wrong.append(
                f"memory {early.memory:.0f} to {late.memory:.0f} MB, open files {early.files} to {late.files}"
            )
    half = len(uses) // 2
    if len(nights) > LAST_RESTART and uses[-1].database > max(u.database for u in uses[:half]) * DATABASE:
        wrong.append(f"the server's database grows: {[round(use.database, 1) for use in uses]} MB")
    for night, use in zip(nights, uses, strict=True):
        lately = [one for one in nights if timedelta() <= night.now - one.now <= timedelta(days=kept + 1)]
        if use.runs > 3 * len(lately):  # a night may be gone on with, after a kill more than once
            wrong.append(f"night {night.number}: {use.runs} flow runs are kept of {len(lately)} nights")
    return wrong
