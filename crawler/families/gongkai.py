"""济南, 淄博 gongkai: /gongkai/[site_…/]channel_<24 hex>/ lists doc_<24 hex>.html.

`open=zfxxgknb` in an address opens a body's annual reports.

Newer portals render the list in the browser. What their pages hold in scripts is read; services that only
their scripts know are not, since no real answer of one was seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from crawler.answers import script_fields
from crawler.families import Listing, generic
from crawler.page import Link, Page, date_in
from crawler.urls import absolute

NAME = "gongkai"
RANK = 45

_CHANNEL = re.compile(r"/gongkai/(?:site_[\w.-]+/)?channel_[\w.-]+")
_FAR = 4000
_DOCUMENT = re.compile(r"doc_[0-9a-f]{24}\.html")


def recognises(page: Page) -> bool:
    return bool(_CHANNEL.search(urlsplit(page.url).path))


def read_list(page: Page) -> Listing:
    """The links of the page and the documents in its scripts; other bodies' annual reports as columns."""
    reports = [link.url for link in page.links if "open=zfxxgknb" in urlsplit(link.url).query]
    columns = tuple(dict.fromkeys(url for url in reports if _CHANNEL.search(url) and url != page.url))
    links = tuple(link for link in page.links if link.url not in columns)
    opened = "open=zfxxgknb" in urlsplit(page.url).query
    return Listing((*links, *_scripted(page)), generic.linked_next(page), columns, of_reports=opened)


def attachments(page: Page) -> tuple[Link, ...]:
    return generic.attachments(page)


def _scripted(page: Page) -> list[Link]:
    found = []
    for script in page.tree.iter("script"):
        for record in _records(script.text or ""):
            fields = script_fields(record.replace("\\/", "/"))
            address = next((value for value in fields.values() if _DOCUMENT.search(value)), "")
            url = absolute(page.base, address) if address else None
            date = next((day for value in fields.values() if (day := date_in(value))), None)
            if url is not None:
                found.append(Link(url, fields.get("title") or fields.get("name") or "", date))
    return found


def _records(text: str) -> Iterator[str]:
    """The innermost object literals around each document's address."""
    for match in _DOCUMENT.finditer(text):
        start = text.rfind("{", max(0, match.start() - _FAR), match.start())
        end = text.find("}", match.end(), match.end() + _FAR)
        if start >= 0 and end >= 0:
            yield text[start : end + 1]
