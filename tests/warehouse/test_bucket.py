"""A home in a bucket: the same dataset as in a folder, whatever the connection does."""

from __future__ import annotations

import multiprocessing
import random
import threading
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest

from flows.cli import main
from tests.warehouse.buckets import Fault, FlakyProxy, bucket_server, make_bucket, settings
from tests.warehouse.samples import NEW, contents, site_report
from warehouse import WarehouseError, bucket, diff, publish, read, stage, staged_reports, verify
from warehouse.store import Home, open_store

GXJ, ZF = "gxj.jcs.gov.cn", "www.xining.gov.cn"


@pytest.fixture(scope="module")
def server() -> Iterator[FlakyProxy]:
    with bucket_server() as proxy:
        yield proxy


@pytest.fixture
def proxy(server: FlakyProxy, monkeypatch: pytest.MonkeyPatch) -> FlakyProxy:
    for name, value in settings(server).items():
        monkeypatch.setenv(name, value)
    server.reset()
    return server


def stage_round(home: Home, number: int) -> None:
    """Two sites with the number of a round in every report; one of them moves with each round."""
    stage(home, GXJ, "甘肃省", [site_report(year=year, numbers={NEW: number}) for year in (2022, 2023)])
    province = "青海省" if number % 2 else "甘肃省"
    stage(
        home, ZF, province, [site_report("西宁市人民政府", site=ZF, province=province, numbers={NEW: number})]
    )


def numbers(home: Home, snapshot: str | None = None) -> list[int]:
    found: list[int] = read("reports", home=home, columns=[NEW], snapshot=snapshot)[NEW].to_list()
    return found


def objects(home: Home) -> dict[str, bytes]:
    store = open_store(home)
    return {path: store.read(f"dataset/{path}") for path in store.walk("dataset")}


def test_a_bucket_holds_what_a_folder_holds(proxy: FlakyProxy, tmp_path: Path) -> None:
    home = make_bucket(proxy, "same")
    snapshots = []
    for number in (1, 2):
        for one in (home, tmp_path):
            stage_round(one, number)
            published = publish(one, [GXJ, ZF])
            snapshots.append(published.snapshot)
        assert objects(home) == contents(tmp_path / "dataset")
    assert staged_reports(home, ZF) == 1
    assert open_store(home).files("staging/青海省") == []
    assert numbers(home) == [2, 2, 2]
    assert numbers(home, snapshots[0]) == [1, 1, 1]
    assert verify(home) == verify(home, snapshots[0]) == []
    assert {change.year for change in diff(home).partitions()} == {2022, 2023}
    assert publish(home).snapshot == snapshots[2]


def test_the_command_line_takes_a_bucket(proxy: FlakyProxy, capsys: pytest.CaptureFixture[str]) -> None:
    home = make_bucket(proxy, "commands")
    assert main(["publish", "--home", home]) == 1
    stage_round(home, 1)
    assert main(["publish", "--home", home]) == 0
    assert f"dataset  {home}/dataset" in capsys.readouterr().out
    assert main(["diff", "--home", home]) == 0
    assert "+ 西宁市人民政府/2023" in capsys.readouterr().out


LOST = (Fault.REQUEST_LOST, Fault.ANSWER_LOST)


@pytest.mark.parametrize(("faults", "each"), [((Fault.REFUSED,), 1), (LOST, 3)], ids=["refused", "lost"])
def test_a_request_that_fails_at_any_step_leaves_one_publication_whole(
    proxy: FlakyProxy, faults: tuple[Fault, ...], each: int
) -> None:
    """Every request of a publication that writes is refused once, every third is lost; the next publication
    completes."""
    home = make_bucket(proxy, f"faults-{len(faults)}")
    steps = range(1, steps_of_a_publication(proxy, home) + 1, each)
    for number, (step, fault) in enumerate(zip(steps, cycle(faults), strict=False), start=3):
        stage_round(home, number)
        proxy.reset(fail_at=step, fault=fault)
        try:
            publish(home, [GXJ, ZF])
        except WarehouseError as error:
            assert fault is Fault.REFUSED, "a lost connection is tried again"
            assert "\n" not in str(error)
            assert "secret-of-the-test" not in str(error)
        proxy.reset()
        assert numbers(home) in ([number - 1] * 3, [number] * 3)
        assert verify_snapshot(home) == []
        publish(home, [GXJ, ZF])
        assert numbers(home) == [number] * 3
        assert verify(home) == []


def steps_of_a_publication(proxy: FlakyProxy, home: Home) -> int:
    """Publish the first two rounds; gives the number of requests that write of the second one."""
    stage_round(home, 1)
    publish(home)
    stage_round(home, 2)
    proxy.reset()
    publish(home, [GXJ, ZF])
    return proxy.writes


def verify_snapshot(home: Home) -> list[str]:
    """Flaws of the current snapshot itself; `dataset/` may still be on its way."""
    return [flaw.path for flaw in verify(home) if not flaw.path.startswith("dataset/")]


def _publish_slowly(home: str, ready: threading.Event) -> None:
    ready.set()
    publish(home, [GXJ, ZF])


def test_a_killed_publication_loses_its_lease_and_nothing_else(
    proxy: FlakyProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = make_bucket(proxy, "killed")
    steps = range(1, steps_of_a_publication(proxy, home) + 1)
    spawn = multiprocessing.get_context("spawn")
    monkeypatch.setattr(bucket, "LEASE_S", 3.0)
    for number, step in enumerate(random.Random(49).sample(steps, 3), start=3):
        stage_round(home, number)
        proxy.reset(kill_at=step)
        ready = spawn.Event()
        child = spawn.Process(target=_publish_slowly, args=(home, ready))
        child.start()
        assert child.pid is not None
        proxy.victim = child.pid
        child.join()
        assert child.exitcode == -9
        proxy.reset()
        assert numbers(home) in ([number - 1] * 3, [number] * 3)
        publish(home, [GXJ, ZF])
        assert numbers(home) == [number] * 3
        assert verify(home) == []


def test_an_owner_that_was_silent_publishes_nothing_any_more(
    proxy: FlakyProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A publisher that stops for longer than its lease, and goes on after another has published."""
    home = make_bucket(proxy, "fence")
    stage_round(home, 1)
    publish(home)
    monkeypatch.setattr(bucket, "LEASE_S", 3.0)
    store = open_store(home)
    taken_over = pytest.raises(WarehouseError, match="the lock went to another process")
    with taken_over, store.exclusive("snapshots/current") as silent:
        silent._released.set()  # type: ignore[attr-defined]  # as if the process were stopped
        stage_round(home, 2)
        publish(home)
        silent.set("20200101T000000.000000Z")
    assert numbers(home) == [2, 2, 2]


def test_publishers_of_two_machines_take_turns(proxy: FlakyProxy) -> None:
    home = make_bucket(proxy, "turns")
    sites = [f"{number}.gov.cn" for number in range(4)]

    def rerun(site: str) -> None:
        stage(home, site, "甘肃省", [site_report(f"第{site}局", site=site)])
        publish(home, [site])

    threads = [threading.Thread(target=rerun, args=(site,)) for site in sites]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(read("reports", home=home, columns=["site"])["site"]) == set(sites)
    assert verify(home) == []


def test_a_bucket_out_of_reach_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, proxy: FlakyProxy
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(bucket, "LEASE_S", 2.0)
    del proxy
    began = time.monotonic()
    with pytest.raises(WarehouseError, match=r"^s3://nowhere/home/.*nothing published has changed") as raised:
        publish("s3://nowhere/home")
    assert "\n" not in str(raised.value)
    assert time.monotonic() - began < 60
