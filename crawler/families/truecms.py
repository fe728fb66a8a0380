"""TrueCMS (南通, 如皋, 淮安, 连云港): the first rows lie hidden in the page, the others come from
getMessage.do as XML inside JSON or JSONP, paged by the numbers of the records.

How many records one answer may hold differs from portal to portal, and more is an error; what the page's own
script asks for is allowed everywhere.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, urljoin, urlsplit

from crawler.answers import count_of, json_answer, text_member
from crawler.families import Listing, generic
from crawler.page import Link, Page

NAME = "truecms"
RANK = 32

_SERVICE = "messageController/getMessage.do"
_PROXY = re.compile(r"\bproxyUrl\s*:\s*['\"]([^'\"]*messageController/getMessage\.do)['\"]")
_COLUMN = re.compile(r"\bcolumnId['\"]?\s*:\s*['\"]([^'\"]{1,80})['\"]")
_PER_PAGE = re.compile(r"\bperPage\s*:\s*['\"]?(\d{1,3})")
_TOTAL = re.compile(r"\btotalRecord\s*:\s*['\"]?(\d{1,7})|<totalrecord>\s*(\d{1,7})", re.IGNORECASE)
_USUAL_WINDOW = 20


def recognises(page: Page) -> bool:
    return urlsplit(page.url).path.endswith(_SERVICE) or bool(_PROXY.search(page.text))


def read_list(page: Page) -> Listing:
    """Of a column: its links and the first records that are not in it. Of an answer: its records and the
    address of those behind them."""
    if urlsplit(page.url).path.endswith(_SERVICE):
        return _answer(page)
    proxy, column = _PROXY.search(page.text), _COLUMN.search(page.text)
    if proxy is None or column is None:
        return Listing(page.links)
    service, total = urljoin(page.url, proxy[1]), _total(page.text)
    held = sum(1 for row in page.tree.xpath("//*[@id='initData']//a[@href]"))
    size = _PER_PAGE.search(page.text)
    window = int(size[1]) if size and int(size[1]) else _USUAL_WINDOW
    if total is not None and held >= total:
        return Listing(page.links)
    return Listing(page.links, (_records(service, column[1], held + 1, window),))


def attachments(page: Page) -> tuple[Link, ...]:
    return generic.attachments(page)


def _answer(page: Page) -> Listing:
    markup = text_member(json_answer(page.text), "result")
    rows = "\n".join(part.partition("]]>")[0] for part in markup.split("<![CDATA[")[1:]) or markup
    links = Page(page.asked_by or page.url, rows).links if rows else ()
    query = dict(parse_qsl(urlsplit(page.url).query))
    first, window = count_of(query.get("startrecord")), count_of(query.get("perpage"))
    behind, total = first + window, _total(markup)
    at_end = len(links) < window if total is None else behind > total
    if not links or not window or at_end:
        return Listing(links)
    service = page.url.partition("?")[0]
    return Listing(links, (_records(service, query.get("columnId", ""), behind, window),))


def _total(text: str) -> int | None:
    match = _TOTAL.search(text)
    return int(match[1] or match[2]) if match else None


def _records(service: str, column: str, first: int, window: int) -> str:
    place = f"startrecord={first}&endrecord={first + window - 1}&perpage={window}"
    return f"{service}?{place}&columnId={quote(column)}&callback=cb"
