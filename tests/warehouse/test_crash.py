"""SIGKILL, full disks and dead owners of the lock: the published dataset is always whole."""

from __future__ import annotations

import fcntl
import json
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.warehouse.samples import FORM, NEW, contents, site_report
from warehouse import SiteReport, WarehouseError, publish, read, stage, staged_reports

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("way", ["exchange", "two renames"])
def test_a_killed_run_leaves_one_publication_whole(quick_disk: Path, way: str) -> None:
    """A hundred kills in each way of replacing; what is asserted after each stands in `killed_runs`."""
    module = "tests.warehouse.killed_runs"
    command = [sys.executable, "-m", module, str(quick_disk / "home"), way, "100", "49"]
    run = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    rounds = [json.loads(line) for line in run.stdout.splitlines()]
    assert len({found["point"] for found in rounds if found["killed"]}) == 100


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
