"""Hostile and broken documents end as `unreadable`, with a reason, and stop nothing else."""

from __future__ import annotations

import asyncio
import io
import json
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from flows.demo.pages import site_pages
from flows.demo.reports import load_sites
from flows.parse import parser_pool
from tests.flows.nianbao import ROOT


def _zip(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return packed.getvalue()


def _report() -> bytes:
    pages = site_pages(load_sites()[0])
    return next(page.body for page in pages.values() if page.body.count(b"<tr") > 20)


HOSTILE = {
    "attributes without end": b"<html><body><p " + b" ".join(b"a%d=1" % i for i in range(1_500_000)) + b">",
    "a line of 50 MB": b"<html><p>" + b"0 " * 25_000_000,
    "a zip bomb": _zip(**{"a.txt": bytes(400_000_000)}),
    "an error page saved as PDF": b"%PDF-1.4\n<html><h1>404</h1>",
    "half a PDF": b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n",
}


def _parse(*files: Path) -> tuple[list[dict[str, str]], str, int]:
    command = [sys.executable, "-m", "flows.cli", "parse", "--json", *map(str, files)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr, done.returncode


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_unreadable_with_a_reason(name: str, tmp_path: Path) -> None:
    hostile = tmp_path / "hostile"
    hostile.write_bytes(HOSTILE[name])
    [record], said, status = _parse(hostile)
    assert (record["outcome"], status) == ("unreadable", 1)
    assert record["issues"] and said.startswith(f"nianbao: {hostile}: ")


def test_a_document_that_ends_its_process_stops_no_other(tmp_path: Path) -> None:
    files = []
    for number, data in enumerate([_report(), HOSTILE["attributes without end"], _report()]):
        files.append(tmp_path / f"{number}.html")
        files[-1].write_bytes(data)
    records, _, status = _parse(*files)
    assert [record["outcome"] for record in records] == ["report", "unreadable", "report"]
    assert status == 1


def test_deep_nesting_and_wide_spans_do_not_hide_a_report(tmp_path: Path) -> None:
    deep = tmp_path / "deep.html"
    wide = b'<table><tr><td colspan="1000000" rowspan="1000000">x</td></tr></table>'
    deep.write_bytes(_report().replace(b"<body>", b"<body>" + wide + b"<b>" * 5000, 1))
    [record], _, status = _parse(deep)
    assert (record["outcome"], status) == ("report", 0)


def _reach_out(port: int) -> str:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError as error:
        return type(error).__name__
    return "connected"


def test_a_parser_process_reaches_no_network() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert _reach_out(port) == "connected"
        with parser_pool(1) as pool:
            assert asyncio.run(pool.run(_reach_out, port)) == "PermissionError"
