"""What a page that came means for its site: a report, a column or a section, and what they lead to."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from posixpath import commonpath
from urllib.parse import urlsplit

from crawler.archive import CrawlOutcome, Role, StopReason
from crawler.discovery import (
    Lead,
    is_article_address,
    is_column_page,
    is_disclosure_page,
    lead_inside,
    lead_outside,
    promise,
)
from crawler.families import Family, Listing
from crawler.page import Link, Page
from crawler.sitecrawl import BARREN_PAGES, COLUMN_DEPTH, LIST_CAP, SECTION_DEPTH, Column, SiteCrawl, Visit
from crawler.urls import directory, is_directory, is_twin_address, page_key, viewed_file
from parsers.recognise import TitleKind, classify_title, is_column_title, retold_title

_SEVERAL_REPORTS = 3
"""Reports in the list of a section page from which on it is a column, whatever it calls itself."""
_ENTRANCES = 3
"""Links that a start page may have at most to be a mere cover (进入网站, 中文版, English)."""
_SHORT_TEXT = 600
"""Characters of prose below which a page may be the frame of a report that lies in its attachment."""
_NOT_FOUND = re.compile(r"404|不存在|找不到|已删除|已下线|内部服务器错误|页面走丢|not found", re.IGNORECASE)


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
        if self._passes_on():
            return
        if self.visit.role is Role.ARTICLE and self._is_article():
            self._read_article()
            return
        listing = self.family.read_list(self.page)
        is_article = listing.is_report or (self.visit.role is not Role.ARTICLE and self._is_article())
        if is_article:
            self._read_article()
        for url in listing.columns:
            self.crawl.add(Visit(url, Role.LIST, parent=self.page.url, portal=self.family.NAME))
        column = self._column(listing)
        if column is None:
            self._read_section(listing)
        else:
            if not is_article and self.visit.role is not Role.LIST:
                self.turned(Role.LIST, self.visit.title or self.page.title)
            self._read_column(listing, column, shown=is_article)
        self.crawl.met |= {page_key(link.url) for link in listing.items}

    def _passes_on(self) -> bool:
        """Whether the page only sends its reader on; what it sends to is then fetched in its stead."""
        target = self.page.sends_to
        if target is None or (self.visit.column is not None and self.visit.column.pages):
            return False
        return self.crawl.add(dataclasses.replace(self.visit, url=target))

    def _is_article(self) -> bool:
        if self.page.is_data or self._is_list_of_articles():
            return False
        if self.page.is_report:
            # A page that retells the report quotes its headings.
            return self.visit.role is not Role.PAGE or not self._is_home()
        return self._is_bare_article()

    def _is_list_of_articles(self) -> bool:
        """Whether this is what a family asked for and lists articles, whose text it may quote."""
        if self.visit.portal is None or self.visit.role is not Role.LIST:
            return False
        return any(lead_inside(link, None) is Lead.ARTICLE for link in self.page.links)

    def _is_bare_article(self) -> bool:
        """Whether the page is a report without its text (it lies in an attachment, in a frame or in images),
        or one whose text is in no form that is known."""
        kind = classify_title(self.page.title)
        if self.visit.role is Role.ARTICLE:
            return not self.visit.retold and kind is not TitleKind.DECOY and self._fits_its_link(kind)
        if self.visit.role is Role.LIST and self.visit.column is None:
            # A year's or an agency's part of a column may be its one report, as a file or as images.
            # A picture that retells a report is none of them, at this visit as at the one that found it so.
            if retold_title(self.visit.title or "") is not None:
                return False
            leads = (lead_inside(link, None) for link in self.page.links)
            return not any(leads) and bool(self.family.attachments(self.page))
        return self._is_start() and kind is TitleKind.REPORT and is_article_address(self.page.url)

    def _fits_its_link(self, kind: TitleKind) -> bool:
        """Whether a page that was linked as a report may be one; `kind` is what its own title announces."""
        # A link named like a report may lead to a folder of reports instead.
        shaped = is_directory(self.page.url) and not is_article_address(self.page.url)
        held = self.family.attachments(self.page)
        if shaped and not held and any(lead_outside(link) is Lead.ARTICLE for link in self.page.links):
            return False
        short = len("".join(self.page.prose.split())) <= _SHORT_TEXT
        if short and (held or self.page.frames):
            return True
        if classify_title(self.visit.title or "") is TitleKind.OTHER and kind is TitleKind.OTHER:
            return False
        return "公开" in self.page.prose and not (short and _NOT_FOUND.search(self.page.prose))

    def _is_start(self) -> bool:
        return self.visit.role is Role.PAGE and self.visit.depth == 0

    def _is_home(self) -> bool:
        return self._is_start() and not urlsplit(self.page.url).path.strip("/")

    def _read_article(self) -> None:
        if self.visit.role is not Role.ARTICLE:
            self.turned(Role.ARTICLE, self.visit.title or self.page.title)
        self.crawl.report(self.page.url)
        part = Visit("", Role.ATTACHMENT, parent=self.page.url)
        for link in self.family.attachments(self.page):
            self.crawl.add(dataclasses.replace(part, url=link.url, title=link.title))
        if not self.page.is_report:
            for url in self.page.frames:
                self.crawl.add(dataclasses.replace(part, url=url, title=self.page.title))

    def _column(self, listing: Listing) -> Column | None:
        """The column that the page belongs to or opens; None for a page on the way."""
        if self.visit.column is not None:
            return self.visit.column
        if is_article_address(self.page.url) and not listing.of_reports:
            return None
        opens = (
            self.visit.role in {Role.LIST, Role.ARTICLE} or listing.of_reports or is_column_page(self.page)
        )
        if opens or self._names_itself(listing):
            return self.crawl.column(self.page.url)
        # The registry may name a list that says nowhere what it is, and a section may hold one; a home page
        # is none.
        reports = sum(lead_outside(link) is Lead.ARTICLE for link in listing.items)
        enough = 1 if self._is_start() else _SEVERAL_REPORTS
        unnamed = not self._is_home() and urlsplit(self.page.url).path.strip("/")
        return self.crawl.column(self.page.url) if unnamed and reports >= enough else None

    def _names_itself(self, listing: Listing) -> bool:
        """Whether menu or breadcrumbs of the page, which is no home page, call it a column of reports."""
        own = page_key(self.page.url)
        menu = (link for link in listing.items if page_key(link.url) == own)
        return not self._is_home() and any(is_column_title(link.title) for link in menu)

    def _read_section(self, listing: Listing) -> None:
        if self.visit.role is Role.ARTICLE:
            self.turned(Role.PAGE, self.visit.title)
            self.crawl.missed(CrawlOutcome.FAILED, f"{self.page.url} is no annual report")
            return
        disclosure = is_disclosure_page(self.page)
        leads = [(link, lead_outside(link, disclosure=disclosure)) for link in listing.items]
        if self.visit.organ:
            self.crawl.asked_agency()
        if not any(lead for _, lead in leads) and not self.visit.framed:
            for url in self.page.frames:
                self.crawl.add(dataclasses.replace(self.visit, url=url, promise=None, framed=True))
            if self._is_start() and len({page_key(link.url) for link, _ in leads}) <= _ENTRANCES:
                for link, _ in leads:
                    self._follow(link, Lead.SECTION, search=True)
        for link, lead in leads:
            deep = self.visit.depth >= SECTION_DEPTH + self.visit.organ
            if lead in {Lead.SECTION, Lead.ORGANS} and (deep or (self.visit.organ and lead is Lead.SECTION)):
                continue
            self._follow(link, lead, search=True)

    def _read_column(self, listing: Listing, column: Column, *, shown: bool) -> None:
        """Queue what a list page leads to; `shown`: it is a report itself."""
        pager = {page_key(self.page.url), *map(page_key, listing.next_pages)}
        leads: dict[str, tuple[Link, Lead]] = {}
        for link in _twins_last(listing.items):
            key = page_key(link.url)
            lead = lead_inside(link, column.root, fresh=key not in self.crawl.met, part=self.visit.part)
            if lead is not None and key not in pager:
                leads.setdefault(key, (link, lead))
        keys = {page_key(link.url) for link in listing.items} - pager
        # An answer without any links is no page of the list, but a step to one.
        told = bool(listing.items) or self.visit.guesses is not None
        if column.pages and told and not self._goes_on(listing, keys, column):
            if self.crawl.guess_again(self.visit) or (column.waiting and not column.place):
                return  # one of several parts of the page, where the list may be another
            self.crawl.end(column, StopReason.NOTHING_NEW)
            return
        column.pages += 1
        column.seen |= keys | pager
        if not column.place:
            column.place = _place(link.url for link, lead in leads.values() if lead is Lead.ARTICLE)
        new = [self._follow(link, lead) for link, lead in leads.values()]
        self.crawl.listed(column, sum(new) + shown)
        self._read_on(listing, column, found=bool(leads))

    def _goes_on(self, listing: Listing, keys: set[str], column: Column) -> bool:
        """Whether a further page of a list brings something; a page whose address was guessed must bring
        links to where the reports of the first page lie."""
        if self.visit.guesses is None:
            # What a script loads first may be what the column's page shows already.
            return not keys <= column.seen or (column.pages == 1 and bool(listing.next_pages))
        place = column.place or column.root or ""
        fresh = (link.url for link in listing.items if page_key(link.url) in keys - column.seen)
        return any(urlsplit(url).path.startswith(place) for url in fresh)

    def _read_on(self, listing: Listing, column: Column, *, found: bool) -> None:
        asking = self.page.asked_by or self.page.url
        further = Visit("", Role.LIST, parent=asking, column=column, portal=self.family.NAME)
        further = dataclasses.replace(further, depth=self.visit.depth)
        if column.pages >= LIST_CAP:
            self.crawl.end(column, StopReason.LIST_CAP)
        elif column.barren >= BARREN_PAGES:
            self.crawl.end(column, StopReason.BARREN)
        elif listing.next_pages:
            for url in listing.next_pages[: LIST_CAP - column.pages]:
                self.crawl.add(dataclasses.replace(further, url=url))
        elif listing.guesses and (column.pages == 1 or self.visit.framed or column.doubted):
            self.crawl.guess_again(dataclasses.replace(further, guesses=listing.guesses))
        elif not found and not self.visit.framed and column.pages == 1:
            for url in self.page.frames:
                self.crawl.add(dataclasses.replace(further, url=url, portal=None, framed=True))
        if not column.waiting:
            self.crawl.end(column, StopReason.LAST_PAGE)

    def _follow(self, link: Link, lead: Lead | None, *, search: bool = False) -> bool:
        """Queue what a link leads to; whether it is a report or a part of a column that was not known."""
        visit = Visit(link.url, Role.PAGE, self.page.url, link.title, depth=self.visit.depth + 1)
        match lead:
            case Lead.ARTICLE | Lead.RETOLD:
                url = viewed_file(link.url) or link.url
                visit = dataclasses.replace(visit, url=url, role=Role.ARTICLE, listed_date=link.date)
                visit = dataclasses.replace(visit, retold=lead is Lead.RETOLD)
            case Lead.COLUMN:
                if visit.depth > COLUMN_DEPTH:
                    return False
                worth = promise(link, lead) if search else None
                visit = dataclasses.replace(visit, role=Role.LIST, promise=worth, part=not search)
            case Lead.SECTION | Lead.ORGANS:
                organ = self.visit.organ or lead is Lead.ORGANS
                visit = dataclasses.replace(visit, promise=promise(link, lead), organ=organ)
            case None:
                return False
        return self.crawl.add(visit)


def _twins_last(links: Iterable[Link]) -> list[Link]:
    """Links whose address is the mobile or printed form of a page behind the others."""
    return sorted(links, key=lambda link: is_twin_address(link.url))


def _place(urls: Iterable[str]) -> str:
    """The directory that these addresses have in common; those of dates and numbers do not count."""
    folders = [re.split(r"/(?=\d)", directory(url))[0] for url in urls]
    return commonpath(folders) if folders else ""
