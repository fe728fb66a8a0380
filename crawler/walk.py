"""What a page that came means for its site: a report, a column or a section, and what they lead to."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from crawler.archive import Role, StopReason
from crawler.discovery import Lead, is_article_address, is_column_page, lead_inside, lead_outside
from crawler.families import Family, Listing
from crawler.page import Link, Page
from crawler.sitecrawl import LIST_CAP, SECTION_DEPTH, Column, SiteCrawl, Visit
from crawler.urls import is_directory, page_key, viewed_file
from parsers.recognise import TitleKind, classify_title, is_report_text


@dataclass(frozen=True)
class Arrival:
    """A page that came. `turned` records that it is something else than it was fetched as (role, title)."""

    crawl: SiteCrawl
    visit: Visit
    page: Page
    family: Family
    turned: Callable[[Role, str | None], None]

    def read(self) -> None:
        """Count the page if it is a report, and queue what it leads to. A column that shows its only report
        in place is both report and column."""
        is_article = is_report_text(self.page.prose) or self._is_bare_article()
        if is_article:
            self._read_article()
        if is_article and self.visit.role is Role.ARTICLE:
            return
        listing = self.family.read_list(self.page)
        for url in listing.columns:
            self.crawl.add(Visit(url, Role.LIST, parent=self.page.url, portal=self.family.NAME))
        column = self._column(listing)
        if column is None:
            self._read_section(listing)
            return
        if not is_article and self.visit.role is not Role.LIST:
            self.turned(Role.LIST, self.visit.title or self.page.title)
        self._read_column(listing, column)

    def _is_bare_article(self) -> bool:
        """Whether the page is a report without its text (it lies in an attachment, or in images)."""
        if self.visit.role is Role.ARTICLE:
            # A link named like a report may lead to a folder of reports instead.
            shaped = is_directory(self.page.url) and not is_article_address(self.page.url)
            folder = shaped and not self.family.attachments(self.page)
            leads = (lead_outside(link) is Lead.ARTICLE for link in self.page.links)
            return not (folder and any(leads))
        named = classify_title(self.page.title) is TitleKind.REPORT
        return self._is_start() and named and is_article_address(self.page.url)

    def _is_start(self) -> bool:
        return self.visit.role is Role.PAGE and self.visit.depth == 0

    def _read_article(self) -> None:
        if self.visit.role is not Role.ARTICLE:
            self.turned(Role.ARTICLE, self.visit.title or self.page.title)
        self.crawl.report(self.page.url)
        for link in self.family.attachments(self.page):
            self.crawl.add(Visit(link.url, Role.ATTACHMENT, parent=self.page.url, title=link.title))

    def _column(self, listing: Listing) -> Column | None:
        """The column that the page belongs to or opens; None for a page on the way."""
        if self.visit.column is not None:
            return self.visit.column
        if is_article_address(self.page.url):
            return None
        opens = self.visit.role in {Role.LIST, Role.ARTICLE} or is_column_page(self.page)
        # The registry may name a list that says nowhere what it is; a home page is none.
        unnamed = self._is_start() and urlsplit(self.page.url).path.strip("/")
        if opens or (unnamed and any(lead_outside(link) is Lead.ARTICLE for link in listing.items)):
            return self.crawl.column(self.page.url)
        return None

    def _read_section(self, listing: Listing) -> None:
        for link in listing.items:
            lead = lead_outside(link)
            if lead is Lead.SECTION and self.visit.depth >= SECTION_DEPTH:
                continue
            self._follow(link, lead)

    def _read_column(self, listing: Listing, column: Column) -> None:
        column.pages += 1
        pager = {page_key(self.page.url), *map(page_key, listing.next_pages)}
        keys = {page_key(link.url) for link in listing.items} - pager
        # An answer without any links is no page of the list, but a step to one.
        if column.pages > 1 and listing.items and keys <= column.seen:
            self.crawl.stop(StopReason.NOTHING_NEW)
            return
        column.seen |= keys | pager
        for link in listing.items:
            if page_key(link.url) not in pager:
                self._follow(link, lead_inside(link, column.root))
        if not listing.next_pages:
            self.crawl.stop(StopReason.LAST_PAGE)
        elif column.pages >= LIST_CAP:
            self.crawl.stop(StopReason.LIST_CAP)
        else:
            asking = self.page.asked_by or self.page.url
            further = Visit("", Role.LIST, parent=asking, column=column, portal=self.family.NAME)
            for url in listing.next_pages:
                self.crawl.add(dataclasses.replace(further, url=url))

    def _follow(self, link: Link, lead: Lead | None) -> None:
        visit = Visit(link.url, Role.PAGE, self.page.url, link.title, depth=self.visit.depth + 1)
        if lead is Lead.ARTICLE:
            url = viewed_file(link.url) or link.url
            visit = dataclasses.replace(visit, url=url, role=Role.ARTICLE, listed_date=link.date)
        elif lead is Lead.COLUMN:
            visit = dataclasses.replace(visit, role=Role.LIST)
        if lead is not None:
            self.crawl.add(visit)
