"""`nianbao sites probe SITE`: fetch a site's start pages, one each, and say what is recognised there.

The fetching is that of every crawl (robots.txt, pauses, the honest name, the archive), by the crawl process
with a budget of one page on a temporary archive; nothing of the home is touched.
"""

from __future__ import annotations

import dataclasses
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import yaml
from w3lib.encoding import http_content_type_encoding

from crawler.archive import Archive, Capture, Role, SiteResult
from crawler.discovery import Lead, column_root, lead_inside, lead_outside
from crawler.families import family_of
from crawler.page import Page
from crawler.registry import Site
from flows.crawl import crawl
from parsers.charset import charset_of, decode_html
from parsers.divisions import UnknownDivisionError, current, division, place

_KINDS = {
    Role.PAGE: "home or section page",
    Role.LIST: "column of annual reports",
    Role.ARTICLE: "annual report",
}
_META = ("SiteName", "SiteDomain", "ColumnName", "ColumnType", "ArticleTitle", "PubDate", "ContentSource")
"""National meta tags (政府网站发展指引, 2017) that are shown beside SiteIDCode."""
_CODE = re.compile(r"(\d{6})\d{4}")
_CENTRAL_CODE = re.compile(r"bm\d{8}", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class Probe:
    """One start page: `reached` says whether a page came, `lines` what is to be printed."""

    reached: bool
    lines: list[str]


async def probe(site: Site) -> list[Probe]:
    """Fetch the start pages of `site` one after the other. Raises `flows.crawl.CrawlError`."""
    return [await _probe(site, url) for url in site.start_urls]


async def _probe(site: Site, url: str) -> Probe:
    with tempfile.TemporaryDirectory(prefix="nianbao-probe-") as folder:
        root = Path(folder)
        registry = root / "site.yaml"
        entry = site.model_dump(mode="json", exclude_none=True)
        entry |= {"start_urls": [url], "max_pages": 1}  # robots.txt and redirects come on top
        registry.write_text(yaml.safe_dump([entry], allow_unicode=True), encoding="utf-8")
        archive = Archive(root / "archive")
        archive.root.mkdir()
        [result] = await crawl(archive.root, registry, [site.id], root / "log")
        captures = archive.captures(result.crawl_id)
        pages = [capture for capture in captures if capture.role is not Role.ROBOTS]
        body = archive.read(pages[-1]) if pages else b""
    lines = [f"start      {url}"]
    if not pages:
        return Probe(False, [*lines, f"obstacle   {_obstacle(result)}"])
    last = pages[-1]
    redirects = f"  (after {len(pages) - 1} redirects)" if len(pages) > 1 else ""
    lines += [f"status     {last.status}", f"address    {last.url}{redirects}"]
    if result.outcome not in {"done", "no_column"}:
        return Probe(False, [*lines, f"obstacle   {_obstacle(result)}"])
    return Probe(True, [*lines, *_recognised(site, last, body)])


def _obstacle(result: SiteResult) -> str:
    return f"{result.outcome}: {result.detail}"


def _recognised(site: Site, capture: Capture, body: bytes) -> Iterator[str]:
    if b"<" not in body[:1024] and "html" not in (capture.content_type or ""):
        yield f"kind       {_KINDS[Role.ARTICLE]}, a document ({capture.content_type}, {len(body)} bytes)"
        return
    http_charset = http_content_type_encoding(capture.content_type or "")
    page = Page(capture.url, decode_html(body, http_charset))
    family = family_of(page, site.portal)
    listing = family.read_list(page)
    yield f"charset    {charset_of(body, http_charset)}"
    yield f"portal     {family.NAME}"
    yield f"title      {page.title}"
    yield f"kind       {_KINDS.get(capture.role, capture.role.value)}"
    yield f"SiteIDCode {_agreement(page.meta('siteidcode'), site.division)}"
    for name in _META:
        if value := page.meta(name.lower()):
            yield f"{name:10} {value}"
    root = column_root(capture.url)
    inside = capture.role is Role.LIST
    leads = [lead_inside(link, root) if inside else lead_outside(link) for link in listing.items]
    yield "leads      " + ", ".join(f"{leads.count(lead)} {lead}s" for lead in Lead)
    yield f"next page  {' '.join(listing.next_pages) or 'none'}"


def _agreement(site_id_code: str, expected: str) -> str:
    """What the tag SiteIDCode says about the division that the registry names."""
    if not site_id_code:
        return "none"
    if _CENTRAL_CODE.fullmatch(site_id_code):
        code = "000000"
    elif found := _CODE.fullmatch(site_id_code):
        code = found[1]
    else:
        return f"{site_id_code}: is no such code"
    try:
        codes = {code, *(one.code for one in current(code))}
        words = _place_words(code)
    except UnknownDivisionError as error:
        return f"{site_id_code}: {error}"
    if expected in codes:
        return f"{site_id_code}: {words}, agrees with the registry"
    return f"{site_id_code}: {words}, but the registry says {expected} {_place_words(expected)}"


def _place_words(code: str) -> str:
    names = place(code)
    return " ".join(name for name in (names.province, names.city, names.county) if name)


def described(site: Site) -> str:
    """The line that heads a probe: id, name, division."""
    try:
        words = _place_words(division(site.division).code)
    except UnknownDivisionError as error:
        words = str(error)
    return f"site       {site.id}  {site.name}  {site.division} {words}"
