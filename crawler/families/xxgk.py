"""Hanweb xxgk (信息公开 module): xxgkAnnualReport.jsp shows the report of one department (`area`) and year
(`fbtime`); tree.jsp names the departments, or the categories of one; search.jsp lists its documents.

Where the report page does not offer its years, those beside each report are asked for until some are empty.
"""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from crawler.answers import count_of, script_fields
from crawler.families import Listing, generic, jpage
from crawler.page import Link, Page
from crawler.urls import absolute, posted, posting
from parsers.recognise import TitleKind, classify_title, is_column_title

NAME = "xxgk"
RANK = 25

FIRST_YEAR = 2008
"""The regulation on disclosure came into force in May 2008."""
EMPTY_YEARS = 2
"""Years without a report after which no older one is looked for."""

_REPORT = "/module/xxgk/xxgkAnnualReport.jsp"
_SEARCH = "/module/xxgk/search.jsp"
_TREE = "/module/xxgk/tree.jsp"
_PAGES = re.compile(r"共\s*(?:<[^<>]{0,40}>)?\s*(\d{1,4})\s*(?:<[^<>]{0,40}>)?\s*页")
_IN_SCRIPT = re.compile(r"/module/xxgk/(?:tree|search|xxgkAnnualReport)\.jsp", re.IGNORECASE)
_CALL = re.compile(r"/module/xxgk/(?:tree|search)\.jsp\?([^\s'\"<>]*)")
_FORM = re.compile(r"['\"]([^'\"\s<>]*\binfotypeId=[^'\"\s<>]*)['\"]")
_AREA = re.compile(r"(?:[?&;]|\bvar\s+)area\s*=\s*['\"]?([0-9A-Za-z]{4,32})\b")
_CODE = re.compile(r"['\"](1[1-9A-N][0-9A-Y]{16}|\d{9,15})\\?['\"]")
_CATEGORY = re.compile(r"funclick\(\s*\\?['\"](\w{1,40})\\?['\"][^<>]{0,200}>\s*([^<>]{1,40})")
_DIVISION = re.compile(r"['\"](div\d{1,12})['\"]")
_COLUMN = re.compile(r"/col/?col(\d+)|/col(\d+)/")
_YEAR = re.compile(r"(?:19|20)\d{2}")


def recognises(page: Page) -> bool:
    """By its address, or by a frame or script that asks the module. A mere link to it makes no page its."""
    if "/module/xxgk/" in urlsplit(page.url).path:
        return True
    if not _IN_SCRIPT.search(page.text) or "dataproxy.jsp" in page.text:
        return False
    frames = page.tree.xpath("//iframe/@src | //frame/@src")
    areas = {dict(parse_qsl(urlsplit(url).query)).get("area") for url in _report_links(page)}
    if any("/module/xxgk/" in frame for frame in frames) or len(areas) > 1:
        return True
    return any("/module/xxgk/" in (script.text or "") for script in page.tree.iter("script"))


def read_list(page: Page) -> Listing:
    """Of a report page: its other years. Of search.jsp: its documents and the next page. Of any other: its
    links, the departments' reports, and the tree or list that it would load."""
    path = urlsplit(page.url).path
    if path.endswith(_REPORT):
        return _years(page)
    if path.endswith(_SEARCH):
        return _found(page)
    links = jpage.documents([link for link in page.links if _REPORT not in link.url])
    category = _category(page) if path.endswith(_TREE) else None
    columns = _departments(page) if category is None else ()
    if columns:
        return Listing(links, columns=columns)
    if path.endswith(_TREE):
        query = dict(parse_qsl(urlsplit(page.url).query))
        known = category is not None or query.get("area")
        return Listing(links, (_search(page, query, category or ""),) if known else ())
    return Listing(links, _loaded(page))


def attachments(page: Page) -> tuple[Link, ...]:
    return generic.attachments(page)


def _years(page: Page) -> Listing:
    """The years that the page offers, else those beside this one, if it has a report; and the other
    departments that it offers. Without an `area` it shows one of these."""
    query = dict(parse_qsl(urlsplit(page.url).query))
    departments = _departments(page)
    named = classify_title(page.title) is TitleKind.REPORT and not is_column_title(page.title)
    has_report = bool(named or page.is_report or attachments(page))
    listed = [link for link in page.links if _REPORT not in link.url]
    listed = [link for link in listed if classify_title(link.title) is TitleKind.REPORT or link.date]
    links = () if has_report else jpage.documents(listed)
    offered = _offered_years(page, query.get("area", ""))
    if offered:
        current = query.get("fbtime", "")
        others = tuple(url for year, url in offered.items() if year != current)
        return Listing(links, others, departments, is_report=has_report)
    year, newest = count_of(query.get("fbtime")), date.today().year
    if departments and not query.get("area"):
        beside = []
    elif not year:
        beside = [newest - 1] if not has_report else [*range(newest, newest - 1 - EMPTY_YEARS, -1)]
    elif has_report:
        beside = [year + 1, *range(year - 1, year - 1 - EMPTY_YEARS, -1)]
    else:
        # The report of the year that just ended may not be out yet.
        beside = [year - 1] if year >= newest - 1 else []
    further = tuple(_in_year(page.url, y) for y in beside if FIRST_YEAR <= y <= newest)
    return Listing(links, further, departments, is_report=has_report)


def _offered_years(page: Page, area: str) -> dict[str, str]:
    """Addresses of the same department's years, linked or in a selector."""
    offered: dict[str, str] = {}
    for url in _report_links(page):
        query = dict(parse_qsl(urlsplit(url).query))
        if query.get("area") == area and count_of(query.get("fbtime")):
            offered[query["fbtime"]] = url
    for choice in page.tree.iter("select"):
        values = [
            option.get("value") or "".join(option.itertext()).strip() for option in choice.iter("option")
        ]
        years = [value for value in values if _YEAR.fullmatch(value)]
        if len(years) >= len(values) - 1:  # one says "please choose"
            offered.update((year, _in_year(page.url, int(year))) for year in years if year not in offered)
    return offered


def _in_year(url: str, year: int) -> str:
    pairs = [pair for pair in parse_qsl(urlsplit(url).query) if pair[0] != "fbtime"]
    return f"{url.partition('?')[0]}?{urlencode([*pairs, ('fbtime', str(year))])}"


def _report_links(page: Page) -> list[str]:
    return [link.url for link in page.links if urlsplit(link.url).path.endswith(_REPORT)]


def _departments(page: Page) -> tuple[str, ...]:
    """The report page of each department that the page names, in the year linked or the last that ended."""
    found: dict[str, str] = {}
    last = date.today().year - 1
    for url in _report_links(page):
        query = dict(parse_qsl(urlsplit(url).query))
        found.setdefault(query.get("area", ""), url if query.get("fbtime") else _in_year(url, last))
    if urlsplit(page.url).path.endswith(_TREE):
        for code in _AREA.findall(page.text) or _CODE.findall(page.text):
            found.setdefault(code, urljoin(page.url, f"{_REPORT}?area={code}&fbtime={last}"))
    for own in ("", dict(parse_qsl(urlsplit(page.url).query)).get("area", "")):
        found.pop(own, None)
    return tuple(found.values())


def _loaded(page: Page) -> tuple[str, ...]:
    """What the page would load: the documents of the category that its script asks for, else the tree."""
    calls = [dict(parse_qsl(call.replace("&amp;", "&"))) for call in _CALL.findall(page.text)]
    calls += [dict(parse_qsl(form.replace("&amp;", "&"))) for form in _FORM.findall(page.text)]
    fields = {name: value for query in reversed(calls) for name, value in query.items() if value}
    if "infotypeId" not in fields and (kind := script_fields(page.text).get("infotypeId")):
        fields["infotypeId"] = kind
    if "divid" not in fields and (division := _DIVISION.search(page.text)):
        fields["divid"] = division[1]
    frames = [absolute(page.base, frame) for frame in page.tree.xpath("//iframe/@src | //frame/@src")]
    trees = [url for url in frames if url is not None and urlsplit(url).path.endswith(_TREE)]
    if trees and "infotypeId" not in fields:
        return (trees[0],)
    return (_search(page, fields, fields.get("infotypeId", "")),) if _SEARCH in page.text else ()


def _category(page: Page) -> str | None:
    """The id of the category of annual reports in the tree of one department."""
    for name, label in _CATEGORY.findall(page.text):
        if "年报" in label or "年度报告" in label:
            return str(name)
    return None


def _search(page: Page, fields: dict[str, str], category: str) -> str:
    """The first page of a department's documents; versions read the question from query or form."""
    asked = {"infotypeId": category, "area": fields.get("area", ""), "currpage": "1"}
    form = {
        **asked,
        "jdid": fields.get("jdid", "1"),
        "divid": fields.get("divid", ""),
        "vc_title": "",
        "vc_number": "",
        "vc_filenumber": "",
        "vc_all": "",
        "texttype": "0",
        "fbtime": "-1",
        "sortfield": ",createdate:0,orderid:0",
        "requestUrl": page.asked_by or page.url,
    }
    return posting(f"{urljoin(page.url, _SEARCH)}?{urlencode(asked)}", urlencode(form))


def _found(page: Page) -> Listing:
    """The documents of a department: all of them are listed, whatever column asked, so that those of other
    columns count only where their titles say that they are reports."""
    service, form = posted(page.url) or (page.url, "")
    fields = dict(parse_qsl(form, keep_blank_values=True))
    column = _COLUMN.search(fields.get("requestUrl", ""))
    own = f"/art_{column[1] or column[2]}_" if column else ""
    documents = jpage.documents(list(Page(page.asked_by or page.url, page.text).links))
    items = tuple(
        link if own in link.url or classify_title(link.title) is TitleKind.REPORT else Link(link.url, "")
        for link in documents
    )
    number, last = count_of(fields.get("currpage")), _PAGES.search(page.text)
    if not items or not number or (last is not None and number >= int(last[1])):
        return Listing(items)
    further = service.replace(f"currpage={number}", f"currpage={number + 1}")
    return Listing(items, (posting(further, urlencode({**fields, "currpage": str(number + 1)})),))
