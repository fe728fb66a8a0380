"""The archive: every response as it was fetched, in WARC files with an index, and how each crawl ended.

    <crawl_id>.warc.gz        one gzip member a record (ISO 28500, WARC/1.1)
    <crawl_id>.jsonl          the index: one line a capture, written after its record
    <crawl_id>.changes.jsonl  what was noticed at the sites: one line a change
    <crawl_id>.result.json    how the crawl of each site ended, written last: without it a crawl is unfinished

Beside them lies what follows from them and may be removed: `memory/` (`crawler.memory`) and `digests.sqlite`
(`crawler.digests`).

Crawl ids begin with the UTC time of their start, so their order as text is their order in time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import Any

from warcio.archiveiterator import ArchiveIterator


class ArchiveError(Exception):
    """The archive cannot be written or read; the message is one plain line with the way out."""


class Role(StrEnum):
    """What a response was fetched as."""

    ROBOTS = "robots"
    PAGE = "page"
    """A page on the way to the column: home page, section page."""
    LIST = "list"
    """A page of a column of annual reports."""
    ARTICLE = "article"
    """A candidate for a report of its own, page or document."""
    ATTACHMENT = "attachment"
    """A file of an article."""


class CrawlOutcome(StrEnum):
    """How the crawl of a site ended."""

    DONE = "done"
    NO_COLUMN = "no_column"
    """The site answers, but no column of annual reports and no report was found, or the columns that it had
    are gone."""
    UNREACHABLE = "unreachable"
    """No connection: refused, unknown name, timed out."""
    ROBOTS_DENIED = "robots_denied"
    """robots.txt forbids what would be needed, or cannot be read."""
    BLOCKED = "blocked"
    """The site answers with a refusal or a challenge."""
    FAILED = "failed"
    """Anything else: the start page is gone, the server fails, the crawl broke."""


class StopReason(StrEnum):
    """Why a list, or the crawl of a site, was followed no further."""

    LAST_PAGE = "last_page"
    """The list names no further page."""
    NOTHING_NEW = "nothing_new"
    """A further page brought no new link."""
    LIST_CAP = "list_cap"
    """A list has more pages than one crawl follows."""
    BARREN = "barren"
    """Several further pages, or parts of a column, in a row brought no report."""
    FOUND = "found"
    """Sections were not looked at, since the reports had been found."""
    SEARCH_CAP = "search_cap"
    """The column was looked for on as many pages as one crawl may spend on it."""
    BUDGET = "budget"
    """The site's `max_pages` requests are used up."""
    GAVE_UP = "gave_up"
    """The site stopped answering, or answered with refusals."""


class Standing(StrEnum):
    """What a response means for the address that was asked."""

    CONTENT = "content"
    """The page or file itself, or the word that it has not changed (HTTP 304)."""
    REDIRECT = "redirect"
    """It lies elsewhere."""
    MISSING = "missing"
    """HTTP 404 or 410, or a page that says so with another status."""
    REFUSED = "refused"
    """A refusal or a challenge."""
    FAILED = "failed"
    """The server failed."""


class ChangeKind(StrEnum):
    """What happened to a document of a site since it was last looked at."""

    NEW = "new"
    """First seen; `before` is None."""
    CHANGED = "changed"
    """Other content at the same address."""
    MOVED = "moved"
    """The same document at another address: `before` at the old, `after` at the new one."""
    GONE = "gone"
    """No longer there, and confirmed (see `crawler.memory`); `after` is None."""


@dataclass(frozen=True, slots=True)
class Capture:
    """One archived response. `digest` ("sha256:<hex>") is that of the decoded body; `parent` is the article's
    URL for an attachment, the list page's for an article; `title` and `listed_date` (YYYY-MM-DD) are the
    link's. `warc`, `offset`, `length` tell the record that holds the bytes: an older one where they had
    not changed. `fetched_at` is the time of this fetch, `stored_at` when these bytes were first archived,
    both ISO 8601 UTC. `location` is the address that a redirect leads to. `column` is the first page of the
    list that a further page belongs to; `portal`, `depth`, `organ`, `part` and `framed` are as in
    `crawler.sitecrawl.Visit`; `guessed`: no page named the address."""

    site: str
    url: str
    role: Role
    parent: str | None
    title: str | None
    listed_date: str | None
    status: int
    content_type: str | None
    filename: str | None
    digest: str
    warc: str
    offset: int
    length: int
    fetched_at: str
    stored_at: str
    etag: str | None
    last_modified: str | None
    standing: Standing = Standing.CONTENT
    location: str | None = None
    column: str | None = None
    portal: str | None = None
    depth: int = 0
    organ: bool = False
    part: bool = False
    framed: bool = False
    guessed: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What a crawl noticed about an article or attachment. `url` is its address, the new one where it
    moved; `noticed_at` is ISO 8601 UTC."""

    site: str
    kind: ChangeKind
    url: str
    before: Capture | None
    after: Capture | None
    noticed_at: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """One address that did not come, and why: the site may be done without it. `asked` is the capture of the
    answer; where there was none, what was asked for in the shape of a capture without bytes (status 0).
    `outcome` is what it would make of the site alone."""

    asked: Capture
    outcome: CrawlOutcome
    detail: str


@dataclass(frozen=True, slots=True)
class SiteResult:
    """How the crawl of one site ended. `requests` counts requests sent, `bytes` decoded bodies, `columns`
    list sections found, `reports` distinct report candidates known, those not asked for tonight too; `stops`
    says how often lists ended for which reason; `detail` is the evidence in one line where the outcome is
    not `done`. `troubles` are the addresses that did not come, `shrunk` the lists that are gone, or
    suddenly name less than half of the documents known from them, `notes` what was out of the ordinary with
    the site's hosts."""

    crawl_id: str
    site: str
    outcome: CrawlOutcome
    detail: str
    requests: int
    bytes: int
    columns: int
    reports: int
    stops: dict[StopReason, int]
    troubles: tuple[Trouble, ...] = ()
    shrunk: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def body_digest(body: bytes) -> str:
    """The digest of a decoded body as captures and evidence name it: "sha256:<hex>"."""
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


class Archive:
    """Reads the archive at `root`. A crawl that was killed can be read as far as it came."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def crawls(self) -> list[str]:
        """Ids of the finished crawls, newest first."""
        names = (path.name for path in self.root.glob("*.result.json"))
        return sorted((name.removesuffix(".result.json") for name in names), reverse=True)

    def begun(self) -> list[str]:
        """Ids of all crawls, also those that were killed or are still going on, oldest first."""
        names = (path.name for path in self.root.glob("*.jsonl"))
        return sorted(name.removesuffix(".jsonl") for name in names if not name.endswith(".changes.jsonl"))

    def is_finished(self, crawl_id: str) -> bool:
        return (self.root / f"{crawl_id}.result.json").exists()

    def index(self, crawl_id: str) -> Path:
        """The index of a crawl."""
        return self.root / f"{crawl_id}.jsonl"

    def captures(self, crawl_id: str, site: str | None = None) -> list[Capture]:
        """Captures of a crawl in the order of their fetching, those of one site where `site` is given."""
        found: dict[tuple[str, str, str], Capture] = {}
        for fields in _lines(self.index(crawl_id)):
            if site is None or fields["site"] == site:
                capture = capture_of(fields)
                # A second line about the same fetch says the role that its text turned out to have.
                found[capture.site, capture.url, capture.fetched_at] = capture
        return list(found.values())

    def changes(self, crawl_id: str, site: str | None = None) -> list[Change]:
        """What a finished crawl noticed, at one site where `site` is given."""
        return [
            Change(
                site=fields["site"],
                kind=ChangeKind(fields["kind"]),
                url=fields["url"],
                before=capture_of(fields["before"]) if fields["before"] else None,
                after=capture_of(fields["after"]) if fields["after"] else None,
                noticed_at=fields["noticed_at"],
            )
            for fields in _lines(self.root / f"{crawl_id}.changes.jsonl")
            if site is None or fields["site"] == site
        ]

    def holdings(self, site: str) -> list[Capture]:
        """The articles and attachments that the site is known to hold now, over all finished crawls: the
        latest good capture of each, in the order in which they were first found."""
        from crawler.memory import remembered

        return remembered(self, site).holdings()

    def withdrawn(self, site: str) -> list[Capture]:
        """The articles and attachments that the site held once and holds no more, each with its last good
        capture. What has moved is not among them."""
        from crawler.memory import remembered

        return remembered(self, site).withdrawn()

    def results(self, crawl_id: str) -> list[SiteResult]:
        """How the sites of a crawl ended; empty for a crawl that was not finished."""
        path = self.root / f"{crawl_id}.result.json"
        if not path.exists():
            return []
        return [_result(fields) for fields in json.loads(path.read_text(encoding="utf-8"))]

    def latest_of(self, site_ids: Collection[str]) -> dict[str, SiteResult]:
        """The newest finished crawl with outcome `done` of each site that has one."""
        wanted, found = set(site_ids), dict[str, SiteResult]()
        for crawl_id in self.crawls():
            if not wanted:
                break
            for result in self.results(crawl_id):
                if result.site in wanted and result.outcome is CrawlOutcome.DONE:
                    found[result.site] = result
                    wanted.discard(result.site)
        return found

    def read(self, capture: Capture) -> bytes:
        """The decoded body of a capture. Raises `ArchiveError` where the record is gone or damaged."""
        path = self.root / capture.warc
        try:
            with path.open("rb") as file:
                file.seek(capture.offset)
                record = next(iter(ArchiveIterator(BytesIO(file.read(capture.length)))), None)
        except OSError as error:
            raise ArchiveError(f"{path}: {error.strerror}; crawl the site {capture.site} again") from None
        body: bytes = record.content_stream().read() if record is not None else b""
        if record is None or body_digest(body) != capture.digest:
            raise ArchiveError(
                f"{path}: no intact record at {capture.offset}; crawl the site {capture.site} again"
            )
        return body


def capture_of(fields: dict[str, Any]) -> Capture:
    """A capture from its line of the index."""
    standing = Standing(fields.get("standing", Standing.CONTENT))
    return Capture(**{**fields, "role": Role(fields["role"]), "standing": standing})


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a file of JSON lines, which a killed process may have left torn; none without the file."""
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            yield json.loads(line)
        except ValueError:
            continue


def _result(fields: dict[str, Any]) -> SiteResult:
    stops = {StopReason(name): count for name, count in fields["stops"].items()}
    typed = {
        "outcome": CrawlOutcome(fields["outcome"]),
        "stops": stops,
        "troubles": tuple(map(_trouble, fields.get("troubles", ()))),
        "shrunk": tuple(fields.get("shrunk", ())),
        "notes": tuple(fields.get("notes", ())),
    }
    return SiteResult(**{**fields, **typed})


def _trouble(fields: dict[str, Any]) -> Trouble:
    return Trouble(capture_of(fields["asked"]), CrawlOutcome(fields["outcome"]), fields["detail"])
