"""A small portal on loopback, and crawls of it by the real crawl process."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from crawler.urls import posting
from tests.crawler.portal import Answer, Crawled, Portal, as_answer

ROOT = Path(__file__).parents[2]
_IMPATIENT = """
from crawler import __main__, settings
settings.DOWNLOAD_TIMEOUT = {}
raise SystemExit(__main__.main())
"""


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[..., Portal]]:
    """Start portals; they end with the module. With `hold` a portal stays silent until the event."""
    servers: list[ThreadingHTTPServer] = []

    def start(
        pages: dict[str, Answer | str],
        host: str = "127.0.0.1",
        port: int = 0,
        hold: threading.Event | None = None,
    ) -> Portal:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._answer(self.path)

            def do_POST(self) -> None:
                form = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
                self._answer(posting(self.path, form))

            def _answer(self, key: str) -> None:
                portal.asked.append(key)
                portal.agents.add(self.headers["User-Agent"])
                portal.referers[key] = self.headers["Referer"]
                portal.cookies[key] = self.headers["Cookie"]
                if hold is not None:
                    hold.wait()
                answer = portal.pages.get(key, Answer(b"gone", 404))
                if answer.headers.get("ETag", "") == (self.headers["If-None-Match"] or "none"):
                    answer = Answer(b"", 304, {"ETag": answer.headers["ETag"]})
                portal.sent += len(answer.body)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                with contextlib.suppress(ConnectionError):  # the crawl was killed meanwhile
                    self.end_headers()
                    self.wfile.write(answer.body)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer((host, port), Handler)
        servers.append(server)
        portal = Portal(host, server.server_port, {path: as_answer(page) for path, page in pages.items()})
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return portal

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def run_crawl() -> Callable[..., Crawled]:
    """Run `python -m crawler` with `options` on sites given as registry entries; `limit` is a file size in
    bytes at which the disk counts as full, `timeout` replaces the seconds that a page may take."""

    def run(
        archive: Path,
        sites: list[dict[str, object]],
        *options: str,
        limit: int | None = None,
        timeout: int | None = None,
    ) -> Crawled:
        archive.mkdir(parents=True, exist_ok=True)
        registry = archive.with_suffix(".yaml")
        entries = [{"name": "测试", "division": "620300", "delay_s": 0.0, **site} for site in sites]
        registry.write_text(yaml.safe_dump(entries, allow_unicode=True), encoding="utf-8")
        command = [sys.executable, "-m", "crawler"]
        if timeout is not None:
            command = [sys.executable, "-c", _IMPATIENT.format(timeout)]
        command += ["--archive", str(archive), "--sites", str(registry), *options]
        if limit is not None:
            script = f'ulimit -f {limit // 1024}; trap "" XFSZ; exec "$@"'
            command = ["bash", "-c", script, "crawl", *command]
        done = subprocess.run(
            [*command, *(str(site["id"]) for site in sites)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        return Crawled(done.returncode, {line["site"]: line for line in lines}, done.stderr)

    return run
