"""What a link leads to: a report, a column of reports, a section on the way there, or nothing of use.

Column names in addresses (zfxxgknb, xxgknb, gknb, ndbg) are a hint that half of the portals lack, and
columns of other annual documents have the like (fzzfjsndbg), so titles decide wherever they say something.
"""

from __future__ import annotations

import re
from enum import StrEnum
from urllib.parse import urlsplit

from crawler.page import Link, Page
from crawler.urls import IMAGES, directory, document_suffix, is_directory, viewed_file
from parsers.recognise import (
    TitleKind,
    classify_title,
    is_column_title,
    is_plausible_title,
    is_subcolumn_title,
    plain_title,
)


class Lead(StrEnum):
    """What to do with a link."""

    ARTICLE = "article"
    COLUMN = "column"
    SECTION = "section"


_COLUMN_SLUG = re.compile(
    r"(?:zf|zw)?(?:xx)?gk(?:gz|ml)?(?:nb|ndbg|ndbb|bg)|gk[a-z]*_nb|^ndbg$|^nb(?:_|$)|(?:annual|year)report",
    re.IGNORECASE,
)
_OTHER_SLUG = re.compile(r"fzzf|fzjs|wzgz|wzbb|wzjg|wznb|gjj|qynb", re.IGNORECASE)
_ARTICLE_FILE = re.compile(
    r"/t\d{8}_\d+|/(?:art|post|mpost|content|article|doc|c\d\d)[_-]\w+|/show/\d+"
    r"|/(?:[0-9a-f]{24,32}|[0-9a-f]{8}-[0-9a-f-]{27})(?:\.|$)|/\d{5,}(?:\.|$|/index)"
    r"|[?&](?:wbnewsid|articlekey|infoid|newsid)=",
    re.IGNORECASE,
)
_SECTION = re.compile(
    r".{0,10}(?:政务公开|政府信息公开|信息公开)(?:专栏|专区|平台|目录|网|首页|大厅|栏目)?[>»›]*"
)
_YEAR_OR_REPORTS = re.compile(r"(?:19|20)\d{2}|年报|年度报告")


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
    heading = page.meta("columnname") or page.tree.xpath("string(//title)")
    return any(is_column_title(part) for part in re.split(r"[-_|—>]", heading))


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


def lead_outside(link: Link) -> Lead | None:
    """What a link of a home or section page leads to."""
    if document_suffix(link.url) is not None or viewed_file(link.url):
        return _document(link, inside=False)
    kind = classify_title(link.title)
    if kind is TitleKind.REPORT:
        return _column_or_article(link)
    if _SECTION.fullmatch(plain_title(link.title)):
        return Lead.SECTION
    if kind is TitleKind.OTHER and is_column_address(link.url):
        return Lead.COLUMN
    return None


def lead_inside(link: Link, root: str | None) -> Lead | None:
    """What a link of a column's page leads to; `root` is the column's directory if it has one."""
    if document_suffix(link.url) is not None or viewed_file(link.url):
        return _document(link, inside=True)
    path = urlsplit(link.url).path
    below = root is not None and path.startswith(root) and path != root
    kind = classify_title(link.title)
    if kind is TitleKind.REPORT:
        lead = _column_or_article(link)
        # The site-wide navigation leads to the columns of other bodies too.
        foreign = lead is Lead.COLUMN and root is not None and not below
        return None if foreign and not re.search(r"\d{4}", link.title) else lead
    return _unnamed(link, below=below) if kind is TitleKind.OTHER else None


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
    plausible = inside and is_plausible_title(link.title)
    return Lead.ARTICLE if kind is TitleKind.REPORT or plausible else None


def _unnamed(link: Link, *, below: bool) -> Lead | None:
    """A link of a column's page whose title does not name a report: `below` the column's directory or not."""
    title = plain_title(link.title)
    plausible = is_plausible_title(title)
    if is_article_address(link.url):
        return Lead.ARTICLE if plausible else None
    part = is_subcolumn_title(title) and (below or _YEAR_OR_REPORTS.search(title))
    folder = below and title and not title.isdigit() and is_directory(link.url)
    if part or folder:
        return Lead.COLUMN
    return Lead.ARTICLE if below and plausible else None
