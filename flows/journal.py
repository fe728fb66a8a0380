"""A run while it is going on: `<home>/runs/<run_id>.open.jsonl`.

The first line says what was to be done, each further line is a site that has been delivered. The file is
locked by the process that runs it and goes when the summary is written; one that nobody has locked is a run
that was interrupted. Going on with it delivers the sites that are not in it.
"""

from __future__ import annotations

import fcntl
import secrets
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TextIO

from pydantic import BaseModel, ConfigDict, ValidationError

from flows.summary import SiteRun

_SUFFIX = ".open.jsonl"


class StillRunningError(Exception):
    """A run is still going on in another process."""


class Plan(BaseModel):
    """What a run is to do. `attended`: somebody started it at a terminal, and nobody else goes on with it.
    `recheck`: look at every known page again. `simulated`: the run takes
    `started_at` for the time at which it begins, whatever the clock says."""

    model_config = ConfigDict(extra="forbid")

    run_id: str
    flow: str
    retry_of: str | None = None
    started_at: datetime
    attended: bool
    recheck: bool = False
    simulated: bool = False
    sites_path: Path | None
    sites: list[str]


class Journal:
    """The open journal of a run of this process; `delivered` are the sites that are in it."""

    def __init__(self, file: TextIO, path: Path, plan: Plan, delivered: list[SiteRun]) -> None:
        self._file = file
        self._path = path
        self.plan = plan
        self.delivered = delivered

    def add(self, runs: Iterable[SiteRun]) -> None:
        """Write down that these sites are delivered."""
        for run in runs:
            self._file.write(run.model_dump_json(exclude_defaults=True) + "\n")
            self.delivered.append(run)
        self._file.flush()

    def finish(self) -> None:
        """The run is over: its summary is written."""
        self._path.unlink(missing_ok=True)
        self._file.close()

    def leave(self) -> None:
        """The run is interrupted: somebody may go on with it."""
        self._file.close()


def new_run_id(started_at: datetime) -> str:
    """An id that sorts by the time of the start."""
    return f"{started_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


def begin(home: Path, plan: Plan) -> Journal:
    """Open the journal of a new run."""
    path = _path(home, plan.run_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("x", encoding="utf-8")
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    file.write(plan.model_dump_json() + "\n")
    file.flush()
    return Journal(file, path, plan, [])


def go_on(home: Path, run_id: str) -> Journal | None:
    """Open the journal of an interrupted run; None if there is none. Raises `StillRunningError`."""
    path = _path(home, run_id)
    try:
        file = path.open("r+", encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise StillRunningError(f"{run_id} is still going on; wait until it is over") from None
    found = _read(path)
    if found is None:  # killed before its first line was written, or finished meanwhile
        path.unlink(missing_ok=True)
        file.close()
        return None
    plan, delivered, length = found
    file.truncate(length)
    file.seek(length)
    return Journal(file, path, plan, delivered)


def open_runs(home: Path) -> list[tuple[Plan, bool]]:
    """The runs without a summary, oldest first, and whether each is still going on."""
    found = []
    for path in sorted((home / "runs").glob(f"*{_SUFFIX}")):
        read = _read(path)
        if read is not None:
            found.append((read[0], _is_locked(path)))
    return found


def _read(path: Path) -> tuple[Plan, list[SiteRun], int] | None:
    """Plan, delivered sites, and the length of what is whole; None without a plan."""
    try:
        first, *lines = path.read_bytes().splitlines(keepends=True)
        plan, length = Plan.model_validate_json(first), len(first)
    except (FileNotFoundError, ValueError):
        return None
    delivered: list[SiteRun] = []
    for line in lines:
        try:
            run = SiteRun.model_validate_json(line)
        except ValidationError:
            break  # the line during which the run was killed
        if not line.endswith(b"\n"):
            break
        delivered.append(run)
        length += len(line)
    return plan, delivered, length


def _is_locked(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _path(home: Path, run_id: str) -> Path:
    return home / "runs" / f"{run_id}{_SUFFIX}"
