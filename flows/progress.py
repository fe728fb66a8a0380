"""What a run says while it goes on: plain lines, and on a terminal a bar below them."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def shown_progress() -> Iterator[None]:
    """What the logger "nianbao" says goes to standard error, one plain line each. On a terminal a bar shows
    shards, sites, reports and the time left."""
    logger = logging.getLogger("nianbao")
    handler: logging.Handler
    if sys.stderr.isatty():
        columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            handler = _Bar(bar)
            logger.addHandler(handler)
            yield
            logger.removeHandler(handler)
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger.addHandler(handler)
    yield
    logger.removeHandler(handler)


class _Bar(logging.Handler):
    """Prints the lines above the bar, and moves it by the progress that a record carries (`flows.run`)."""

    def __init__(self, bar: Progress) -> None:
        super().__init__()
        self._bar = bar
        self._task = bar.add_task("starting", total=None)

    def emit(self, record: logging.LogRecord) -> None:
        self._bar.console.print(record.getMessage(), markup=False, highlight=False)
        progress = getattr(record, "progress", None)
        if progress is not None:
            self._bar.update(
                self._task,
                total=progress.sites,
                completed=progress.sites_done,
                description=f"shards {progress.shards_done}/{progress.shards}  "
                f"sites {progress.sites_done}/{progress.sites}  reports {progress.reports}",
            )
