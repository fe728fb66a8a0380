"""The simulated portals are fair and behave as they say: a visitor who does what the scripts do reaches all."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterator

import pytest

from parsers import parse
from parsers.model import Outcome
from tests.portal.content import Layout, Other, Plan
from tests.portal.families import FAMILIES
from tests.portal.server import Fault, Host, Reply, Request, Server, overlaps, serving
from tests.portal.site import Portal, Setting
from tests.portal.walker import unreached, walk
from tests.portal.zoo import open_zoo


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


def ask(host: str, path: str, **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(host, timeout=5)
    connection.request(
        "GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    return connection.getresponse()


def serve(server: Server, address: str, reply: Reply, **more: object) -> str:
    name = server.reserve(address)
    server.serve(Host(name, lambda _: reply, **more))  # type: ignore[arg-type]
    return name


def test_every_report_and_file_of_every_family_is_within_reach(server: Server) -> None:
    portals = open_zoo(server, 5, small=True)
    assert {portal.family for portal in portals} == set(FAMILIES)
    missing = {portal.family: unreached(portal, walk(portal)) for portal in portals}
    assert {family: paths for family, paths in missing.items() if paths} == {}


def test_a_report_is_one_to_the_parsers_and_a_decoy_is_none(server: Server) -> None:
    portal = one(server, "trs", "127.21.0.1")
    report = next(r for r in portal.reports if not r.files)
    read = parse(ask(portal.name, report.path).read(), "t.html")
    assert [(r.outcome, r.agency, r.report_year) for r in read] == [
        (Outcome.REPORT, report.agency, report.year)
    ]
    decoy = next(item for item in portal.root.items if isinstance(item, Other) and item.bait)
    assert all(r.outcome is not Outcome.REPORT for r in parse(ask(portal.name, decoy.path).read(), "t.html"))


def test_next_day_holds_what_changed_and_validators_tell_the_rest(server: Server) -> None:
    portal = one(server, "nfcms", "127.21.0.2", validators=True)
    before = {report.path: ask(portal.name, report.path) for report in portal.reports}
    tags = {path: answer.headers["ETag"] for path, answer in before.items()}
    count = len(portal.reports)
    day = portal.advance()
    assert len(portal.reports) == count + len(day.new) - len(day.removed)
    edited = {report.path for report in day.edited}
    unchanged = set(tags) - edited - set(day.removed) - {old for old, _ in day.moved}
    assert {ask(portal.name, p, If_None_Match=tags[p]).status for p in unchanged} == {304}
    assert {ask(portal.name, p, If_None_Match=tags[p]).status for p in edited} == {200}
    gone = [*day.removed, *(old for old, _ in day.moved)]
    assert {ask(portal.name, path).status for path in gone} == {404}
    lists = walk(portal)
    assert all(report.path in lists for report in [*day.new, *(report for _, report in day.moved)])


def test_hosts_misbehave_as_told_and_log_it(server: Server) -> None:
    body = b"<p>" + b"x" * 4000
    reset = serve(server, "127.21.1.1", Reply(body, fault=Fault.RESET))
    with pytest.raises(ConnectionError):
        ask(reset, "/")
    cut = serve(server, "127.21.1.2", Reply(body, fault=Fault.CUT))
    with pytest.raises(http.client.IncompleteRead):
        ask(cut, "/").read()
    endless = serve(server, "127.21.1.3", Reply(fault=Fault.ENDLESS))
    assert len(ask(endless, "/").read(1_000_000)) == 1_000_000
    secure = serve(server, "127.21.1.4", Reply(body))
    context = ssl._create_unverified_context()
    connection = http.client.HTTPSConnection(secure, timeout=5, context=context)
    connection.request("GET", "/")
    assert connection.getresponse().read() == body
    assert [entry.secure for entry in server.entries(secure)] == [True]
    plain = serve(server, "127.21.1.5", Reply(body), tls=False)
    connection = http.client.HTTPSConnection(plain, timeout=5, context=context)
    with pytest.raises(OSError):
        connection.request("GET", "/")


def test_two_requests_at_once_are_noticed(server: Server) -> None:
    name = serve(server, "127.21.1.6", Reply(b"x"), latency=0.1)
    first, second = (http.client.HTTPConnection(name, timeout=5) for _ in range(2))
    for connection in (first, second):
        connection.request("GET", "/")
    for connection in (first, second):
        connection.getresponse().read()
    assert overlaps(server.entries(name)) == 1
    ask(name, "/").read()
    assert overlaps(server.entries(name)) == 1


def one(server: Server, family: str, address: str, **more: object) -> Portal:
    """A small portal of a family."""
    plan = Plan("青峪县", Layout.FLAT, range(2021, 2026), bureaus=3, files=0.0, variants=0.0)
    name = server.reserve(address)
    portal = FAMILIES[family](name, Setting(plan, **more), "1")  # type: ignore[arg-type]
    server.serve(Host(name, lambda request: answer(portal, request)))
    return portal


def answer(portal: Portal, request: Request) -> Reply:
    return portal.handle(request)
