"""`nianbao serve` as systemd would start it, and what an observer from outside sees of it and does to it."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.soak.program import Kill

ROOT = Path(__file__).parents[2]
SHARD_SITES = 6
"""Small shards, so that several processes crawl at once."""
# A day passes in seconds, so what the server does every hour it does every few seconds here.
_SERVE = """
import sys
from flows import cli, server
server.BOUNDED["PREFECT_SERVER_SERVICES_DB_VACUUM_LOOP_SECONDS"] = "15"
server.BOUNDED["PREFECT_SERVER_SERVICES_DB_VACUUM_ORPHAN_CLEANUP_LOOP_SECONDS"] = "30"
sys.exit(cli.main(sys.argv[1:]))
"""
_AGES = (
    ("flow_run", "start_time"),
    ("flow_run", "end_time"),
    ("events", "occurred"),
    ("event_resources", "occurred"),
)


@dataclass(frozen=True)
class Use:
    """What the service holds: memory and database in MB, open files, flow runs in the database. `process` is
    the id of its server's process: another one began anew."""

    memory: float
    files: int
    database: float
    runs: int
    process: int


class Service:
    """The service on a home."""

    def __init__(self, home: Path, registry: Path) -> None:
        self.home = home
        self.registry = registry
        self.mark = uuid.uuid4().hex
        self.url = ""
        self._serve: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it, and wait until it takes orders."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
        environment |= {
            "PYTHONPATH": str(ROOT),
            "SOAK_MARK": self.mark,
            "PREFECT_RUNNER_POLL_FREQUENCY": "1",
        }
        where = ["--home", str(self.home), "--sites", str(self.registry), "--shard-sites", str(SHARD_SITES)]
        self._serve = subprocess.Popen(
            [sys.executable, "-c", _SERVE, "serve", *where],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment,
        )
        assert self._serve.stdout is not None
        self.url = self._serve.stdout.readline().split()[-1] + "/api"
        wait(lambda: len(self._deployments()) == 6, "the deployments")

    def stop(self) -> None:
        """End it as systemd does, and whatever is left."""
        if self._serve is not None and self._serve.poll() is None:
            self._serve.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._serve.wait(60)
        self.kill(Kill.MACHINE)

    def order(self, flow: str, **parameters: str) -> str:
        """Have a flow run; gives the id of the flow run. The calendar of this machine orders none."""
        deployments = self._deployments()
        for name in ("nightly", "health"):
            self._ask(f"deployments/{deployments[name]}/pause_deployment", {})
        run = self._ask(f"deployments/{deployments[flow]}/create_flow_run", {"parameters": parameters})
        return str(run["id"])

    def is_over(self, run: str) -> bool:
        """Whether a flow run has come to an end and its process is gone; not while the server is away."""
        if self.works():
            return False
        with suppress(OSError):
            found = self._ask("flow_runs/filter", {"flow_runs": {"id": {"any_": [run]}}})
            over = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
            return found[0]["state_type"] in over and not self.works()
        return False

    def works(self) -> bool:
        """Whether a flow run has processes: its own, and what Python keeps beside it a moment longer."""
        return bool(self.processes("prefect.engine") or self.processes("multiprocessing"))

    def processes(self, command: str = "") -> dict[int, str]:
        """Living processes of the service by id, those with these words in their command; guards only where
        they are not asked for by what they run."""
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if self.mark.encode() not in (process / "environ").read_bytes():
                    continue
                line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                if line and command in line and not (command and "flows.guard" in line):
                    found[int(process.name)] = line
        return found

    def kill(self, what: Kill) -> bool:
        """SIGKILL; whether there was anything to kill."""
        if what is Kill.SERVE:
            assert self._serve is not None
            self._serve.kill()
            self._serve.wait()
            return True
        words = {
            Kill.CRAWL: "-m crawler",
            Kill.PARSER: "spawn_main",
            Kill.SERVER: "prefect server start",
            Kill.MACHINE: "",
        }.get(what, "prefect.engine")
        victims = list(self.processes(words))
        for pid in victims[:1] if what in {Kill.PARSER, Kill.CRAWL} else victims:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if what is Kill.MACHINE and self._serve is not None:
            self._serve.wait()
        return bool(victims)

    def use(self) -> Use:
        """Counted while nothing runs."""
        memory, files = 0, 0
        for pid in self.processes():
            with suppress(OSError):
                status = Path(f"/proc/{pid}/status").read_text()
                memory += int(status.partition("VmRSS:")[2].split()[0])
                files += len(list(Path(f"/proc/{pid}/fd").iterdir()))
        folder = self.home / "prefect"
        with closing(self._database()) as database:
            runs = database.execute("SELECT count(*) FROM flow_run").fetchone()[0]
        size = sum(path.stat().st_size for path in folder.glob("prefect.db*"))
        server = next(iter(self.processes("prefect server start")), 0)
        return Use(memory / 1024, files, size / 1e6, runs, server)

    def age(self, time: timedelta) -> None:
        """Let that much time pass for what the server has written down: its own clock cannot be turned."""
        with closing(self._database()) as database, database:
            for table, column in _AGES:
                database.execute(
                    f"UPDATE {table} SET {column} = strftime('%Y-%m-%d %H:%M:%f', {column}, ?)",
                    [f"-{time.total_seconds():.0f} seconds"],
                )

    def old(self, days: int) -> tuple[int, int]:
        """Flow runs that ended longer ago, and logs and artifacts of flow runs that are gone."""
        lost = "SELECT count(*) FROM {} WHERE flow_run_id NOT IN (SELECT id FROM flow_run)"
        with closing(self._database()) as database:
            count = f"SELECT count(*) FROM flow_run WHERE end_time < datetime('now', '-{days} days')"
            [runs] = database.execute(count).fetchone()
            left = sum(database.execute(lost.format(name)).fetchone()[0] for name in ("log", "artifact"))
        return int(runs), left

    def _database(self) -> sqlite3.Connection:
        return sqlite3.connect(self.home / "prefect" / "prefect.db", timeout=60)

    def _deployments(self) -> dict[str, str]:
        with suppress(OSError):
            return {found["name"]: found["id"] for found in self._ask("deployments/filter", {})}
        return {}

    def _ask(self, path: str, body: dict[str, Any]) -> Any:
        kind = {"Content-Type": "application/json"}
        request = Request(f"{self.url}/{path}", json.dumps(body).encode(), kind)
        for pause in (0.5, 1, 2, 4, 0):
            try:
                with urlopen(request, timeout=30) as answer:
                    text = answer.read()
                return json.loads(text) if text else None
            except HTTPError as error:  # 503: somebody else writes into the database
                if error.code != 503 or not pause:
                    raise
                time.sleep(pause)
        return None


def wait(condition: Callable[[], object], what: str, seconds: float = 120, pause: float = 0.3) -> None:
    """Until it holds. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds:.0f} s")
        time.sleep(pause)
