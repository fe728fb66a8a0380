"""What happens in which night: the calendar, the weather, the changes of the portals, the kills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from tests.soak.weather import Exposed, Weather

BEGIN = datetime(2027, 1, 5, 18, tzinfo=UTC)
"""02:00 in Shanghai, in the season in which every site is crawled every night."""
_WINTER, _FEBRUARY, _SPRING = range(12), range(40, 44), range(112, 118)
_SUMMER, _NEXT_YEAR = (125, 141, 160, 183), range(363, 367)
CALENDAR = (*_WINTER, *_FEBRUARY, *_SPRING, *_SUMMER, *_NEXT_YEAR)
"""Days after the first night. Between the seasons nobody runs anything; what was missed falls due at once."""
SHORT = (0, 1, 30, 31)
"""The same in four nights: what a check may take, and a night to confirm."""
QUIET_NIGHTS = 5
"""At the end nothing changes any more, so that all can be noticed."""
LONG_OUTAGE = 5
"""Nights that one site answers with a challenge."""


class Kill(StrEnum):
    """What is killed with SIGKILL."""

    CRAWL = "crawl"
    PARSER = "parser process"
    RUN = "run, crawling"
    STAGING = "run, staging"
    PUBLISHING = "run, publishing"
    SERVER = "Prefect server"
    SERVE = "nianbao serve"
    MACHINE = "everything"


_KILLS = {
    1: Kill.CRAWL,
    3: Kill.RUN,
    5: Kill.SERVER,
    7: Kill.SERVE,
    9: Kill.PARSER,
    11: Kill.PUBLISHING,
    13: Kill.MACHINE,
    16: Kill.STAGING,
    19: Kill.CRAWL,
    22: Kill.RUN,
}
LAST_RESTART = 13
"""From the night after this on the same processes serve to the end: they must not grow."""


@dataclass
class Night:
    """One night: when it begins, the weather over sites by name, whose portals change before it."""

    number: int
    now: datetime
    weather: dict[str, Weather] = field(default_factory=dict)
    changing: list[Exposed] = field(default_factory=list)
    kill: Kill | None = None


def program(sites: Sequence[Exposed]) -> list[Night]:
    """Thirty nights: each kind of weather comes over another site, two portals change every night."""
    nights = [Night(number, BEGIN + timedelta(days=day)) for number, day in enumerate(CALENDAR)]
    for turn, weather in enumerate(Weather):
        first = 2 + turn + turn // 2
        lasts = LONG_OUTAGE if weather is Weather.CHALLENGE else 1
        for night in nights[first : first + lasts]:
            night.weather[sites[turn % len(sites)].portal.name] = weather
    for night in nights[1:-QUIET_NIGHTS]:
        night.changing = [sites[(2 * night.number + more) % len(sites)] for more in (0, 1)]
        night.kill = _KILLS.get(night.number)
    return nights


def short_program(sites: Sequence[Exposed]) -> list[Night]:
    """Four nights: every portal changes, two have weather, one run is killed."""
    nights = [Night(number, BEGIN + timedelta(days=day)) for number, day in enumerate(SHORT)]
    nights[1].changing, nights[1].kill = list(sites), Kill.RUN
    nights[1].weather = {sites[0].portal.name: Weather.ERRORS, sites[1].portal.name: Weather.EMPTY_LISTS}
    return nights
