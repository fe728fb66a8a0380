"""A bucket on loopback (moto's server over HTTP), and a proxy before it that loses requests and answers."""

from __future__ import annotations

import http.client
import logging
import os
import signal
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from moto.server import ThreadedMotoServer


class Fault(StrEnum):
    REQUEST_LOST = "the connection breaks before the request arrives"
    ANSWER_LOST = "the connection breaks before the answer arrives"
    REFUSED = "the server refuses"


class FlakyProxy(ThreadingHTTPServer):
    """Passes requests on. The one with the number `fail_at`, of those that write, meets `fault` instead; the
    one with the number `kill_at` ends the process `victim`."""

    daemon_threads = True

    def __init__(self, server: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.server = server
        self.reset()

    def reset(self, fail_at: int = 0, fault: Fault = Fault.REFUSED, kill_at: int = 0) -> None:
        self.writes, self.fail_at, self.fault = 0, fail_at, fault
        self.kill_at, self.victim = kill_at, 0
        self._turn = threading.Lock()

    def meets(self) -> Fault | None:
        """Count a request that writes; gives the fault that it meets."""
        with self._turn:
            self.writes += 1
            if self.writes == self.kill_at:
                os.kill(self.victim, signal.SIGKILL)
            return self.fault if self.writes == self.fail_at else None


class _Passing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: FlakyProxy

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault = None if self.command in ("GET", "HEAD") else self.server.meets()
        if fault is Fault.REQUEST_LOST:
            self.close_connection = True
            return
        if fault is Fault.REFUSED:
            self._answer(403, {}, b"<Error><Code>AccessDenied</Code></Error>")
            return
        upstream = http.client.HTTPConnection(*self.server.server)
        upstream.request(self.command, self.path, body, dict(self.headers))
        answer = upstream.getresponse()
        content = answer.read()
        upstream.close()
        if fault is Fault.ANSWER_LOST:
            self.close_connection = True
            return
        self._answer(answer.status, dict(answer.headers), content)

    def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response_only(status)
        length = headers.get("Content-Length", str(len(content))) if self.command == "HEAD" else len(content)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass

    def log_message(self, *_: object) -> None:
        """Nothing: the test says what went wrong."""


@contextmanager
def running(server: ThreadingHTTPServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def bucket_server() -> Iterator[FlakyProxy]:
    """A server of buckets behind the proxy."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    proxy = FlakyProxy(server.get_host_and_port())
    try:
        with running(proxy):
            yield proxy
    finally:
        server.stop()


def settings(proxy: FlakyProxy) -> dict[str, str]:
    """The environment that leads to the proxy."""
    return {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{proxy.server_address[1]}",
        "AWS_ACCESS_KEY_ID": "of-the-test",
        "AWS_SECRET_ACCESS_KEY": "secret-of-the-test",
        "AWS_REGION": "us-east-1",
    }


def make_bucket(proxy: FlakyProxy, name: str) -> str:
    """A new bucket; gives a home in it."""
    host, port = proxy.server
    urllib.request.urlopen(urllib.request.Request(f"http://{host}:{port}/{name}", method="PUT"))
    return f"s3://{name}/数据"
