"""What the tests of the crawler share: a portal's pages, a crawl's answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from warcio.checker import Checker


@dataclass
class Answer:
    """What the portal says to one path."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "text/html; charset=utf-8"})


@dataclass
class Portal:
    """A running portal: `pages` may be changed while it runs, `asked` lists the paths in order, `sent` counts
    the bytes of the answers' bodies."""

    host: str
    port: int
    pages: dict[str, Answer]
    asked: list[str] = field(default_factory=list)
    sent: int = 0
    agents: set[str] = field(default_factory=set)
    referers: dict[str, str | None] = field(default_factory=dict)
    cookies: dict[str, str | None] = field(default_factory=dict)

    @property
    def netloc(self) -> str:
        return f"{self.host}:{self.port}"

    def url(self, path: str) -> str:
        return f"http://{self.netloc}{path}"


def as_answer(page: Answer | str) -> Answer:
    return page if isinstance(page, Answer) else Answer(f"<html><body>{page}</body></html>".encode())


@dataclass
class Crawled:
    """One run of the crawl process."""

    status: int
    results: dict[str, dict[str, object]]
    log: str

    @property
    def crawl_id(self) -> str:
        return str(next(iter(self.results.values()))["crawl_id"])


def report_page(title: str, more: str = "") -> str:
    """Markup of an article that holds a report."""
    return f"""<h1>{title}</h1><div class="TRS_Editor"><p>一、总体情况</p><p>……</p>
        <p>二、主动公开政府信息情况</p>{more}</div>"""


def broken_warcs(archive: Path) -> int:
    """What `warcio check` says about all files of an archive: 0 for intact."""

    class Command:
        inputs = tuple(str(path) for path in archive.glob("*.warc.gz"))
        verbose = False

    assert Command.inputs
    status: int = Checker(Command()).process_all()
    return status
