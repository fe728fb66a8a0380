"""Kills a run of stage and publish before chosen file-system operations and tells what is left.

Arguments: home to start from, directory to work in, way of replacing ("exchange" or "two renames"), then
numbers of operations. For 0, a whole run, prints the count of operations and which of them are steps from
old to new, then the digest of the dataset. For any other number prints one JSON line: digests of the
dataset after the kill and after running again, and the rows as published from what the kill left in
staging. Every run is a fork of this process, which itself starts no thread of Arrow.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path

from tests.warehouse.samples import NEW, contents, site_report
from warehouse import publish, read, stage, swap

OPERATIONS = {
    "open", "os.rename", "os.mkdir", "os.link", "os.remove", "os.rmdir", "os.scandir", "os.listdir",
    "shutil.rmtree", "fcntl.flock", "ctypes.dlsym",
}  # fmt: skip
STEPS = {"os.rename", "ctypes.dlsym"}
"""What puts one directory in the place of another (looking renameat2 up comes right before its call)."""


def change(home: Path) -> None:
    """One site changes numbers and loses a year, one moves to another province, one is new."""
    stage(home, "a.gov.cn", "甘肃省", [site_report("甲局", 2023, site="a.gov.cn", numbers={NEW: 9})])
    moved = site_report("乙局", 2023, site="b.gov.cn", province="青海省", numbers={NEW: 8})
    stage(home, "b.gov.cn", "青海省", [moved])
    stage(home, "c.gov.cn", "甘肃省", [site_report("丙局", 2023, site="c.gov.cn", numbers={NEW: 7})])
    publish(home)


def forked(run: Callable[[], None]) -> bool:
    """Run in a child process; whether it came to its end (False: killed)."""
    child = os.fork()
    if not child:
        run()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status) and os.WEXITSTATUS(status):
        sys.exit("a run failed")
    return not os.WIFSIGNALED(status)


def run_until(operation: int, home: Path) -> None:
    """`change`, killed before an operation, counted from 1; 0 runs to the end and prints what it counted."""
    seen, steps = 0, []

    def count(event: str, _: object) -> None:
        nonlocal seen
        if event in OPERATIONS:
            seen += 1
            if event in STEPS:
                steps.append(seen)
            if seen == operation:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    change(home)
    if operation == 0:
        os.write(1, (json.dumps({"operations": seen, "steps": steps}) + "\n").encode())


def digest(home: Path, way: str) -> str:
    if way == "two renames":  # the next run begins with this
        swap.recover(home / "dataset")
    files = contents(home / "dataset")
    return sha256(repr(sorted(files.items())).encode()).hexdigest()


def publish_what_is_staged(home: Path) -> None:
    publish(home)
    rows = read("reports", home=home, columns=["site", "report_year", NEW])
    rows = rows[["site", "report_year", "province", NEW]].astype(object)
    (home / "rows.json").write_text(json.dumps(rows.values.tolist()))


def main() -> None:
    base, work, way, *points = sys.argv[1:]
    if way == "two renames":
        swap._exchange = lambda *_: False
    for point in map(int, points):
        home, other = Path(work, f"{point}"), Path(work, f"{point}-staged")
        shutil.copytree(base, home)
        ended = forked(partial(run_until, point, home))
        if point == 0:
            print(json.dumps({"new": digest(home, way)}), flush=True)
            continue
        shutil.copytree(home, other)
        forked(partial(publish_what_is_staged, other))
        left = {"point": point, "ended": ended, "after_kill": digest(home, way)}
        forked(partial(change, home))
        left |= {"after_again": digest(home, way), "rows": json.loads((other / "rows.json").read_text())}
        left |= {"leftovers": [str(path) for path in home.rglob("*") if path.suffix in (".next", ".old")]}
        print(json.dumps(left), flush=True)
        shutil.rmtree(home)
        shutil.rmtree(other)


if __name__ == "__main__":
    main()
