"""Writing the archive: one `ArchiveWriter` a crawl (the files are described in `crawler.archive`)."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote_to_bytes

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.archive import Archive, ArchiveError, Capture, Role, SiteResult, body_digest
from crawler.urls import posted
from parsers.charset import decode_text


@dataclass(frozen=True, slots=True)
class Fetched:
    """A response with its body decoded and without Content-Encoding; header values as latin-1 text."""

    url: str
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """The value of the last header `name` (lower case)."""
        return {key.lower(): value for key, value in self.headers}.get(name)


def new_crawl_id() -> str:
    """A new id: UTC time of the start to the microsecond, and a random part."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(3)}"


class ArchiveWriter:
    """Writes one crawl. Every method raises `ArchiveError` when the disk refuses."""

    def __init__(self, root: Path, crawl_id: str, sites: Collection[str]) -> None:
        """`sites` are the ids of the sites of this crawl; what their last crawls hold is not stored again."""
        self.crawl_id = crawl_id
        self._root = root
        archive = Archive(root)
        self._known = {
            (capture.site, capture.url): capture
            for site, result in archive.latest_of(sites).items()
            for capture in archive.captures(result.crawl_id, site)
        }
        with self._refusals():
            root.mkdir(parents=True, exist_ok=True)
            self._warc = (root / f"{crawl_id}.warc.gz").open("xb")
            self._index = (root / f"{crawl_id}.jsonl").open("x", encoding="utf-8")
        self._writer = WARCWriter(self._warc, gzip=True, warc_version="1.1")

    def add(
        self,
        fetched: Fetched,
        site: str,
        role: Role,
        *,
        parent: str | None = None,
        title: str | None = None,
        listed_date: str | None = None,
    ) -> Capture:
        """Store one response and its line in the index."""
        now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        digest = body_digest(fetched.body)
        known = self._known.get((site, fetched.url))
        original = known if known is not None and known.digest == digest else None
        with self._refusals():
            offset, length = self._write_record(fetched, digest, now, original)
            capture = Capture(
                site=site,
                url=fetched.url,
                role=role,
                parent=parent,
                title=title,
                listed_date=listed_date,
                status=fetched.status,
                content_type=fetched.header("content-type"),
                filename=filename_of(fetched.header("content-disposition") or ""),
                digest=digest,
                warc=original.warc if original else f"{self.crawl_id}.warc.gz",
                offset=original.offset if original else offset,
                length=original.length if original else length,
                fetched_at=now,
                stored_at=original.stored_at if original else now,
                etag=fetched.header("etag"),
                last_modified=fetched.header("last-modified"),
            )
            self._write_line(capture)
        return capture

    def reclassify(self, capture: Capture, role: Role, title: str | None) -> None:
        """Record that the text of `capture` shows it to be something else than it was fetched as."""
        with self._refusals():
            self._write_line(dataclasses.replace(capture, role=role, title=title))

    def finish(self, results: Collection[SiteResult]) -> None:
        """Mark the crawl as finished."""
        path = self._root / f"{self.crawl_id}.result.json"
        partial = path.with_suffix(".partial")
        rows = [dataclasses.asdict(result) for result in results]
        with self._refusals():
            for file in (self._warc, self._index):
                os.fsync(file.fileno())
                file.close()
            with partial.open("w", encoding="utf-8") as file:
                json.dump(rows, file, ensure_ascii=False, indent=1)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)

    def _write_record(
        self, fetched: Fetched, digest: str, now: str, original: Capture | None
    ) -> tuple[int, int]:
        """Append a response record, or a revisit record that refers to `original`: its offset and length."""
        # The stored body is neither compressed nor chunked.
        dropped = {"content-length", "transfer-encoding"}
        headers = [pair for pair in fetched.headers if pair[0].lower() not in dropped]
        headers.append(("Content-Length", str(len(fetched.body))))
        target = (posted(fetched.url) or (fetched.url,))[0]
        http = StatusAndHeaders(str(fetched.status), headers, protocol="HTTP/1.1")
        if original is None:
            record = self._writer.create_warc_record(
                target,
                "response",
                payload=BytesIO(fetched.body),
                length=len(fetched.body),
                warc_headers_dict={"WARC-Date": now, "WARC-Payload-Digest": digest},
                http_headers=http,
            )
        else:
            record = self._writer.create_revisit_record(
                target,
                digest,
                target,
                original.stored_at,
                http_headers=http,
                warc_headers_dict={"WARC-Date": now},
            )
        offset = self._warc.tell()
        try:
            self._writer.write_record(record)
            self._warc.flush()
        except OSError:
            os.truncate(self._warc.fileno(), offset)  # leaves no torn record behind
            raise
        return offset, self._warc.tell() - offset

    def _write_line(self, capture: Capture) -> None:
        self._index.write(json.dumps(dataclasses.asdict(capture), ensure_ascii=False) + "\n")
        self._index.flush()

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ArchiveError(
                f"{self._root}: the archive cannot be written: {error.strerror}; "
                "make room or change --home, then run again"
            ) from error


def filename_of(disposition: str) -> str | None:
    """The file name in a Content-Disposition header (as latin-1 text): filename*=UTF-8''..., else filename=,
    percent-encoded or as raw UTF-8 or GB18030 bytes."""
    extended = re.search(r"filename\*\s*=\s*[\w-]*'[^']*'([^;]+)", disposition, re.IGNORECASE)
    plain = re.search(r'filename\s*=\s*(?:"([^"]*)"|([^;]+))', disposition, re.IGNORECASE)
    if extended:
        raw = unquote_to_bytes(extended[1].strip())
    elif plain:
        raw = unquote_to_bytes((plain[1] or plain[2] or "").strip().encode("latin-1", errors="replace"))
    else:
        return None
    return decode_text(raw).rpartition("/")[2].rpartition("\\")[2] or None
