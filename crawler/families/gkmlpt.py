"""gkmlpt, the disclosure platform of Guangdong: every page is a shell with `_CONFIG` (site number SID, tree
of columns TREE, the article in DETAIL); lists come from /gkmlpt/api/all/<column>, a hundred rows a page.

Addresses keep the department's prefix and the scheme by which the shell came: many hosts answer http alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qsl, urlsplit

from crawler.answers import json_answer, member, number_member, text_member
from crawler.families import Listing, generic
from crawler.page import Link, Page, date_in
from crawler.urls import absolute
from parsers.recognise import TitleKind, classify_title, is_column_title, plain_title

NAME = "gkmlpt"
RANK = 10

_SHELL = re.compile(r"\b_CONFIG\b")
_SID = re.compile(r"\bSID['\"]?\s*:\s*['\"]?(\d+)")
_TREE = re.compile(r"\bTREE['\"]?\s*:\s*(?=\[)")
_API = re.compile(r"/gkmlpt/api/\w+/\d+$")
_FILES = re.compile(r"['\"]((?:https?:)?/[^'\"\s]*/attachment/[^'\"\s]+)['\"]")
_REPORTS = re.compile(r"年报|年度报告")
_BEIJING = timezone(timedelta(hours=8))
_NODES = 5000
_PAGES = 100


def recognises(page: Page) -> bool:
    path = urlsplit(page.url).path
    return "/gkmlpt/" in path and bool(_API.search(path) or _SHELL.search(page.text))


def read_list(page: Page) -> Listing:
    """Of a shell: the API's list of its 年报 column, or where the column lies instead (jump_url). Of an
    answer of the API: its articles."""
    if page.is_data:
        return _answer(page)
    base, slash, _ = page.url.partition("/gkmlpt/")
    sid = _SID.search(page.text)
    columns = list(_report_columns(_tree(page.text)))
    if not (slash and sid and columns):
        return Listing(page.links, generic.linked_next(page))
    jumps = [_link(page, text_member(node, "jump_url"), text_member(node, "name")) for node in columns]
    own = [node for node in columns if not text_member(node, "jump_url")]
    lists = [
        f"{base}/gkmlpt/api/all/{number}?page=1&sid={sid[1]}" for node in own for number in _holding(node)
    ]
    parts = [
        f"{base}/gkmlpt/api/all/{number}?page=1&sid={sid[1]}"
        for node in own
        for child in _children(node)
        for number in _holding(child)
    ]
    items = tuple(link for link in jumps if link)
    return Listing(items, tuple(lists or parts[:1]), tuple(parts), of_reports=bool(lists or parts))


def attachments(page: Page) -> tuple[Link, ...]:
    """What the article links and what `attachment` of its DETAIL lists."""
    found = {link.url: link for link in generic.attachments(page)}
    for path in _FILES.findall(page.text.replace("\\/", "/")):
        url = absolute(page.url, path)
        if url is not None:
            found.setdefault(url, Link(url, page.title))
    return tuple(found.values())


def _tree(text: str) -> object:
    match = _TREE.search(text)
    if match is None:
        return None
    try:
        return json.JSONDecoder(strict=False).raw_decode(text, match.end())[0]
    except (ValueError, RecursionError):
        return None


def _report_columns(tree: object) -> Iterator[object]:
    """The nodes of annual reports, the topmost of each branch."""
    waiting = list(tree) if isinstance(tree, list) else []
    for _ in range(_NODES):
        if not waiting:
            return
        node = waiting.pop(0)
        name = plain_title(text_member(node, "name"))
        children = _children(node)
        named = _REPORTS.search(name) and classify_title(name) is not TitleKind.DECOY
        if named and (is_column_title(name) or "公开" in name or not children):
            yield node
        else:
            waiting.extend(children)


def _children(node: object) -> list[object]:
    children = member(node, "children")
    return children if isinstance(children, list) else []


def _holding(node: object) -> Iterator[str]:
    """The number of a node that may hold articles itself. A count above 0 may be that of its children."""
    number = text_member(node, "id")
    if number.isdigit() and text_member(node, "post_count") != "0":
        yield number


def _answer(page: Page) -> Listing:
    answer = json_answer(page.text)
    rows = member(answer, "articles")
    items = [link for row in rows if (link := _item(page, row))] if isinstance(rows, list) else []
    if not isinstance(rows, list) or not rows:
        return Listing(())
    query = dict(parse_qsl(urlsplit(page.url).query))
    total = number_member(answer, "total") or number_member(answer, "classify", "post_count")
    # The pages say nowhere how many rows a full one has, but the first of several is one.
    last = min(-(-total // len(rows)), _PAGES) if query.get("page") == "1" else 0
    place = page.url.partition("?")[0]
    further = (f"{place}?page={number}&sid={query.get('sid', '')}" for number in range(2, last + 1))
    return Listing(tuple(items), tuple(further), of_reports=True)


def _item(page: Page, row: object) -> Link | None:
    return _link(
        page, text_member(row, "url") or text_member(row, "post_url"), text_member(row, "title"), row
    )


def _link(page: Page, url: str, title: str, row: object = None) -> Link | None:
    target = absolute(page.url, url) if url else None
    if target is None:
        return None
    here, there = urlsplit(page.url), urlsplit(target)
    if here.hostname == there.hostname and {here.port, there.port} <= {None, 80, 443}:
        target = there._replace(scheme=here.scheme, netloc=here.netloc).geturl()
    return Link(target, " ".join(re.sub(r"<[^>]*>", "", title).split()), _date(row))


def _date(row: object) -> str | None:
    for name in ("created_at", "first_publish_time", "display_publish_time", "create_time", "date"):
        value = text_member(row, name)
        if found := date_in(value):
            return found
        if value.isdigit() and 9 <= len(value) <= 13:
            seconds = int(value) / (1000 if len(value) > 11 else 1)
            return f"{datetime.fromtimestamp(seconds, UTC).astimezone(_BEIJING):%Y-%m-%d}"
    return None
