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
from tempfile import TemporaryDirectory

from crawler.archive import Archive, ArchiveError, Capture
from crawler.digests import Digests
from flows.place import ArchiveFolder, Place
from flows.summary import RunSummary, SiteOutcome, SiteRun, read_summaries
from warehouse import WarehouseError
from warehouse.bucket import Bucket
from warehouse.site import IMAGES, Broken, Original, Rendering, Run, Runs, render_site
from warehouse.store import BUCKET

RUNS = 30
"""Runs that the site lists; what was broken before them already counts as broken since the first of them."""

log = logging.getLogger("nianbao")


class ArchivedOriginals:
    """Gives the bytes of a digest from the archive as it is when a process first asks. With a home in a
    bucket, `archive` holds the indexes and the records come from there."""

    def __init__(self, archive: Path, home: str) -> None:
        self._archive = archive
        self._home = home
        self._digests: Digests | None = None

    def __reduce__(self) -> tuple[type[ArchivedOriginals], tuple[Path, str]]:
        return ArchivedOriginals, (self._archive, self._home)

    def read(self, digest: str) -> Original | None:
        if self._digests is None:
            self._digests = Digests(self._archive)
        captures = self._digests.find([digest])
        if not captures:
            return None
        found = captures[digest][-1]
        try:
            return Original(self._bytes(found), found.content_type)
        except (ArchiveError, WarehouseError, OSError) as error:
            log.warning("the site shows no original of %s: %s", found.url, error)
            return None

    @functools.cached_property
    def _bucket(self) -> Bucket:
        return Bucket(self._home)

    def _bytes(self, capture: Capture) -> bytes:
        if not self._home.startswith(BUCKET):
            return Archive(self._archive).read(capture)
        with TemporaryDirectory() as name:
            ArchiveFolder(Path(name), self._bucket).fetch([capture])
            return Archive(Path(name)).read(capture)


def render(place: Place, out: Path | None = None, images: int | None = IMAGES) -> Rendering:
    """Bring the site of a home up to its dataset, in the folder `out`: by default in the home, where that is
    no bucket. Raises WarehouseError (see `render_site`)."""
    place.pull_runs()
    with place.archive([]) as archive:
        originals = ArchivedOriginals(archive.root, place.home)
        return render_site(place.home, out, originals=originals, nights=runs(place.work), images=images)


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
