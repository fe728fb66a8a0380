"""What a crawl asks for at a site of which something is known.

At every crawl: the front page of each list (and the parts in which it loads its articles), addresses that
have not come yet, and whatever is due (`crawler.schedule`). What is new leads on from there as in a first
crawl. Documents that a changed list names no more are asked for at the end; and if a list is no longer where
it was, the pages that lead to lists are looked at again at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from crawler.archive import Capture, Role
from crawler.discovery import is_article_address, is_column_address
from crawler.memory import DOCUMENTS, Entry, Memory, State
from crawler.urls import is_directory, page_key
from parsers.recognise import report_named

_ON_THE_WAY = frozenset({Role.PAGE, Role.LIST})


class Agenda:
    """The visits of one crawl to one site on the day `today`; with `everything`, what is not due too."""

    def __init__(self, memory: Memory, today: date, *, everything: bool = False) -> None:
        self.memory = memory
        self._today = today
        self._everything = everything
        self._named: set[str] = set()
        self._read: set[str] = set()
        self._distrusted: set[str] = set()
        self._fronts = self._nightly_lists()

    @property
    def first(self) -> bool:
        """Whether nothing is known of the site yet."""
        return not self.memory.entries

    def name(self, url: str) -> Entry | None:
        """A page of the site names this address: gives what is known of it."""
        entry = self.memory.known(url)
        self._named.add(page_key(url))
        if entry is not None:
            self._named.add(page_key(entry.capture.url))
        return entry

    def wants(self, entry: Entry) -> bool:
        """Whether this address is to be asked for tonight."""
        key = page_key(entry.capture.url)
        return (
            self._everything
            or entry.due <= self._today
            or (entry.state is State.HELD and key in self._fronts)
        )

    def seeds(self) -> Iterator[Capture]:
        """What is to be asked for, whether or not a page will name it: the fronts of lists first."""
        entries = self.memory.entries
        for key in self._fronts:
            if entries[key].capture.column is None:
                yield entries[key].capture
        for key, entry in entries.items():
            live = entry.state is State.HELD or (entry.state is State.WANTED and entry.misses)
            if (
                live
                and key not in self._fronts
                and entry.capture.role is not Role.ROBOTS
                and self.wants(entry)
            ):
                yield entry.capture

    def pages(self) -> Iterator[Capture]:
        """The pages that lead to lists: to be read again when a list is lost."""
        for entry in self.memory.entries.values():
            if entry.capture.role is Role.PAGE and entry.state is State.HELD:
                yield entry.capture

    def knows_lists(self) -> bool:
        return bool(self._fronts)

    def is_front(self, url: str) -> bool:
        """Whether a list begins at this address."""
        return page_key(url) in self._fronts

    def was_list(self, url: str) -> bool:
        """Whether the address is, or was when it was last there, that of a list."""
        entry = self.memory.entries.get(page_key(url))
        return entry is not None and entry.capture.role is Role.LIST

    def was_read(self, url: str) -> None:
        """The page at `url` came with other content than before, and everything that it names was named."""
        self._read.add(page_key(url))

    def distrust(self, url: str) -> None:
        """What the list at `url` names no more may be there still: the list is broken."""
        self._distrusted.add(page_key(url))

    def list_of(self, url: str) -> Iterator[Capture]:
        """All known pages of the list that named the article at `url`, if it was not missing before."""
        entry = self.memory.entries.get(page_key(url))
        if entry is None or entry.state is not State.HELD or entry.missing or not entry.capture.parent:
            return
        named_by = self.memory.known(entry.capture.parent)
        if named_by is None or named_by.capture.role is not Role.LIST:
            return
        front = page_key(named_by.capture.column or named_by.capture.url)
        for key, page in self.memory.entries.items():
            of_list = key == front or page_key(page.capture.column or "") == front
            if of_list and page.state is State.HELD:
                yield page.capture

    def lose(self, url: str) -> None:
        """The list at `url`, with its further pages, is not there any more."""
        front = page_key(url)
        for key, entry in self.memory.entries.items():
            if key == front or page_key(entry.capture.column or "") == front:
                self._read.add(key)
                self._distrusted.add(key)

    def unlisted(self) -> Iterator[tuple[Capture, bool]]:
        """Documents known from pages that were read and name them no more, and whether these pages are to be
        trusted in that."""
        for key, entry in self.memory.entries.items():
            if self._is_unlisted(key, entry):
                yield entry.capture, self._is_trusted(entry)

    def is_forgotten(self, url: str) -> bool:
        """Whether the document at `url` is known from pages that were read, are to be trusted and name it no
        more."""
        entry = self.memory.entries.get(page_key(url))
        return entry is not None and self._is_unlisted(page_key(url), entry) and self._is_trusted(entry)

    def _is_trusted(self, entry: Entry) -> bool:
        """Whether the page that named a document is to be trusted in what it names no more."""
        return page_key(entry.capture.parent or "") not in self._distrusted

    def _is_unlisted(self, key: str, entry: Entry) -> bool:
        held = entry.state is State.HELD and entry.capture.role in DOCUMENTS
        return held and key not in self._named and page_key(entry.capture.parent or "") in self._read

    def misses_most(self) -> bool:
        """Whether the pages read so far name less than half of the articles that are known."""
        held = [
            key
            for key, entry in self.memory.entries.items()
            if entry.state is State.HELD and entry.capture.role is Role.ARTICLE
        ]
        return sum(key in self._named for key in held) * 2 < len(held)

    def lost_lists(self) -> list[str]:
        """Fronts of lists that earlier crawls have found to be gone, or to lead elsewhere."""
        away = {State.GONE, State.MOVED}
        captures = [e.capture for e in self.memory.entries.values() if e.state in away]
        return [c.url for c in captures if c.role is Role.LIST and c.column is None]

    def _nightly_lists(self) -> set[str]:
        """The front page of each list, and its further pages up to the first one that named an article."""
        held = [entry.capture for entry in self.memory.entries.values() if entry.state is State.HELD]
        leading = {page_key(c.parent) for c in held if c.role in {Role.ARTICLE, Role.LIST} and c.parent}
        naming = {page_key(c.parent) for c in held if c.role is Role.ARTICLE and c.parent}
        fronts = {page_key(c.url) for c in held if _is_front(c, leading)}
        found = set(naming & fronts)
        for capture in held:
            if capture.role is Role.LIST and capture.column is not None:
                front = page_key(capture.column)
                if front in fronts and front not in found:
                    fronts.add(page_key(capture.url))
                    if page_key(capture.url) in naming:
                        found.add(front)
        return fronts


def _is_front(capture: Capture, leading: set[str]) -> bool:
    """Whether a list begins here. A column may show its newest report in place; what a family asks for, or a
    link names with its agency, is no such column, whatever its address looks like."""
    if capture.role is Role.LIST:
        return capture.column is None
    shaped = is_column_address(capture.url) or (
        is_directory(capture.url) and not is_article_address(capture.url)
    )
    shaped = shaped and capture.portal is None and not report_named(capture.title or "")[0]
    return capture.role is Role.ARTICLE and (shaped or page_key(capture.url) in leading)
