"""From the captures of a site to its reports, in a pool of processes.

The unit of work is an article with its attachments: what one report is made of. Workers read the archive
themselves, so that no document body passes between processes.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from crawler.archive import Archive, Capture, Role
from flows.limits import limit_memory, parse_within_limits
from flows.sealed import seal
from parsers import reconcile
from parsers.model import IssueCode, Outcome, Report

_T = TypeVar("_T")

ARTICLES_A_CALL = 10
"""Articles that a process takes at once: enough to hide the call, few enough to share out a site."""

Article = tuple[Capture, ...]
"""Captures of one article: its page, then its attachments."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A document that gave no report, or a report that cannot be published as it is."""

    url: str
    digest: str | None
    outcome: Outcome
    code: IssueCode
    message: str


@dataclass(frozen=True, slots=True)
class ParsedArticle:
    """What an article says: its reports, each with the captures that it was read from, and its problems."""

    reports: tuple[tuple[Report, Article], ...]
    problems: tuple[Problem, ...]


def articles(captures: Iterable[Capture]) -> list[Article]:
    """The documents among `captures` (one site, one crawl), grouped by article in the order of the crawl.
    An attachment whose article was not captured stands alone."""
    groups: dict[str, list[Capture]] = {}
    for capture in captures:
        if capture.role is Role.ARTICLE:
            groups.setdefault(capture.url, []).insert(0, capture)
        elif capture.role is Role.ATTACHMENT:
            groups.setdefault(capture.parent or capture.url, []).append(capture)
    return [tuple(group) for group in groups.values()]


def parse_articles(archive_root: Path, batch: Sequence[Article]) -> list[ParsedArticle]:
    """Parse the articles of a batch. Raises `ArchiveError` if the archive cannot be read."""
    archive = Archive(archive_root)
    return [_parse_article(archive, article) for article in batch]


def _parse_article(archive: Archive, article: Article) -> ParsedArticle:
    readings: list[Report] = []
    origins: list[Capture] = []
    for capture in article:
        data = archive.read(capture)
        for reading in parse_within_limits(
            data,
            capture.url,
            capture=capture.digest,
            title=capture.title,
            content_type=capture.content_type,
        ):
            readings.append(reading)
            origins.append(capture)
    reports = tuple(
        (merged.report, tuple(dict.fromkeys(origins[member] for member in merged.members)))
        for merged in reconcile(readings)
        if merged.report.outcome is Outcome.REPORT
    )
    problems = tuple(
        _problem(reading, origin)
        for reading, origin in zip(readings, origins, strict=True)
        if reading.outcome is Outcome.UNREADABLE or (reading.outcome is Outcome.NOT_REPORT and not reports)
    )
    return ParsedArticle(reports, problems)


def _problem(reading: Report, origin: Capture) -> Problem:
    """Why a document gave no report, in the words of the parser."""
    issue = reading.issues[-1]
    return Problem(origin.url, origin.digest, reading.outcome, issue.code, issue.message)


class ParserPool:
    """Parser processes, replaced by new ones when one of them dies."""

    def __init__(self, processes: int | None) -> None:
        self._processes = processes
        self._executor = _executor(processes)

    async def parse(self, archive_root: Path, groups: Sequence[Article]) -> list[ParsedArticle]:
        """Parse the articles of a site, shared out over the processes; the answers in their order.

        An article that ends its process is a problem of its own and stops no other.
        Raises `ArchiveError` if the archive cannot be read.
        """
        starts = range(0, len(groups), ARTICLES_A_CALL)
        batches = [groups[start : start + ARTICLES_A_CALL] for start in starts]
        answers = await asyncio.gather(*(self.run(parse_articles, archive_root, batch) for batch in batches))
        found: list[ParsedArticle] = []
        for batch, answer in zip(batches, answers, strict=True):
            found += await _one_by_one(archive_root, batch) if answer is None else answer
        return found

    async def run(self, function: Callable[..., _T], *arguments: object) -> _T | None:
        """Call a function in a parser process; None if the process died of it, or of what ran beside it."""
        executor = self._executor
        try:
            return await asyncio.get_running_loop().run_in_executor(executor, function, *arguments)
        except BrokenExecutor:
            if self._executor is executor:
                self._executor = _executor(self._processes)
            # Its own thread is still clearing up; an exit of Python meanwhile would trip over it.
            await asyncio.to_thread(executor.shutdown)
            return None

    def close(self) -> None:
        self._executor.shutdown()

    def abandon(self) -> None:
        """End the processes now, whatever they are doing."""
        self._executor.shutdown(wait=False, cancel_futures=True)
        for child in multiprocessing.active_children():
            child.terminate()


@contextlib.contextmanager
def parser_pool(processes: int | None = None) -> Iterator[ParserPool]:
    """A pool (of one process a core, if not said) that ends with the block, and at once when the block is
    left by an exception."""
    pool = ParserPool(processes)
    try:
        yield pool
        pool.close()
    except BaseException:
        pool.abandon()
        raise


async def _one_by_one(archive_root: Path, batch: Sequence[Article]) -> list[ParsedArticle]:
    """Parse articles of which one ended its process, one at a time. An article is to blame if it ends a
    process that has read nothing else; the one before may have died of what it had read, or been killed."""
    found: list[ParsedArticle] = []
    with parser_pool(processes=1) as pool:
        for article in batch:
            answer = await pool.run(parse_articles, archive_root, [article])
            if answer is None:
                answer = await pool.run(parse_articles, archive_root, [article])
            found += answer or [ParsedArticle((), (_crash(article),))]
    return found


def _crash(article: Article) -> Problem:
    first = article[0]
    reason = "reading it ended the parser process"
    return Problem(first.url, first.digest, Outcome.UNREADABLE, IssueCode.TOO_EXPENSIVE, reason)


def _executor(processes: int | None) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(processes or os.cpu_count(), mp_context=context, initializer=_start_worker)


def _start_worker() -> None:
    """Bound the memory of this worker, take the network from it, end it when its parent dies, leave Ctrl-C to
    the parent."""
    gc.freeze()  # what a worker starts with is never garbage, and looked through for every few documents
    limit_memory()
    seal()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
