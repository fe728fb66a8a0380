"""The time of a crawl. A crawl may be told that it begins at another time (simulated nights, replays)."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

PORTAL_TIME = ZoneInfo("Asia/Shanghai")
"""The time zone in which portals date their pages, and in which nights are counted."""


class Clock:
    """Time that began at `start` (aware; None: now) and passes as usual."""

    def __init__(self, start: datetime | None = None) -> None:
        self._start = (start or datetime.now(UTC)).astimezone(UTC)
        self._began = time.monotonic()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=time.monotonic() - self._began)

    def stamp(self) -> str:
        """The time as the archive writes it: ISO 8601 UTC with microseconds."""
        return self.now().isoformat(timespec="microseconds").replace("+00:00", "Z")


def day_of(stamp: str) -> date:
    """The portals' calendar day of a time as the archive writes it."""
    return datetime.fromisoformat(stamp).astimezone(PORTAL_TIME).date()
