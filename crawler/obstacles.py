"""Refusals and challenges: recognised, recorded, never solved."""

from __future__ import annotations

import re

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)

LOST = (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)
"""How Scrapy says that no complete answer came."""


class OffHost(IgnoreRequest):
    """A request, mostly a redirect, leads away from the site's hosts."""


class RobotsDenied(IgnoreRequest):
    """robots.txt forbids the address, or cannot be read and so allows nothing."""


class HostLost(IgnoreRequest):
    """robots.txt could not be asked for: the host gives no answer."""


class Blocked(IgnoreRequest):
    """robots.txt was answered with a challenge."""


CHALLENGE_BYTES = 8192
"""Challenge pages are small; a larger page that mentions one of the marks is a page."""

_MARKS = (
    (re.compile(rb"\$_ts\s*[=.\[]"), "瑞数 script"),
    (re.compile(rb"__jsl_clearance"), "加速乐 clearance cookie"),
    (re.compile(rb"acw_sc__v2"), "acw_sc__v2 cookie"),
    (re.compile(rb"EO_Bot_Ssid"), "EdgeOne bot check"),
    (re.compile(rb"C3VK"), "C3VK cookie"),
    (re.compile("滑动验证|安全验证|访问验证".encode()), "captcha"),
)
_REFUSALS = {401, 403, 412, 429, 521}


def obstacle(status: int, cookies: bytes, body: bytes) -> str | None:
    """What stands in the way, in one line, if a response is a refusal or a challenge instead of content.
    `cookies` are the values of its Set-Cookie headers."""
    if len(body) <= CHALLENGE_BYTES:
        for pattern, name in _MARKS:
            if pattern.search(body) or (status != 200 and pattern.search(cookies)):
                return f"HTTP {status} with a challenge ({name})"
    return f"HTTP {status}" if status in _REFUSALS else None
