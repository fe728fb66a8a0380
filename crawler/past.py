"""What a crawl begins with and leaves behind: the memories of its sites, and the answers that it need not ask
for again.

A crawl that was killed has no result, but its captures are in the archive. The next crawl of its sites goes
on where it stopped: what it had fetched is answered from the archive, its lists only for RESUME_HOURS, since
they may name new reports by then.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from crawler.archive import Archive, Capture, Change, Role, SiteResult
from crawler.memory import Memory, alike_in, rebuilt, remembered, settle
from crawler.replay import Answers

RESUME_HOURS = 12
_LEADING = frozenset({Role.PAGE, Role.LIST})


class Past:
    """The past of these sites at the time `now`. With `replayed`, the archive as of that crawl gives all
    answers, and the walk begins from nothing."""

    def __init__(
        self, archive: Archive, sites: Collection[str], now: datetime, replayed: str | None = None
    ) -> None:
        self._archive = archive
        self._now = now
        self._replayed = replayed
        self._memories = {site: remembered(archive, site) for site in sites}
        self._killed: dict[str, dict[str, list[Capture]]] = {}
        if replayed is None:
            through = min((memory.through for memory in self._memories.values()), default="")
            for crawl_id in archive.begun():
                if crawl_id > through and not archive.is_finished(crawl_id):
                    self._killed[crawl_id] = _by_site(archive.captures(crawl_id), self._memories)

    def memory(self, site: str) -> Memory:
        """What is known of the site; of a replayed one nothing, so that its walk is whole."""
        return Memory(site) if self._replayed is not None else self._memories[site]

    def answers(self, site: str) -> Answers | None:
        """What the archive answers in place of the network; None where there is nothing."""
        if self._replayed is not None:
            memory = rebuilt(self._archive, site, self._replayed)
            return Answers(self._archive, (e.capture for e in memory.entries.values()), whole=True)
        oldest = (self._now - timedelta(hours=RESUME_HOURS)).isoformat()
        captures = [
            capture
            for crawl_id, by_site in self._killed.items()
            if crawl_id > self._memories[site].through
            for capture in by_site.get(site, ())
            if capture.fetched_at >= oldest or capture.role not in _LEADING
        ]
        return Answers(self._archive, captures, whole=False) if captures else None

    def learn(self, crawl_id: str, results: Iterable[SiteResult]) -> list[Change]:
        """Take this crawl, and the killed ones before it, into the memories and save them. Gives the changes
        that they show. A replay shows what was known already."""
        changes: list[Change] = []
        alike = alike_in(self._archive)
        seen = _by_site(self._archive.captures(crawl_id), self._memories)
        troubles = {result.site: result.troubles for result in results}
        for site, memory in self._memories.items():
            for killed, by_site in self._killed.items():
                if killed > memory.through:
                    changes += memory.learn(killed, by_site.get(site, ()), (), alike)
            changes += memory.learn(crawl_id, seen.get(site, ()), troubles.get(site, ()), alike)
            memory.save(self._archive.root)
        return changes

    def settle(self) -> None:
        """The crawl is finished: its memories count from now on."""
        for site in self._memories:
            settle(self._archive.root, site)


def _by_site(captures: Iterable[Capture], sites: Collection[str]) -> dict[str, list[Capture]]:
    found: dict[str, list[Capture]] = {}
    for capture in captures:
        if capture.site in sites:
            found.setdefault(capture.site, []).append(capture)
    return found
