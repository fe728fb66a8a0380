"""A fetched page as the families and the spider see it: text, links with their titles and dates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import lxml.html
from bs4 import BeautifulSoup
from lxml import etree
from lxml.html import HtmlElement
from w3lib.encoding import http_content_type_encoding

from crawler.urls import absolute, document_suffix, viewed_file
from parsers.charset import decode_html
from parsers.embedded import embedded_markup
from parsers.recognise import is_report_text

if TYPE_CHECKING:  # readers of the registry need no Scrapy
    from scrapy.http import Response

_DATE = re.compile(r"((?:19|20)\d{2})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})")
_DAY = (
    r"[\[(（]?\s*(?:19|20)\d{2}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?"
    r"(?:\s+\d{1,2}:\d{2}(?::\d{2})?)?\s*[\])）]?"
)
_DATE_AT_END = re.compile(rf"^{_DAY}\s*(?=\S)|(?<=\S)\s*{_DAY}$")
"""The date of a list row that stands inside the link."""
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_NOT_CONTENT = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_ANCHOR = re.compile(r"<a\s[^<>]*?\bhref\s*=", re.IGNORECASE)
_SCRIPT = re.compile(r"<script\b[^>]*>(.*?)</script\s*>", re.DOTALL | re.IGNORECASE)
# Whole literals only: pieces joined with "+" are no markup of their own.
_WRITTEN = re.compile(r"document\.write(?:ln)?\s*\(\s*(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\")\s*\)")
_SCRIPTED_TARGET = re.compile(
    r"(?:location(?:\.href)?\s*=|[\w$.]{1,40}\s*\()\s*"
    r"['\"]((?:https?:/|\.{0,2})/[^'\"\s]+|[^'\"\s]+\.(?:[sj]?html?|jspx?|aspx?|php|do|action|pdf|docx?)\b[^'\"\s]*)['\"]",
    re.IGNORECASE,
)
_REFRESH = re.compile(r"url\s*=\s*['\"]?([^'\";\s]+)", re.IGNORECASE)
_REDIRECT = re.compile(
    r"location(?:\.href\s*=|\.(?:replace|assign)\s*\(|\s*=)\s*['\"]([^'\"\s]+)['\"]", re.IGNORECASE
)
_GB_CHARSET = re.compile(r"<meta[^>]*charset\s*=\s*['\"]?gb", re.IGNORECASE)
_ROW_TEXT = 200
"""Characters of a list row; more is no row."""
_STUB_BYTES = 4096
"""A page that only sends on to another is smaller than this."""
# Texts of links that point at what the row beside them names.
_POINTING = re.compile(
    r"[\[(【<>]*(?:点击|立即|在线|全文)*(?:下载|查看|浏览|预览|阅读|详情|详细|全文|附件|链接|更多|进入|pdf|word|docx?|wps|ofd)"
    r"*(?:附件|全文|版|文件|详情)*[\d一二三]*[\])】<>]*",
    re.IGNORECASE,
)
_YEAR_HEAD = re.compile(r"(?:19|20)\d{2}年?度?")
_BLOCKS = frozenset(
    [
        "p",
        "div",
        "section",
        "br",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "li",
        "table",
        "tr",
        "td",
        "th",
        "title",
    ]
)

# In XSLT, since lxml walks a tree in Python much more slowly.
_PROSE = etree.XSLT(
    etree.XML(
        f"""<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
        <xsl:output method="text"/>
        <xsl:template match="script|style|comment()|processing-instruction()"/>
        <xsl:template match="{"|".join(sorted(_BLOCKS))}">
        <xsl:text>&#10;</xsl:text><xsl:apply-templates/><xsl:text>&#10;</xsl:text></xsl:template>
        </xsl:stylesheet>"""
    )
)


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a page. `title` is the full title where the page gives one, else the text shown; `date`
    (YYYY-MM-DD) stands beside it in the list."""

    url: str
    title: str
    date: str | None = None


class Page:
    """A page or another text response (JSON, XML). `url` is where it was finally found (for the answer to a
    form: as `crawler.urls.posting` writes it); `asked_by` the page whose script would have asked for it and
    put it into its own place, None for a page that was followed to."""

    def __init__(self, url: str, text: str, asked_by: str | None = None) -> None:
        self.url = url
        self.asked_by = asked_by
        self.text = _XML_DECLARATION.sub("", text.replace("\0", ""))

    @classmethod
    def of(cls, response: Response, url: str, asked_by: str | None = None) -> Page:
        content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
        return cls(url, decode_html(response.body, http_content_type_encoding(content_type)), asked_by)

    @cached_property
    def _folded(self) -> str:
        return self.text.lower()

    def mentions(self, *words: str) -> bool:
        """Whether any of these (lower-case) words stands in the text: much faster than a pattern of many."""
        return any(word in self._folded for word in words)

    @cached_property
    def tree(self) -> HtmlElement:
        """The parsed page with the article that its script shows; an empty document where there is no
        markup at all."""
        try:
            return lxml.html.document_fromstring(self.text + embedded_markup(self.text) or "<html></html>")
        except (etree.ParserError, ValueError):
            return lxml.html.document_fromstring("<html></html>")

    @cached_property
    def is_data(self) -> bool:
        """Whether this is JSON (or a call with it) and no page."""
        return bool(re.match(r"\s*(?:[\w$.]+\s*\(\s*)?[\[{]", self.text))

    @cached_property
    def sends_to(self) -> str | None:
        """Where a page without content of its own sends its reader (meta refresh, location)."""
        if len(self.text) > _STUB_BYTES or len(self.tree.xpath("//a[@href]")) > 1:
            return None
        for element in self.tree.iter("meta"):
            if (element.get("http-equiv") or "").lower() == "refresh":
                found = _REFRESH.search(element.get("content") or "")
                return absolute(self.base, found[1], self._encoding) if found else None
        found = _REDIRECT.search(self.text)
        return absolute(self.base, found[1]) if found else None

    @cached_property
    def frames(self) -> tuple[str, ...]:
        """Pages shown inside this one, in order; not the files that it embeds, nor what is hidden."""
        found: dict[str, None] = {}
        for element in self.tree.iter("iframe", "frame"):
            hidden = re.search(r"display\s*:\s*none", element.get("style") or "")
            tiny = any((element.get(side) or "").strip(" px") in {"0", "1"} for side in ("width", "height"))
            url = absolute(self.base, element.get("src") or "#")
            if url is None or url == self.url or hidden or tiny:
                continue
            if viewed_file(url) is None and document_suffix(url) is None:
                found.setdefault(url)
        return tuple(found)

    @cached_property
    def _encoding(self) -> str:
        return "gb18030" if _GB_CHARSET.search(self.text, 0, _STUB_BYTES) else "utf-8"

    @cached_property
    def base(self) -> str:
        href = self.tree.xpath("string(//base/@href)")
        return (absolute(self.url, href) if href else None) or self.url

    @cached_property
    def title(self) -> str:
        """The article's or column's own title: meta ArticleTitle, h1, meta ColumnName, <title>."""
        named = self.meta("articletitle") or self.tree.xpath("string(//h1)") or self.meta("columnname")
        return " ".join((named or self.tree.xpath("string(//title)")).split())

    def meta(self, name: str) -> str:
        """Content of the head's meta field `name` (lower case), "" where there is none."""
        for element in self.tree.iter("meta"):
            if (element.get("name") or "").lower() == name:
                return " ".join((element.get("content") or "").split())
        return ""

    @cached_property
    def prose(self) -> str:
        """The visible text, a line for each block."""
        return str(_PROSE(self.tree))

    @cached_property
    def is_report(self) -> bool:
        """Whether the visible text is that of an annual report."""
        return is_report_text(self.prose)

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """All links in page order, those that scripts write into the page behind them."""
        anchors = list(self.tree.iter("a", "area"))
        # libxml2 drops what lies deeper than 256 elements, which unclosed tags of old templates reach.
        if len(anchors) < len(_ANCHOR.findall(_NOT_CONTENT.sub("", self.text))):
            links = self._soup_links(self.text)
        else:
            links = self._tree_links(anchors)
        return (*links, *self._option_links(), *self._clicked_links(), *self.written_links)

    @cached_property
    def written_links(self) -> tuple[Link, ...]:
        """Links that exist only inside document.write(...) of the page's scripts."""
        fragments: list[str] = []
        for script in _SCRIPT.finditer(self.text):
            for single, double in _WRITTEN.findall(script[1]):
                fragments.append(re.sub(r"\\(['\"/])", r"\1", single or double))
        markup = "".join(fragments)
        return tuple(self._soup_links(markup)) if "<a" in markup.lower() else ()

    def _tree_links(self, anchors: list[HtmlElement]) -> Iterator[Link]:
        for anchor in anchors:
            url = self.target(anchor)
            if url is None:
                continue
            text = "".join(anchor.itertext())
            title = _link_title(anchor.get("title") or anchor.get("alt"), text)
            if not title:
                title = " ".join(image.get("alt") or image.get("title") or "" for image in anchor.iter("img"))
            if _POINTING.fullmatch(title.replace(" ", "")):
                title = _row_text(anchor, title)
            yield Link(url, title, _beside(anchor))

    def target(self, anchor: HtmlElement) -> str | None:
        """Where a link leads: its address, or the one that its script opens; None for a place in the page."""
        href = (anchor.get("href") or "").strip()
        scripted = href.lower().startswith("javascript:")
        if href and not scripted and not href.startswith("#"):
            return absolute(self.base, href, self._encoding)
        found = _SCRIPTED_TARGET.search(f"{href if scripted else ''} {anchor.get('onclick') or ''}")
        return absolute(self.base, found[1]) if found else None

    def _option_links(self) -> Iterator[Link]:
        """Drop-down menus that lead to pages."""
        for option in self.tree.iter("option"):
            value = (option.get("value") or "").strip()
            if "/" in value or re.search(r"\.(?:[sj]?html?|jsp)$", value):
                url = absolute(self.base, value)
                if url is not None:
                    yield Link(url, " ".join("".join(option.itertext()).split()))

    def _clicked_links(self) -> Iterator[Link]:
        """Rows and cells that open a page when they are clicked."""
        for element in self.tree.xpath("//*[@onclick][not(self::a or self::area)][not(.//a[@href])]"):
            url = self.target(element)
            if url is not None:
                title = _link_title(element.get("title"), "".join(element.itertext()))
                yield Link(url, title, _beside(element))

    def _soup_links(self, markup: str) -> Iterator[Link]:
        for anchor in BeautifulSoup(markup, "html.parser").find_all("a", href=True):
            url = absolute(self.base, str(anchor["href"]), self._encoding)
            if url is not None:
                row = anchor.find_parent(["li", "tr", "dd", "p"]) or anchor
                title = _link_title(str(anchor.get("title") or ""), anchor.get_text())
                yield Link(url, title, date_in(row.get_text()))


def _link_title(attribute: str | None, text: str) -> str:
    """The longer of title attribute and shown text, without the row's date: lists cut long titles off and
    keep the attribute full; a few put the site's name into the attribute."""
    full, shown = " ".join((attribute or "").split()), _DATE_AT_END.sub("", " ".join(text.split()))
    return full if len(full) >= len(shown.rstrip(".…")) else shown


def _row_text(anchor: HtmlElement, title: str) -> str:
    """What the list row of a link says, where the link itself says only 下载 or 查看."""
    row = anchor.getparent()
    for _ in range(3):
        if row is None or row.tag in {"ul", "ol", "table", "tbody", "body"}:
            break
        said = " ".join("".join(row.itertext()).replace(title, " ").split())
        if len(re.sub(r"[\W\d_]", "", said)) > 3:
            said = f"{_DATE.sub('', said).strip(' -[]()日')}{_year_above(anchor, row)}"
            return said if len(said) <= _ROW_TEXT else title
        row = row.getparent()
    return title


def _year_above(anchor: HtmlElement, row: HtmlElement) -> str:
    """The year that heads the column of a table in which a link stands: 单位 | 2023年 | 2022年."""
    table = next(row.iterancestors("table"), None) if row.tag == "tr" else None
    first = next(table.iter("tr"), None) if table is not None else None
    if first is None or len(first) != len(row):
        return ""
    place = next((n for n, cell in enumerate(row) if any(link is anchor for link in cell.iter("a"))), None)
    head = "".join("".join(first[place].itertext()).split()) if place is not None else ""
    return head if _YEAR_HEAD.fullmatch(head) else ""


def _beside(anchor: HtmlElement) -> str | None:
    """The date in the list row of a link (at most three elements up), if the row has one."""
    element: HtmlElement | None = anchor
    for _ in range(4):
        if element is None or element.tag in {"ul", "ol", "table", "tbody", "body"}:
            return None
        said = "".join(element.itertext())
        if len(said.strip()) > _ROW_TEXT:
            return None
        found = date_in(said)
        if found or element.tag in {"li", "tr", "dd"}:
            return found
        element = element.getparent()
    return None


def date_in(text: str) -> str | None:
    """The last date in `text`: rows print it behind the title, which may hold dates of its own."""
    found = _DATE.findall(text)
    if not found:
        return None
    year, month, day = found[-1]
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        return None
    return f"{year}-{int(month):02}-{int(day):02}"
