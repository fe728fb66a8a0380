"""Processes that render, one a core; no document from outside is opened in the process that asks."""

from __future__ import annotations

import gc
import multiprocessing
import os
import resource
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from warehouse.errors import WarehouseError
from warehouse.site.originals import Budget
from warehouse.site.watch import forget_processes, leave_out_what_was_open

SMALL = 1_000_000
"""Bytes of cells below which one process is enough."""
MEMORY = 3 << 29
"""Bytes of memory for one process: 1.5 GiB, for what a hostile document may ask for."""
_ATTEMPTS = 8
"""An attempt meets at most one document that ends its process, which is then left out (`watch`)."""

Counts = tuple[int, int]
Task = Callable[..., Counts]
Run = Callable[[Task, Sequence[tuple[Any, ...]]], list[Counts]]

_shared: dict[str, Budget | None] = {}


@contextmanager
def workers(volume: int, images: int | None, tried: Path) -> Iterator[Run]:
    """What runs a task with each tuple of arguments, and with a `budget` of `images` that all share.

    `volume` is how many bytes of cells have to be read, `tried` the folder of `watch`. An error of a task is
    raised here; the others end.
    """
    forget_processes(tried)
    context = multiprocessing.get_context("spawn")
    left = None if images is None else context.Value("i", images)
    processes = 1 if volume < SMALL else os.cpu_count()

    def executor() -> ProcessPoolExecutor:
        return ProcessPoolExecutor(processes, mp_context=context, initializer=_start, initargs=(left,))

    pool = executor()

    def run(task: Task, tasks: Sequence[tuple[Any, ...]]) -> list[Counts]:
        nonlocal pool
        for _ in range(_ATTEMPTS):
            try:
                return list(pool.map(_call, [task] * len(tasks), tasks))
            except BrokenExecutor:
                pool.shutdown()
                leave_out_what_was_open(tried)
                pool = executor()
        raise WarehouseError(
            "processes that render pages were ended again and again; is there enough memory?"
        )

    try:
        yield run
        pool.shutdown()
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for child in multiprocessing.active_children():
            child.terminate()
        raise


def _call(task: Task, arguments: tuple[Any, ...]) -> Counts:
    return task(*arguments, budget=_shared["budget"])


def _start(left: Any) -> None:
    """Bound the memory, end with the parent, however it ends, and leave Ctrl-C to it."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    _shared["budget"] = None if left is None else Budget(left)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
    gc.freeze()  # what a worker starts with is never garbage, and looked through for every few pages
