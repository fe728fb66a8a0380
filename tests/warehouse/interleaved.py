"""Runs side by side whose every step on the home is ordered by a seed."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from warehouse.store import Folder, Held

STEPS = ("read", "write", "copy", "remove", "folders", "files", "walk", "settle", "record")
_PATIENCE_S = 20


class Turns:
    """Lets one step of one run happen at a time; which run is next, the seed says."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._change = threading.Condition()
        self._at_a_step: dict[str, int] = {}
        self._at_a_lock: set[str] = set()
        self._running: set[str] = set()
        self._next: str | None = None
        self.order: list[str] = []

    def run(self, runs: Mapping[str, Callable[[], object]]) -> None:
        """Run all to their end, side by side. Raises what the first one that failed raised."""
        failures: list[BaseException] = []

        def follow(name: str, run: Callable[[], object]) -> None:
            try:
                run()
            except BaseException as error:  # noqa: BLE001 - raised again in the test's own thread
                failures.append(error)
            finally:
                with self._change:
                    self._running.discard(name)
                    self._choose()

        self._running = set(runs)
        threads = [threading.Thread(target=follow, args=item, name=item[0]) for item in runs.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(_PATIENCE_S * 3)
            assert not thread.is_alive(), f"{thread.name} stands still: {self.order[-10:]}"
        if failures:
            raise failures[0]

    def step(self, name: str) -> None:
        """Wait for a turn of the run `name`; steps of its helper threads count as its own."""
        with self._change:
            self._at_a_step[name] = self._at_a_step.get(name, 0) + 1
            self._choose()
            assert self._change.wait_for(lambda: self._next == name, _PATIENCE_S), f"no turn for {name}"
            self._next = None
            self._at_a_step[name] -= 1
            self.order.append(name)
            self._choose()

    @contextmanager
    def locking(self, name: str) -> Iterator[None]:
        """While a run waits for a lock it needs no turn, and keeps no other from its own."""
        with self._change:
            self._at_a_lock.add(name)
            self._choose()
        try:
            yield
        finally:
            with self._change:
                self._at_a_lock.discard(name)

    def _choose(self) -> None:
        """Give the turn when every run that could want it has come to a step. The caller holds `_change`."""
        waiting = {name for name, count in self._at_a_step.items() if count}
        if self._next is None and waiting and self._running <= waiting | self._at_a_lock:
            self._next = self._random.choice(sorted(waiting))
            self._change.notify_all()


def interleaved_folder(turns: Turns, name: str) -> type[Folder]:
    """A home's folder whose every operation is a step of the run `name`."""

    class Stepping(Folder):
        @contextmanager
        def exclusive(self, path: str) -> Iterator[Held]:
            turns.step(name)
            lock = super().exclusive(path)
            with turns.locking(name):
                held = lock.__enter__()
            try:
                yield held
            finally:
                lock.__exit__(None, None, None)

    def stepping(operation: Callable[..., Any]) -> Callable[..., Any]:
        def step(self: Folder, *arguments: Any) -> Any:
            turns.step(name)
            return operation(self, *arguments)

        return step

    for operation in STEPS:
        setattr(Stepping, operation, stepping(getattr(Folder, operation)))
    return Stepping
