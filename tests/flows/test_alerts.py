"""What the operator is told without asking, and by which way."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from flows.cli import main
from flows.health import check_health
from flows.journal import Plan, begin
from flows.summary import AlertKind, SiteOutcome
from parsers.model import CellStatus
from tests.flows.runs import ran, site_run

NIGHT = datetime(2026, 1, 9, 18, tzinfo=UTC)
DAY = timedelta(days=1)
BROKEN = SiteOutcome.BROKEN


def _kinds(home: Path, now: datetime) -> list[tuple[AlertKind, str]]:
    return [(alert.kind, alert.subject) for alert in check_health(home, now)]


def test_a_site_that_delivered_is_silent_in_its_second_broken_run_and_then_no_more(tmp_path: Path) -> None:
    ran(tmp_path, NIGHT, [site_run("a"), site_run("b", BROKEN)])
    told = []
    for night in range(1, 5):
        now = NIGHT + night * DAY
        ran(tmp_path, now, [site_run("a", BROKEN), site_run("b", BROKEN)])
        told.append(_kinds(tmp_path, now + timedelta(hours=6)))
    assert told == [[], [(AlertKind.SITE_SILENT, "a")], [], []]  # b never delivered


def test_a_family_that_breaks_at_once(tmp_path: Path) -> None:
    def sites(family: str, broken: int) -> list:  # type: ignore[type-arg]
        return [
            site_run(f"{family}{number}", BROKEN if number < broken else SiteOutcome.DONE, family=family)
            for number in range(5)
        ]

    ran(tmp_path, NIGHT, [*sites("trs", 0), *sites("jpage", 0)])
    ran(tmp_path, NIGHT + DAY, [*sites("trs", 3), *sites("jpage", 2)])
    assert _kinds(tmp_path, NIGHT + DAY + timedelta(hours=6)) == [(AlertKind.FAMILY_BROKEN, "trs")]


@pytest.mark.parametrize(("uncertain", "told"), [(50, True), (11, False)])
def test_the_share_of_uncertain_cells_rises(tmp_path: Path, uncertain: int, told: bool) -> None:
    for night, count in enumerate((10, uncertain)):
        cells = {CellStatus.STATED: 1000, CellStatus.UNCERTAIN: count}
        ran(tmp_path, NIGHT + night * DAY, [site_run("a", cells=cells)])
    found = [kind for kind, _ in _kinds(tmp_path, NIGHT + DAY + timedelta(hours=6))]
    assert (found == [AlertKind.UNCERTAIN_RISES]) is told


def test_runs_that_did_not_start_or_did_not_end(tmp_path: Path) -> None:
    assert check_health(tmp_path, NIGHT) == []  # nothing was ever run here
    ran(tmp_path, NIGHT, [site_run("a")])
    assert _kinds(tmp_path, NIGHT + DAY + timedelta(minutes=30)) == []
    assert _kinds(tmp_path, NIGHT + DAY + timedelta(hours=2)) == [(AlertKind.RUN_MISSING, "2026-01-11")]
    started_at = NIGHT + DAY
    plan = Plan(run_id="r", flow="nightly", started_at=started_at, attended=False, sites_path=None, sites=[])
    journal = begin(tmp_path, plan)
    assert _kinds(tmp_path, NIGHT + DAY + timedelta(hours=2)) == []
    journal.leave()
    assert _kinds(tmp_path, NIGHT + DAY + timedelta(hours=2)) == [(AlertKind.RUN_INTERRUPTED, "r")]


class _Hook(BaseHTTPRequestHandler):
    got: list[bytes]

    def do_POST(self) -> None:
        self.got.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Mail(socketserver.StreamRequestHandler):
    """As much of SMTP (RFC 5321) as takes one mail."""

    got: list[bytes]

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        data = False
        for line in self.rfile:
            if data:
                self.got.append(line)
                data = line != b".\r\n"
                self.wfile.write(b"" if data else b"250 taken\r\n")
            elif line.upper().startswith(b"QUIT"):
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                data = line.upper().startswith(b"DATA")
                self.wfile.write(b"354 go on\r\n" if data else b"250 fine\r\n")


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield
    server.shutdown()
    server.server_close()


def test_alerts_go_out_by_webhook_and_mail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = datetime.now(UTC)
    ran(tmp_path, now - 2 * DAY, [site_run("a")])
    ran(tmp_path, now - DAY, [site_run("a", BROKEN)])
    ran(tmp_path, now - timedelta(minutes=5), [site_run("a", BROKEN)])
    _Hook.got, _Mail.got = [], []
    web, mail = ThreadingHTTPServer(("127.0.0.1", 0), _Hook), socketserver.TCPServer(("127.0.0.1", 0), _Mail)
    with _serving(web), _serving(mail):
        to = f"mailto://127.0.0.1:{mail.server_address[1]}?from=n@example.org&to=me@example.org"
        monkeypatch.setenv("NIANBAO_ALERTS", f"json://127.0.0.1:{web.server_port}/hook {to}")
        assert main(["health", "--send", "--home", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert "site_silent  a" in out
    assert "site_silent  a" in json.loads(_Hook.got[0])["message"]
    assert b"Subject: nianbao: 1 alert" in b"".join(_Mail.got)

    secret = "json://user:secret@127.0.0.1:1/hook"
    monkeypatch.setenv("NIANBAO_ALERTS", secret)
    assert main(["health", "--send", "--home", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert "address 1 did not take the alerts" in said.err
    assert "secret" not in said.out + said.err
