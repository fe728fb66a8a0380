"""The command `nianbao` as a user runs it: a process of its own, on a home of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass
class Nianbao:
    """Runs `nianbao` on `home` with the portal's registry. Every process that comes from it carries `mark`
    in its environment, so that `processes` finds those that are left."""

    home: Path
    registry: Path
    api: str | None
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
        environment |= {"PYTHONPATH": str(ROOT), "NIANBAO_TEST_MARK": self.mark}
        if self.api:
            environment["PREFECT_API_URL"] = self.api
        process = subprocess.Popen(
            [sys.executable, "-m", "flows.cli", arguments[0], "--home", str(self.home), *arguments[1:]],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.home.parent,
            env=environment,
        )
        self.started.append(process)
        return process

    def end(self) -> None:
        """End what a failed test left running."""
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.communicate()

    def __call__(self, *arguments: str, status: int = 0) -> tuple[str, str]:
        """Run to the end, check the exit status and that nobody sees a traceback; gives both outputs."""
        if arguments[0] in ("run", "reparse", "sites", "status"):
            arguments = (*arguments, "--sites", str(self.registry))
        process = self.start(*arguments)
        out, err = process.communicate(timeout=120)
        assert process.returncode == status, out + err
        assert "Traceback" not in out + err
        return out, err

    def processes(self) -> list[str]:
        """Command lines of the living processes that came from `nianbao`."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if self.mark.encode() in (process / "environ").read_bytes():
                    found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
        return found

    def newest_run(self) -> dict[str, Any]:
        newest = max((self.home / "runs").glob("*.json"))
        summary: dict[str, Any] = json.loads(newest.read_text(encoding="utf-8"))
        return summary


def eventually(condition: Callable[[], object], seconds: float = 60) -> None:
    """Return as soon as `condition` holds; fail if it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "never came true"
        time.sleep(0.05)
