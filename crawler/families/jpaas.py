"""Hanweb JPaaS: a column is a shell whose parts are loaded by scripts (unitbuild.js) as HTML inside JSON.

A script tag names the service in `url` and the question in `queryData`. Pages behind the first are asked for
by `paramJson` only; a bare pageNo is ignored. `tagId`, the part's Chinese name, is sent in UTF-8.
"""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qsl, quote, urlsplit

from crawler.answers import json_answer, member, number_member, script_fields, text_member
from crawler.families import Listing, generic
from crawler.page import Link, Page
from crawler.urls import absolute

NAME = "jpaas"
RANK = 30

_SERVICE = re.compile(r"/page/build/unit$")
_LIST_PART = re.compile(r"list|列表|内容|栏目|信息|info|年报|年度报告|^zw$", re.IGNORECASE)
_OTHER_PART = re.compile(
    r"导航|菜单|头部|顶部|底部|页头|页脚|页尾|公共|位置|面包屑|搜索|检索|左侧|链接|标题|名称|^(?:头|尾|脚)$"
    r"|nav|menu|head|top|foot|bottom|crumb|search|position|left|friend|title",
    re.IGNORECASE,
)
_COUNT = re.compile(r"\bcount\s*=\s*\\?['\"]?(\d{1,7})")
_ROWS = re.compile(r"\brows\s*=\s*\\?['\"]?(\d{1,4})")


def recognises(page: Page) -> bool:
    return bool(_SERVICE.search(urlsplit(page.url).path)) or bool(
        "jpaas-publish-server" in page.text and "unitbuild" in page.text.lower()
    )


def read_list(page: Page) -> Listing:
    """Of a shell: its own links and the parts to be fetched. Of a part: its links and its next page."""
    if not _SERVICE.search(urlsplit(page.url).path):
        return Listing(page.links, _parts(page))
    answer = json_answer(page.text)
    html = text_member(answer, "data", "html") or text_member(member(answer, "data"))
    if not html:
        return Listing(())
    links = Page(page.asked_by or page.url, html).links
    return Listing(links, _next_part(page.url, html, links))


def attachments(page: Page) -> tuple[Link, ...]:
    """Files behind the gateway's file-download, and the PDF that #pdfshow shows by its data-value."""
    return generic.attachments(page)


def _parts(page: Page) -> tuple[str, ...]:
    """The parts that look like lists by their names; all that do not look like something else where no name
    does."""
    parts: dict[str, str] = {}
    for script in page.tree.iter("script"):
        service = absolute(page.base, script.get("url") or "#")
        fields = script_fields(script.get("querydata") or "")
        if service is None or not _SERVICE.search(urlsplit(service).path) or not fields:
            continue
        query = "&".join(f"{quote(name)}={quote(value, safe='')}" for name, value in fields.items())
        parts.setdefault(f"{service}?{query}", fields.get("tagId", ""))
    own = [url for url, name in parts.items() if not _OTHER_PART.search(name)]
    lists = [url for url in own if _LIST_PART.search(parts[url])]
    return tuple(lists or own or parts)


def _next_part(url: str, html: str, links: tuple[Link, ...]) -> tuple[str, ...]:
    """The next page of a part that is a list: its rows are dated."""
    rows = sum(1 for link in links if link.date)
    if not rows:
        return ()
    service, _, query = url.partition("?")
    fields = dict(parse_qsl(query, keep_blank_values=True))
    asked = json_answer(fields.pop("paramJson", ""))
    number = number_member(asked, "pageNo") or 1
    count, size = _COUNT.search(html), _ROWS.search(html)
    per_page = (int(size[1]) if size else 0) or number_member(asked, "pageSize") or rows
    if count is not None and number * per_page >= int(count[1]):
        return ()
    if count is None and rows < per_page:
        return ()
    fields.pop("editType", None)
    fields["paramJson"] = json.dumps({"pageNo": number + 1, "pageSize": per_page}, separators=(",", ":"))
    further = "&".join(f"{quote(name)}={quote(value, safe='')}" for name, value in fields.items())
    return (f"{service}?{further}",)
