"""What stands in the way: refusals, challenges, pages that only say that there is nothing. Recognised and
recorded, never solved."""

from __future__ import annotations

import re
from dataclasses import dataclass

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)

from crawler.archive import Standing
from crawler.bodies import is_file

LOST = (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)
"""How Scrapy says that no complete answer came."""
GIVEN_UP = (DownloadCancelledError,)
"""How Scrapy says that an answer was too long."""


class OffHost(IgnoreRequest):
    """A request, mostly a redirect, leads away from the site's hosts."""


class RobotsDenied(IgnoreRequest):
    """robots.txt forbids the address, or cannot be read and so allows nothing."""


class HostLost(IgnoreRequest):
    """robots.txt could not be asked for: the host gives no answer."""


class Blocked(IgnoreRequest):
    """The host challenges us, or asks us to stay away for longer than a crawl can wait."""


class Broken(IgnoreRequest):
    """An answer came and is not what was announced."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What came instead of content, in one line. A challenge would have to be solved, so that another try is
    of no use."""

    evidence: str
    challenge: bool


CHALLENGE_BYTES = 16384
"""Challenge pages are small; a larger page that mentions one of the marks is a page."""

_MARKS = (
    (b"$_ts", "瑞数 script"),
    (b"__jsl_clearance", "加速乐 clearance cookie"),
    (b"acw_sc__v2", "acw_sc__v2 cookie"),
    (b"acw_sc__v3", "acw_sc__v3 cookie"),
    (b"EO_Bot_Ssid", "EdgeOne bot check"),
    (b"__tst_status", "EdgeOne bot check"),
    (b"C3VK", "C3VK cookie"),
)
_CAPTCHA = re.compile(
    "滑动验证|安全验证|访问验证|人机验证|请输入验证码|拖动滑块|id=[\"']?(?:captcha|slider-captcha|nc_1_n1z)",
    re.IGNORECASE,
)
_FIREWALL = re.compile(
    "(?:请求|访问|行为).{0,20}(?:拦截|阻断|被拒绝|存在威胁|不合法)|(?:Web应用|网站|云)防火墙|创宇盾|安全狗|"
    "(?i:web application firewall|request (?:has been )?blocked|access denied by)|"
    "访问(?:过于|太)频繁|您的IP.{0,10}(?:限制|封禁|禁止)"
)
_LOGIN = re.compile(r"<input[^>]+type\s*=\s*[\"']?password", re.IGNORECASE)
_LOGIN_TITLE = re.compile(
    r"<title>[^<]{0,40}(?:登录|登陆|login|身份认证|统一认证)[^<]{0,20}</title>", re.IGNORECASE
)
_MISSING = re.compile(
    "(?:页面|网页|文件|内容|信息|文章|资源|稿件)(?:不存在|已?被?删除|已(?:下线|失效|过期))"
    "|(?:找不到|未找到|没有找到)(?:该|您|你|此|相关|要访问|请求)?.{0,12}(?:页面|网页|文件|文章|稿件)"
    "|(?:访问|请求|查看)的(?:页面|网页|文件|内容|信息|文章|资源).{0,8}(?:不存在|已|找不到|出错)"
    "|^(?i:404(?:-|:)?(?:notfound|error|错误))|(?i:404notfound)"
)
_SERVER_ERROR = re.compile("内部服务器错误|服务器内部错误|系统(?:异常|错误|繁忙)|数据库连接(?:失败|错误)")
_SOFT_BYTES = 20480
"""A page that only says that there is nothing is small and says little: bytes, and characters of text."""
_SOFT_TEXT = 400
_REFUSALS = {401, 403, 407, 412, 429, 451, 521}
_CHALLENGE_STATUS = {412, 521}


def obstacle(status: int, cookies: bytes, body: bytes) -> Obstacle | None:
    """The refusal or challenge that a response is instead of content, if it is one. `cookies` are the values
    of its Set-Cookie headers."""
    if status < 400 and is_file(body):
        return None
    small = len(body) <= CHALLENGE_BYTES
    for mark, name in _MARKS if small else ():
        if mark in body or (status != 200 and mark in cookies):
            return Obstacle(f"HTTP {status} with a challenge ({name})", challenge=True)
    if status in _REFUSALS:
        return Obstacle(f"HTTP {status}", challenge=status in _CHALLENGE_STATUS)
    kind = _barrier(status, body) if small and status != 404 else None
    return Obstacle(f"HTTP {status} with a {kind}", challenge=True) if kind is not None else None


def _barrier(status: int, body: bytes) -> str | None:
    """What a page that says little puts before its content, if it does."""
    markup = _text(body)
    if _short_text(body, markup) is None:
        return None
    if _CAPTCHA.search(markup):
        return "captcha"
    if _FIREWALL.search(markup):
        return "firewall page"
    login = status < 300 and _LOGIN.search(markup) and _LOGIN_TITLE.search(markup)
    return "login page" if login else None


def standing(status: int, cookies: bytes, body: bytes) -> Standing:
    """What a response means for its address."""
    if status == 304:
        return Standing.CONTENT
    if obstacle(status, cookies, body) is not None:
        return Standing.REFUSED
    if status >= 400:
        return Standing.MISSING if status in {404, 410} else Standing.FAILED
    return Standing.REDIRECT if status >= 300 else _told(body)


def _told(body: bytes) -> Standing:
    """What the body of a good answer says: many portals say with it that there is no such page."""
    if is_file(body) or len(body) > _SOFT_BYTES:
        return Standing.CONTENT
    text = _short_text(body, _text(body))
    if text is None:
        return Standing.CONTENT
    if _MISSING.search(text):
        return Standing.MISSING
    failed = not body.strip() or (len(text) < 60 and _SERVER_ERROR.search(text))
    return Standing.FAILED if failed else Standing.CONTENT


def _short_text(body: bytes, markup: str) -> str | None:
    """The visible text of a page that says little, without blanks; None for any other page."""
    if len(body) - len(markup) > 4 * _SOFT_TEXT:  # so many Chinese characters do not stand in scripts
        return None
    text = _visible(markup)
    return text if len(text) < _SOFT_TEXT else None


def _text(body: bytes) -> str:
    """Good enough for the words looked for here: the head of the body in its likely encoding."""
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body.decode("gb18030", errors="replace")


def _visible(markup: str) -> str:
    content = re.sub(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->", "", markup, flags=re.DOTALL | re.IGNORECASE)
    return "".join(re.sub(r"<[^>]*>", "", content).split())
