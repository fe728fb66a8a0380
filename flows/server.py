"""The local Prefect server of a home: started when needed, shared while it runs, ended by its last user.

Everything lies in `<home>/prefect`: the SQLite database, `server.log`, `server.json` (address and pid) and
`lease`, a named pipe. The server runs under `flows.guard` with the pipe as standard input; whoever uses the
server holds the other end open. When the last user closes it or dies, the guard ends the server; when the
server dies, the guard starts it again at the same port, and the clients' retries reach the new one.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from flows.guard import guarded

START_LIMIT = 120.0
"""Seconds that a server may take to answer: about 3 as a rule, 7 with a new database."""

PRIVATE = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
}
"""Prefect's switches for everything that would call home."""


BOUNDED = {
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(30 * 86400),
}
"""Seconds for which the server's database keeps runs (with logs and artifacts) and events. The summaries of
all runs stay in `runs/`."""


class ServerError(Exception):
    """No Prefect server could be reached or started; the message says where to look."""


@contextlib.contextmanager
def prefect_server(home: Path) -> Iterator[str]:
    """The API address of a Prefect server for `home`, in this order: `PREFECT_API_URL`, the server that
    another process keeps for this home, a new one on 127.0.0.1 (at the home's last port if it is free).

    Raises `ServerError` if none answers within `START_LIMIT`, `OSError` if `home` cannot be written.
    """
    given = os.environ.get("PREFECT_API_URL")
    if given:
        if not _answers(given):
            raise ServerError(f"no Prefect server answers at PREFECT_API_URL={given}")
        yield given
        return
    folder = home.absolute() / "prefect"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "server.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lease, url = _join(folder) or _start(folder)
    try:
        yield url
    finally:
        os.close(lease)


def client_environment(home: Path, url: str) -> dict[str, str]:
    """The environment in which Prefect's client uses the server at `url`, keeps its files in `home`, and
    leaves the terminal to us: log records of runs go to the server, the rest to `prefect/client.log`."""
    direct = [os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or "", "127.0.0.1", "localhost"]
    return {
        **PRIVATE,
        "PREFECT_HOME": os.environ.get("PREFECT_HOME") or str(home.absolute() / "prefect"),
        "PREFECT_API_URL": url,
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
        "PREFECT_LOGGING_HANDLERS_DEBUG_LEVEL": "CRITICAL",
        "PREFECT_LOGGING_EXTRA_LOGGERS": "nianbao",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        "NO_PROXY": ",".join(part for part in direct if part),
    }


def _join(folder: Path) -> tuple[int, str] | None:
    """Lease and address of the server that runs in `folder`; None if none does."""
    try:
        url = _url(_last_port(folder / "server.json"))
        lease = os.open(folder / "lease", os.O_WRONLY | os.O_NONBLOCK)  # ENXIO: no guard reads it
    except OSError:
        return None
    if _healthy(url) and not _abandoned(lease):
        return lease, url
    os.close(lease)
    return None


def _start(folder: Path) -> tuple[int, str]:
    """Start a server in `folder` and wait until it answers."""
    port = _free_port(_last_port(folder / "server.json"))
    url = _url(port)
    pipe = folder / "lease"
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    lease = os.open(pipe, os.O_WRONLY)
    os.set_blocking(reader, True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    try:
        with (folder / "server.log").open("wb") as log:
            guard = subprocess.Popen(
                guarded(command, again=True),
                stdin=reader,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**environment, **PRIVATE, **BOUNDED, "PREFECT_HOME": str(folder)},
            )
        os.close(reader)
        _wait_healthy(guard, url, folder / "server.log")
        _write_address(folder / "server.json", port, guard.pid)
    except BaseException:
        os.close(lease)
        raise
    return lease, url


def _wait_healthy(guard: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT
    while not _healthy(url):
        if guard.poll() is not None:
            raise ServerError(f"the Prefect server ended at its start: see {log}")
        if time.monotonic() > deadline:
            raise ServerError(f"the Prefect server does not answer after {START_LIMIT:.0f} s: see {log}")
        time.sleep(0.05)


def _healthy(url: str) -> bool:
    """Whether a Prefect server answers at `url`, past any proxy of the environment."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/health", timeout=5) as answer:
            return bool(answer.read() == b"true")
    except (OSError, ValueError):
        return False


def _answers(url: str) -> bool:
    """Whether anything answers at the address that the user gave, be it that it wants a key first."""
    try:
        urllib.request.urlopen(f"{url.rstrip('/')}/health", timeout=30).close()
    except urllib.error.HTTPError:
        return True
    except (OSError, ValueError):
        return False
    return True


def _abandoned(lease: int) -> bool:
    """Whether the guard has stopped reading the pipe, so that its server is about to end."""
    poll = select.poll()
    poll.register(lease, 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}/api"


def _write_address(path: Path, port: int, pid: int) -> None:
    partial = path.with_suffix(".tmp")
    partial.write_text(json.dumps({"url": _url(port), "port": port, "pid": pid}))
    partial.replace(path)


def _last_port(path: Path) -> int:
    """The port of this home's last server, so that its web page keeps its address; 0 if none is known."""
    try:
        return int(json.loads(path.read_text())["port"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def _free_port(wanted: int) -> int:
    """The port `wanted` if nobody has it, else any free one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
