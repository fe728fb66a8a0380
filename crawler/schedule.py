"""When a known page is looked at again.

The longer a document has not changed, the rarer it is checked, but never later than LONGEST days after the
last check. Reports of the running season are checked every night. Checks that need not be exact to the day
go to the night on which least is due, so that they do not bunch.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta

from crawler.archive import Capture, Role

LADDER = (1, 2, 4, 8, 16, 23)
"""Days between checks, by days without a change."""
LONGEST = LADDER[-1]
MASS_DAYS = 7
"""Days for which most of a site's documents must be missing before they count as gone. With LONGEST: even so
a removal is noticed within 30 days."""
SEASON = (1, 4)
"""First and last month in which reports of the year before are published (政府信息公开条例 §50)."""
PATIENCE = 3
"""Failures of an address after which it is no longer tried at every crawl."""

_YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)")


def report_year(title: str | None) -> int | None:
    """The first year that a title names."""
    found = _YEAR.search(title or "")
    return int(found[1]) if found else None


def published(capture: Capture, seen: date | None) -> date | None:
    """When a document was published: as its list says; the year after its report year, the best that is
    known of a site's backlog (`seen` is None); else when it was first `seen`. None if nothing tells."""
    if capture.listed_date:
        return date.fromisoformat(capture.listed_date)
    if seen is not None:
        return seen
    year = report_year(capture.title)
    return date(year + 1, 1, 1) if year else None


def interval(role: Role, born: date | None, changed: date | None, today: date) -> int:
    """Days until a page that was looked at `today` is looked at again. `born` is when it was published and
    `changed` when its content was last seen to change, as far as known."""
    if role not in {Role.ARTICLE, Role.ATTACHMENT}:
        return LONGEST
    if born is not None and SEASON[0] <= today.month <= SEASON[1] and born >= date(today.year, 1, 1):
        return 1
    settled = max((day for day in (born, changed) if day is not None), default=None)
    age = (today - settled).days if settled is not None else LONGEST
    return max((step for step in LADDER if step <= age), default=LADDER[0])


def retry_day(failures: int, today: date) -> date:
    """When an address that never answered with content is tried again: at the next crawl, later on rarer."""
    if failures <= PATIENCE:
        return today
    return today + timedelta(days=LADDER[min(failures - PATIENCE, len(LADDER)) - 1])


def least_loaded(load: Counter[date], days: int, today: date) -> date:
    """The day for a check in at most `days` days: of the second half of that time the day on which least is
    due, the latest of these."""
    choices = [today + timedelta(days=ahead) for ahead in range(days, days // 2, -1)]
    return min(choices, key=lambda day: load[day])
