"""ePortal / easysite (衡水, 海关, 北京住建, 人民银行): the pager calls a script with the next page's address.

Where it does not, the page's ids make it: /eportal/ui?pageId=&currentPage=&moduleId=&staticRequest=yes.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, urljoin, urlsplit

from lxml.html import HtmlElement

from crawler.answers import count_of
from crawler.families import Listing, generic
from crawler.page import Link, Page
from crawler.urls import absolute

NAME = "eportal"
RANK = 40

_FINGERPRINT = re.compile(r"article_paging_list_hidden|queryArticleByCondition|eprotalCurrentPageId")
_CALL = re.compile(r"queryArticleByCondition\s*\(\s*this\s*,\s*['\"]([^'\"]+)['\"]")
_NUMBER = re.compile(r"-(\d{1,5})\.s?html?$")


def recognises(page: Page) -> bool:
    return urlsplit(page.url).path.endswith("/eportal/ui") or bool(_FINGERPRINT.search(page.text))


def read_list(page: Page) -> Listing:
    """The links of the page; the next page as the pager's script or link has it, else from the ids."""
    return Listing(page.links, _called_next(page) or generic.linked_next(page) or _next_by_ids(page))


def attachments(page: Page) -> tuple[Link, ...]:
    return generic.attachments(page)


def _called_next(page: Page) -> tuple[str, ...]:
    for anchor in page.tree.iter("a"):
        if "".join("".join(anchor.itertext()).split()) in {"下一页", "下页"}:
            call = _CALL.search(anchor.get("onclick") or "") or _CALL.search(anchor.get("href") or "")
            url = absolute(page.base, call[1] if call else anchor.get("tagname") or "#")
            if url is not None and url not in {page.url, absolute(page.base, "#")}:
                return (url,)
    return ()


def _next_by_ids(page: Page) -> tuple[str, ...]:
    query = dict(parse_qsl(urlsplit(page.url).query))
    hidden = page.tree.xpath("//input[@name='article_paging_list_hidden']")
    paging: HtmlElement | None = hidden[0] if hidden else None
    if paging is None:
        return ()
    numbered = _NUMBER.search(urlsplit(page.url).path)
    current = count_of(numbered[1] if numbered else query.get("currentPage")) or 1
    named = page.tree.xpath("string(//*[@id='eprotalCurrentPageId']/@value)").strip()
    page_id, module = query.get("pageId") or named, paging.get("moduleid") or query.get("moduleId") or ""
    if current >= count_of(paging.get("totalpage")) or not page_id or not module:
        return ()
    ids = f"pageId={quote(page_id)}&currentPage={current + 1}&moduleId={quote(module)}"
    return (urljoin(page.url, f"/eportal/ui?{ids}&staticRequest=yes"),)
