"""新点 Epoint EWB-FRONT: lists are loaded by posting JSON to getgovinfolist. Its address and the site's id
stand in a script of the site, which is asked for first with the column's own parameters behind it.

Portals count `pageIndex` from 0 or from 1: it is asked from 0 on, and so that no page is lost either way.
"""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from crawler.answers import json_answer, member, number_member, script_fields, text_member
from crawler.families import Listing, generic
from crawler.page import Link, Page, date_in
from crawler.urls import absolute, posted, posting

NAME = "epoint"
RANK = 33

PAGE_SIZE = 50
_MOST_PAGES = 40
_SERVICE = "/rest/lightfrontaction/getgovinfolist"
_SITE = "/js/webBuilderCommon.js"
_COLUMN = ("deptcode", "categorynum")
_SITE_SOURCE = re.compile(
    r"<script[^>]+src\s*=\s*['\"]((?:[^'\"?#\s]*/)?js/webBuilderCommon\.js)", re.IGNORECASE
)
_CATEGORY = re.compile(r"\bcategory[nN]um['\"]?\s*[:=]\s*['\"](\d{3,30})['\"]")
_GUID = re.compile(r"\bsiteGuid['\"]?\s*[:=]\s*['\"]([\w-]{4,64})['\"]")


def recognises(page: Page) -> bool:
    path = urlsplit(page.url).path
    if path.endswith((_SERVICE, _SITE)):
        return True
    return "EWB-FRONT" in page.text or "webBuilderCommon.js" in page.text or "getgovinfolist" in page.text


def read_list(page: Page) -> Listing:
    """Of a column: its links and the way to the list. Of an answer: its records and the other pages."""
    parts = urlsplit(page.url)
    if parts.path.endswith(_SERVICE):
        return _answer(page)
    query = {name: value for name, value in parse_qsl(parts.query) if name in _COLUMN}
    if parts.path.endswith(_SITE):
        return Listing((), _first_page(page, query))
    inline = _CATEGORY.search(page.text)
    if "categorynum" not in query and inline:
        query["categorynum"] = inline[1]
    if not query.get("categorynum"):
        return Listing(page.links)
    return Listing(page.links, _first_page(page, query) or (_site_script(page, query),))


def attachments(page: Page) -> tuple[Link, ...]:
    return generic.attachments(page)


def _site_script(page: Page, query: dict[str, str]) -> str:
    """The script that names the site, from where the page loads it: sites below a folder have their own."""
    loaded = _SITE_SOURCE.search(page.text)
    source: str = loaded[1] if loaded else _SITE
    return f"{urljoin(page.base, source)}?{urlencode(query)}"


def _first_page(page: Page, query: dict[str, str]) -> tuple[str, ...]:
    """The list's first page, if `page` names project and site."""
    guid, fields = _GUID.search(page.text), script_fields(page.text)
    project = fields.get("projectName", "")
    if guid is None or not query.get("categorynum"):
        return ()
    service = absolute(page.url, f"/{project.strip('/')}{_SERVICE}" if project else f"/EWB-FRONT{_SERVICE}")
    asked = {
        "deptcode": query.get("deptcode", ""),
        "categorynum": query["categorynum"],
        "siteGuid": guid[1],
        "pageIndex": 0,
        "pageSize": PAGE_SIZE,
    }
    return (posting(service, json.dumps(asked)),) if service else ()


def _answer(page: Page) -> Listing:
    service, form = posted(page.url) or ("", "")
    answer, asked = json_answer(page.text), json_answer(form)
    records = member(answer, "custom", "data")
    records = records if isinstance(records, list) else []
    items = tuple(link for record in records if (link := _link(page.asked_by or service, record)) is not None)
    if not isinstance(asked, dict):
        return Listing(items)
    index, total = number_member(asked, "pageIndex"), number_member(answer, "custom", "total")
    size = number_member(asked, "pageSize") or PAGE_SIZE
    if not index and 0 < len(records) < min(total, size):
        # The portal gives no more at a time.
        size, asked = len(records), {**asked, "pageSize": len(records)}
    last = min(-(-total // size), _MOST_PAGES)
    if index:
        further = [index + 1] if index < last and items else []
    elif not items:
        further = [1]
    elif total:
        # Page 1 comes last, since it may be page 0 again.
        further = [*range(2, last + 1), 1] if last > 1 else []
    else:
        further = [1] if len(items) >= size else []
    return Listing(items, tuple(_page(service, asked, number) for number in further))


def _page(service: str, asked: dict[str, object], index: int) -> str:
    return posting(service, json.dumps({**asked, "pageIndex": index}))


def _link(base: str, record: object) -> Link | None:
    address = next(
        (found for name in ("infourl", "visiturl", "linkurl") if (found := text_member(record, name))), ""
    )
    # Addresses are told from the root, with or without the slash.
    url = absolute(urljoin(base, "/"), address) if address else None
    title = text_member(record, "realtitle") or text_member(record, "title")
    date = date_in(text_member(record, "infodate") or text_member(record, "handsdate"))
    return Link(url, " ".join(re.sub(r"<[^>]*>", "", title).split()), date) if url else None
