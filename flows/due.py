"""Which sites a nightly run crawls: those whose `schedule` has come up since they were last crawled."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from cronsim import CronSim

from crawler.registry import Site
from flows.summary import SiteRun, read_summaries

TIMEZONE = ZoneInfo("Asia/Shanghai")
"""Cron lines are meant in the time of the portals."""


def due_sites(sites: Iterable[Site], home: Path, now: datetime) -> list[Site]:
    """The sites to crawl at `now` (aware). Without a schedule, or never crawled: always."""
    sites = list(sites)
    scheduled = {site.id for site in sites if site.schedule is not None}
    crawled = last_runs(home, scheduled)
    return [site for site in sites if _is_due(site, crawled.get(site.id), now)]


def last_runs(home: Path, wanted: Iterable[str]) -> dict[str, tuple[datetime, SiteRun]]:
    """Start and record of the newest run that crawled each site; sites never crawled are missing."""
    missing, found = set(wanted), dict[str, tuple[datetime, SiteRun]]()
    for summary in read_summaries(home):
        if not missing:
            break
        for run in summary.sites:
            if run.site in missing and summary.flow != "reparse":
                found[run.site] = (summary.started_at, run)
                missing.discard(run.site)
    return found


def _is_due(site: Site, crawled: tuple[datetime, SiteRun] | None, now: datetime) -> bool:
    return site.schedule is None or crawled is None or _next(site.schedule, crawled[0]) <= now


def _next(schedule: str, after: datetime) -> datetime:
    """When a cron line comes up next."""
    return next(CronSim(schedule, after.astimezone(TIMEZONE)))
