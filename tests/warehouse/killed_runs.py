"""Kills runs of stage and publish before chosen file-system operations, while other processes read.

Arguments: home, way of replacing ("exchange" or "two renames"), count of kills, seed. In each round three
sites are staged with the number of the round (one of them in another province, one with other years) and
published; the run is killed once and looked at, every few rounds it is run again to its end. Prints one JSON
line a round; ends with status 1 and the reason where a reader or a look found something wrong. Every run is a
fork of this process, which itself starts no thread.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from parsers.model import Cell, CellStatus
from tests.warehouse.samples import NEW, site_report
from warehouse import SiteReport, publish, read, stage, swap, verify
from warehouse.codebook import codebook, datapackage

EVENTS = {
    "open", "os.rename", "os.mkdir", "os.link", "os.remove", "os.rmdir", "os.scandir", "shutil.rmtree",
    "fcntl.flock", "ctypes.dlsym",
}  # fmt: skip
EACH = 5
"""Rounds from one that is run to its end to the next."""
SITES = ("a.gov.cn", "b.gov.cn", "c.gov.cn")


def expected(number: int) -> dict[str, list[tuple[int, str, int]]]:
    """Year, province and number of every report of each site in a round."""
    of_b = "青海省" if number % 2 else "甘肃省"
    years = (2022, 2023) if number % 3 else (2023,)
    return {
        "a.gov.cn": [(year, "甘肃省", number) for year in years],
        "b.gov.cn": [(2023, of_b, number)],
        "c.gov.cn": [(2023, "甘肃省", number)],
    }


def change(home: Path, number: int) -> None:
    for site, rows in expected(number).items():
        stage(home, site, rows[0][1], [_report(site, *row) for row in rows])
    publish(home, SITES)


def _report(site: str, year: int, province: str, number: int) -> SiteReport:
    cells = {NEW: Cell(number, str(number), CellStatus.STATED)}
    return site_report(f"{site[0]}局", year, site=site, province=province, cells=cells)


def rows_of(frame: pd.DataFrame, column: str) -> dict[str, list[tuple[int, str, int]]]:
    rows: dict[str, list[tuple[int, str, int]]] = {site: [] for site in SITES}
    for row in frame.itertuples(index=False):
        fields = dict(zip(frame.columns, row, strict=True))
        rows[fields["site"]].append((int(fields["year"]), fields["province"], int(fields[column])))
    return rows


def look(home: Path, snapshot: str | None = None) -> int:
    """Read both tables of a snapshot whole; gives the number of the round that all its rows are of."""
    snapshot = snapshot or (home / "snapshots/current").read_text()
    reports = read("reports", home=home, snapshot=snapshot, columns=["site", NEW])
    number = int(reports[NEW].iloc[0])
    assert rows_of(reports, NEW) == expected(number), f"mixed: {reports.to_dict('records')}"
    cells = read("cells", home=home, snapshot=snapshot, columns=["site", "value"])
    assert rows_of(cells, "value") == expected(number), f"cells of another round than {number}"
    return number


def read_on(home: Path) -> None:
    """Read in every way until the end; an AssertionError or an error of Arrow ends it early."""
    while True:
        look(home)
        snapshot = home / "snapshots" / (home / "snapshots/current").read_text()
        flaws = verify(snapshot)
        assert not flaws, f"{snapshot}: {flaws}"
        with suppress(FileNotFoundError):  # listed before a publication, opened after it
            for path in (home / "dataset").glob("*/*/*/*.parquet"):
                pq.ParquetFile(pa.BufferReader(path.read_bytes())).read()
        time.sleep(1.2)


def forked(run: Callable[[], object]) -> int:
    """Run in a child process; gives its process id. The child's errors go to standard error."""
    child = os.fork()
    if not child:
        try:
            run()
        except BaseException:  # noqa: BLE001 - the child must not run on as its parent
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return child


def ended(child: int) -> bool:
    """Whether a child came to its end (False: killed). Ends this process where the child failed."""
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status) and os.WEXITSTATUS(status):
        sys.exit("a run failed")
    return not os.WIFSIGNALED(status)


def run_until(operation: int, home: Path, number: int) -> None:
    """`change`, killed before an operation on the home, counted from 1; 0 runs to the end and prints them."""
    seen = 0

    def count(event: str, details: tuple[Any, ...]) -> None:
        nonlocal seen
        if event in EVENTS and (event != "open" or str(details[0]).startswith(str(home))):
            seen += 1
            if seen == operation:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    change(home, number)
    if operation == 0:
        counted(home).write_text(str(seen))


def counted(home: Path) -> Path:
    """Where the count of operations of a whole run is left."""
    return home.with_suffix(".operations")


def look_after_kill(home: Path, number: int) -> None:
    """What is published is whole, of this round or of one since the last that came to its end."""
    assert number - EACH <= look(home) <= number
    assert not verify(home / "snapshots" / (home / "snapshots/current").read_text())


def run_again(home: Path, number: int) -> None:
    """The next run completes, from whatever the kills left, and leaves nothing of them."""
    publish_what_is_staged(home, number)
    change(home, number)
    assert look(home) == number
    assert not verify(home)
    left = [str(path) for path in home.rglob("*") if path.suffix in (".next", ".old")]
    known = {json.loads(path.read_text())["snapshot"] for path in home.glob("snapshots/*/manifest.json")}
    left += [path.name for path in home.glob("snapshots/2*") if path.name not in known]
    assert not left, left


def publish_what_is_staged(home: Path, number: int) -> None:
    """Publish what the kills left in staging, beside: each site stands there in one of its versions."""
    other = home.with_suffix(".other")
    shutil.copytree(home, other, copy_function=os.link)
    publish(other)
    rows = rows_of(read("reports", home=other, columns=["site", NEW]), NEW)
    for site in SITES:
        versions = [expected(number - back)[site] for back in range(EACH + 1)]
        assert sorted(rows[site]) in versions, f"{site}: {rows}"
    shutil.rmtree(other)


def main() -> None:
    home, way, kills, seed = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    if way == "two renames":
        swap._exchange = lambda *_: False
    codebook(), datapackage()  # they are the same in every run: what they need is loaded once
    ended(forked(partial(change, home, 1)))
    ended(forked(partial(run_until, 0, home, 2)))
    readers = [forked(partial(read_on, home)) for _ in range(2)]
    try:
        operations = list(range(1, int(counted(home).read_text()) + 1))
        random.Random(seed).shuffle(operations)
        number = 3
        while kills:
            point = operations.pop()
            # Rounds differ a little in length: the last operations are not there in each.
            killed = not ended(forked(partial(run_until, point, home, number)))
            print(json.dumps({"point": point, "killed": killed}), flush=True)
            ended(forked(partial(look_after_kill if number % EACH else run_again, home, number)))
            number, kills = number + 1, kills - killed
    finally:
        for reader in readers:
            done, status = os.waitpid(reader, os.WNOHANG)
            if done:
                sys.exit(f"a reader ended with status {status}")
            os.kill(reader, signal.SIGKILL)
            os.waitpid(reader, 0)


if __name__ == "__main__":
    main()
