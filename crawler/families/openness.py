"""openness (安徽, 河南): columns by branch_id, the 24 hex digits of an organ, and column_code; the annual
reports have a controller of their own (OpennessAnnualReport, in places renamed), attachments without a name.
"""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from crawler.families import Listing, generic
from crawler.page import Link, Page
from parsers.recognise import TitleKind, classify_title

NAME = "openness"
RANK = 26

_BRANCH = re.compile(r"\bbranch_id=([0-9a-f]{24})\b")
_REPORTS = re.compile(r"/(?:openness|xxgk)annualreport/|/openness/detail/annual_report/", re.IGNORECASE)
_FINGERPRINT = re.compile(
    r"/(?:Openness|Xxgk)AnnualReport/|openness/detail/|opennessContent|opennessTarget", re.IGNORECASE
)


def recognises(page: Page) -> bool:
    return bool(
        _BRANCH.search(page.url) or _REPORTS.search(page.url) or _FINGERPRINT.search(page.text)
    ) or bool(_BRANCH.search(page.text) and "xxgkContent" in page.text)


def read_list(page: Page) -> Listing:
    """The links of the page. Where an organ's page links no annual reports, they are where the software has
    them for each organ."""
    further = generic.linked_next(page)
    if _REPORTS.search(urlsplit(page.url).path):
        return Listing(page.links, further, of_reports="/show/" not in page.url.lower())
    named = any(classify_title(link.title) is TitleKind.REPORT for link in page.links)
    branch = _BRANCH.search(page.url)
    if named or branch is None:
        return Listing(page.links, further)
    reports = Link(urljoin(page.url, f"/opennessAnnualReport/?branch_id={branch[1]}"), "政府信息公开年报")
    return Listing((*page.links, reports), further)


def attachments(page: Page) -> tuple[Link, ...]:
    """As elsewhere: OpennessAnnualReport/download/N.html is a file whose type only its content tells."""
    return generic.attachments(page)
