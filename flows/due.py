"""Which sites a nightly run crawls.

A site with a cron line of its own (`schedule`) is due when that has come up since it was last crawled. All
others are due every night from January to April, when the reports of the year before appear (政府信息公开条例
§50), and otherwise the more seldom the longer they have not changed, but at least every LADDER[-1] days. A
site that fails is tried again after growing pauses.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zlib import crc32
from zoneinfo import ZoneInfo

from cronsim import CronSim

from crawler.registry import Site
from flows.ledger import Ledger, SiteState
from flows.summary import SiteOutcome

NIGHTLY = "0 2 * * *"
"""When the nightly run starts."""
TIMEZONE = ZoneInfo("Asia/Shanghai")
"""Nights and cron lines are meant in the time of the portals."""
SEASON = (1, 4)
"""First and last month in which every site is crawled every night."""
LADDER = (1, 2, 4, 8, 16, 28)
"""Nights between two crawls, by nights without a change."""
PAUSES = (1, 1, 2, 4, 7)
"""Nights until a site that was broken once, twice ... in a row is tried again."""


def due_sites(sites: Iterable[Site], ledger: Ledger, now: datetime, *, resting: bool = True) -> list[Site]:
    """The sites to crawl at `now` (aware). With `resting`, those that seldom change or fail are left out on
    most nights; without, only those are whose own schedule has not come up."""
    return [site for site in sites if _is_due(site, ledger.get(site.id), now, resting)]


def last_night(now: datetime) -> datetime:
    """When the newest nightly run should have started."""
    return next(CronSim(NIGHTLY, now.astimezone(TIMEZONE), reverse=True))


def _is_due(site: Site, state: SiteState | None, now: datetime, resting: bool) -> bool:
    if state is None or state.outcome is SiteOutcome.FAILED:
        return True
    if site.schedule is not None:
        return _next(site.schedule, state.crawled_at) <= now
    if not resting:
        return True
    tonight = _night(now)
    passed = tonight - _night(state.crawled_at)
    if state.failures:
        return passed >= PAUSES[min(state.failures, len(PAUSES)) - 1]
    pause = _pause(state, now)
    # Sites of one rhythm share out over its nights instead of all coming in the same one.
    return passed >= pause or (passed > 0 and (tonight + crc32(site.id.encode())) % pause == 0)


def _pause(state: SiteState, now: datetime) -> int:
    """Nights between two crawls of a site that delivers."""
    if SEASON[0] <= now.astimezone(TIMEZONE).month <= SEASON[1]:
        return 1
    quiet = _night(now) - _night(state.changed_at or state.crawled_at)
    return max((step for step in LADDER if step <= quiet), default=LADDER[0])


def _night(time: datetime) -> int:
    return time.astimezone(TIMEZONE).toordinal()


def _next(schedule: str, after: datetime) -> datetime:
    """When a cron line comes up next."""
    return next(CronSim(schedule, after.astimezone(TIMEZONE)))
