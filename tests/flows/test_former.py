"""What changed reports said before is read by today's parser, from the archive."""

from __future__ import annotations

import asyncio
import dataclasses
from itertools import islice
from pathlib import Path

from crawler.archive import Capture
from flows.former import Sources, changed, parsed_again
from flows.parse import ParsedArticle, parser_pool
from flows.place import ArchiveFolder
from parsers import parse
from tests.accuracy.corpus import cases
from tests.flows.archived import archive


def sources(*captures: Capture) -> Sources:
    urls, digests = zip(*((capture.url, capture.digest) for capture in captures), strict=True)
    return Sources(frozenset(urls), digests)


def read_again(home: Path, *before: Sources) -> list[ParsedArticle]:
    async def parsed() -> list[ParsedArticle]:
        with parser_pool(1) as pool:
            return await parsed_again(ArchiveFolder(home / "archive", None), before, pool)

    return asyncio.run(parsed())


def test_only_other_bytes_make_a_report_a_changed_one() -> None:
    one, same = Sources(frozenset({"u"}), ("a", "b")), Sources(frozenset({"v"}), ("b", "a"))
    other = Sources(frozenset({"u"}), ("a", "c"))
    assert changed({"x": one, "y": one, "gone": one}, {"x": same, "y": other, "new": one}) == [one]


def test_the_documents_before_are_read_from_the_archive(tmp_path: Path) -> None:
    documents = [(case.data, "") for case in islice(cases(7, ["html"], every=9), 2)]
    first, second = archive(tmp_path, documents)
    [article] = read_again(tmp_path, sources(first))
    [(report, origins)] = article.reports
    [expected] = parse(documents[0][0], first.url, capture=first.digest)
    assert (report.cells, origins) == (expected.cells, (first,))
    # A report of which a document is lost is told from what was staged.
    lost = dataclasses.replace(second, digest="sha256:" + "0" * 64)
    assert read_again(tmp_path, sources(second, lost)) == []
    (tmp_path / "archive" / first.warc).write_bytes(b"")
    assert read_again(tmp_path, sources(first)) == []
