"""The parts of a cluster on loopback: PostgreSQL, a bucket, a Prefect server, workers."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from flows.server import PRIVATE

ROOT = Path(__file__).parents[2]
BUCKET = "nianbao"


def postgres_programs() -> Path | None:
    """The folder with initdb and postgres (Debian keeps it out of the path); None where there is none."""
    found = [Path(path).parent for path in [shutil.which("initdb")] if path]
    return next(iter([*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), *found]), None)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """A PostgreSQL of its own in `folder`, as the user `postgres` if we are root; gives Prefect's address of
    it."""
    programs = postgres_programs()
    assert programs is not None
    folder.mkdir()
    user: dict[str, str] = {}
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        for parent in folder.parents:
            with suppress(PermissionError):
                parent.chmod(parent.stat().st_mode | 0o011)
        user = {"user": "postgres", "group": "postgres"}
    data, port = folder / "data", free_port()
    create = [
        str(programs / "initdb"),
        "-D",
        str(data),
        "-A",
        "trust",
        "-U",
        "prefect",
        "-E",
        "UTF8",
        "--no-sync",
    ]
    subprocess.run(create, check=True, capture_output=True, cwd="/", **user)  # type: ignore[call-overload]
    serve = [
        str(programs / "postgres"),
        "-D",
        str(data),
        "-p",
        str(port),
        "-h",
        "127.0.0.1",
        "-k",
        str(folder),
    ]
    with (folder.parent / "postgres.log").open("wb") as log:
        server = subprocess.Popen([*serve, "-F"], stdout=log, stderr=log, cwd="/", **user)  # type: ignore[call-overload]
    try:
        wait(lambda: accepts(port), "PostgreSQL")
        yield f"postgresql+asyncpg://prefect@127.0.0.1:{port}/postgres"
    finally:
        server.send_signal(signal.SIGINT)
        server.wait()


@contextmanager
def bucket(folder: Path) -> Iterator[dict[str, str]]:
    """moto's server with one empty bucket; gives the environment that reaches it."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with process(command, folder / "bucket.log", {}):
        wait(lambda: accepts(port), "the bucket's server")
        urllib.request.urlopen(urllib.request.Request(f"{url}/{BUCKET}", method="PUT")).close()
        yield {
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
        }


@contextmanager
def prefect_on(database: str, folder: Path) -> Iterator[str]:
    """A Prefect server on that database; gives its API address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/api"
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    environment = {
        **PRIVATE,
        "PREFECT_HOME": str(folder / "prefect-server"),
        "PREFECT_API_DATABASE_CONNECTION_URL": database,
    }
    with process(command, folder / "server.log", environment):
        wait(lambda: healthy(url), "the Prefect server", 240)
        yield url


@contextmanager
def process(
    command: Sequence[str], log: Path, environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A process group that ends with the block."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    with log.open("ab") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=ROOT,
            env={**inherited, "PYTHONPATH": str(ROOT), **environment},
            start_new_session=True,
        )
    try:
        yield child
    finally:
        kill_group(child, signal.SIGTERM)
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            kill_group(child, signal.SIGKILL)
            child.wait()


def kill_group(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Signal a process with all that is in its group, as the loss of a machine would."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, number)


def accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=5) as answer:
            return bool(answer.read() == b"true")
    except OSError:
        return False


def wait(condition: object, what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} does not answer after {seconds:.0f} s")
        time.sleep(0.1)
