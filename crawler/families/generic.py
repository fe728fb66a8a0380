"""Any portal whose lists are plain HTML: links as they stand, the next page as a link says it, and the
addresses that page 2 often has where the page only says that there is one.

Portals that say everything by links need no family of their own: NFCMS (Guangdong), 陕西 with its 19-digit
ids, 内蒙古 with a folder for each article, JEECMS and many single ones.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from crawler.answers import count_of
from crawler.families import Listing
from crawler.page import Link, Page
from crawler.urls import IMAGES, absolute, document_suffix, is_directory, viewed_file

NAME = "generic"
RANK = 100

_NEXT = re.compile(
    r"^[\[(【]?(?:下一?[页頁]|后一?[页頁]|next(?:page)?|[>›»→](?![>›»]))[>›»→]*[\])】]?$", re.IGNORECASE
)
_NEXT_CLASS = re.compile(r"(?:^|[\s_-])next(?:[\s_-]?page)?(?:$|\s)", re.IGNORECASE)
_LAST = re.compile(r"^[\[(【]?(?:尾[页頁]|末[页頁]|最后一?[页頁]|last|>>|»)[\])】]?$", re.IGNORECASE)
_PAGES_SAID = re.compile(
    r"共\s*(\d{1,5})\s*[页頁]|(?<!\d)\d{1,5}\s*/\s*(\d{1,5})\s*[页頁]|[页頁]次\s*[::]?\s*\d+\s*/\s*(\d{1,5})"
)
_PAGE_SAID = re.compile(
    r"第\s*(\d{1,5})\s*[页頁]|(?<!\d)(\d{1,5})\s*/\s*\d{1,5}\s*[页頁]|[页頁]次\s*[::]?\s*(\d+)\s*/"
)
# What later pages are called: stem_N.html, ?page=N, N.html.
_NUMBERED = re.compile(
    r"([_/]|[?&](?:page|pageNo|pageIndex|pageNum|currpage|p)=)(\d{1,4})(?=\.\w{3,5}$|$|&)", re.IGNORECASE
)
_PAGE_OPTION = re.compile(r"第?\d{1,3}[页頁]?")
_NUMBER = re.compile(r"^\[?\d{1,3}\]?$")
_FURNITURE = re.compile(r"(?:^|[\s_-])(?:nav|header|footer|foot|menu|sidebar|banner|topbar)", re.IGNORECASE)
_CONTENT = re.compile(
    r"trs_editor|trs_ueditor|custom_unionstyle|zoom|v_news_content|article|content|detail|wenzhang|news_con|xl_",
    re.IGNORECASE,
)
_NAMED_FILE = re.compile(r"\.(?:pdf|docx?|wps|xlsx?|ofd|zip|rar)$", re.IGNORECASE)
_DECORATION = re.compile(
    r"/(?:images?|imgs?|static|assets|themes?|templates?|skins?|css|style|icons?|common|public)/"
    r"|logo|banner|icon|qrcode|erweima|button|btn|dzjg|jiucuo|red\.png|blue\.png",
    re.IGNORECASE,
)
_SMALL = 200
"""Pixels: a page that was scanned is wider and higher."""
_IN_SCRIPT = re.compile(r"['\"]([^'\"\s]+\.(?:pdf|docx?|wps|xlsx?|ofd|zip|rar))['\"]", re.IGNORECASE)


def recognises(page: Page) -> bool:  # noqa: ARG001 - takes what no other family took
    return True


def read_list(page: Page) -> Listing:
    """The links of the page; the next page as linked or counted, else what it may be called if there is
    one."""
    linked = linked_next(page) or _counted_next(page)
    return Listing(page.links, linked, guesses=() if linked else guessed_next(page))


def linked_next(page: Page) -> tuple[str, ...]:
    """The next page as the pager links it: 下一页, or else the numbers beside each other."""
    anchors = list(page.tree.iter("a", "button", "input"))
    for anchor in anchors:
        if _is_next(anchor) and (url := _target(page, anchor)) is not None:
            return (url,)
    for anchor in anchors:
        numbers = _number_links(page, anchor)
        if numbers:
            return numbers
    return next(filter(None, (_number_options(page, choice) for choice in page.tree.iter("select"))), ())


def _counted_next(page: Page) -> tuple[str, ...]:
    """The next page of a page that says how many there are, and whose address is numbered."""
    total, current = _said_pages(page)
    number = _last_number(page.url)
    if number is None:
        return ()
    # Where the page does not say which it is, the numbers may begin at 0.
    more = 1 < current < total and number in {current, current - 1} if current else number + 1 < total
    return (_renumbered(page.url, number + 1),) if more else ()


def _said_pages(page: Page) -> tuple[int, int]:
    """How many pages the list has and which one this is, as the page says: 0 for what it does not say."""
    total = max((int(next(filter(None, found))) for found in _PAGES_SAID.findall(page.prose)), default=0)
    here = _PAGE_SAID.search(page.prose)
    return total, int(next(filter(None, here.groups()))) if here else 0


def guessed_next(page: Page) -> tuple[str, ...]:
    """Addresses that the next page may have where the page says that there is one and does not link it."""
    total, said = _said_pages(page)
    numbered = _last_number(page.url) or 1
    current = said or (numbered if numbered <= total else 1)
    anchors = list(page.tree.iter("a", "span", "button", "input"))
    last = next(
        (url for anchor in anchors if _LAST.match(_text(anchor)) and (url := _target(page, anchor))), None
    )
    if current >= total and not (total == 0 and (last or any(map(_is_next, anchors)))):
        return ()
    if last is not None and (number := _last_number(last)) is not None:
        counted = (
            [current] if number == total - 1 else [current + 1] if number == total else [current + 1, current]
        )
        return _distinct(page, [_renumbered(last, which) for which in counted])
    if (number := _last_number(page.url)) is not None and current > 1:
        return _distinct(page, [_renumbered(page.url, number + 1)])
    place, _, query = page.url.partition("?")
    folder, _, name = place.rpartition("/")
    stem, dot, suffix = name.partition(".")
    suffix = suffix if dot else "html"
    tried = [_renumbered(page.url, 2)] if number == 1 else []
    tried += [f"{folder}/{stem or 'index'}_{which}.{suffix}" for which in (1, 2)]
    tried += [f"{place}?{query}&page=2" if query else f"{place}?page=2", f"{folder}/2.{suffix}"]
    return _distinct(page, [*tried, f"{folder}/list_2.{suffix}"])


def attachments(page: Page) -> tuple[Link, ...]:
    """Files linked, embedded or written by script, and the images of a page whose text is not there."""
    found = _linked_files(page)
    if not page.is_report:
        found.extend(_content_images(page))
    unique: dict[str, Link] = {}
    for link in found:
        unique.setdefault(link.url, link)
    unique.pop(page.url, None)
    return tuple(unique.values())


def _text(element: HtmlElement) -> str:
    """What an element shows, a button of a form its value, a picture what stands for it."""
    shown = (element.get("value") or "") if element.tag == "input" else "".join(element.itertext())
    if not shown.strip():
        shown = "".join(image.get("alt") or image.get("title") or "" for image in element.iter("img"))
    return "".join(shown.split())


def _is_next(anchor: HtmlElement) -> bool:
    if _NEXT.match(_text(anchor)) or anchor.get("rel") == "next":
        return True
    return not _text(anchor) and bool(
        _NEXT.match(anchor.get("title") or "") or _NEXT_CLASS.search(anchor.get("class") or "")
    )


def _target(page: Page, anchor: HtmlElement) -> str | None:
    if (anchor.get("href") or "").startswith("#"):
        return None
    url = page.target(anchor)
    return None if url == page.url else url


def _last_number(url: str) -> int | None:
    found = list(_NUMBERED.finditer(url))
    return int(found[-1][2]) if found else None


def _renumbered(url: str, number: int) -> str:
    found = list(_NUMBERED.finditer(url))[-1]
    return f"{url[: found.start(2)]}{number}{url[found.end(2) :]}"


def _distinct(page: Page, urls: list[str]) -> tuple[str, ...]:
    return tuple(url for url in dict.fromkeys(urls) if url != page.url)


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


def _number_options(page: Page, choice: HtmlElement) -> tuple[str, ...]:
    """The pages that a drop-down menu of all page numbers leads to, this page left out."""
    options = list(choice.iter("option"))
    if len(options) < 2 or any(
        not _PAGE_OPTION.fullmatch(_text(option)) or int(re.sub(r"\D", "", _text(option))) != number
        for number, option in enumerate(options, 1)
    ):
        return ()
    values = [option.get("value") or "" for option in options]
    if any(re.fullmatch(r"\d*", value) for value in values):
        return ()  # numbers for a script
    return tuple(url for value in values if (url := absolute(page.base, value)) and url != page.url)


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
    found.extend(link for link in page.links if _NAMED_FILE.search(link.title) and not is_directory(link.url))
    for anchor in page.tree.xpath("//a[@href][@download or @appendix]"):
        if url := absolute(page.base, anchor.get("href")):
            found.append(Link(url, anchor.get("download") or page.title))
    for element in page.tree.iter("iframe", "embed", "object", "param"):
        named = element.get("src") or element.get("data") or element.get("value") or "#"
        url = absolute(page.base, named)
        if url is not None and _is_file(url):
            found.append(Link(viewed_file(url) or url, page.title))
    if not page.is_report:
        # A viewer that a script starts: the text of the page is in the file.
        for script in page.tree.iter("script"):
            # Markup that a script writes has its quotes escaped.
            for target in _IN_SCRIPT.findall(re.sub(r"\\(['\"/])", r"\1", script.text or "")):
                named = "/" in target or target.isascii()  # the others are titles
                if named and (url := absolute(page.base, target)):
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
    """Images inside the article's text, which hold it where it was scanned; where nothing marks the text,
    those that are no decoration."""
    marked, others = [], []
    for image in page.tree.iter("img"):
        marks = [f"{element.get('class', '')} {element.get('id', '')}" for element in image.iterancestors()]
        shown = image.get("data-original") or image.get("data-src") or image.get("src")
        url = absolute(page.base, shown or "#")
        if url is None or document_suffix(url) not in IMAGES - {"gif"} or _in_furniture(image):
            continue
        link = Link(url, image.get("title") or image.get("alt") or page.title)
        if any(_CONTENT.search(mark) for mark in marks):
            marked.append(link)
        elif not _DECORATION.search(urlsplit(url).path) and not _is_small(image):
            others.append(link)
    return marked or others


def _is_small(image: HtmlElement) -> bool:
    sides = (count_of((image.get(side) or "").strip().removesuffix("px")) for side in ("width", "height"))
    return any(0 < side < _SMALL for side in sides)
