"""`nianbao status`: the last runs, sites by state, what broke, and what the dataset covers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from itertools import islice

from pydantic import BaseModel, ConfigDict

from crawler.archive import CrawlOutcome
from crawler.registry import Site
from flows.journal import open_runs
from flows.ledger import Ledger, SiteState, read_ledger
from flows.place import Place
from flows.summary import RunOutcome, RunSummary, SiteOutcome, SiteTrouble, read_summaries
from warehouse import NoDatasetError, read

LAST_RUNS = 30
"""Runs among which the last good one is looked for."""
SHOWN = 20
"""Broken sites and provinces that are told one by one; all of them are in `--json`."""


class State(StrEnum):
    """How a site stands."""

    DELIVERS = "delivers"
    BROKEN = "broken"
    """It gives less than it is known to hold, or fails in another way of its own."""
    BLOCKED = "blocked"
    UNREACHABLE = "unreachable"
    ROBOTS_DENIED = "robots_denied"
    NO_COLUMN = "no_column"
    FAILED = "failed"
    """This machine failed in its last run."""
    NEVER = "never_crawled"


_STATES = {
    CrawlOutcome.BLOCKED: State.BLOCKED,
    CrawlOutcome.UNREACHABLE: State.UNREACHABLE,
    CrawlOutcome.ROBOTS_DENIED: State.ROBOTS_DENIED,
    CrawlOutcome.NO_COLUMN: State.NO_COLUMN,
}


class RunLine(BaseModel):
    """A run in short."""

    run_id: str
    flow: str
    started_at: datetime
    outcome: RunOutcome
    sites: int
    done: int
    new: int
    revised: int
    withdrawn: int


class OpenRun(BaseModel):
    """A run without a summary: going on, or interrupted."""

    run_id: str
    flow: str
    started_at: datetime
    going_on: bool


class BrokenSite(BaseModel):
    """A site that did not deliver in its last run; `tonight`: it did before."""

    site: str
    name: str
    state: State
    since: datetime | None
    reason: str | None
    tonight: bool


class IncompleteSite(BaseModel):
    """A site that delivered, although not everything came or a list shrank (see `flows.summary.SiteRun`)."""

    site: str
    name: str
    crawled_at: datetime
    trouble_count: int
    troubles: list[SiteTrouble]
    shrunk: list[str]


class Status(BaseModel):
    """The state of a home as of the newest crawl of each site. `coverage` counts published reports by
    province and year, `notes` are what is out of the ordinary with the hosts of a site."""

    model_config = ConfigDict(extra="forbid")

    last_run: RunLine | None
    last_good_run: RunLine | None
    open_runs: list[OpenRun]
    sites: dict[State, int]
    broken: list[BrokenSite]
    incomplete: list[IncompleteSite]
    notes: dict[str, list[str]]
    reports: int
    coverage: dict[str, dict[int, int]]


def status_of(place: Place, sites: Iterable[Site]) -> Status:
    """Raises `WarehouseError` for a damaged dataset."""
    ledger = read_ledger(place.work)
    runs = list(islice(read_summaries(place.work), LAST_RUNS))
    ran = [run for run in runs if run.outcome is not RunOutcome.SKIPPED]
    good = [run for run in ran if run.outcome is RunOutcome.DONE]
    states = {site.id: _state(ledger, site.id) for site in sites}
    coverage = _coverage(place.home)
    return Status(
        last_run=_line(ran[0]) if ran else None,
        last_good_run=_line(good[0]) if good else None,
        open_runs=[
            OpenRun(run_id=plan.run_id, flow=plan.flow, started_at=plan.started_at, going_on=going_on)
            for plan, going_on in open_runs(place.work)
        ],
        sites={state: count for state in State if (count := list(states.values()).count(state))},
        broken=[
            _broken(ledger[site], state)
            for site, state in states.items()
            if state not in (State.DELIVERS, State.NEVER)
        ],
        incomplete=[
            _incomplete(ledger[site])
            for site, state in states.items()
            if state is State.DELIVERS and (ledger[site].trouble_count or ledger[site].shrunk)
        ],
        notes={site: ledger[site].notes for site in states if site in ledger and ledger[site].notes},
        reports=sum(sum(years.values()) for years in coverage.values()),
        coverage=coverage,
    )


def status_lines(status: Status) -> Iterator[str]:
    """The same at a glance, for people."""
    for title, run in (("last run", status.last_run), ("last good run", status.last_good_run)):
        if run is None:
            yield f"{title}: none"
            continue
        when = f"{run.started_at.astimezone():%Y-%m-%d %H:%M}"
        yield f"{title}: {run.run_id}  {run.flow}  {when}  {run.outcome}"
        changes = f"{run.new} new, {run.revised} revised, {run.withdrawn} withdrawn"
        yield f"  {run.done} of {run.sites} sites; reports: {changes}"
    for going in status.open_runs:
        words = "is going on" if going.going_on else f"was interrupted: nianbao retry {going.run_id}"
        yield f"{going.flow} run of {going.started_at.astimezone():%Y-%m-%d %H:%M} {words}"
    told = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in status.sites.items())
    yield f"sites ({sum(status.sites.values())}): {told}"
    if status.broken:
        yield "broken"
        for site in sorted(status.broken, key=lambda site: not site.tonight)[:SHOWN]:
            since = f"since {site.since.astimezone():%Y-%m-%d}" if site.since else ""
            yield f"  {site.site}  {site.reason}  {site.name}, {site.state} {since}".rstrip()
        if len(status.broken) > SHOWN:
            yield f"  and {len(status.broken) - SHOWN} more: nianbao status --json"
    if status.incomplete:
        yield "delivered, but not everything came"
        for part in sorted(status.incomplete, key=lambda part: part.crawled_at, reverse=True)[:SHOWN]:
            yield f"  {part.site}  {_missing(part)}  {part.name}, {part.crawled_at.astimezone():%Y-%m-%d}"
        if len(status.incomplete) > SHOWN:
            yield f"  and {len(status.incomplete) - SHOWN} more: nianbao status --json"
    if status.notes:
        noted, notes = next(iter(status.notes.items()))
        yield f"hosts of note ({len(status.notes)} sites, all in --json): {noted}: {notes[0]}"
    if not status.coverage:
        yield "nothing published yet"
        return
    yield f"published reports ({status.reports})"
    for province, years in status.coverage.items():
        yield f"  {province}  " + ", ".join(f"{year}: {count}" for year, count in years.items())


def _state(ledger: Ledger, site: str) -> State:
    state = ledger.get(site)
    if state is None:
        return State.NEVER
    if state.outcome is SiteOutcome.DONE:
        return State.DELIVERS
    if state.outcome is SiteOutcome.FAILED:
        return State.FAILED
    return _STATES.get(state.crawl_outcome, State.BROKEN) if state.crawl_outcome else State.BROKEN


def _broken(state: SiteState, kind: State) -> BrokenSite:
    return BrokenSite(
        site=state.site,
        name=state.name,
        state=kind,
        since=state.failing_since,
        reason=state.reason,
        tonight=state.failures <= 1 and state.delivered_at is not None,
    )


def _incomplete(state: SiteState) -> IncompleteSite:
    return IncompleteSite(
        site=state.site,
        name=state.name,
        crawled_at=state.crawled_at,
        trouble_count=state.trouble_count,
        troubles=state.troubles,
        shrunk=state.shrunk,
    )


def _missing(part: IncompleteSite) -> str:
    """What did not come, in a line."""
    said = []
    if part.trouble_count:
        first = part.troubles[0]
        said.append(f"{part.trouble_count} addresses did not come, first {first.url}: {first.detail}")
    if part.shrunk:
        said.append(f"{len(part.shrunk)} lists shrank, first {part.shrunk[0]}")
    return "; ".join(said)


def _line(run: RunSummary) -> RunLine:
    totals = run.totals
    return RunLine(
        run_id=run.run_id,
        flow=run.flow,
        started_at=run.started_at,
        outcome=run.outcome,
        sites=totals.sites,
        done=totals.done,
        new=totals.new,
        revised=totals.revised,
        withdrawn=totals.withdrawn,
    )


def _coverage(home: str) -> dict[str, dict[int, int]]:
    """Reports by province and year."""
    try:
        reports = read("reports", home=home, columns=["report_id"])
    except NoDatasetError:
        return {}
    counts: dict[str, Counter[int]] = {}
    for province, year in zip(reports["province"], reports["year"], strict=True):
        counts.setdefault(str(province), Counter())[int(year)] += 1
    return {province: dict(sorted(years.items())) for province, years in sorted(counts.items())}
