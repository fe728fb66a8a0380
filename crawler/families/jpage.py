"""Hanweb jpage (大汉 jcms): the rows of a list stand in CDATA sections of a script, those of later pages in
the answers of dataproxy.jsp.

Some versions of the service page by `page`, older ones by `startrecord` and `endrecord`, some take any
`perpage` and some only their own; so all of them are sent, and agree, and the answer tells what was heard.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit

from crawler.answers import count_of, script_fields
from crawler.families import Listing, generic
from crawler.page import Link, Page
from crawler.urls import absolute, document_suffix
from parsers.recognise import TitleKind, classify_title

NAME = "jpage"
RANK = 35

_SERVICE = "/module/web/jpage/dataproxy.jsp"
_STORE = re.compile(r"<datastore\s*>", re.IGNORECASE)
_STORE_SCRIPT = re.compile(
    r"\btype\s*=\s*['\"]?text/xml['\"]?[^<>]{0,200}>\s{0,200}<datastore", re.IGNORECASE
)
_PAGER = re.compile(r"#([\w-]{1,60})['\"]\s*\)\s*\.jpage\s*\(\s*\{([^{}]*)")
_TOTAL = re.compile(
    r"<totalrecord>\s*(\d{1,9})\s*</totalrecord>|\btotalRecord\s*:\s*['\"]?(\d{1,9})", re.IGNORECASE
)
_PER_PAGE = re.compile(r"\bperPage\s*:\s*['\"]?(\d{1,3})")
_PARAMETERS = re.compile(r"(?:\bajaxParam\s*:|\bparam_\w+\s*=)\s*\{([^{}]*)\}")
_PROXY = re.compile(r"\bproxyUrl\s*:\s*['\"]([^'\"]*dataproxy\.jsp)['\"]")
_HREF = re.compile(r"\bhref\s*=\s*(?:'([^']*)'|\"([^\"]*)\")", re.IGNORECASE)
_AS_IS = "&=%/:+,;@!*'()~$-._?"
_PLACE = frozenset({"page", "startrecord", "endrecord", "perpage", "webname"})

FEW_PAGES = 5
"""Up to so many pages are asked for in the portal's own size, which every version understands."""
LARGE_PAGE = 100
"""Rows a page in longer lists; services cut off at some 300."""


def recognises(page: Page) -> bool:
    return _is_answer(page) or "dataproxy.jsp" in page.text or bool(_STORE_SCRIPT.search(page.text))


def read_list(page: Page) -> Listing:
    """The rows in CDATA, and behind them the other links of a column page; the next page of dataproxy.jsp."""
    stores = [_Store(page, markup) for markup in _STORE.split(page.text)[1:]]
    if _is_answer(page):
        items = [link for store in stores for link in store.rows] if stores else list(page.links)
        return Listing(documents(items), _after_answer(page, len(items)))
    items = [link for store in stores for link in store.rows]
    main = max(stores, key=_Store.weight, default=None)
    return Listing(documents([*items, *page.links]), _after_page(page, main))


def attachments(page: Page) -> tuple[Link, ...]:
    """As elsewhere; downfile.jsp names the file in its query."""
    return generic.attachments(page)


def documents(links: list[Link]) -> tuple[Link, ...]:
    """`links` without those into the software itself (/module/visitcount/ and the like)."""
    return tuple(
        link
        for link in links
        if "/module/" not in urlsplit(link.url).path
        or document_suffix(link.url) is not None
        or "xxgkannualreport" in link.url.lower()
    )


class _Store:
    """One <datastore>: its markup, its rows, the address of its service (None where it names none)."""

    def __init__(self, page: Page, markup: str) -> None:
        markup = re.split(r"</datastore\s*>", markup, maxsplit=1, flags=re.IGNORECASE)[0]
        sections = [section.partition("]]>")[0] for section in markup.split("<![CDATA[")[1:]]
        self.markup = markup
        self.service = next((url for section in sections if (url := _service(page, section))), None)
        rows = "\n".join(section for section in sections if "dataproxy.jsp" not in section)
        self.rows = Page(page.asked_by or page.base, rows).links

    def weight(self) -> tuple[bool, int]:
        """Which of several stores of a page is the list: one with reports, else the longest."""
        return any(classify_title(row.title) is TitleKind.REPORT for row in self.rows), len(self.rows)


def _is_answer(page: Page) -> bool:
    return urlsplit(page.url).path.endswith("/dataproxy.jsp")


def _service(page: Page, markup: str) -> str | None:
    for single, double in _HREF.findall(markup):
        href: str = (single or double).replace("&amp;", "&").strip()
        path, mark, query = href.partition("?")
        if mark and path.endswith("dataproxy.jsp"):
            # Relative ones are relative to the service, wherever the page lies.
            place = urljoin(_SERVICE, path.removeprefix("./"))
            return absolute(page.url, f"{place}?{query}")
    return None


def _after_page(page: Page, store: _Store | None) -> tuple[str, ...]:
    """The first page that the service has to be asked for, behind the rows in the column page itself."""
    rows = len(store.rows) if store else 0
    service = (store.service if store else None) or _scripted_service(page)
    if service is None or _is_encrypted(service):
        return ()
    total, size = _announced(page, service, store)
    if total is not None and rows >= total:
        return ()
    size = size or rows or LARGE_PAGE
    if (total or 0) - rows > FEW_PAGES * size:
        size = max(size, LARGE_PAGE)
    return (_ask(service, rows // size + 1, size),)


def _is_encrypted(service: str) -> bool:
    """Some ministries encrypt the ids: their service answers nobody but their own script."""
    query = dict(parse_qsl(urlsplit(service).query))
    return not all(query.get(name, "").isdecimal() for name in ("columnid", "unitid"))


def _announced(page: Page, service: str, store: _Store | None) -> tuple[int | None, int]:
    """Total of the rows (None where it is not said) and rows a page (0), from the pager's script: a page may
    have several lists, each under the id of its unit."""
    unit = dict(parse_qsl(urlsplit(service).query)).get("unitid", "")
    pagers = _PAGER.findall(page.text)
    own = next((fields for name, fields in pagers if unit and unit in name), None)
    script = own or (page.text if len(pagers) < 2 else "")
    total = (_TOTAL.search(store.markup) if store else None) or _TOTAL.search(script)
    size = _PER_PAGE.search(script)
    return (int(total[1] or total[2]) if total else None), int(size[1]) if size else 0


def _scripted_service(page: Page) -> str | None:
    """The service as the page's script would ask it where the datastore does not link it."""
    proxy = _PROXY.search(page.text)
    if not proxy and not _PAGER.search(page.text):
        return None
    for match in _PARAMETERS.finditer(page.text):
        fields = script_fields(match[1])
        if fields.get("columnid") and fields.get("unitid"):
            service = proxy[1] if proxy else _SERVICE
            return absolute(page.url, f"{service}?{urlencode(fields)}")
    return None


def _after_answer(page: Page, rows: int) -> tuple[str, ...]:
    """The page behind this answer; none behind an empty one (encrypted ids, or the end)."""
    query = dict(parse_qsl(urlsplit(page.url).query))
    number, asked = count_of(query.get("page")), count_of(query.get("perpage"))
    total = _TOTAL.search(page.text)
    if not rows or not number or not asked:
        return ()
    if total is None:
        return (_ask(page.url, number + 1, asked),) if rows >= asked else ()
    announced = int(total[1] or total[2])
    left = announced - (number - 1) * asked
    size = asked if rows >= min(asked, left) else rows  # some keep to their own page size
    return (_ask(page.url, number + 1, asked),) if number * size < announced else ()


def _ask(service: str, number: int, size: int) -> str:
    path, _, query = service.partition("?")
    kept = [pair for pair in query.split("&") if pair and pair.partition("=")[0] not in _PLACE]
    first = (number - 1) * size + 1
    place = f"page={number}&startrecord={first}&endrecord={number * size}&perpage={size}"
    # The parameters go back as they came: some portals encrypt them.
    return f"{path}?{place}&{quote('&'.join(kept), safe=_AS_IS)}"
