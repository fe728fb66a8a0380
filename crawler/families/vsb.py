"""博达 VSB: static pages numbered backwards. Page 1 of T is zfxxgknb.htm, page k is zfxxgknb/(T-k+1).htm, so
that every new page shifts the numbers: only the link 下页 is followed.

An article has a static and a dynamic address (`crawler.urls.page_key` knows both); its files come from
download.jsp, which answers with an error page unless the article is sent as Referer.
"""

from __future__ import annotations

import re

from crawler.families import Listing, generic
from crawler.page import Link, Page
from crawler.urls import absolute

NAME = "vsb"
RANK = 45

_FINGERPRINT = re.compile(
    r"\bp_pages\b|_?dynclicks_|_showDynClick|_jsq_\(|v_news_content|/system/resource/|/system/_content/"
    r"|urltype=news\.NewsContentUrl|virtual_attach_file\.vsb"
)
_SHOWN_FILE = re.compile(r"showVsb\w*\s*\(\s*['\"]([^'\"\s]+)['\"]")


def recognises(page: Page) -> bool:
    return bool(_FINGERPRINT.search(page.text))


def read_list(page: Page) -> Listing:
    """The links of the page, and the page behind its 下页."""
    for anchor in page.tree.xpath("//*[contains(@class, 'p_next')]//a[@href]"):
        url = absolute(page.base, anchor.get("href"))
        if url is not None and url != page.url:
            return Listing(page.links, (url,))
    if page.tree.xpath("//*[contains(@class, 'p_next_d')]"):
        return Listing(page.links)
    return Listing(page.links, generic.linked_next(page))


def attachments(page: Page) -> tuple[Link, ...]:
    """As elsewhere, and the files that the page shows by script. What asks for a captcha (codeValue) is
    left."""
    shown = (absolute(page.base, path) for path in _SHOWN_FILE.findall(page.text))
    links = [*generic.attachments(page), *(Link(url, page.title) for url in shown if url)]
    return tuple({link.url: link for link in links if "codeValue" not in link.url}.values())
