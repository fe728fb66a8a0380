"""What the flows cost on top of what they move (`make bench-flows`).

A rerun of one site: seconds of `nianbao run SITE` beyond crawling and parsing. An idle night: CPU a site of
`nianbao run` over sites on which nothing changed, as a ratio to bare Scrapy fetching the same pages.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from flows.server import prefect_server
from flows.summary import read_summaries

ROOT = Path(__file__).parents[1]
RERUN_S = 10.0
"""Seconds that a rerun may take over crawling and parsing."""
IDLE_MS = 50.0
"""CPU milliseconds a site of an idle night over bare Scrapy."""

_PORTAL = """
import asyncio, sys
from pathlib import Path
from benchmarks.flows import answer
async def main():
    log = open(sys.argv[2], "w", buffering=1)
    server = await asyncio.start_server(lambda r, w: answer(r, w, log), "0.0.0.0", 0)
    Path(sys.argv[1]).write_text(str(server.sockets[0].getsockname()[1]))
    await server.serve_forever()
asyncio.run(main())
"""

_BARE = """
import sys
from scrapy import Request, Spider
from scrapy.crawler import CrawlerProcess
class Bare(Spider):
    name = "bare"
    async def start(self):
        for url in open(sys.argv[1]).read().split():
            yield Request(url, dont_filter=True)
    def parse(self, response):
        pass
process = CrawlerProcess({
    "LOG_LEVEL": "ERROR", "REMOTE_CONTROL_ENABLED": False, "TELNETCONSOLE_ENABLED": False,
    "ROBOTSTXT_OBEY": False, "HTTPERROR_ALLOW_ALL": True, "CONCURRENT_REQUESTS": 32,
})
process.crawl(Bare)
process.start()
"""


def main() -> int:
    options = argparse.ArgumentParser(prog="make bench-flows", description=__doc__)
    options.add_argument("--sites", type=int, default=1000)
    sites = options.parse_args().sites
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with portal(folder) as port:
            registry = register(folder, sites, port)
            with prefect_server(folder / "home"):
                server = server_pid(folder / "home")
                nianbao(folder, "run", "--sites", str(registry))  # the first night fetches everything
                rerun = rerun_overhead(folder, registry)
                (folder / "asked").write_text("")
                before = cpu_of(server)
                spent, wall = nianbao(folder, "run", "--sites", str(registry))
                spent += cpu_of(server) - before
            asked = (folder / "asked").read_text().split()
            (folder / "urls").write_text("\n".join(asked))
            bare, _ = timed([sys.executable, "-c", _BARE, str(folder / "urls")], {})
    extra = 1000 * (spent - bare) / sites
    print(f"a rerun of one site: {rerun:.1f} s over crawling and parsing (at most {RERUN_S:.0f})")
    print(f"an idle night over {sites} sites: {len(asked)} requests, {wall:.0f} s, CPU {spent:.1f} s")
    print(f"bare Scrapy on the same pages: CPU {bare:.1f} s; the night takes {spent / bare:.1f} times that")
    print(f"on top: {extra:.1f} ms of CPU a site (at most {IDLE_MS:.0f})")
    return 0 if rerun <= RERUN_S and extra <= IDLE_MS else 1


def rerun_overhead(folder: Path, registry: Path) -> float:
    """Seconds of `nianbao run SITE` that are neither crawling nor parsing."""
    _, wall = nianbao(folder, "run", "s0.example", "--sites", str(registry))
    newest = next(read_summaries(folder / "home"))
    return wall - newest.timings.crawl - newest.timings.parse


def nianbao(folder: Path, *arguments: str) -> tuple[float, float]:
    command = [sys.executable, "-m", "flows.cli", *arguments, "--home", str(folder / "home")]
    return timed(command, {"NIANBAO_HOME": str(folder / "home")})


def timed(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """CPU seconds of a command with all its children, and its seconds by the clock."""
    began = time.monotonic()
    own = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    with tempfile.TemporaryFile() as output:
        child = subprocess.Popen(command, cwd=ROOT, env=own, stdout=output, stderr=output)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        if child.returncode:
            sys.exit(output.read().decode("utf-8", "replace")[-2000:])
    return used.ru_utime + used.ru_stime, time.monotonic() - began


def server_pid(home: Path) -> int:
    guard = json.loads((home / "prefect" / "server.json").read_text())["pid"]
    tasks = Path(f"/proc/{guard}/task").glob("*/children")
    return int(next(child for task in tasks for child in task.read_text().split()))


def cpu_of(pid: int) -> float:
    """CPU seconds that a living process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def portal(folder: Path) -> Iterator[int]:
    """The sites, in a process of their own whose CPU is not counted; gives their port."""
    port = folder / "port"
    child = subprocess.Popen(
        [sys.executable, "-c", _PORTAL, str(port), str(folder / "asked")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        while not port.exists() or not port.read_text():
            time.sleep(0.05)
        yield int(port.read_text())
    finally:
        child.terminate()
        child.wait()


def register(folder: Path, sites: int, port: int) -> Path:
    """A registry of sites on addresses of their own."""
    entries = [
        {
            "id": f"s{number}.example",
            "name": f"第{number}市统计局",
            "division": "620300",
            "start_urls": [f"http://127.8.{number // 250}.{number % 250 + 1}:{port}/zfxxgknb/"],
            "delay_s": 0,
        }
        for number in range(sites)
    ]
    path = folder / "sites.yaml"
    path.write_text(yaml.safe_dump(entries, allow_unicode=True), encoding="utf-8")
    return path


async def answer(reader, writer, log) -> None:  # type: ignore[no-untyped-def]
    """Answer as one of the sites: a column with one report, nothing else; validators are honoured."""
    from asyncio import IncompleteReadError

    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            path = head.split(" ")[1]
            host = head.lower().partition("host: ")[2].partition("\r\n")[0]
            log.write(f"http://{host}{path}\n")
            body = page(path, host)
            status = "200 OK" if body else "404 Not Found"
            if body and "if-none-match" in head.lower():
                status, body = "304 Not Modified", b""
            fields = f'Content-Type: text/html; charset=utf-8\r\nETag: "1"\r\nContent-Length: {len(body)}\r\n'
            writer.write(f"HTTP/1.1 {status}\r\n{fields}\r\n".encode() + body)
            await writer.drain()
    except (IncompleteReadError, ConnectionError):
        writer.close()


def page(path: str, host: str) -> bytes:
    """A page of a site; nothing where it has none."""
    address = host.partition(":")[0].split(".")
    name = f"第{int(address[2]) * 250 + int(address[3]) - 1}市统计局"
    if path == "/zfxxgknb/":
        title = f"{name}2023年政府信息公开工作年度报告"
        row = (
            f'<li><a href="./202401/t20240119_1.html" title="{title}">{title}</a><span>2024-01-19</span></li>'
        )
        return (
            f"<html><head><title>政府信息公开年报</title></head><body><ul>{row}</ul></body></html>".encode()
        )
    if path.endswith(".html"):
        return _report().replace("机关名称", name).encode()
    return b""


def _report() -> str:
    from flows.demo.pages import site_pages
    from flows.demo.reports import load_sites

    site = load_sites()[0]
    found = next(p.body for p in site_pages(site).values() if p.body.count(b"<tr") > 20)
    return found.decode("utf-8", "replace").replace(site.agency, "机关名称")


if __name__ == "__main__":
    sys.exit(main())
