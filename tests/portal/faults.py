"""Hosts that misbehave: what a portal answers goes wrong for some of its addresses, mostly once, for some for ever."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import count

from tests.portal.server import Fault, Host, Reply, Request
from tests.portal.site import Portal, Trouble

ONE_IN = 9
"""One address of so many has the trouble."""

_PASSING = {Trouble.RESET: Fault.RESET, Trouble.CUT: Fault.CUT, Trouble.CUT_GZIP: Fault.CUT_GZIP}
_BURST = range(12, 15)
"""Which requests of the host fall into the burst."""


def troubled(portal: Portal, trouble: Trouble) -> Host:
    """The host of `portal` with a trouble. Where it passes, the second request of an address is answered."""
    host, asked, turn = portal.host(), set[str](), count()

    def answer(request: Request) -> Reply:
        first = request.target not in asked
        asked.add(request.target)
        reply = host.handler(request)
        if request.path == "/robots.txt":
            return reply
        if trouble is Trouble.BURST:
            refused = next(turn) in _BURST
            return (
                Reply(b"busy", 503, {"Content-Type": "text/html", "Retry-After": "1"}) if refused else reply
            )
        if not _is_hit(request.target) or (
            trouble is Trouble.LOST and not _is_article(portal, request.target)
        ):
            return reply
        if trouble is Trouble.SLOW:
            return replace(reply, fault=Fault.SLOW)
        if trouble is Trouble.LOST:
            return replace(reply, fault=Fault.RESET)
        if trouble is Trouble.TOO_MANY and first:
            return Reply(b"slow down", 429, {"Content-Type": "text/html", "Retry-After": "1"})
        return replace(reply, fault=_PASSING[trouble]) if first and trouble in _PASSING else reply

    return replace(host, handler=answer, dead=trouble is Trouble.DEAD)


def unreachable(portal: Portal) -> set[str]:
    """The addresses of the reports that nobody can fetch."""
    trouble = portal.setting.trouble
    if trouble is Trouble.DEAD:
        return {report.path for report in portal.reports}
    if trouble is Trouble.LOST:
        return {r.path for r in portal.reports if all(map(_is_hit, r.addresses))}
    return set()


def _is_article(portal: Portal, target: str) -> bool:
    return target in portal.truth


def _is_hit(target: str) -> bool:
    return int(hashlib.sha256(target.encode()).hexdigest(), 16) % ONE_IN == 0
