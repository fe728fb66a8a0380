"""Bytes are found by digest wherever the archive holds them, whatever happened to what remembers it."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from multiprocessing import get_context
from pathlib import Path

from crawler.archive import Capture, Role
from crawler.digests import FILE, Digests

CAPTURE = Capture(
    site="gxj.jcs.gov.cn", url="http://gxj.jcs.gov.cn/1.html", role=Role.PAGE, parent=None, title=None,
    listed_date=None, status=200, content_type="text/html", filename=None, digest="sha256:" + "a" * 64,
    warc="20260101.warc.gz", offset=0, length=9, fetched_at="2026-01-01T02:00:00+00:00",
    stored_at="2026-01-01T02:00:00+00:00", etag=None, last_modified=None,
)  # fmt: skip


def capture(letter: str, number: int = 1, **fields: object) -> Capture:
    url = f"http://gxj.jcs.gov.cn/{number}.html"
    return replace(CAPTURE, digest=f"sha256:{letter * 64}", url=url, **fields)  # type: ignore[arg-type]


def write(root: Path, crawl_id: str, *captures: Capture, torn: str = "") -> None:
    lines = [json.dumps(asdict(one)) + "\n" for one in captures]
    (root / f"{crawl_id}.jsonl").write_text("".join(lines) + torn)


def urls(root: Path, *letters: str) -> dict[str, list[str]]:
    found = Digests(root).find([f"sha256:{letter * 64}" for letter in letters])
    return {digest[7]: [one.url[-6:] for one in captures] for digest, captures in found.items()}


def test_every_crawl_is_looked_through_and_new_lines_are_seen(tmp_path: Path) -> None:
    write(tmp_path, "20260101", capture("a", 1), capture("b", 2), torn='{"site": "gx')
    assert urls(tmp_path, "a", "b", "c") == {"a": ["1.html"], "b": ["2.html"]}
    write(tmp_path, "20260102", capture("a", 3))
    write(tmp_path, "20260101", capture("a", 1), capture("b", 2), capture("c", 4))
    assert urls(tmp_path, "a", "b", "c") == {"a": ["1.html", "3.html"], "b": ["2.html"], "c": ["4.html"]}
    (tmp_path / "20260101.jsonl").unlink()
    assert urls(tmp_path, "a", "b", "c") == {"a": ["3.html"]}


def test_a_second_line_about_a_fetch_says_its_role(tmp_path: Path) -> None:
    write(tmp_path, "20260101", CAPTURE, replace(CAPTURE, role=Role.ARTICLE))
    [found] = Digests(tmp_path).find([CAPTURE.digest])[CAPTURE.digest]
    assert found.role is Role.ARTICLE


def test_what_is_remembered_may_be_lost_or_damaged(tmp_path: Path) -> None:
    write(tmp_path, "20260101", *(capture("a", number) for number in range(200)))
    whole = urls(tmp_path, "a")
    assert len(whole["a"]) == 200
    (tmp_path / FILE).unlink()
    assert urls(tmp_path, "a") == whole
    (tmp_path / FILE).write_bytes(b"no database " * 400)
    assert urls(tmp_path, "a") == whole


def test_an_archive_that_may_only_be_read(tmp_path: Path) -> None:
    write(tmp_path, "20260101", CAPTURE)
    (tmp_path / FILE).mkdir()  # as root no permission stops a write
    assert urls(tmp_path, "a") == {"a": ["1.html"]}


def test_several_processes_at_once(tmp_path: Path) -> None:
    write(tmp_path, "20260101", *(capture("a", number) for number in range(500)))
    with get_context("spawn").Pool(4) as pool:
        answers = pool.starmap(urls, [(tmp_path, "a")] * 8)
    assert [len(answer["a"]) for answer in answers] == [500] * 8
