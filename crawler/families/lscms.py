"""龙讯 LSCMS (安徽): the disclosure platform of an organ is /public/column/<organ>; its annual reports are
the list of type=3, which the page loads as a fragment from /site/label/8888.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from crawler.answers import script_fields
from crawler.families import Listing, generic
from crawler.page import Link, Page
from parsers.recognise import TitleKind, classify_title, is_agency_title

NAME = "lscms"
RANK = 25

_LABEL = "/site/label/8888"
_FINGERPRINT = re.compile(r"site/label/8888|/public/column/\d+")
_ORGAN = re.compile(r"/public/column/(\d+)/?$")
_ASKED = re.compile(r"['\"]([^'\"\s]*site/label/8888\?[^'\"\s]+)['\"]")
_REPORTS = "3"
_EMPTY = "暂无相关信息"
_PAGES = re.compile(
    r"(?:共|/)\s*(\d{1,5})\s*页|\b(?:pageCount|totalPages?|pageTotal)['\"]?\s*[:=]\s*['\"]?(\d{1,5})"
)
_KEPT = (
    *("siteId", "organId", "pageSize", "labelName", "catId", "catIds", "cId", "file", "sortType", "isDate"),
    *("dateFormat", "length", "fuzzySearch", "fromCode", "keyWords", "result"),
)
_PAGE_SIZE = 15


def recognises(page: Page) -> bool:
    path = urlsplit(page.url).path
    return path.endswith(_LABEL) or bool(_ORGAN.search(path)) or "site/label/8888" in page.text


def read_list(page: Page) -> Listing:
    """Of an organ's page: the list of its annual reports. Of that list: its fragments, page by page."""
    parts = urlsplit(page.url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    if parts.path.endswith(_LABEL):
        return _fragment(page, query)
    organ = _ORGAN.search(parts.path)
    if organ and query.get("type") != _REPORTS:
        reports = Link(urljoin(page.url, f"{organ[0].rstrip('/')}?type={_REPORTS}"), "政府信息公开年报")
        return Listing((*_organs(page), reports), generic.linked_next(page))
    if not organ and not _FINGERPRINT.search(page.text):
        return Listing(page.links, generic.linked_next(page))
    if not organ:
        return Listing(_organs(page), generic.linked_next(page) or _asked(page, organ, _rows_shown(page)))
    further = generic.linked_next(page) or _asked(page, organ, shown=_rows_shown(page))
    return Listing(page.links, further, of_reports=bool(organ))


def attachments(page: Page) -> tuple[Link, ...]:
    """As elsewhere: /group6/M00/... files, linked in the article."""
    return generic.attachments(page)


def _organs(page: Page) -> tuple[Link, ...]:
    """The links of the page, those to other organs as the lists of their annual reports."""
    return tuple(
        Link(f"{link.url.partition('?')[0]}?type={_REPORTS}", link.title, link.date)
        if _ORGAN.search(urlsplit(link.url).path) and is_agency_title(link.title)
        else link
        for link in page.links
    )


def _rows_shown(page: Page) -> int:
    """Rows of the list that the page holds already; 0 where it holds none."""
    dated = [link for link in page.links if link.date]
    reports = any(classify_title(link.title) is TitleKind.REPORT for link in dated)
    return len({link.url for link in dated}) if reports else 0


def _asked(page: Page, organ: re.Match[str] | None, shown: int) -> tuple[str, ...]:
    """The first fragment as the page's script asks for it: its address as it stands, or its parameters. Where
    the rows `shown` in the page are a whole one, the fragment behind them."""
    written = _ASKED.search(page.text)
    service, _, query = written[1].replace("&amp;", "&").partition("?") if written else (_LABEL, "", "")
    fields = dict(parse_qsl(query, keep_blank_values=True))
    if "labelName" not in fields:
        # The parameters, or the rest of them, stand in an object beside the address.
        place = page.text.find("site/label/8888")
        if place < 0:
            return ()
        said = script_fields(page.text[max(place - 3000, 0) : place + 3000])
        fields = {name: said[name] for name in _KEPT if said.get(name)} | fields
        fields = {"IsAjax": "1", "dataType": "html", "labelName": "publicInfoList", "action": "list"} | fields
    fields.pop("_", None)
    if organ:
        fields |= {"organId": fields.get("organId") or organ[1], "type": _REPORTS}
    size = _whole(fields.get("pageSize"), _PAGE_SIZE)
    if shown and shown < size:
        return ()
    fields |= {"pageSize": str(size), "pageIndex": "2" if shown == size else "1"}
    return (f"{urljoin(page.url, service)}?{urlencode(fields)}",)


def _fragment(page: Page, query: dict[str, str]) -> Listing:
    rows = [link for link in page.links if not link.title.isdigit()]
    if not rows or (_EMPTY in page.text and not any(link.date for link in rows)):
        return Listing(())
    number, size = _whole(query.get("pageIndex"), 1), _whole(query.get("pageSize"), _PAGE_SIZE)
    told = [int(first or second) for first, second in _PAGES.findall(page.text)]
    more = number < max(told) if told else len(rows) >= size
    if not more:
        return Listing(page.links)
    further = f"{page.url.partition('?')[0]}?{urlencode(query | {'pageIndex': str(number + 1)})}"
    return Listing(page.links, (further,))


def _whole(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else default
