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

from crawler.urls import absolute
from parsers.charset import decode_html

if TYPE_CHECKING:  # readers of the registry need no Scrapy
    from scrapy.http import Response

_DATE = re.compile(r"((?:19|20)\d{2})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})")
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_NOT_CONTENT = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_ANCHOR = re.compile(r"<a\s[^<>]*?\bhref\s*=", re.IGNORECASE)
_SCRIPT = re.compile(r"<script\b[^>]*>(.*?)</script\s*>", re.DOTALL | re.IGNORECASE)
# Whole literals only: pieces joined with "+" are no markup of their own.
_WRITTEN = re.compile(r"document\.write(?:ln)?\s*\(\s*(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\")\s*\)")
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


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a page. `title` is the full title where the page gives one, else the text shown; `date`
    (YYYY-MM-DD) stands beside it in the list."""

    url: str
    title: str
    date: str | None = None


class Page:
    """A page or another text response (JSON, XML). `url` is where it was finally found (for the answer to a
    form: as `crawler.urls.posting` writes it)."""

    def __init__(self, url: str, text: str) -> None:
        self.url = url
        self.text = _XML_DECLARATION.sub("", text.replace("\0", ""))

    @classmethod
    def of(cls, response: Response, url: str) -> Page:
        content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
        return cls(url, decode_html(response.body, http_content_type_encoding(content_type)))

    @cached_property
    def tree(self) -> HtmlElement:
        """The parsed page; an empty document where there is no markup at all."""
        try:
            return lxml.html.document_fromstring(self.text or "<html></html>")
        except (etree.ParserError, ValueError):
            return lxml.html.document_fromstring("<html></html>")

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
        parts: list[str] = []
        for event, element in etree.iterwalk(self.tree, events=("start", "end", "comment", "pi")):
            if element.tag in _BLOCKS:
                parts.append("\n")
            if event == "start" and element.tag not in {"script", "style"}:
                parts.append(element.text or "")
            elif event != "start":
                parts.append(element.tail or "")
        return "".join(parts)

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """All links in page order, those that scripts write into the page behind them."""
        anchors = list(self.tree.iter("a"))
        # libxml2 drops what lies deeper than 256 elements, which unclosed tags of old templates reach.
        if len(anchors) < len(_ANCHOR.findall(_NOT_CONTENT.sub("", self.text))):
            links = self._soup_links(self.text)
        else:
            links = self._tree_links(anchors)
        return (*links, *self.written_links)

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
            url = absolute(self.base, anchor.get("href") or "") if anchor.get("href") else None
            if url is not None:
                text = "".join(anchor.itertext())
                yield Link(url, _link_title(anchor.get("title"), text), _beside(anchor))

    def _soup_links(self, markup: str) -> Iterator[Link]:
        for anchor in BeautifulSoup(markup, "html.parser").find_all("a", href=True):
            url = absolute(self.base, str(anchor["href"]))
            if url is not None:
                row = anchor.find_parent(["li", "tr", "dd", "p"]) or anchor
                title = _link_title(str(anchor.get("title") or ""), anchor.get_text())
                yield Link(url, title, _date_in(row.get_text()))


def _link_title(attribute: str | None, text: str) -> str:
    """The longer of title attribute and shown text: lists cut long titles off and keep the attribute full;
    a few put the site's name into the attribute."""
    full, shown = " ".join((attribute or "").split()), " ".join(text.split())
    return full if len(full) >= len(shown.rstrip(".…")) else shown


def _beside(anchor: HtmlElement) -> str | None:
    """The date in the list row of a link (at most three elements up), if the row has one."""
    element: HtmlElement | None = anchor
    for _ in range(4):
        if element is None or element.tag in {"ul", "ol", "table", "tbody", "body"}:
            return None
        found = _date_in("".join(element.itertext()))
        if found or element.tag in {"li", "tr", "dd"}:
            return found
        element = element.getparent()
    return None


def _date_in(text: str) -> str | None:
    """The last date in `text`: rows print it behind the title, which may hold dates of its own."""
    found = _DATE.findall(text)
    if not found:
        return None
    year, month, day = found[-1]
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        return None
    return f"{year}-{int(month):02}-{int(day):02}"
