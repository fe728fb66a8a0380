"""Any portal whose lists are plain HTML: links as they stand, the next page as a link says it."""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from crawler.families import Listing
from crawler.page import Link, Page
from crawler.urls import IMAGES, absolute, document_suffix, viewed_file
from parsers.recognise import is_report_text

NAME = "generic"
RANK = 100

_NEXT = re.compile(r"^(?:下一?页|下一頁|后一?页|下页>?|next|[>›»]|&gt;|下一页[>›»]+)$", re.IGNORECASE)
_NUMBER = re.compile(r"^\[?\d{1,3}\]?$")
_FURNITURE = re.compile(r"(?:^|[\s_-])(?:nav|header|footer|foot|menu|sidebar|banner|topbar)", re.IGNORECASE)
_CONTENT = re.compile(
    r"trs_editor|trs_ueditor|custom_unionstyle|zoom|v_news_content|article|content|detail|wenzhang|news_con|xl_",
    re.IGNORECASE,
)
_IN_SCRIPT = re.compile(r"['\"]([^'\"\s]+\.(?:pdf|docx?|wps|xlsx?|ofd|zip|rar))['\"]", re.IGNORECASE)


def recognises(page: Page) -> bool:  # noqa: ARG001 - takes what no other family took
    return True


def read_list(page: Page) -> Listing:
    return Listing(page.links, linked_next(page))


def linked_next(page: Page) -> tuple[str, ...]:
    """The next page as the pager links it: 下一页, or else the numbers beside each other."""
    for anchor in page.tree.iter("a"):
        text = "".join("".join(anchor.itertext()).split())
        if _NEXT.match(text) and (url := _target(page, anchor)) is not None:
            return (url,)
    for anchor in page.tree.iter("a"):
        numbers = _number_links(page, anchor)
        if numbers:
            return numbers
    return ()


def attachments(page: Page) -> tuple[Link, ...]:
    """Files linked, embedded or written by script, and the images of a page whose text is not there."""
    found = _linked_files(page)
    if not is_report_text(page.prose):
        found.extend(_content_images(page))
    unique: dict[str, Link] = {}
    for link in found:
        unique.setdefault(link.url, link)
    unique.pop(page.url, None)
    return tuple(unique.values())


def _target(page: Page, anchor: HtmlElement) -> str | None:
    href = (anchor.get("href") or "").strip()
    if not href or href.startswith("#") or href.lower().startswith("javascript:"):
        return None
    url = absolute(page.base, href)
    return None if url == page.url else url


def _number_links(page: Page, anchor: HtmlElement) -> tuple[str, ...]:
    """Targets of the pager that `anchor` belongs to, if it stands among page numbers."""
    row = anchor.getparent()
    if row is not None and row.tag == "li":
        row = row.getparent()
    if row is None or not _NUMBER.match("".join("".join(anchor.itertext()).split())):
        return ()
    numbers = [link for link in row.iter("a") if _NUMBER.match("".join("".join(link.itertext()).split()))]
    texts = ["".join(link.itertext()).strip(" []\n\t\r") for link in numbers]
    # A pager counts up from 1 or 2; a calendar or a row of years does not link like one.
    if len(set(texts)) < len(texts) or not {"1", "2"} & set(texts):
        return ()
    return tuple(url for link in numbers if (url := _target(page, link)) is not None)


def _linked_files(page: Page) -> list[Link]:
    furniture = {
        absolute(page.base, anchor.get("href") or "")
        for anchor in page.tree.iter("a")
        if _in_furniture(anchor)
    }
    found = [
        Link(viewed_file(link.url) or link.url, link.title, link.date)
        for link in page.links
        if _is_file(link.url) and link.url not in furniture
    ]
    for element in page.tree.iter("iframe", "embed", "object"):
        url = absolute(page.base, element.get("src") or element.get("data") or "#")
        if url is not None and _is_file(url):
            found.append(Link(viewed_file(url) or url, page.title))
    for element in page.tree.xpath("//*[@data-value or @onclick]"):
        named = element.get("data-value") or ""
        targets = [named] if document_suffix(named) else _IN_SCRIPT.findall(element.get("onclick") or "")
        text = " ".join("".join(element.itertext()).split())
        found.extend(Link(url, text) for target in targets if (url := absolute(page.base, target)))
    return found


def _is_file(url: str) -> bool:
    suffix = document_suffix(url)
    return viewed_file(url) is not None or (suffix is not None and suffix not in IMAGES)


def _in_furniture(element: HtmlElement) -> bool:
    for ancestor in element.iterancestors():
        if ancestor.tag in {"nav", "header", "footer"}:
            return True
        marks = f"{ancestor.get('class', '')} {ancestor.get('id', '')}"
        if ancestor.tag != "body" and _FURNITURE.search(marks):
            return True
    return False


def _content_images(page: Page) -> list[Link]:
    """Images inside the article's text, which hold it where it was scanned."""
    images = []
    for image in page.tree.iter("img"):
        marks = (f"{element.get('class', '')} {element.get('id', '')}" for element in image.iterancestors())
        url = absolute(page.base, image.get("src") or "#")
        inside = not _in_furniture(image) and any(_CONTENT.search(mark) for mark in marks)
        if inside and url is not None and document_suffix(url) in IMAGES - {"gif"}:
            images.append(Link(url, image.get("title") or image.get("alt") or page.title))
    return images
