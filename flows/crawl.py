"""One crawl as a child process of its own: `python -m crawler` under the guard.

A child, because Scrapy's process classes hang inside a Prefect flow, and because a crash or a leak then ends
with the child. Its log goes to a file; its standard output brings one line for each finished site.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from crawler.archive import SiteResult
from flows.guard import guarded

_SITE_RESULT = TypeAdapter(SiteResult)
_LINE_LIMIT = 16 * 1024 * 1024
_progress = logging.getLogger("nianbao")


class CrawlError(Exception):
    """The crawl process failed; the message is the last plain line of its log.

    `results`: the sites that were finished before. `signalled`: the process was ended from outside (out of
    memory, say), so another try may help.
    """

    def __init__(self, message: str, results: Sequence[SiteResult], *, signalled: bool) -> None:
        super().__init__(message)
        self.results = results
        self.signalled = signalled


async def crawl(
    archive: Path,
    sites_path: Path | None,
    site_ids: Sequence[str],
    log: Path,
    *,
    recheck: bool = False,
    now: datetime | None = None,
) -> list[SiteResult]:
    """Crawl `site_ids` of the registry at `sites_path` (None: the bundled one) into `archive`; gives one
    result a site. With `recheck`, everything known is looked at again, due or not; with `now`, the crawl
    takes that for the time at which it begins. The process logs to the file `log`. Raises `CrawlError` if it
    fails. Ends the process when it is cancelled."""
    command = [sys.executable, "-m", "crawler", "--archive", str(archive)]
    if sites_path is not None:
        command += ["--sites", str(sites_path)]
    if recheck:
        command.append("--recheck")
    if now is not None:
        command += ["--now", now.isoformat()]
    with log.open("ab") as errors:
        child = await asyncio.create_subprocess_exec(
            *guarded([*command, *site_ids]),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
            limit=_LINE_LIMIT,
        )
    assert child.stdout is not None
    results: list[SiteResult] = []
    try:
        async for line in child.stdout:
            results.append(_site_result(line, results))
            _progress.info("%s: crawled, %s", results[-1].site, results[-1].outcome)
        status = await child.wait()
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.terminate()
            await child.wait()
    if status != 0:
        message = _last_line(log) or f"the crawl process ended with status {status}"
        raise CrawlError(message, results, signalled=status > 128)
    return results


def _site_result(line: bytes, before: Sequence[SiteResult]) -> SiteResult:
    try:
        return _SITE_RESULT.validate_json(line)
    except ValidationError as error:
        message = f"the crawl process printed what is no result: {line[:200]!r}"
        raise CrawlError(message, before, signalled=False) from error


def _last_line(log: Path) -> str:
    """The last line of a log that says something, without traceback indentation."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 8192))
        lines = file.read().decode("utf-8", "replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
