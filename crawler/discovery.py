"""What a link leads to: a report, a column of reports, a section on the way there, or nothing of use.

Column names in addresses (zfxxgknb, xxgknb, gknb, ndbg) are a hint that half of the portals lack, and
columns of other annual documents have the like (fzzfjsndbg), so titles decide wherever they say something.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum
from urllib.parse import urlsplit

from crawler.page import Link, Page
from crawler.urls import IMAGES, directory, document_suffix, is_directory, viewed_file
from parsers.recognise import (
    TitleKind,
    classify_title,
    is_agency_title,
    is_column_title,
    is_group_title,
    is_part_title,
    is_plausible_title,
    is_subcolumn_title,
    plain_title,
    retold_title,
)


class Lead(StrEnum):
    """What to do with a link."""

    ARTICLE = "article"
    RETOLD = "retold"
    """A report told, drawn or read aloud once more: of use only where the report itself is missing."""
    COLUMN = "column"
    SECTION = "section"
    ORGANS = "organs"
    """A directory of agencies, or one agency of it: of use only where a column holds one agency's reports."""


_COLUMN_SLUG = re.compile(
    r"(?:zf|zw)?(?:xx)?gk(?:gz|ml)?(?:nb|ndbg|ndbb|bg)|gk[a-z]*_nb|^ndbg$|^nb(?:_|$)|(?:annual|year)report",
    re.IGNORECASE,
)
_OTHER_SLUG = re.compile(r"fzzf|fzjs|wzgz|wzbb|wzjg|wznb|gjj|qynb", re.IGNORECASE)
_ARTICLE_FILE = re.compile(
    r"/t\d{8}_\d+|/(?:art|post|mpost|content|article|doc|c\d\d)[_-]\w+|/show/\d+"
    r"|/(?:[0-9a-f]{24,32}|[0-9a-f]{8}-[0-9a-f-]{27})(?:\.|$)|/\d{5,}(?:\.|$)|/\d{12,}/(?:index|$)"
    r"|/[a-z]\d{6,}\.\w+$|/(?:19|20)\d{2}[01]\d[0-3]\d/[^/]+\.\w+$"
    r"|[?&](?:wbnewsid|articlekey|infoid|newsid)=",
    re.IGNORECASE,
)
_SECTION = re.compile(
    r".{0,10}(?:政务公开|政府信息公开|信息公开|公开专栏)(?:统一)?"
    r"(?:工作|专栏|专区|专题|平台|目录|网|首页|大厅|栏目|服务|频道|栏|系统)?[>»›]*"
    r"|政务|公开|法定(?:主动)?公开(?:内容)?|(?:政府信息)?主动公开|政府公开信息|政府信息|阳光政务|公开目录|(?:政府)?信息公开(?:总|基础)?目录"
)
_SITEMAP = re.compile(r"网站地图|站点地图|sitemap", re.IGNORECASE)
_BARE_REPORTS = re.compile(r"(?:工作|信息|公开)?(?:年报|年度报告|年度工作报告)(?:专栏|栏目|列表|公示)?[>»›]*")
_DISCLOSURE_PATH = re.compile(r"(?:xxgk|zwgk|zfxxgk|gongkai|openness|govinfo|gkml|publicity)", re.IGNORECASE)
_NO_PART = re.compile(
    r"[上下前后]一?[个]?[月年周日天页]|今[天日]|日历|日期|检索|搜索|查询|订阅|rss|打印|收藏|返回|首页|登录|注册|分享",
    re.IGNORECASE,
)
_NO_PAGE = re.compile(
    r"calendar|rili|[/?&](?:search|s|so|login|logout|user|print|share|rss|date|month|day)(?=[/=.?]|$)",
    re.IGNORECASE,
)
_YEAR_OR_REPORTS = re.compile(r"(?:19|20)\d{2}|年报|年度报告")
_YEARS = re.compile(r"(?:19|20)\d{2}")
_FIRST_YEAR = 2003
"""Nothing was published before; years outside of this and today are a calendar's."""


def is_column_address(url: str) -> bool:
    """Whether the address itself names a column of annual reports."""
    parts = [part for part in urlsplit(url).path.split("/") if part]
    if any(_OTHER_SLUG.search(part) for part in parts):
        return False
    return any(_COLUMN_SLUG.search(part) for part in parts) and not _ARTICLE_FILE.search(url)


def is_column_page(page: Page) -> bool:
    """Whether the page says of itself that it is a column of annual reports."""
    if is_column_address(page.url):
        return True
    named = page.meta("columnname"), page.meta("columntype")
    headings = [name for name in named if name] or [str(page.tree.xpath("string(//title)"))]
    return any(is_column_title(part) for heading in headings for part in re.split(r"[-_|—>]", heading))


def is_disclosure_page(page: Page) -> bool:
    """Whether the page belongs to the portal's section on government information disclosure."""
    if _DISCLOSURE_PATH.search(urlsplit(page.url).path):
        return True
    said = f"{page.meta('columnname')} {page.meta('columntype')} {page.tree.xpath('string(//title)')}"
    return "信息公开" in said or "政务公开" in said


def column_root(url: str) -> str | None:
    """The directory below which a column keeps its parts: that of the column, or of the same name beside it
    (zfxxgknb.htm has zfxxgknb/). None where the address shows none."""
    path = urlsplit(url).path
    stem, dot, _ = path.rpartition("/")[2].partition(".")
    if dot and _COLUMN_SLUG.search(stem):
        return f"{directory(url)}{stem}/"
    folder = directory(url)
    if folder != "/" and (is_directory(url) or _COLUMN_SLUG.search(folder.rstrip("/").rpartition("/")[2])):
        return folder
    return None


def lead_outside(link: Link, *, disclosure: bool = False) -> Lead | None:
    """What a link of a home or section page leads to; `disclosure`: the page belongs to the section on
    government information disclosure, where 年报 alone says enough."""
    if document_suffix(link.url) is not None or viewed_file(link.url):
        return _document(link, inside=False)
    return None if _NO_PAGE.search(link.url) else _page_outside(link, disclosure=disclosure)


def _page_outside(link: Link, *, disclosure: bool) -> Lead | None:
    title = plain_title(link.title)
    kind = classify_title(title)
    if kind is TitleKind.REPORT:
        return Lead.RETOLD if retold_title(title) else _column_or_article(link)
    if kind is TitleKind.OTHER and (
        is_column_address(link.url) or (disclosure and _is_column_of_the_section(title))
    ):
        return Lead.COLUMN
    if is_group_title(title) or (disclosure and is_agency_title(title)):
        return None if is_article_address(link.url) and not is_directory(link.url) else Lead.ORGANS
    if not title and _DISCLOSURE_PATH.search(urlsplit(link.url).path.rstrip("/").rpartition("/")[2]):
        return Lead.SECTION  # a picture without a text
    return Lead.SECTION if _SECTION.fullmatch(title) or _SITEMAP.fullmatch(title) else None


def _is_column_of_the_section(title: str) -> bool:
    """Whether a title that says 年报 alone, or whose they are (区政府年报), names a column of the section on
    government information disclosure."""
    return bool(_BARE_REPORTS.fullmatch(title)) or (
        is_part_title(title) and title.endswith(("年报", "年度报告"))
    )


def promise(link: Link, lead: Lead) -> int:
    """How soon a link of a home or section page should be followed: higher first. Columns before sections,
    those named after the reports before those that only their address names; agencies last."""
    title = plain_title(link.title)
    path = urlsplit(link.url).path
    if lead is Lead.COLUMN:
        return (
            90 + 5 * is_column_title(title) + 3 * is_column_address(link.url) - 2 * bool(_YEARS.search(title))
        )
    if lead is Lead.ORGANS:
        return 20 if is_group_title(title) else 10
    if _SITEMAP.fullmatch(title):
        return 5
    named = 60 if "政府信息公开" in title else 50 if "信息公开" in title else 40 if "公开" in title else 30
    return named + 3 * bool(re.search("zfxxgk|gkmlpt", path)) + bool(_DISCLOSURE_PATH.search(path))


def lead_inside(link: Link, root: str | None, *, fresh: bool = False, part: bool = False) -> Lead | None:
    """What a link of a column's page leads to. `root` is the column's directory if it has one; `fresh`: no
    page on the way had this link, so that it is no navigation; `part`: the page is a part of a column, where
    agencies have lists of their own."""
    if document_suffix(link.url) is not None or viewed_file(link.url):
        return _document(link, inside=True)
    path = urlsplit(link.url).path
    below = root is not None and path.startswith(root) and path != root
    kind = classify_title(link.title)
    if retold_title(link.title) is not None:
        return Lead.RETOLD
    if kind is TitleKind.REPORT:
        lead = _column_or_article(link)
        # The site-wide navigation leads to the columns of other bodies too.
        foreign = lead is Lead.COLUMN and root is not None and not below
        part_of_it = _YEARS.search(link.title) or (fresh and is_part_title(link.title))
        return None if foreign and not part_of_it else lead
    if kind is not TitleKind.OTHER:
        return None
    lead_of_part = _unnamed(link, below=below, fresh=fresh)
    agency = part and is_agency_title(link.title)
    if lead_of_part is None and fresh and not (is_article_address(link.url) or _NO_PAGE.search(link.url)):
        grouped = is_subcolumn_title(link.title) or is_group_title(link.title)
        return Lead.COLUMN if (grouped or agency) and _in_time(link.title) else None
    return lead_of_part


def is_article_address(url: str) -> bool:
    """Whether the address has the shape that portals give to single articles."""
    return bool(_ARTICLE_FILE.search(url))


def _column_or_article(link: Link) -> Lead:
    named = is_column_title(link.title) and not is_article_address(link.url)
    return Lead.COLUMN if named else Lead.ARTICLE


def _document(link: Link, *, inside: bool) -> Lead | None:
    if document_suffix(link.url) in IMAGES:
        return None
    kind = classify_title(link.title)
    if retold_title(link.title) is not None:
        return Lead.RETOLD
    plausible = inside and is_plausible_title(link.title)
    return Lead.ARTICLE if kind is TitleKind.REPORT or plausible else None


def _unnamed(link: Link, *, below: bool, fresh: bool) -> Lead | None:
    """A link of a column's page whose title does not name a report: `below` the column's directory or not."""
    title = plain_title(link.title)
    plausible = is_plausible_title(title)
    if is_article_address(link.url):
        return Lead.ARTICLE if plausible else None
    if _NO_PART.search(title) or _NO_PAGE.search(link.url) or not _in_time(title):
        return None
    part = is_subcolumn_title(title) and (below or _YEAR_OR_REPORTS.search(title))
    folder = below and title and not title.isdigit() and is_directory(link.url)
    if part or folder:
        return Lead.COLUMN
    own = fresh and not is_directory(link.url) and not is_agency_title(title)
    return Lead.ARTICLE if (below or own) and plausible else None


def _in_time(title: str) -> bool:
    """Whether the year that a title names, if any, can have reports."""
    year = _YEARS.search(title)
    return year is None or _FIRST_YEAR <= int(year[0]) <= datetime.now(UTC).year
