"""The reading room as the flows make it: originals from the archive, runs from their summaries."""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path

from crawler.archive import Archive, ArchiveError
from crawler.digests import Digests
from flows.summary import RunSummary, SiteOutcome, SiteRun, read_summaries
from warehouse.site import IMAGES, Broken, Original, Rendering, Run, Runs, render_site

RUNS = 30
"""Runs that the site lists; what was broken before them already counts as broken since the first of them."""

log = logging.getLogger("nianbao")


class ArchivedOriginals:
    """Gives the bytes of a digest from the archive as it is when a process first asks."""

    def __init__(self, archive: Path) -> None:
        self._archive = archive
        self._digests: Digests | None = None

    def __reduce__(self) -> tuple[type[ArchivedOriginals], tuple[Path]]:
        return ArchivedOriginals, (self._archive,)

    def read(self, digest: str) -> Original | None:
        if self._digests is None:
            self._digests = Digests(self._archive)
        captures = self._digests.find([digest])
        if not captures:
            return None
        found = captures[digest][-1]
        try:
            return Original(Archive(self._archive).read(found), found.content_type)
        except ArchiveError as error:
            log.warning("the site shows no original of %s: %s", found.url, error)
            return None


def render(home: Path, out: Path | None = None, images: int | None = IMAGES) -> Rendering:
    """Bring the site of `home` up to its dataset. Raises WarehouseError (see `render_site`)."""
    originals = ArchivedOriginals(home.absolute() / "archive")
    return render_site(home, out, originals=originals, nights=runs(home), images=images)


def runs(home: Path) -> Runs:
    """The last runs of a home, and what is broken since when."""
    summaries = list(islice(read_summaries(home), RUNS))
    newest: dict[str, SiteRun] = {}
    since: dict[str, datetime] = {}
    recovered: set[str] = set()
    for summary in summaries:
        for site in summary.sites:
            newest.setdefault(site.site, site)
            if site.outcome is SiteOutcome.DONE:
                recovered.add(site.site)
            elif site.site not in recovered:
                since[site.site] = summary.started_at
    broken = [
        Broken(site.site, site.name, site.province, site.outcome, site.reason or "", since[site.site])
        for site in newest.values()
        if site.outcome is not SiteOutcome.DONE
    ]
    return Runs([_run(summary) for summary in summaries], broken)


def _run(summary: RunSummary) -> Run:
    return Run(
        run_id=summary.run_id,
        flow=summary.flow,
        started_at=summary.started_at,
        seconds=summary.timings.total,
        outcome=summary.outcome,
        reason=summary.reason,
        sites=summary.totals.sites,
        done=summary.totals.done,
        reports=summary.totals.reports,
    )


class _Handler(SimpleHTTPRequestHandler):
    """Files of the site, quietly; scripts are what their names say."""

    def end_headers(self) -> None:
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@contextmanager
def served(folder: Path) -> Iterator[ThreadingHTTPServer]:
    """A server of the site's folder on a free port of loopback; the caller lets it serve."""
    handler = functools.partial(_Handler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        yield server
