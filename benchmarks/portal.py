"""The portals of `benchmarks.crawl`: a process that answers for any number of loopback hosts, at once.

Each host has a column of PAGES list pages with ARTICLES reports each. The process prints its port, and for
each line on standard input when each page since the line before was asked for.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time

from parsers.forms import load_forms
from tests.accuracy import markup
from tests.accuracy.reports import draft

COLUMN = "/zwgk/zfxxgknb/"
PAGES = 3
ARTICLES = 15
VARIETY = 20
"""Different reports; more would only cost memory here."""


def pages() -> dict[str, bytes]:
    """Bodies by path."""
    form = load_forms()[0]
    drafts = [draft(form, random.Random(seed)) for seed in range(VARIETY)]
    reports = [markup.to_html(one.content(), one.title, random.Random(0)) for one in drafts]
    bodies: dict[str, bytes] = {"/robots.txt": b"User-agent: *\nDisallow: /admin/\n"}
    for number in range(PAGES):
        rows = ""
        for place in range(ARTICLES):
            name = f"202501/t20250115_{number * ARTICLES + place}.html"
            agency = f"丁市第{number * ARTICLES + place}局"
            title = f"{agency}2024年政府信息公开工作年度报告"
            rows += f'<li><a href="{COLUMN}{name}" title="{title}">{title}</a><span>2025-01-15</span></li>'
            bodies[COLUMN + name] = reports[(number * ARTICLES + place) % VARIETY]
        later = f'<a href="{COLUMN}index_{number + 1}.html">下一页</a>' if number + 1 < PAGES else ""
        path = f"{COLUMN}index_{number}.html" if number else COLUMN
        text = f"<html><head><title>政府信息公开年报</title></head><body><ul>{rows}</ul>{later}</body></html>"
        bodies[path] = text.encode()
    return bodies


async def serve() -> None:
    answers = {
        path: b"HTTP/1.1 200 OK\r\nContent-Type: %s; charset=utf-8\r\nContent-Length: %d\r\n\r\n"
        % (b"text/plain" if path == "/robots.txt" else b"text/html", len(body))
        + body
        for path, body in pages().items()
    }
    missing = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    asked: list[float] = []

    class Connection(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            self.transport = transport
            self.head = b""

        def data_received(self, data: bytes) -> None:
            self.head += data
            while b"\r\n\r\n" in self.head:
                request, _, self.head = self.head.partition(b"\r\n\r\n")
                path = request.split(b" ", 2)[1].decode()
                if path != "/robots.txt":
                    asked.append(time.monotonic())
                self.transport.write(answers.get(path, missing))

    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "0.0.0.0", 0, backlog=1024)  # every 127.x.y.z
    print(server.sockets[0].getsockname()[1], flush=True)
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while await lines.readline():
        print(json.dumps(asked), flush=True)
        asked.clear()


if __name__ == "__main__":
    asyncio.run(serve())
