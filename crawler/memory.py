"""What is known of a site between crawls: each address with its latest capture and when to look again.

A memory is nothing but the captures of the site, learned crawl by crawl in the order of time, so it can be
rebuilt from the indexes of the archive at any time. It is kept in `<archive>/memory/<site>.jsonl.gz` only so
that a night need not read the indexes of all nights before. A file that is damaged is rebuilt.

A document is gone when its address is missing (HTTP 404, 410, or a page that says so) and this is confirmed:
by a crawl on another day that finds it missing, or at once if no list names it any more. If most of what a
site holds, or of what was asked for, is missing at once, the site is more likely broken, and only
`MASS_DAYS` of it confirm.
"""

from __future__ import annotations

import dataclasses
import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote

from crawler.archive import (
    Archive,
    ArchiveError,
    Capture,
    Change,
    ChangeKind,
    Role,
    Standing,
    Trouble,
    body_digest,
    capture_of,
)
from crawler.clock import day_of
from crawler.schedule import LONGEST, MASS_DAYS, interval, least_loaded, published, report_year, retry_day
from crawler.urls import absolute, page_key

MASS_LEAST = 4
"""Fewer documents than this are no mass to lose."""

_REDIRECTS = 5

DOCUMENTS = frozenset({Role.ARTICLE, Role.ATTACHMENT})

Alike = Callable[[Capture, Capture], bool]
"""Whether two captures of other bytes say the same (pages print counters and clocks)."""


class State(StrEnum):
    """What is known of an address."""

    HELD = "held"
    """Its content is archived, and it is there as far as known."""
    WANTED = "wanted"
    """It was asked for and never answered with content."""
    MOVED = "moved"
    """It leads, or has gone, to another address."""
    GONE = "gone"
    """It is no longer there."""


@dataclass(slots=True)
class Entry:
    """One address. `capture` is its latest content, or the first answer of any kind where none was good;
    `checked` is when it was last asked for, `found` the day of the first time, `born` when it was published
    as far as known, `changed` when its content last changed, `due` when it is to be looked at again,
    `missing` since when it is missing and `misses` in how many crawls in a row it did not come. `target` is
    the key of the address to which it has moved."""

    capture: Capture
    state: State
    checked: str
    found: date
    due: date
    born: date | None = None
    changed: date | None = None
    missing: date | None = None
    misses: int = 0
    target: str | None = None


@dataclass
class Memory:
    """Everything known of one site. `through` is the newest crawl that was learned ("" for none), `began`
    the day of the first one, `entries` are by `page_key` in the order in which they were found."""

    site: str
    through: str = ""
    began: date | None = None
    entries: dict[str, Entry] = field(default_factory=dict)

    def known(self, url: str) -> Entry | None:
        """What is known of an address, or of the one to which it has moved."""
        entry = self.entries.get(page_key(url))
        for _ in range(_REDIRECTS):
            there = self.entries.get(entry.target) if entry is not None and entry.target else None
            if entry is None or entry.state is not State.MOVED or there is None or there.state is State.GONE:
                break
            entry = there
        return entry

    def holdings(self) -> list[Capture]:
        """The latest content of the articles and attachments that the site holds."""
        return [
            entry.capture
            for entry in self.entries.values()
            if entry.state is State.HELD and entry.capture.role in DOCUMENTS
        ]

    def withdrawn(self) -> list[Capture]:
        """The last content of the articles and attachments that are gone."""
        return [
            entry.capture
            for entry in self.entries.values()
            if entry.state is State.GONE and entry.capture.role in DOCUMENTS
        ]

    def learn(
        self, crawl_id: str, captures: Iterable[Capture], troubles: Iterable[Trouble], alike: Alike
    ) -> list[Change]:
        """Take in what a crawl saw of the site: its captures in order, and what did not come. Gives the
        changes that it shows. Learning the same crawl again changes nothing."""
        lesson = _Lesson(self, alike)
        for capture in captures:
            lesson.take(capture)
        for trouble in troubles:
            lesson.fail(trouble)
        changes = lesson.conclude()
        self.through = max(self.through, crawl_id)
        return changes

    def save(self, root: Path) -> None:
        """Write the memory beside its file in the archive at `root`. It counts as soon as the crawl that it
        learned last is finished (`settle`), so that a killed crawl is learned again."""
        path = _next(root, self.site)
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [json.dumps(_fields(entry), ensure_ascii=False) for entry in self.entries.values()]
        body = "\n".join(lines)
        began = self.began.isoformat() if self.began else None
        head = {"site": self.site, "through": self.through, "began": began, "digest": _digest(body)}
        partial = path.with_suffix(".partial")
        text = f"{json.dumps(head, ensure_ascii=False)}\n{body}"
        partial.write_bytes(gzip.compress(text.encode(), compresslevel=1, mtime=0))
        partial.replace(path)


def settle(root: Path, site: str) -> None:
    """Put the saved memory of a finished crawl in its place."""
    _next(root, site).replace(_path(root, site))


def remembered(archive: Archive, site: str) -> Memory:
    """The memory of a site as of its last finished crawl: its file, or rebuilt where that is missing or
    damaged."""
    saved = _read(_next(archive.root, site), site)
    if saved is not None and archive.is_finished(saved.through):
        return saved
    memory = _read(_path(archive.root, site), site)
    return rebuilt(archive, site) if memory is None else memory


def rebuilt(archive: Archive, site: str, until: str | None = None) -> Memory:
    """The memory of a site from the indexes of all finished crawls and what killed ones left between them, or
    of those up to the crawl `until`."""
    memory = Memory(site)
    last = until or next(iter(archive.crawls()), "")
    for crawl_id in archive.begun():
        if crawl_id <= last:
            memory.learn(
                crawl_id,
                archive.captures(crawl_id, site),
                [trouble for r in archive.results(crawl_id) if r.site == site for trouble in r.troubles],
                alike_in(archive),
            )
    return memory


def alike_in(archive: Archive) -> Alike:
    """The comparison of two captures by their text, as archived."""

    def alike(one: Capture, other: Capture) -> bool:
        try:
            texts = [_text(archive.read(capture), capture) for capture in (one, other)]
        except ArchiveError:
            return False
        return texts[0] is not None and texts[0] == texts[1]

    return alike


class _Lesson:
    """One crawl being learned."""

    def __init__(self, memory: Memory, alike: Alike) -> None:
        self.memory = memory
        self.alike = alike
        self.changes: dict[str, Change] = {}
        self.touched: dict[str, date] = {}
        self.moving: dict[str, Capture] = {}
        self.missing: dict[str, Capture] = {}
        self.missed: set[str] = set()
        self.load: Counter[date] = Counter()
        self.held = sum(1 for _ in memory.holdings())
        for entry in memory.entries.values():
            self.load[entry.due] += entry.capture.length

    def take(self, capture: Capture) -> None:
        """One answer."""
        today = day_of(capture.fetched_at)
        if self.memory.began is None:
            self.memory.began = today
        key = page_key(capture.url)
        entry = self.memory.entries.get(key)
        if entry is not None and capture.fetched_at <= entry.checked:
            if capture.fetched_at == entry.capture.fetched_at:  # the same fetch, read again
                entry.capture = capture
            return
        if capture.standing is Standing.CONTENT:
            self._content(key, entry, capture, today)
        elif capture.standing is Standing.REDIRECT:
            self._redirect(key, entry, capture, today)
        else:
            self._missed(key, entry, capture, today)

    def fail(self, trouble: Trouble) -> None:
        """One address that gave no answer at all (the answers are captures)."""
        key = page_key(trouble.asked.url)
        entry = self.memory.entries.get(key)
        if not trouble.asked.status and (entry is None or trouble.asked.fetched_at > entry.checked):
            self._missed(key, entry, trouble.asked, day_of(trouble.asked.fetched_at))

    def conclude(self) -> list[Change]:
        """Tell removals from moves, and say when each address that was seen is due again."""
        for key, redirect in self.moving.items():
            self._moved(key, redirect)
        self._judge_missing()
        for key, today in self.touched.items():
            self._plan(key, today)
        return list(self.changes.values())

    def _content(self, key: str, entry: Entry | None, capture: Capture, today: date) -> None:
        self.touched[key] = today
        before = entry.capture if entry is not None and entry.state is State.HELD else None
        if entry is None or before is None:
            born = published(capture, None if today == self.memory.began else today)
            found = entry.found if entry is not None else today
            self.memory.entries.pop(key, None)
            self.memory.entries[key] = Entry(capture, State.HELD, capture.fetched_at, found, today, born)
            self._compare(key, None, capture)
            return
        if capture.digest != before.digest and not self.alike(before, capture):
            entry.changed = today
        self._compare(key, before, capture, changed=entry.changed == today)
        # An address keeps the shortest way to it, and what named it when nothing does any more.
        same_way = capture.role not in DOCUMENTS and before.role is capture.role
        back = capture.column is not None and page_key(capture.column) == key
        farther = same_way and (back or before.depth < capture.depth)
        entry.capture = _placed_as(before, capture) if farther or not capture.parent else capture
        if entry.capture.listed_date is None:
            entry.capture = dataclasses.replace(entry.capture, listed_date=before.listed_date)
        entry.checked, entry.missing, entry.misses = capture.fetched_at, None, 0
        if capture.role is Role.ATTACHMENT and capture.parent is None:
            entry.state = State.GONE
            self._note(ChangeKind.GONE, key, before, None, capture)

    def _compare(self, key: str, before: Capture | None, after: Capture, *, changed: bool = False) -> None:
        """Note what became of a document, if it is one or was one."""
        was = before is not None and before.role in DOCUMENTS
        if after.role in DOCUMENTS:
            if not was:
                self._note(ChangeKind.NEW, key, None, after, after)
            elif changed:
                self._note(ChangeKind.CHANGED, key, before, after, after)
        elif was:
            self._note(ChangeKind.GONE, key, before, None, after)

    def _redirect(self, key: str, entry: Entry | None, capture: Capture, today: date) -> None:
        target = page_key(absolute(capture.url, capture.location or "") or capture.url)
        if target == key:
            return
        self.touched[key] = today
        if entry is None:
            entry = Entry(capture, State.MOVED, capture.fetched_at, today, today)
            self.memory.entries[key] = entry
        entry.checked = capture.fetched_at
        if entry.state in {State.HELD, State.GONE}:
            self.moving[key] = capture
        else:
            entry.state = State.MOVED
        entry.target = target

    def _missed(self, key: str, entry: Entry | None, capture: Capture, today: date) -> None:
        self.touched[key] = today
        if entry is None:
            entry = Entry(capture, State.WANTED, capture.fetched_at, today, today)
            self.memory.entries[key] = entry
        entry.checked = capture.fetched_at
        self._count_miss(key, entry)
        if entry.state is State.MOVED:  # where it led is no longer known
            entry.state = State.WANTED
        elif entry.state is State.HELD and capture.standing is Standing.MISSING:
            self._is_missing(key, entry, capture, today)

    def _count_miss(self, key: str, entry: Entry) -> None:
        """Once a crawl, however often it tried."""
        entry.misses += key not in self.missed
        self.missed.add(key)

    def _is_missing(self, key: str, entry: Entry, capture: Capture, today: date) -> None:
        entry.missing = entry.missing or today
        self.missing[key] = capture

    def _moved(self, key: str, redirect: Capture) -> None:
        """An address that had content redirects now: to the same document elsewhere, or it is missing (many
        portals send to the home page what they no longer have)."""
        entry = self.memory.entries[key]
        target = self.memory.entries.get(entry.target or "")
        other = self.memory.known(target.capture.url) if target is not None else None
        before = entry.capture
        if other is None or other.state is not State.HELD or other.capture.role is not before.role:
            self._count_miss(key, entry)
            if entry.state is State.HELD:
                self._is_missing(key, entry, redirect, self.touched[key])
            return
        was_held, entry.state = entry.state is State.HELD, State.MOVED
        if was_held and before.role in DOCUMENTS:
            there = page_key(other.capture.url)
            self._note(ChangeKind.MOVED, there, before, other.capture, other.capture)
            for file in self._files_of(key):
                self._found_elsewhere(file, redirect)

    def _judge_missing(self) -> None:
        entries = self.memory.entries
        pending = [e for e in entries.values() if e.state is State.HELD and e.missing is not None]
        documents = sum(1 for entry in pending if entry.capture.role in DOCUMENTS)
        asked = sum(1 for key in self.touched if entries[key].capture.role in DOCUMENTS)
        most = documents * 2 > self.held or (documents >= MASS_LEAST and documents * 2 > asked)
        mass = self.held >= MASS_LEAST and most
        for key, capture in self.missing.items():
            entry = entries[key]
            if self._found_elsewhere(key, capture):
                continue
            waited = self.touched[key] - (entry.missing or self.touched[key])
            unlisted = capture.parent is None
            if waited >= timedelta(days=MASS_DAYS if mass else 1) or (unlisted and not mass):
                self._gone(key, capture)

    def _found_elsewhere(self, key: str, seen: Capture) -> bool:
        """Whether the document has another address now; the files of an article go with it."""
        entry = self.memory.entries[key]
        successor = self._successor(key, entry)
        if successor is None:
            return False
        entry.state, entry.target = State.MOVED, successor
        after = self.memory.entries[successor].capture
        self._note(ChangeKind.MOVED, successor, entry.capture, after, seen)
        for file in self._files_of(key):
            self._found_elsewhere(file, seen)
        return True

    def _files_of(self, key: str) -> list[str]:
        """The files that are known as those of an article."""
        return [
            other
            for other, file in self.memory.entries.items()
            if file.state is State.HELD
            and file.capture.role is Role.ATTACHMENT
            and page_key(file.capture.parent or "") == key
        ]

    def _gone(self, key: str, capture: Capture) -> None:
        """The address is gone, and the files of an article with it."""
        entry = self.memory.entries[key]
        entry.state = State.GONE
        if entry.capture.role not in DOCUMENTS:
            return
        self._note(ChangeKind.GONE, key, entry.capture, None, capture)
        for file in self._files_of(key):
            lost = self.memory.entries[file]
            lost.state = State.GONE
            self._note(ChangeKind.GONE, file, lost.capture, None, capture)

    def _successor(self, key: str, entry: Entry) -> str | None:
        """The address, found lately, that holds the same document: the same bytes, the same title with its
        year or with its date, or the same text, where only one is so."""
        since = (entry.missing or entry.found) - timedelta(days=LONGEST)
        late = {
            other: found.capture
            for other, found in self.memory.entries.items()
            if other != key
            and found.state is State.HELD
            and found.capture.role is entry.capture.role
            and found.found >= since
            and found.found > (self.memory.began or since)
        }
        was = entry.capture
        same = [other for other, capture in late.items() if capture.digest == was.digest]
        if not same and was.role is Role.ARTICLE:
            title = _plain(was.title)
            titled = {other: capture for other, capture in late.items() if title == _plain(capture.title)}
            dated = [o for o, c in titled.items() if was.listed_date and c.listed_date == was.listed_date]
            same = list(titled) if report_year(title) else dated
            same = same or [other for other, capture in late.items() if self.alike(was, capture)]
        return same[0] if len(same) == 1 else None

    def _plan(self, key: str, today: date) -> None:
        """When the address is due again."""
        entry = self.memory.entries[key]
        self.load[entry.due] -= entry.capture.length
        if entry.state is State.MOVED or (entry.state is not State.HELD and entry.capture.guessed):
            entry.due = least_loaded(self.load, LONGEST, today)
        elif entry.state is not State.HELD:
            entry.due = retry_day(entry.misses, today)
        elif entry.misses:
            entry.due = today + timedelta(days=1)
        else:
            born = entry.born
            if entry.capture.role is Role.ATTACHMENT and entry.capture.parent:
                article = self.memory.entries.get(page_key(entry.capture.parent))
                born = article.born if article is not None else born
            days = interval(entry.capture.role, born, entry.changed, today)
            entry.due = least_loaded(self.load, days, today)
        self.load[entry.due] += entry.capture.length

    def _note(
        self, kind: ChangeKind, key: str, before: Capture | None, after: Capture | None, seen: Capture
    ) -> None:
        told = after or before
        assert told is not None
        self.changes[key] = Change(self.memory.site, kind, told.url, before, after, seen.fetched_at)


def _placed_as(known: Capture, capture: Capture) -> Capture:
    """`capture` with the place in the site that `known` has."""
    return dataclasses.replace(
        capture,
        parent=known.parent,
        title=known.title,
        column=known.column,
        portal=known.portal,
        depth=known.depth,
        organ=known.organ,
        part=known.part,
        framed=known.framed,
    )


def _plain(title: str | None) -> str:
    return re.sub(r"[\s《》“”\"'()（）]", "", title or "")


_COUNTERS = re.compile(
    r"(?:浏览|阅读|点击|访问|查看)(?:次数|量|数|人数)?\s*[:：]?\s*\d*\s*次?|(?:今天是|现在时间|当前时间)[^\n]*"
)


def _text(body: bytes, capture: Capture) -> str | None:
    """The visible text of a page without links and other things that change by themselves; None for a
    file."""
    from crawler.bodies import is_file
    from crawler.page import Page
    from parsers.charset import decode_html
    from parsers.embedded import embedded_markup

    if is_file(body):
        return None
    markup = decode_html(body, None)
    tree = Page(capture.url, embedded_markup(markup) or markup).tree
    text = "".join(tree.xpath("//text()[not(ancestor::a or ancestor::script or ancestor::style)]"))
    return "".join(_COUNTERS.sub("", text).split())


_ENTRY = tuple(entry_field.name for entry_field in dataclasses.fields(Entry))
_CAPTURE = tuple(capture_field.name for capture_field in dataclasses.fields(Capture))
_DAYS = ("found", "due", "born", "changed", "missing")


def _digest(text: str) -> str:
    return body_digest(text.encode())


def _path(root: Path, site: str) -> Path:
    return root / "memory" / f"{quote(site, safe='')}.jsonl.gz"


def _next(root: Path, site: str) -> Path:
    return _path(root, site).with_suffix(".next")


def _fields(entry: Entry) -> dict[str, object]:
    fields = {name: getattr(entry, name) for name in _ENTRY}
    fields["capture"] = {name: getattr(entry.capture, name) for name in _CAPTURE}
    for name in _DAYS:
        fields[name] = fields[name].isoformat() if fields[name] else None
    return {name: value for name, value in fields.items() if value is not None}


def _entry(fields: dict[str, object]) -> Entry:
    days = {name: date.fromisoformat(str(fields[name])) for name in _DAYS if name in fields}
    capture = capture_of(fields["capture"])  # type: ignore[arg-type]
    return Entry(**{**fields, **days, "capture": capture, "state": State(str(fields["state"]))})  # type: ignore[arg-type]


def _read(path: Path, site: str) -> Memory | None:
    """A memory's file; None where it is missing or is not what was written."""
    try:
        text = gzip.decompress(path.read_bytes()).decode()
        first, _, body = text.partition("\n")
        head = json.loads(first)
        if head["digest"] != _digest(body):
            return None
    except (FileNotFoundError, EOFError, ValueError, KeyError, gzip.BadGzipFile):
        return None
    memory = Memory(site, head["through"], date.fromisoformat(head["began"]) if head["began"] else None)
    for line in body.splitlines():
        entry = _entry(json.loads(line))
        memory.entries[page_key(entry.capture.url)] = entry
    return memory
