"""The crawl of one site: what is still to be fetched, what was found, and how it ended."""

from __future__ import annotations

import dataclasses
import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crawler.agenda import Agenda
from crawler.archive import Capture, CrawlOutcome, Role, SiteResult, Standing, StopReason, Trouble
from crawler.clock import Clock
from crawler.discovery import column_root
from crawler.memory import DOCUMENTS, State
from crawler.registry import Site
from crawler.scope import Scope
from crawler.urls import host_key, page_key
from parsers.recognise import report_named

if TYPE_CHECKING:
    from crawler.replay import Answers

LIST_CAP = 100
"""Pages of one list that a crawl follows."""
BARREN_PAGES = 4
"""Pages of one list in a row without a new report after which it is left."""
BARREN_LISTS = 20
"""List pages of a site in a row without a new report after which no further column is opened."""
SECTION_DEPTH = 3
"""Section pages between the start page and the column."""
COLUMN_DEPTH = 8
"""Pages between the start page and the last part of a column (sections, year, group, agency)."""
SEARCH_CAP = 30
"""Section pages that may be read before the first report is found, and directories of agencies after it."""
BARREN_ORGANS = 4
"""Pages of agencies in a row that led to no column, after which the other agencies are not asked."""
MISSES = 3
"""Refusals or lost connections in a row after which a site is left alone for this crawl."""
LEFT_TOLD = 1000
"""Addresses that were found and not asked for, of which a result tells."""
SEVERAL = 3
"""Agencies named in the titles of one list from which on it is the column of them all."""


@dataclass
class Column:
    """One list being walked: its directory if it has one, the links seen on its pages, pages fetched and
    asked for, pages in a row without a new report, and whether it was followed to its end. `place` is the
    directory that its reports on the first page with any have in common, `front` the address of its first
    page; `doubted`: a guessed page 2 was none."""

    root: str | None
    front: str = ""
    seen: set[str] = field(default_factory=set)
    pages: int = 0
    waiting: int = 0
    barren: int = 0
    place: str = ""
    doubted: bool = False
    ended: bool = False


@dataclass(frozen=True)
class Visit:
    """One page or file to be fetched. `parent`, `title`, `listed_date` are as in `crawler.archive.Capture`;
    `column` is the list that a further page belongs to, `depth` the number of pages passed on the way,
    `portal` the family that asked for this page. `promise` ranks what is searched (None: not part of the
    search). `organ`: the page of an agency or a directory of them. `retold`: the report in another form.
    `part`: a year's or a group's part of a column. `guesses` are further addresses to try where this one,
    itself a guess, is none. `framed`: shown inside another page."""

    url: str
    role: Role
    parent: str | None = None
    title: str | None = None
    listed_date: str | None = None
    column: Column | None = None
    depth: int = 0
    portal: str | None = None
    promise: int | None = None
    organ: bool = False
    part: bool = False
    retold: bool = False
    guesses: tuple[str, ...] | None = None
    framed: bool = False


class SiteCrawl:
    """Queue and account of one site."""

    def __init__(
        self, site: Site, scope: Scope, agenda: Agenda, clock: Clock, answers: Answers | None = None
    ) -> None:
        """`answers` are those that the archive gives in place of the network."""
        self.site = site
        self.scope = scope
        self.agenda = agenda
        self.answers = answers
        self._clock = clock
        self.requests = 0
        self.bytes = 0
        self.finished = False
        self.met: set[str] = set()
        """Keys of all links on the pages read so far."""
        self._queue: list[tuple[int, int, int, Visit]] = []
        self._turn = count()
        self._seen: set[str] = set()
        self._way: dict[str, Role] = {}
        self._way_digests: set[str] = set()
        self._columns: set[str] = set()
        self._reports: set[str] = set()
        self._named: set[tuple[str, int | None]] = set()
        self._agencies: defaultdict[str | None, set[str]] = defaultdict(set)
        self._stops: Counter[StopReason] = Counter()
        self._searched = 0
        self._barren_lists = 0
        self._barren_organs = 0
        self._answered = 0
        self._misses = 0
        self._troubles: list[tuple[CrawlOutcome, str]] = []
        self._gave_up = False
        self._elsewhere: str | None = None
        self._schemes: dict[str, str] = {}
        self.troubles: list[Trouble] = []
        self._shrunk: list[str] = []
        self._lists_read: set[str] = set()
        self._fresh = 0
        self._asked: set[str] = set()
        self._revisited: set[str] = set()
        self._repeated: set[str] = set()
        self._begin()

    def add(self, visit: Visit) -> bool:
        """Queue a visit unless its page was named before in this crawl, is not the site's, or is known from
        earlier crawls and not due. Whether it was named for the first time."""
        visit = self._by_known_way(visit)
        if not self._in_scope(visit):
            if visit.role is Role.LIST and not self.scope.on_hosts(visit.url):
                self._elsewhere = self._elsewhere or visit.url
            return False
        key = page_key(visit.url)
        entry = self.agenda.name(visit.url)
        if key in self._seen and key not in self._revisited:
            return False
        if visit.role is Role.ARTICLE and visit.title and not visit.retold:
            agency, year = report_named(visit.title)
            self._named.add((agency, year))
            self._agencies[visit.parent].add(agency)
        if key in self._revisited:
            self._revisited.discard(key)
            return True
        self._seen.add(key)
        if entry is None:
            self._fresh += visit.role is Role.ARTICLE and not visit.retold
            self._push(visit, _turn_of(visit))
            return True
        if entry.state is State.HELD and entry.capture.role is Role.ARTICLE:
            self.report(entry.capture.url)
        # What follows a page with something new is looked at again, whether due or not.
        if self.agenda.wants(entry) or (visit.column is not None and self._fresh):
            if visit.role is Role.ARTICLE and entry.capture.role in {Role.LIST, Role.PAGE}:
                visit = dataclasses.replace(visit, role=entry.capture.role)
            known = entry.state is State.HELD and visit.role in {Role.ARTICLE, Role.ATTACHMENT}
            self._push(visit, _RECHECK if known else _turn_of(visit))
        return True

    def again(self, visit: Visit) -> bool:
        """Try a visit that failed once more, when everything else is done; whether it had not been yet."""
        key = page_key(visit.url)
        if key in self._repeated:
            return False
        self._repeated.add(key)
        self._push(visit, _REPEAT)
        return True

    def next(self) -> Visit | None:
        """The visit to make now; None when the crawl of this site is over."""
        while not self._gave_up and (self._queue or self._look_for_unlisted()):
            if self.requests >= self.site.max_pages:
                self.stop(StopReason.BUDGET)
                return None
            turn, *_, visit = heapq.heappop(self._queue)
            if turn == _RECHECK and self.agenda.is_forgotten(visit.url):
                visit = dataclasses.replace(visit, parent=None)  # all lists were read before
            if turn == _REPEAT:
                self._misses = 0  # that one address fails twice says nothing about the host
            if visit.column is not None:
                visit.column.waiting -= 1
            reason = self._needless(visit)
            if reason is None:
                self._searched += visit.promise is not None
                return visit
            if reason is not StopReason.FOUND or not self._stops[reason]:
                self.stop(reason)
        return None

    def column(self, url: str) -> Column:
        """A list that begins at `url`, counted as a column found."""
        self._columns.add(page_key(url))
        return Column(column_root(url), front=url)

    def is_on_the_way(self, digest: str) -> bool:
        """Whether these are the bytes of a home, section or list page of this crawl, which some portals show
        in place of a page that they do not have."""
        return digest in self._way_digests

    def arrived(self, visit: Visit, url: str, digest: str) -> None:
        """A page of content came; `url` is where it was found in the end."""
        self._seen.add(page_key(url))
        self._asked.add(page_key(url))
        if visit.role is Role.LIST:
            self._lists_read.add(page_key(visit.url))
        self._schemes.setdefault(host_key(url), urlsplit(url).scheme)
        if visit.role in _WAY:
            self._way[page_key(url)] = visit.role
            self._way_digests.add(digest)
        self._answered += 1
        self._misses = 0
        self._fresh = 0

    def way_role(self, url: str) -> Role | None:
        """What the address is if it is a home, section or list page."""
        known = self.known_content(url)
        if known is not None:
            return known.role if known.role in _WAY else None
        home = Role.PAGE if not urlsplit(url).path.strip("/") else None
        return self._way.get(page_key(url), home)

    def known_links(self, urls: Iterable[str]) -> None:
        """A page had these links when it was last read: those that were not followed then are navigation."""
        self.met |= {page_key(url) for url in urls if self.agenda.memory.known(url) is None}

    def report(self, url: str) -> None:
        """A candidate for a report was fetched."""
        self._reports.add(page_key(url))

    def listed(self, column: Column, new: int) -> None:
        """A page of a column was read and led to `new` reports or parts that were not known."""
        column.barren = 0 if new else column.barren + 1
        self._barren_lists = 0 if new else self._barren_lists + 1
        if new:
            self._barren_organs = 0

    def asked_agency(self) -> None:
        """The page of an agency was read; `listed` says later whether it led anywhere."""
        self._barren_organs += 1

    def end(self, column: Column, reason: StopReason) -> None:
        """A list is followed no further; what was queued of it is dropped."""
        if not column.ended:
            column.ended = True
            self.stop(reason)

    def stop(self, reason: StopReason) -> None:
        self._stops[reason] += 1

    def gone(self, visit: Visit, detail: str) -> None:
        """A visit was answered with an error: the end of a list, a wrong guess, or a fault to tell."""
        self._lists_read.discard(page_key(visit.url))
        if visit.column is not None and visit.column.pages:
            if not self.guess_again(visit):
                self.end(visit.column, StopReason.LAST_PAGE)
        elif visit.role in {Role.PAGE, Role.LIST}:
            self.missed(CrawlOutcome.FAILED, detail)
            if visit.role is Role.LIST:
                if self.agenda.is_front(visit.url):
                    self.shrunk(visit.url)
                self._search_again(visit.url)

    def displaced(self, visit: Visit) -> None:
        """An article is not where it was: the list that named it is read again as a whole, since the further
        pages of a list, where its new address may stand, are seldom looked at."""
        for capture in self.agenda.list_of(visit.url):
            self._revisit(capture)

    def guess_again(self, visit: Visit) -> bool:
        """Try the next address where a guessed one is no further page of its list; whether there is one."""
        if visit.column is not None and visit.url:
            visit.column.doubted = True
        for place, url in enumerate(visit.guesses or ()):
            further = dataclasses.replace(visit, url=url, guesses=(visit.guesses or ())[place + 1 :])
            if self.add(further):
                return True
        return False

    def missed(self, outcome: CrawlOutcome, detail: str) -> None:
        """A visit brought no content. Lost connections and refusals in a row end the crawl of the site."""
        self._troubles.append((outcome, detail))
        if outcome in {CrawlOutcome.UNREACHABLE, CrawlOutcome.BLOCKED}:
            self._misses += 1
            if self._misses >= MISSES:
                self._gave_up = True
                self.stop(StopReason.GAVE_UP)

    def give_up(self, outcome: CrawlOutcome, detail: str) -> None:
        """Nothing more is asked for: another try would be of no use."""
        self._troubles.append((outcome, detail))
        self._gave_up = True
        self.stop(StopReason.GAVE_UP)

    def trouble(self, asked: Capture, outcome: CrawlOutcome, detail: str) -> None:
        """Tell that an address did not come."""
        self.troubles.append(Trouble(asked, outcome, detail))

    def shrunk(self, url: str) -> None:
        """The list at `url` suddenly names less than half of what it named before, or is gone."""
        self._shrunk.append(url)
        self.agenda.distrust(url)

    def known_content(self, url: str) -> Capture | None:
        """The latest content of an address that the archive holds."""
        entry = self.agenda.memory.entries.get(page_key(url))
        return entry.capture if entry is not None and entry.state is State.HELD else None

    def asked(self, visit: Visit) -> Capture:
        """What is asked for by a visit, in the shape of a capture without bytes."""
        now = self._clock.stamp()
        front = visit.column.front if visit.column is not None and visit.column.front else None
        return Capture(
            site=self.site.id,
            url=visit.url,
            role=visit.role,
            parent=visit.parent,
            title=visit.title,
            listed_date=visit.listed_date,
            status=0,
            content_type=None,
            filename=None,
            digest="",
            warc="",
            offset=0,
            length=0,
            fetched_at=now,
            stored_at=now,
            etag=None,
            last_modified=None,
            standing=Standing.FAILED,
            column=front if front != visit.url else None,
            portal=visit.portal,
            depth=visit.depth,
            organ=visit.organ,
            part=visit.part,
            framed=visit.framed,
            guessed=visit.guesses is not None,
        )

    def result(self, crawl_id: str) -> SiteResult:
        """The account so far as the result of the site."""
        outcome, detail = self._verdict()
        self._tell_what_was_left()
        return SiteResult(
            crawl_id=crawl_id,
            site=self.site.id,
            outcome=outcome,
            detail=detail,
            requests=self.requests,
            bytes=self.bytes,
            columns=len(self._columns),
            reports=len(self._reports | self._held()),
            stops=dict(self._stops),
            troubles=tuple(self.troubles),
            shrunk=tuple(self._shrunk),
        )

    def _held(self) -> set[str]:
        """Reports known from earlier crawls."""
        held = (c for c in self.agenda.memory.holdings() if c.role is Role.ARTICLE)
        return {page_key(capture.url) for capture in held}

    def _push(self, visit: Visit, turn: int) -> None:
        if visit.column is not None:
            visit.column.waiting += 1
        self._asked.add(page_key(visit.url))
        order = (turn, -(visit.promise or 0), next(self._turn))
        heapq.heappush(self._queue, (*order, visit))

    def _begin(self) -> None:
        """Queue what is asked for whether or not a page will name it."""
        for capture in self.agenda.seeds():
            self._revisit(capture)
        for url in self.site.start_urls:
            self.add(Visit(url, Role.PAGE))
        if not self.agenda.first and not self.agenda.knows_lists():
            self._search_again(None)

    def _revisit(self, capture: Capture, *, named: bool = True) -> None:
        """Queue a known address again as it was come by; without a parent where nothing names it any more."""
        key = page_key(capture.url)
        if key in self._asked:
            return
        self._seen.add(key)
        self._revisited.add(key)
        role = capture.role
        if role is Role.ARTICLE and self.agenda.is_front(capture.url):
            role = Role.LIST  # a column that shows its newest report in place
        column = None
        if capture.column is not None:
            column = Column(column_root(capture.column), capture.column, pages=1)
        visit = Visit(
            capture.url,
            role,
            capture.parent if named else None,
            capture.title,
            capture.listed_date,
            column=column,
            depth=capture.depth,
            portal=capture.portal,
            organ=capture.organ,
            part=capture.part,
            framed=capture.framed,
        )
        self._push(visit, _RECHECK if role in DOCUMENTS else _ORDER[role])

    def _look_for_unlisted(self) -> bool:
        """When all lists are read: queue the documents that are named no more. Whether there are any."""
        for capture, trusted in self.agenda.unlisted():
            self._revisit(capture, named=not trusted)
        return bool(self._queue)

    def _search_again(self, lost: str | None) -> None:
        """A list is not where it was, or nothing else is known: look for lists from the pages that may lead
        there."""
        if lost is not None:
            self.agenda.lose(lost)
        for capture in self.agenda.pages():
            self._revisit(capture)

    def _tell_what_was_left(self) -> None:
        """What is still queued and new was found and not asked for: the next crawl has to."""
        why = "the budget of requests is used up" if not self._gave_up else "the site was left alone"
        for *_, visit in heapq.nsmallest(LEFT_TOLD, self._queue):
            new = visit.role is not Role.PAGE and self.agenda.memory.known(visit.url) is None
            if new and not visit.retold and self._needless(visit) is None:
                self.trouble(self.asked(visit), CrawlOutcome.FAILED, f"not asked for: {why}")
        self._queue.clear()

    def _verdict(self) -> tuple[CrawlOutcome, str]:
        if self._gave_up:
            outcome, detail = self._troubles[-1]
            return outcome, f"{detail}; given up after {self.requests} requests"
        lost = self._lists_that_are_gone()
        if not lost:
            if self._reports or (self._columns and not self._troubles):
                return CrawlOutcome.DONE, ""
            if self._troubles:
                return self._troubles[0]
            if self._held():
                return CrawlOutcome.DONE, ""
        return CrawlOutcome.NO_COLUMN, self._no_column(lost)

    def _no_column(self, lost: Sequence[str]) -> str:
        if lost:
            known = f"{len(self._held())} reports are known from before"
            return f"no list is where it was, first {lost[0]}; {known}"
        if self._elsewhere is not None:
            host = host_key(self._elsewhere)
            return f"the column lies on {host}, which the registry does not name: {self._elsewhere}"
        return f"{self._answered} pages read, none a column of annual reports"

    def _lists_that_are_gone(self) -> list[str]:
        """The lists that the site had, if none is there, none was found elsewhere, and what was read does not
        make up for them. A list that failed may be there again tomorrow, and is told as a trouble."""
        failed = any(trouble.asked.role is Role.LIST for trouble in self.troubles)
        if failed or self._columns or self._lists_read or not self.agenda.misses_most():
            return []
        return self._shrunk or self.agenda.lost_lists()

    def _needless(self, visit: Visit) -> StopReason | None:
        """Why a queued visit need not be made any more."""
        if visit.column is not None and visit.column.ended:
            return StopReason.FOUND
        if visit.retold and visit.title and self._known(visit.title):
            return StopReason.FOUND
        if visit.role is Role.LIST and visit.column is None and self._barren_lists >= BARREN_LISTS:
            return StopReason.BARREN
        return self._search_over(visit) if visit.promise is not None else None

    def _search_over(self, visit: Visit) -> StopReason | None:
        """Why a page need not be searched for columns any more."""
        if visit.organ:
            if any(len(agencies - {""}) >= SEVERAL for agencies in self._agencies.values()):
                return StopReason.FOUND
            return StopReason.BARREN if self._barren_organs >= BARREN_ORGANS else None
        if visit.role is Role.PAGE and self._reports:
            return StopReason.FOUND
        capped = visit.role is Role.PAGE and self._searched >= SEARCH_CAP
        return StopReason.SEARCH_CAP if capped else None

    def _known(self, title: str) -> bool:
        """Whether a report that `title` may be another form of was listed."""
        agency, year = report_named(title)
        return any(
            year == known_year and (agency in known or known in agency) for known, known_year in self._named
        )

    def _by_known_way(self, visit: Visit) -> Visit:
        """A host is asked by the scheme by which it answered: portals link https where it is dead."""
        scheme = self._schemes.get(host_key(visit.url))
        if scheme is None or visit.url.startswith(f"{scheme}:"):
            return visit
        return dataclasses.replace(visit, url=f"{scheme}:{visit.url.partition(':')[2]}")

    def _in_scope(self, visit: Visit) -> bool:
        if visit.url in self.site.start_urls:
            return True
        if visit.role in {Role.LIST, Role.PAGE}:
            # The pages of a list may have addresses of another shape (scripts, query strings).
            return self.scope.may_hold_list(visit.url) or (
                visit.portal is not None and self.scope.may_hold_article(visit.url)
            )
        return self.scope.may_hold_article(visit.url) and bool(urlsplit(visit.url).path.strip("/"))


# What was found is fetched before more is looked for, so that a small budget still gives whole reports.
_ORDER = {Role.ATTACHMENT: 0, Role.ARTICLE: 1, Role.LIST: 2, Role.PAGE: 2, Role.ROBOTS: 2}
_RECHECK = 5
_REPEAT = 6
_WAY = frozenset({Role.PAGE, Role.LIST})


def _turn_of(visit: Visit) -> int:
    if visit.retold:
        return 4
    return 3 if visit.promise is not None else _ORDER[visit.role]
