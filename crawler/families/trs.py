"""TRS WCM / 海云: static pages; the pager is written by a script that knows only counts and names.

The file names count from 0 while the pages count from 1: page 1 is index.html, page 2 is index_1.html. Past
the end comes 404, a stub or a page that sends back to the first.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from crawler.answers import count_of
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
_TOTALS = (
    *("totalpage", "totalpages", "pagecount", "countpage", "pagetotal", "pages", "total", "size", "count"),
)
_FIELD = re.compile(r"(\w+)\s*:\s*['\"]?([\w.-]+)['\"]?")
_NAMES = re.compile(r"['\"](\w+)\.?['\"]\s*\+.{0,40}?['\"]\.?(s?html?)['\"]", re.DOTALL)
_NUMBERED = re.compile(r"_(\d+)\.s?html?$")


def recognises(page: Page) -> bool:
    return bool(_FINGERPRINT.search(page.text))


def read_list(page: Page) -> Listing:
    """The links of the page; the next page as linked, else as the pager script would link it."""
    linked = generic.linked_next(page)
    pager = None if linked else _pager(page.text)
    if pager is None:
        guesses = () if linked else generic.guessed_next(page)
        return Listing(page.links, linked, guesses=guesses)
    total, current, prefix, suffix = pager

    def further(number: int) -> tuple[str, ...]:
        url = absolute(page.base, f"{prefix}_{number}.{suffix}")
        return (url,) if url is not None else ()

    numbered = _NUMBERED.search(urlsplit(page.url).path)
    if numbered is None:
        # Elsewhere the same script writes index_2 for page 2; what comes is looked at.
        return Listing(page.links, guesses=(further(1) + further(2)) if total > 1 else ())
    number = int(numbered[1])
    # The address is surer than the script's current page, which some templates leave at 0.
    if number + 1 < total + (0 < current == number - 1):
        return Listing(page.links, further(number + 1))
    return Listing(page.links, guesses=further(number + 1) if number < total else ())


def attachments(page: Page) -> tuple[Link, ...]:
    """As elsewhere: files named P0... or W0... beside the article, often only inside document.write."""
    return generic.attachments(page)


def _pager(text: str) -> tuple[int, int, str, str] | None:
    """Number of pages, current page as the script counts, file name and suffix from
    createPageHTML(10, 0, "index", "html"), its variant with a container id first, Pager({...}) or
    countPage."""
    for call in _CALL.finditer(text):
        arguments = _ARGUMENT.findall(call[1])
        numbers = [place for place, argument in enumerate(arguments) if argument.lstrip("-").isdigit()]
        if not numbers:
            continue
        names = [match[1] for argument in arguments[numbers[0] :] if (match := _QUOTED.fullmatch(argument))]
        if len(names) >= 2:
            current = int(arguments[numbers[1]]) if len(numbers) > 1 else 0
            return int(arguments[numbers[0]]), current, names[0], names[1].lstrip(".")
    for call in _PAGER.finditer(text):
        fields = {name.lower(): value for name, value in _FIELD.findall(call[1])}
        total = next((count_of(fields[name]) for name in _TOTALS if name in fields), 0)
        if total and {"prefix", "suffix"} <= set(fields):
            return total, count_of(fields.get("current")), fields["prefix"], fields["suffix"].lstrip(".")
    count = _COUNT.search(text)
    if count is None:
        return None
    names_written = _NAMES.search(text)
    prefix, suffix = (names_written[1], names_written[2]) if names_written else ("index", "html")
    return int(count[1]), 0, prefix, suffix
