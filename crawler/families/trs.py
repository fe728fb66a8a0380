"""TRS WCM / 海云: static pages; the pager is written by a script that knows only counts and names.

The file names count from 0 while the pages count from 1: page 1 is index.html, page 2 is index_1.html.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from crawler.families import Listing, generic
from crawler.page import Link, Page
from crawler.urls import absolute

NAME = "trs"
RANK = 50

_FINGERPRINT = re.compile(
    r"createPage(?:HTML)?\s*\(|var\s+countPage\s*=|\bPager\s*\(\s*\{[^}]*prefix"
    r"|TRS_Editor|trs_editor_view|TRS_UEDITOR|/\d{6}/t\d{8}_\d+"
)
_CALL = re.compile(r"(?<!function )\bcreatePage(?:HTML)?\s*\(([^()]*)\)")
_QUOTED = re.compile(r"""['"]([^'"]*)['"]""")
_ARGUMENT = re.compile(r"""['"][^'"]*['"]|-?\d+""")
_COUNT = re.compile(r"\bvar\s+countPage\s*=\s*['\"]?(\d+)")
_PAGER = re.compile(r"\bPager\s*\(\s*\{([^}]*)\}")
_FIELD = re.compile(r"(\w+)\s*:\s*['\"]?([\w.-]+)['\"]?")
_NAMES = re.compile(r"['\"](\w+)\.?['\"]\s*\+.{0,40}?['\"]\.?(s?html?)['\"]", re.DOTALL)
_NUMBERED = re.compile(r"_(\d+)\.s?html?$")


def recognises(page: Page) -> bool:
    return bool(_FINGERPRINT.search(page.text))


def read_list(page: Page) -> Listing:
    """The links of the page; the next page as linked, else as the pager script would link it."""
    return Listing(page.links, generic.linked_next(page) or _scripted_next(page))


def attachments(page: Page) -> tuple[Link, ...]:
    """As elsewhere: files named P0... or W0... beside the article, often only inside document.write."""
    return generic.attachments(page)


def _scripted_next(page: Page) -> tuple[str, ...]:
    pager = _pager(page.text)
    if pager is None:
        return ()
    total, prefix, suffix = pager
    # The address is surer than the script's current page, which some templates leave at 0.
    numbered = _NUMBERED.search(urlsplit(page.url).path)
    following = int(numbered[1]) + 1 if numbered else 1
    if following >= total:
        return ()
    url = absolute(page.base, f"{prefix}_{following}.{suffix}")
    return (url,) if url is not None else ()


def _pager(text: str) -> tuple[int, str, str] | None:
    """Number of pages, file name and suffix from createPageHTML(10, 0, "index", "html"), its variant with
    a container id first, Pager({...}) or countPage."""
    for call in _CALL.finditer(text):
        arguments = _ARGUMENT.findall(call[1])
        numbers = [place for place, argument in enumerate(arguments) if argument.lstrip("-").isdigit()]
        if not numbers:
            continue
        names = [match[1] for argument in arguments[numbers[0] :] if (match := _QUOTED.fullmatch(argument))]
        if len(names) >= 2:
            return int(arguments[numbers[0]]), names[0], names[1].lstrip(".")
    for call in _PAGER.finditer(text):
        fields = dict(_FIELD.findall(call[1]))
        total = fields.get("total") or fields.get("size") or fields.get("count") or ""
        if total.isdigit() and {"prefix", "suffix"} <= set(fields):
            return int(total), fields["prefix"], fields["suffix"].lstrip(".")
    count = _COUNT.search(text)
    if count is None:
        return None
    names_written = _NAMES.search(text)
    prefix, suffix = (names_written[1], names_written[2]) if names_written else ("index", "html")
    return int(count[1]), prefix, suffix
