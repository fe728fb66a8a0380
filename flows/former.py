"""What the documents of changed reports said before, read by today's parser: a revision then tells what the
document did, and not what a new release of the parser did."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crawler.archive import ArchiveError, Capture
from crawler.digests import Digests
from flows.parse import ParsedArticle, ParserPool, articles
from flows.place import ArchiveFolder

log = logging.getLogger("nianbao")


@dataclass(frozen=True, slots=True)
class Sources:
    """The documents that a report was read from: addresses, and digests of their bytes."""

    urls: frozenset[str]
    digests: tuple[str, ...]


def changed(before: Mapping[str, Sources], now: Mapping[str, Sources]) -> list[Sources]:
    """The sources before of the reports (by id) that are read from other bytes now."""
    both = before.keys() & now.keys()
    return [before[key] for key in sorted(both) if set(before[key].digests) != set(now[key].digests)]


async def parsed_again(
    archive: ArchiveFolder, sources: Sequence[Sources], pool: ParserPool
) -> list[ParsedArticle]:
    """The documents of these sources, of those that the archive holds whole; none where it cannot be read.
    What was staged stands for the others."""
    if not sources:
        return []
    held = Digests(archive.root).find([digest for one in sources for digest in one.digests])
    captures: dict[tuple[str, str], Capture] = {}
    for one in sources:
        of_report = {
            (capture.url, digest): capture
            for digest in one.digests
            for capture in held.get(digest, ())
            if capture.url in one.urls
        }
        if {digest for _, digest in of_report} == set(one.digests):
            captures |= of_report
    try:
        archive.fetch(captures.values())
        return await pool.parse(archive.root, articles(captures.values()))
    except (ArchiveError, OSError) as error:
        log.warning("revisions are told from the rows staged before: %s", error)
        return []
