"""Processes that render, one a core; a small rendering is done in this one."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

from warehouse.errors import WarehouseError
from warehouse.site.originals import Budget

SMALL = 1_000_000
"""Bytes of cells below which other processes would cost more time than they save."""

Counts = tuple[int, int]
Task = Callable[..., Counts]
Run = Callable[[Task, Sequence[tuple[Any, ...]]], Iterable[Counts]]

_shared: dict[str, Budget | None] = {}


@contextmanager
def workers(volume: int, images: int | None) -> Iterator[Run]:
    """What runs a task with each tuple of arguments, in any order, and a `budget` of `images` in common.

    `volume` is how many bytes of cells have to be read. Errors of a task are raised here, and the others end.
    """
    context = multiprocessing.get_context("spawn")
    left = None if images is None else context.Value("i", images)
    budget = None if left is None else Budget(left)
    if volume < SMALL:
        yield lambda task, tasks: [task(*arguments, budget=budget) for arguments in tasks]
        return
    executor = ProcessPoolExecutor(os.cpu_count(), mp_context=context, initializer=_start, initargs=(left,))
    try:
        yield lambda task, tasks: list(executor.map(_call, [task] * len(tasks), tasks))
        executor.shutdown()
    except BrokenExecutor:
        raise WarehouseError("a process that rendered pages was ended; run 'nianbao site' again") from None
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        for child in multiprocessing.active_children():
            child.terminate()
        raise


def _call(task: Task, arguments: tuple[Any, ...]) -> Counts:
    return task(*arguments, budget=_shared["budget"])


def _start(left: Any) -> None:
    """End with the parent, however it ends, and leave Ctrl-C to it."""
    _shared["budget"] = None if left is None else Budget(left)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
