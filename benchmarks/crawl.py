"""`make bench-crawl`: what crawling costs, measured against a bare Scrapy spider that follows the same links.

Both crawl the same loopback hosts with one request at a time to a host and no delay, in turn, so that they
meet the same state of the machine; the ratio is of pages a second, as the portal counts them. Then one
process serves 250 hosts with a delay of a second. A missed target is shown and not an error.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import yaml

from benchmarks.portal import ARTICLES, COLUMN, PAGES

HOSTS = 24
REPEATS = 3
RATE = 0.7
"""Of the bare spider's pages a second."""
MANY = 250
PACE = 0.95
"""Of one request a second and host, while all hosts are asked."""


@dataclass(frozen=True)
class Measured:
    """One crawl: pages asked for, seconds from the first to the last of them, seconds of CPU of the process
    from its start to its end, and how many were asked for in each second."""

    pages: int
    seconds: float
    cpu: float
    each_second: list[int]

    @property
    def rate(self) -> float:
        return self.pages / self.seconds


class Portal:
    """The process of `benchmarks.portal`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.portal"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._stdin: IO[str] = self._process.stdin
        self._stdout: IO[str] = self._process.stdout
        self.port = int(self._stdout.readline())

    def starts(self, hosts: int) -> list[str]:
        return [f"http://127.40.{n // 250}.{n % 250 + 1}:{self.port}{COLUMN}" for n in range(hosts)]

    def asked(self) -> list[float]:
        """When pages were asked for since the last call."""
        print(file=self._stdin, flush=True)
        times: list[float] = json.loads(self._stdout.readline())
        return times

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()


def measure(portal: Portal, command: Sequence[str], log: Path) -> Measured:
    portal.asked()
    before = os.times()
    with log.open("wb") as file:
        subprocess.run([sys.executable, "-m", *command], check=True, stdout=file, stderr=file)
    after = os.times()
    times = portal.asked()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    counts = [0] * (int(times[-1] - times[0]) + 1)
    for when in times:
        counts[int(when - times[0])] += 1
    return Measured(len(times), times[-1] - times[0], cpu, counts)


def crawler(folder: Path, starts: Sequence[str], delay: float) -> list[str]:
    """The command of a first crawl of these columns into a new archive."""
    ids = [url.split("/")[2] for url in starts]
    sites = [
        {"id": host, "name": "测试", "division": "620300", "start_urls": [url], "delay_s": delay}
        for host, url in zip(ids, starts, strict=True)
    ]
    folder.mkdir()
    (folder / "sites.yaml").write_text(yaml.safe_dump(sites, allow_unicode=True), encoding="utf-8")
    return ["crawler", "--archive", str(folder / "archive"), "--sites", str(folder / "sites.yaml"), *ids]


def main() -> int:
    portal = Portal()
    try:
        with tempfile.TemporaryDirectory() as folder:
            against_bare(portal, Path(folder))
            many_hosts(portal, Path(folder))
    finally:
        portal.close()
    return 0


def against_bare(portal: Portal, folder: Path) -> None:
    starts = portal.starts(HOSTS)
    bare: list[Measured] = []
    ours: list[Measured] = []
    for number in range(REPEATS):
        bare.append(measure(portal, ["benchmarks.bare", *starts], folder / "bare.log"))
        ours.append(measure(portal, crawler(folder / str(number), starts, 0.0), folder / "crawl.log"))
    pages = HOSTS * PAGES * (ARTICLES + 1)
    assert {one.pages for one in (*bare, *ours)} == {pages}, [one.pages for one in (*bare, *ours)]
    for name, runs in (("bare Scrapy spider", bare), ("crawler, with archive", ours)):
        rates = [one.rate for one in runs]
        print(f"{name:24} {statistics.median(rates):6.0f} pages/s (best {max(rates):.0f})")
    ratio = statistics.median(mine.rate / theirs.rate for mine, theirs in zip(ours, bare, strict=True))
    cpu = statistics.median(theirs.cpu / mine.cpu for mine, theirs in zip(ours, bare, strict=True))
    print(
        f"ratio of rates           {ratio:6.2f}  (target {RATE}; by CPU seconds, start included, {cpu:.2f})"
    )
    if ratio < RATE:
        print("missed: the rate against the bare spider")


def many_hosts(portal: Portal, folder: Path) -> None:
    command = crawler(folder / "many", portal.starts(MANY), 1.0)
    run = measure(portal, command, folder / "crawl.log")
    assert run.pages == MANY * PAGES * (ARTICLES + 1), run.pages
    steady = run.each_second[5 : PAGES * (ARTICLES + 1) - 5]
    share = statistics.mean(steady) / MANY
    print(f"{MANY} hosts, 1 s apart     {share:6.2f}  of one request a second each (target {PACE})")
    print(f"                         {run.cpu / run.seconds:6.2f}  of a core")
    if share < PACE:
        print("missed: the pace at many hosts")


if __name__ == "__main__":
    sys.exit(main())
