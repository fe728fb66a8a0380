"""What a run did, as one JSON file in `<home>/runs`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from crawler.archive import CrawlOutcome
from parsers.model import CellStatus, IssueCode, Outcome


class RunOutcome(StrEnum):
    """How a run ended."""

    DONE = "done"
    """Every site delivered and everything is published."""
    PARTIAL = "partial"
    """Some sites are broken and keep their old rows; the others are published."""
    FAILED = "failed"
    """No site delivered, or publishing failed; the dataset stands as it was."""
    SKIPPED = "skipped"
    """Another nightly run was still going on; nothing was done."""


class SiteOutcome(StrEnum):
    """How one site came out of a run."""

    DONE = "done"
    """Crawled, parsed and staged: its rows are those of this run."""
    BROKEN = "broken"
    """The site did not deliver what it is known to hold, or could not be crawled; its old rows stay."""
    FAILED = "failed"
    """This machine failed (crawl process, parser process, disk); the site's old rows stay."""


class UnknownRunError(Exception):
    """A run was asked for of which there is no summary."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AlertKind(StrEnum):
    """What an operator is told without asking; docs/operations.md says what to do."""

    SITE_SILENT = "site_silent"
    """A site that used to deliver was broken in several runs in a row."""
    FAMILY_BROKEN = "family_broken"
    """Most sites of a portal family that used to deliver broke in one run."""
    UNCERTAIN_RISES = "uncertain_rises"
    """The share of uncertain cells is higher than it was for the same sites before."""
    RUN_FAILED = "run_failed"
    """Not one site delivered, or nothing could be published."""
    RUN_SKIPPED = "run_skipped"
    """A nightly run did not start because the one before was still going on."""
    RUN_INTERRUPTED = "run_interrupted"
    """A run ended without a summary, and nobody has gone on with it."""
    RUN_MISSING = "run_missing"
    """The last nightly run that was due did not start."""


class Alert(_Model):
    """One alert: `subject` is the site, family or run that it is about; `message` is one plain line."""

    kind: AlertKind
    subject: str
    message: str


class SiteIssue(_Model):
    """A document of the site that gave no report, or a report with a flaw in its identity."""

    url: str
    digest: str | None
    outcome: Outcome
    code: IssueCode
    message: str


class SiteTrouble(_Model):
    """An address that did not come, and why."""

    url: str
    detail: str


TROUBLES = 10
"""Addresses that did not come of which a site's record names the first."""


class SiteRun(_Model):
    """One site in a run. `known` is the number of reports staged before; `reason` is set unless done. `new`,
    `revised` (in what they say) and `withdrawn` count reports against those staged before; `requests` and
    `bytes` are those of the crawl; `family` is the portal family, `fingerprint` that of what the site holds;
    `unchanged`: it was the same as before, or broken as before, so nothing was staged; `failing_since` is
    when the site last stopped to deliver. What the crawl says of a site that may be done all the same:
    `trouble_count` addresses did not come, `troubles` are the first of them, `shrunk` the lists that are gone
    or suddenly name less than half of what they did, `notes` what is out of the ordinary with its hosts."""

    site: str
    name: str
    province: str
    outcome: SiteOutcome
    reason: str | None = None
    crawl_id: str | None = None
    crawl_outcome: CrawlOutcome | None = None
    family: str | None = None
    failing_since: datetime | None = None
    fingerprint: str | None = None
    unchanged: bool = False
    requests: int = 0
    bytes: int = 0
    known: int = 0
    documents: int = 0
    reports: int = 0
    new: int = 0
    revised: int = 0
    withdrawn: int = 0
    cells: dict[CellStatus, int] = Field(default_factory=dict)
    checks_failed: int = 0
    issues: list[SiteIssue] = Field(default_factory=list)
    trouble_count: int = 0
    troubles: list[SiteTrouble] = Field(default_factory=list)
    shrunk: list[str] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)


class Totals(_Model):
    """Sums over the sites that are done; `requests` and `bytes` over all sites of the run."""

    sites: int = 0
    done: int = 0
    requests: int = 0
    bytes: int = 0
    documents: int = 0
    reports: int = 0
    new: int = 0
    revised: int = 0
    withdrawn: int = 0
    cells: dict[CellStatus, int] = Field(default_factory=dict)
    checks_failed: int = 0


class Timings(_Model):
    """Seconds spent, added up over concurrent shards; `total` is the clock's."""

    crawl: float = 0.0
    parse: float = 0.0
    publish: float = 0.0
    total: float = 0.0

    def add(self, other: Timings) -> None:
        """Take in what a shard spent."""
        self.crawl += other.crawl
        self.parse += other.parse


class RunSummary(_Model):
    """One run. `reason` says why publishing failed or the run was skipped; `partitions` of the dataset have
    changed; `retry_of` is the run whose failed sites this one repeats."""

    run_id: str
    flow: str
    retry_of: str | None = None
    sites_path: Path | None = None
    started_at: datetime
    finished_at: datetime
    outcome: RunOutcome
    reason: str | None = None
    partitions: list[str] = Field(default_factory=list)
    alerts: list[Alert] = Field(default_factory=list)
    sites: list[SiteRun]
    totals: Totals
    timings: Timings

    def broken(self) -> list[SiteRun]:
        """The sites that keep their old rows."""
        return [site for site in self.sites if site.outcome is not SiteOutcome.DONE]


def total(sites: list[SiteRun]) -> Totals:
    done = [site for site in sites if site.outcome is SiteOutcome.DONE]
    cells: Counter[CellStatus] = Counter()
    for site in done:
        cells.update(site.cells)
    return Totals(
        sites=len(sites),
        done=len(done),
        requests=sum(site.requests for site in sites),
        bytes=sum(site.bytes for site in sites),
        documents=sum(site.documents for site in done),
        reports=sum(site.reports for site in done),
        new=sum(site.new for site in done),
        revised=sum(site.revised for site in done),
        withdrawn=sum(site.withdrawn for site in done),
        cells=dict(cells),
        checks_failed=sum(site.checks_failed for site in done),
    )


def write_summary(home: Path, summary: RunSummary) -> Path:
    """Write `<home>/runs/<run_id>.json`; a reader never sees half of it."""
    path = home / "runs" / f"{summary.run_id}.json"
    partial = path.with_suffix(".tmp")
    partial.write_text(summary.model_dump_json(indent=1), encoding="utf-8")
    partial.replace(path)
    return path


def read_summary(home: Path, run_id: str) -> RunSummary:
    """The summary of a finished run. Raises `UnknownRunError`."""
    path = home / "runs" / f"{run_id}.json"
    try:
        return RunSummary.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        raise UnknownRunError(f"no such run: {run_id}; `nianbao status` names the last ones") from None


def read_summaries(home: Path) -> Iterator[RunSummary]:
    """The finished runs of a home, newest first. A file that is no summary is passed over."""
    for path in sorted((home / "runs").glob("*.json"), reverse=True):
        try:
            yield RunSummary.model_validate_json(path.read_bytes())
        except ValidationError:
            continue
