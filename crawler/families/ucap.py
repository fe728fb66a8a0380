"""开普云 UCAP: the list of a column is a search of its channel that the page asks by script.

The service has several names (common/search, searchList, search, es-search/search, manuscriptList); its
answer is JSON, or an HTML fragment. Errors are answered with HTTP 200 and no results. The date is
publishedTimeStr: the epoch beside it disagreed on a real portal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from crawler.answers import json_answer, member, number_member, text_member
from crawler.families import Listing, generic
from crawler.page import Link, Page, date_in
from crawler.urls import absolute, posted, posting

NAME = "ucap"
RANK = 40

_CHANNEL = r"[0-9A-Za-z]{6,40}"
_SERVICES = r"/(?:[\w-]+/){0,3}(?:common/search|searchList|es-search/search|search|\w*manuscriptList)/"
_WORDS = ("_isagg", "_isjson", "search/", "searchlist/", "ucap", "cmspro_", "getchannel", "getfilelist")
_FINGERPRINT = re.compile(
    r"\b_isAgg\b|\b_isJson\b|common/search/|/searchList/|/es-search/|UCAPCONTENT|UCAPTITLE|UCAP-CONTENT|CMSPRO_"
    r"|getChannelList\?|getFileListByCodeId",
    re.IGNORECASE,
)
_ADDRESS = re.compile(rf"['\"]((?:https?://[^'\"/\s]+)?{_SERVICES}{_CHANNEL}(?:\?[^'\"\s]*)?)['\"]")
_PREFIX = re.compile(rf"['\"]((?:https?://[^'\"/\s]+)?{_SERVICES})['\"]\s*\+")
_CHANNEL_ID = re.compile(rf"\bchannel_?id['\"]?\s*[=:]\s*['\"]({_CHANNEL})['\"]", re.IGNORECASE)
_CHANNEL_LIST = re.compile(r"['\"]((?:https?://[^'\"/\s]+)?/[\w/-]*getChannelList\?channelCode=\w+)['\"]")
_CHANNEL_LISTS = re.compile(r"['\"]((?:https?://[^'\"/\s]+)?/[\w/-]*getChannelList\?channelCode=)['\"]\s*\+")
_CHANNEL_CODE = re.compile(r"\bchannel_?code['\"]?\s*[=:]\s*['\"](\w{2,40})['\"]", re.IGNORECASE)
_FILE_LIST = re.compile(r"['\"]([^'\"\s]*/getFileListByCodeId)['\"]")
_PAGE_SIZE = re.compile(r"\b_?pageSize['\"]?\s*[=:]\s*['\"]?(\d{1,3})")
_FILE_ROWS = 20
_OBJECTS = 2000


def recognises(page: Page) -> bool:
    return (page.mentions(*_WORDS) and bool(_FINGERPRINT.search(page.text))) or bool(
        re.search(_SERVICES, urlsplit(page.url).path)
    )


def read_list(page: Page) -> Listing:
    """Of a page: its links and the service that holds its list. Of the service's answer: its results."""
    if page.is_data:
        return _answer(page)
    if re.search(_SERVICES, urlsplit(page.url).path):
        return Listing(page.links, _following(page) if page.links else ())
    linked = generic.linked_next(page)
    return Listing(page.links, linked or tuple(_service(page)))


def attachments(page: Page) -> tuple[Link, ...]:
    """As elsewhere: /files/<32 hex>.pdf and the like, linked in the article."""
    return generic.attachments(page)


def _service(page: Page) -> Iterator[str]:
    """The first page of the column's list as the page's script asks for it."""
    own = _CHANNEL_ID.search(page.text)
    channel = own[1] if own else page.meta("channelid")
    if channel and (files := _FILE_LIST.search(page.text)):
        form = {"channelId": channel, "page": 1, "size": _FILE_ROWS, "relateSubChannels": "true"}
        yield posting(urljoin(page.url, files[1]), urlencode(form))
        return
    addresses = [match[1].replace("&amp;", "&") for match in _ADDRESS.finditer(page.text)]
    for address in addresses:
        # A page may show other channels too (news beside the list); its own is named by channelId.
        if not channel or channel in address:
            yield _numbered(urljoin(page.url, address), 1)
            return
    if channel:
        prefix = _PREFIX.search(page.text)
        size = _PAGE_SIZE.search(page.text)
        query = {"_isAgg": "true", "_isJson": "true", "_template": "index"}
        query |= {"_pageSize": size[1] if size else "15", "page": "1"}
        service = urljoin(page.url, prefix[1] if prefix else "/common/search/")
        yield f"{service}{channel}?{urlencode(query)}"
    elif channels := _CHANNEL_LIST.search(page.text):
        yield urljoin(page.url, channels[1])
    elif (code := _CHANNEL_CODE.search(page.text)) and (lists := _CHANNEL_LISTS.search(page.text)):
        yield urljoin(page.url, lists[1] + code[1])


def _answer(page: Page) -> Listing:
    answer = json_answer(page.text)
    if "getChannelList" in page.url:
        found = next(_values(answer, "channelId"), "")
        query = "_isAgg=true&_isJson=true&_template=index&_pageSize=15&page=1"
        return Listing((), (urljoin(page.url, f"/searchList/{found}?{query}"),) if found else ())
    data, rows = _results(answer)
    items = tuple(link for row in rows if (link := _item(page, row)))
    if not items:
        return Listing(())
    total = number_member(data, "total")
    number = number_member(data, "page") or _number(page.url)
    size = max(number_member(data, "rows") or 0, len(rows))
    if total and number * size >= total:
        return Listing(items)
    return Listing(items, _following(page))


def _results(answer: object) -> tuple[object, list[object]]:
    """The list of results in an answer, and the object that holds it with total and page."""
    waiting = [answer]
    for _ in range(_OBJECTS):
        value = waiting.pop(0) if waiting else None
        if not isinstance(value, dict):
            continue
        for name in ("results", "list", "rows", "data", "content", "records"):
            rows = value.get(name)
            if isinstance(rows, list) and any(text_member(row, "title") for row in rows):
                return value, rows
        waiting.extend(value.values())
    return None, []


def _item(page: Page, row: object) -> Link | None:
    """One result. An article that only sends on is known by where it sends to; a result without any address
    is its file."""
    address = text_member(row, "redirectUrl") or text_member(row, "url")
    if not address.strip("# ") or address == "null":
        address = next(_values(member(row, "resList"), "url", "filePath", "path", "fileUrl"), "")
    url = absolute(page.url, address) if address else None
    if url is None:
        return None
    title = re.sub(r"<[^>]*>|&nbsp;?|&\w+;", " ", text_member(row, "title"))
    stated = {text_member(pair, "key").lower(): text_member(pair, "value") for pair in _pairs(row)}
    date = date_in(text_member(row, "publishedTimeStr")) or date_in(stated.get("pubdate", ""))
    return Link(url, " ".join(title.split()), date)


def _pairs(row: object) -> Iterator[object]:
    sets = member(row, "domainMetaList")
    for entry in sets if isinstance(sets, list) else ():
        pairs = member(entry, "resultList")
        yield from pairs if isinstance(pairs, list) else ()


def _values(value: object, *names: str) -> Iterator[str]:
    """Texts of the members with these names anywhere in an answer."""
    waiting = [value]
    for _ in range(_OBJECTS):
        found = waiting.pop(0) if waiting else None
        if isinstance(found, dict):
            yield from (text for name in names if (text := text_member(found, name)))
            waiting.extend(found.values())
        elif isinstance(found, list):
            waiting.extend(found)


def _number(url: str) -> int:
    asked = posted(url)
    query = dict(parse_qsl(asked[1] if asked else urlsplit(url).query))
    number = query.get("page", "1")
    return int(number) if number.isdigit() and len(number) < 6 else 1


def _following(page: Page) -> tuple[str, ...]:
    asked = posted(page.url)
    number = _number(page.url) + 1
    if asked is not None:
        url, form = asked
        return (posting(url, urlencode(dict(parse_qsl(form, keep_blank_values=True)) | {"page": number})),)
    return (_numbered(page.url, number),)


def _numbered(url: str, number: int) -> str:
    place, _, query = url.partition("?")
    fields = dict(parse_qsl(query, keep_blank_values=True))
    if not fields:
        fields = {"_isAgg": "true", "_isJson": "true", "_template": "index", "_pageSize": "15"}
    return f"{place}?{urlencode(fields | {'page': str(number)})}"
