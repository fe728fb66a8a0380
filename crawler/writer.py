"""Writing the archive: one `ArchiveWriter` a crawl (the files are described in `crawler.archive`)."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import secrets
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.archive import ArchiveError, Capture, Change, Role, SiteResult, Standing, body_digest
from crawler.clock import Clock
from crawler.urls import posted
from parsers.charset import decode_text

_NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"


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


class ArchiveWriter:
    """Writes one crawl. Every method raises `ArchiveError` when the disk refuses."""

    def __init__(self, root: Path, clock: Clock) -> None:
        self.crawl_id = f"{clock.now():%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(3)}"
        """UTC time of the start to the microsecond, and a random part."""
        self._root = root
        self._clock = clock
        with self._refusals():
            root.mkdir(parents=True, exist_ok=True)
            self._warc = (root / f"{self.crawl_id}.warc.gz").open("xb")
            self._index = (root / f"{self.crawl_id}.jsonl").open("x", encoding="utf-8")
        self._writer = WARCWriter(self._warc, gzip=True, warc_version="1.1")

    def add(self, fetched: Fetched, asked: Capture, standing: Standing, known: Capture | None) -> Capture:
        """Store one response and its line in the index. `asked` says what was asked for, `known` is the
        latest content of the address: the same bytes, or the answer that nothing changed (HTTP 304), are
        not stored again."""
        now = self._clock.stamp()
        same = known is not None and (fetched.status == 304 or known.digest == body_digest(fetched.body))
        original = known if same else None
        digest = original.digest if original else body_digest(fetched.body)
        with self._refusals():
            offset, length = self._write_record(fetched, digest, now, original)
            answered: dict[str, Any] = {
                "url": fetched.url,
                "status": fetched.status,
                "standing": standing,
                "location": fetched.header("location"),
                "content_type": fetched.header("content-type"),
                "filename": filename_of(fetched.header("content-disposition") or ""),
                "etag": fetched.header("etag"),
                "last_modified": fetched.header("last-modified"),
            }
            if original is not None and fetched.status == 304:
                # Such an answer may leave out what it need not repeat.
                named = ("content_type", "filename", "etag", "last_modified")
                answered |= {name: answered[name] or getattr(original, name) for name in named}
            capture = dataclasses.replace(
                asked,
                **answered,
                digest=digest,
                warc=original.warc if original else f"{self.crawl_id}.warc.gz",
                offset=original.offset if original else offset,
                length=original.length if original else length,
                fetched_at=now,
                stored_at=original.stored_at if original else now,
            )
            self._write_line(capture)
        return capture

    def reclassify(self, capture: Capture, role: Role, title: str | None) -> None:
        """Record that the text of `capture` shows it to be something else than it was fetched as."""
        with self._refusals():
            self._write_line(dataclasses.replace(capture, role=role, title=title))

    def missing(self, capture: Capture) -> None:
        """Record that `capture` shows what was there to be there no more."""
        with self._refusals():
            self._write_line(dataclasses.replace(capture, standing=Standing.MISSING))

    def finish(self, results: Collection[SiteResult], changes: Iterable[Change]) -> None:
        """Mark the crawl as finished."""
        with self._refusals():
            for file in (self._warc, self._index):
                os.fsync(file.fileno())
                file.close()
            with (self._root / f"{self.crawl_id}.changes.jsonl").open("w", encoding="utf-8") as file:
                for change in changes:
                    file.write(json.dumps(dataclasses.asdict(change), ensure_ascii=False) + "\n")
                file.flush()
                os.fsync(file.fileno())
            path = self._root / f"{self.crawl_id}.result.json"
            partial = path.with_suffix(".partial")
            with partial.open("w", encoding="utf-8") as file:
                rows = [dataclasses.asdict(result) for result in results]
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
                (posted(original.url) or (original.url,))[0],
                original.stored_at,
                http_headers=http,
                warc_headers_dict={"WARC-Date": now},
            )
            if fetched.status == 304:
                record.rec_headers.replace_header("WARC-Profile", _NOT_MODIFIED)
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
