"""Where bytes stand in the archive, by their digest.

    <archive>/digests.sqlite   which lines of which index name a digest

It follows from the indexes alone: whoever asks brings it up first, and it may be removed at any time. Where
it cannot be written (an archive that may only be read) it is made in memory.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import suppress
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from crawler.archive import Archive, Capture, capture_of

FILE = "digests.sqlite"
_WAIT = 60.0
"""Seconds that another process may take to bring it up."""
_AT_ONCE = 500
"""Digests of one question."""
_TABLES = """
    CREATE TABLE IF NOT EXISTS crawl (
        number INTEGER PRIMARY KEY, id TEXT UNIQUE, size INTEGER, changed INTEGER
    );
    CREATE TABLE IF NOT EXISTS line (
        digest TEXT, crawl INTEGER, offset INTEGER, PRIMARY KEY (digest, crawl, offset)
    ) WITHOUT ROWID;
"""


class Digests:
    """The digests of the archive at `root`, as it is when this is made. Used in one thread."""

    def __init__(self, root: Path) -> None:
        self._archive = Archive(root)
        path = root / FILE
        try:
            self._base = self._brought_up(str(path))
        except sqlite3.OperationalError:
            self._base = self._brought_up(":memory:")
        except sqlite3.DatabaseError:  # a machine that fell over may leave it damaged
            path.unlink()
            self._base = self._brought_up(str(path))

    def find(self, digests: Collection[str]) -> dict[str, list[Capture]]:
        """The captures of every crawl with these digests ("sha256:<hex>"), by digest, in the order of their
        fetching; crawls that were killed or still go on count as far as they came."""
        found: dict[str, dict[tuple[str, str, str], Capture]] = {}
        wanted = sorted(set(digests))
        for some in (wanted[start : start + _AT_ONCE] for start in range(0, len(wanted), _AT_ONCE)):
            rows = self._base.execute(
                "SELECT id, offset, digest FROM line JOIN crawl ON crawl = number "
                f"WHERE digest IN ({','.join('?' * len(some))}) ORDER BY id, offset",
                some,
            )
            for crawl_id, lines in groupby(rows, key=itemgetter(0)):
                with self._archive.index(crawl_id).open("rb") as file:
                    for _, offset, digest in lines:
                        file.seek(offset)
                        capture = capture_of(json.loads(file.readline()))
                        # A second line about the same fetch says the role that its text turned out to have.
                        found.setdefault(digest, {})[capture.site, capture.url, capture.fetched_at] = capture
        return {digest: list(captures.values()) for digest, captures in found.items()}

    def _brought_up(self, place: str) -> sqlite3.Connection:
        base = sqlite3.connect(place, timeout=_WAIT, isolation_level=None)
        try:
            base.executescript(_TABLES)
            if self._outdated(base):
                base.execute("BEGIN IMMEDIATE")
                with base:
                    for crawl_id, state in self._outdated(base).items():  # another process may have done it
                        self._renew(base, crawl_id, state)
        except BaseException:
            base.close()
            raise
        return base

    def _outdated(self, base: sqlite3.Connection) -> dict[str, tuple[int, int] | None]:
        """Size and time of the indexes that are other than when they were read, None for one that is gone."""
        known = {crawl_id: state for crawl_id, *state in base.execute("SELECT id, size, changed FROM crawl")}
        found: dict[str, tuple[int, int] | None] = dict.fromkeys(known)
        for crawl_id in self._archive.begun():
            status = self._archive.index(crawl_id).stat()
            found[crawl_id] = status.st_size, status.st_mtime_ns
        return {
            crawl_id: state
            for crawl_id, state in found.items()
            if state is None or list(state) != known.get(crawl_id)
        }

    def _renew(self, base: sqlite3.Connection, crawl_id: str, state: tuple[int, int] | None) -> None:
        base.execute("DELETE FROM line WHERE crawl = (SELECT number FROM crawl WHERE id = ?)", [crawl_id])
        base.execute("DELETE FROM crawl WHERE id = ?", [crawl_id])
        if state is not None:
            number = base.execute(
                "INSERT INTO crawl (id, size, changed) VALUES (?, ?, ?)", [crawl_id, *state]
            )
            lines = ((digest, number.lastrowid, offset) for digest, offset in self._lines(crawl_id))
            base.executemany("INSERT INTO line VALUES (?, ?, ?)", lines)

    def _lines(self, crawl_id: str) -> Iterator[tuple[str, int]]:
        """The digest and place of every line of an index; a killed process may have torn the last one."""
        offset = 0
        with self._archive.index(crawl_id).open("rb") as file:
            for line in file:
                with suppress(ValueError):
                    yield json.loads(line)["digest"], offset
                offset += len(line)
