"""Hosts on loopback: each has an address of its own (127.x.y.z), speaks HTTP and TLS on one port, and logs
every request with its times. By hand and not with a web framework, because it must also misbehave: resets,
wrong lengths, cut streams, bodies without end."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import gzip
import hashlib
import socket
import ssl
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import parse_qsl, unquote

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HTML = "text/html; charset=utf-8"
_REASONS = {200: "OK", 301: "Moved Permanently", 302: "Found", 304: "Not Modified", 404: "Not Found"}


class Fault(StrEnum):
    """How an answer goes wrong on its way."""

    RESET = "reset"
    """The connection is torn down instead of an answer."""
    CUT = "cut"
    """The connection ends in the middle of the body; Content-Length promises more."""
    CUT_GZIP = "cut gzip"
    """The compressed stream ends early, although its length is told rightly."""
    TOO_SHORT = "too short"
    """Content-Length is smaller than the body."""
    SLOW = "slow"
    """The body drips, in some seconds."""
    ENDLESS = "endless"
    """A body without end."""
    SILENT = "silent"
    """Nothing comes at all."""
    BOMB = "bomb"
    """A small gzip stream that becomes 300 MB."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks. `target` is path and query as sent."""

    host: str
    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""
    secure: bool = False

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        """Query and form body together."""
        return self.query | dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))


@dataclass(slots=True)
class Reply:
    """What a host answers. `tag`: answered as ETag, with `modified` as Last-Modified, and conditional requests
    are honoured."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": HTML})
    fault: Fault | None = None
    validators: bool = False
    modified: datetime.datetime | None = None


@dataclass(slots=True)
class Entry:
    """One logged request. Times are those of `time.monotonic`; `end` is when the last byte was handed over or
    the client had gone."""

    host: str
    method: str
    target: str
    start: float
    end: float
    status: int
    bytes: int
    agent: str
    referer: str
    day: int
    body: bytes
    conditional: bool
    secure: bool

    @property
    def path(self) -> str:
        return unquote(self.target.partition("?")[0])


Handler = Callable[[Request], Reply]
_FOREVER = 3600.0


@dataclass
class Host:
    """One address and what answers there. `latency` is in seconds; `dead` hosts accept and stay silent; without
    `tls` a handshake is torn down."""

    name: str
    handler: Handler
    latency: float = 0.0
    compress: bool = False
    dead: bool = False
    tls: bool = True


class Server:
    """Serves hosts in a thread of its own. `log` lists the requests in the order of their answers."""

    def __init__(self) -> None:
        self.log: list[Entry] = []
        self.day = 1
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._sockets: dict[str, socket.socket] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._tls = _certificate()

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def reserve(self, address: str) -> str:
        """Take a port of `address` (127.x.y.z); gives the name of the host to be, "address:port"."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, 0))
        listener.listen(64)
        listener.setblocking(False)
        name = f"{address}:{listener.getsockname()[1]}"
        self._sockets[name] = listener
        return name

    def serve(self, host: Host) -> None:
        """Begin to answer at a reserved name."""
        work = self._start(self._sockets[host.name], host)
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def entries(self, host: str, day: int | None = None) -> list[Entry]:
        return [entry for entry in self.log if entry.host == host and day in (None, entry.day)]

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _start(self, listener: socket.socket, host: Host) -> None:
        self._keep(self._accept(listener, host))

    def _keep(self, work: asyncio._CoroutineLike[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _end(self) -> None:
        for task in [*self._tasks]:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for listener in self._sockets.values():
            listener.close()

    async def _accept(self, listener: socket.socket, host: Host) -> None:
        while True:
            client, _ = await self._loop.sock_accept(listener)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._keep(self._talk(client, host))

    async def _talk(self, client: socket.socket, host: Host) -> None:
        try:
            first = await self._peek(client)
            if not first:
                client.close()
                return
            secure = first == b"\x16"
            if secure and not host.tls:
                client.close()
                return
            reader = asyncio.StreamReader()
            protocol = asyncio.StreamReaderProtocol(reader)
            transport, _ = await self._loop.connect_accepted_socket(
                lambda: protocol, client, ssl=self._tls if secure else None
            )
            writer = asyncio.StreamWriter(transport, protocol, reader, self._loop)
            while await self._answer(reader, writer, host, secure):
                pass
            writer.close()
        except (ConnectionError, ssl.SSLError, TimeoutError, asyncio.IncompleteReadError):
            client.close()

    async def _peek(self, client: socket.socket) -> bytes:
        """The first byte: a TLS handshake begins with 0x16."""
        ready: asyncio.Future[None] = self._loop.create_future()
        self._loop.add_reader(client, lambda: None if ready.done() else ready.set_result(None))
        try:
            await ready
        finally:
            self._loop.remove_reader(client)
        return client.recv(1, socket.MSG_PEEK)

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: Host, secure: bool
    ) -> bool:
        """Answer one request; whether the connection stays open."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return False
        start = time.monotonic()
        line, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = line.split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)}
        body = await reader.readexactly(int(headers.get("content-length") or 0))
        request = Request(host.name, method, target, headers, body, secure)
        entry = Entry(
            host.name, method, target, start, start, 0, 0, headers.get("user-agent", ""),
            headers.get("referer", ""), self.day, body,
            "if-none-match" in headers or "if-modified-since" in headers, secure,
        )  # fmt: skip
        self.log.append(entry)
        try:
            if host.dead:
                await reader.read()
                return False
            if host.latency:
                await asyncio.sleep(host.latency)
            reply = _conditional(request, host.handler(request))
            entry.status = reply.status
            return await self._send(writer, request, reply, entry, compress=host.compress)
        finally:
            entry.end = time.monotonic()

    async def _send(
        self, writer: asyncio.StreamWriter, request: Request, reply: Reply, entry: Entry, *, compress: bool
    ) -> bool:
        if reply.fault is Fault.SILENT:
            await asyncio.sleep(_FOREVER)
        if reply.fault is Fault.RESET:
            raw: socket.socket = writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            return False
        body, headers = reply.body, dict(reply.headers)
        if reply.fault is Fault.BOMB:
            body, headers["Content-Encoding"] = _bomb(), "gzip"
        elif reply.fault is Fault.CUT_GZIP:
            body, headers["Content-Encoding"] = gzip.compress(body)[: len(body) // 8], "gzip"
        elif compress and "gzip" in request.headers.get("accept-encoding", "") and len(body) > 500:
            body, headers["Content-Encoding"] = gzip.compress(body, 1), "gzip"
        length = {Fault.CUT: len(body) * 2, Fault.TOO_SHORT: len(body) // 2}.get(reply.fault, len(body))  # type: ignore[call-overload]
        if reply.fault is not Fault.ENDLESS:
            headers["Content-Length"] = str(length)
        close = reply.fault is not None or request.headers.get("connection", "").lower() == "close"
        headers["Connection"] = "close" if close else "keep-alive"
        head = f"HTTP/1.1 {reply.status} {_REASONS.get(reply.status, 'Status')}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
        writer.write(head.encode("utf-8", "surrogateescape"))
        for piece, pause in _pieces(b"" if request.method == "HEAD" else body, reply.fault):
            if pause:
                await asyncio.sleep(pause)
            if writer.is_closing():
                return False
            writer.write(piece)
            entry.bytes += len(piece)
            await writer.drain()
        return not close


def _pieces(body: bytes, fault: Fault | None) -> Iterator[tuple[bytes, float]]:
    """The body as it is sent, with the pause before each piece in seconds: behind the last one the answer has
    ended for whoever reads it."""
    if fault is Fault.ENDLESS:
        while True:
            yield b"<p>" + b"0123456789abcdef" * 4096, 0.002
    elif fault is Fault.SLOW:
        step = max(1, len(body) // 8)
        for start in range(0, len(body), step):
            yield body[start : start + step], 0.2
    elif body:
        yield body, 0


def _conditional(request: Request, reply: Reply) -> Reply:
    """The answer with validators, or 304 where the client has it."""
    if not reply.validators or reply.status != 200:
        return reply
    tag = f'"{hashlib.md5(reply.body, usedforsecurity=False).hexdigest()[:16]}"'
    reply.headers = dict(reply.headers) | {"ETag": tag}
    if reply.modified is not None:
        reply.headers["Last-Modified"] = reply.modified.strftime("%a, %d %b %Y %H:%M:%S GMT")
    if request.headers.get("if-none-match") == tag:
        return Reply(b"", 304, {"ETag": tag})
    return reply


def _bomb() -> bytes:
    return gzip.compress(b"<p>" + b"\0" * 300_000_000, 1)


def _certificate() -> ssl.SSLContext:
    """A self-signed certificate, as many portals have one."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "portal.example")])
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=36_500))
        .sign(key, hashes.SHA256())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "host.pem"
        file.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        context.load_cert_chain(file)
    return context


def overlaps(entries: Iterable[Entry], tolerance: float = 0.02) -> int:
    """How often a request of one host began before the answer to the one before it had ended. `tolerance`, in
    seconds, is what the server's own bookkeeping may lag behind."""
    found, busy_until = 0, 0.0
    for entry in sorted(entries, key=lambda one: one.start):
        found += entry.start < busy_until - tolerance
        busy_until = max(busy_until, entry.end)
    return found


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    with Server() as server:
        yield server
