"""SIGKILL, full disks and dead owners of the lock: the published dataset is always whole."""

from __future__ import annotations

import fcntl
import json
import random
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.warehouse.samples import FORM, NEW, contents, site_report
from warehouse import SiteReport, WarehouseError, publish, read, stage, staged_reports

ROOT = Path(__file__).parents[2]


def killed_runs(base: Path, work: Path, way: str, points: list[int]) -> list[dict[str, Any]]:
    module = "tests.warehouse.killed_runs"
    command = [sys.executable, "-m", module, str(base), str(work), way, *map(str, points)]
    run = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


@pytest.mark.parametrize(("way", "share"), [("exchange", 20), ("two renames", 40)])
def test_a_killed_run_leaves_the_old_dataset_or_the_new_one(tmp_path: Path, way: str, share: int) -> None:
    base, work = tmp_path / "base", tmp_path / "work"
    for agency, site in (("甲局", "a.gov.cn"), ("乙局", "b.gov.cn")):
        stage(base, site, "甘肃省", [site_report(agency, year, site=site) for year in (2022, 2023)])
    publish(base)
    old = sha256(repr(sorted(contents(base / "dataset").items())).encode()).hexdigest()
    count, whole = killed_runs(base, work, way, [0])
    drawn = random.Random(49).sample(range(1, count["operations"] + 1), count["operations"] // share)
    points = sorted({*drawn, *count["steps"], count["steps"][-1] + 1})
    left = killed_runs(base, work, way, points)

    assert [run["point"] for run in left] == points
    assert not any(run["ended"] for run in left)
    assert {run["after_kill"] for run in left} == {old, whole["new"]}
    assert {run["after_again"] for run in left} == {whole["new"]}
    assert not any(run["leftovers"] for run in left)
    before = [[2022, "甘肃省", 4], [2023, "甘肃省", 4]]
    allowed = {
        "a.gov.cn": [before, [[2023, "甘肃省", 9]]],
        "b.gov.cn": [before, [[2022, "青海省", 4], [2023, "青海省", 4]], [[2023, "青海省", 8]]],
        "c.gov.cn": [[], [[2023, "甘肃省", 7]]],
    }
    for run in left:
        for site, states in allowed.items():
            rows = sorted(row[1:] for row in run["rows"] if row[0] == site)
            assert rows in states, f"killed before operation {run['point']}"


@contextmanager
def full_disk(directory: Path) -> Iterator[None]:
    """Fill the file system of `directory` to its last byte for a while."""
    ballast = directory / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (65536, 4096):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    try:
        yield
    finally:
        ballast.unlink()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own of 3 MB."""
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(tmp_path)]
    mounted = subprocess.run(command, check=False, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {mounted.stderr.strip()}")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


def refused(act: Callable[[], object], home: Path, reason: str) -> None:
    """`act` fails with one plain line that names a path and the way out, and changes no file."""
    before = contents(home)
    with pytest.raises(WarehouseError, match=reason) as raised:
        act()
    message = str(raised.value)
    assert message.startswith(str(home))
    assert message.endswith("free some space and run it again")
    assert "\n" not in message
    assert contents(home) == before


def wide_report(year: int, number: int) -> SiteReport:
    return site_report(year=year, numbers={cell: number + n for n, cell in enumerate(FORM.cells)})


def test_a_full_disk_leaves_everything_and_later_runs_complete(small_disk: Path) -> None:
    home, site = small_disk / "home", "gxj.jcs.gov.cn"
    stage(home, site, "甘肃省", [wide_report(2022, 10)])
    publish(home)
    reports = [wide_report(2022, 500), wide_report(2023, 700)]
    with full_disk(small_disk):
        refused(lambda: stage(home, site, "甘肃省", reports), home, "No space left on device")
        assert staged_reports(home, site) == 1
    stage(home, site, "甘肃省", reports)
    with full_disk(small_disk):
        refused(lambda: publish(home), home, "No space left on device")
        assert read("reports", home=home)[NEW].to_list() == [10 + list(FORM.cells).index(NEW)]
    assert publish(home).reports == 2


def test_a_file_that_may_not_grow_is_said_like_a_full_disk(tmp_path: Path) -> None:
    home, site = tmp_path / "home", "gxj.jcs.gov.cn"
    stage(home, site, "甘肃省", [wide_report(2022, 10)])
    publish(home)
    stage(home, site, "甘肃省", [wide_report(2022, 500)])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        refused(lambda: publish(home), home, "File too large")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert publish(home).written == ("year=2022/province=甘肃省",)


def test_a_dead_process_gives_the_lock_back(tmp_path: Path) -> None:
    code = (
        "import sys; from warehouse.store import open_store\n"
        "with open_store(sys.argv[1]).exclusive('snapshots/current'):\n"
        "    print('held', flush=True); sys.stdin.read()"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    (tmp_path / "locks/snapshots").mkdir(parents=True)
    with owner, (tmp_path / "locks/snapshots/current").open("ab") as lock:
        assert owner.stdout is not None
        owner.stdout.readline()
        with pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        owner.kill()
        owner.wait()
    stage(tmp_path, "gxj.jcs.gov.cn", "甘肃省", [site_report()])
    assert publish(tmp_path).reports == 1
