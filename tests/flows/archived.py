"""A home whose archive holds some documents, staged and published."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.archive import Capture, Role, body_digest
from parsers import parse
from parsers.model import Outcome, Report
from warehouse import SiteReport, Source, publish, stage

SITE = "gxj.jcs.gov.cn"
FETCHED = datetime(2026, 11, 20, 2, tzinfo=UTC)


def archive(home: Path, documents: Iterable[tuple[bytes, str]]) -> list[Capture]:
    """Write a crawl of documents (bytes, content type) into the archive of a home."""
    root = home / "archive"
    root.mkdir(parents=True, exist_ok=True)
    captures = []
    with (root / "crawl.warc.gz").open("wb") as warc:
        writer = WARCWriter(warc, gzip=True)
        for number, (body, content_type) in enumerate(documents):
            url, offset = f"http://{SITE}/{number}", warc.tell()
            http = StatusAndHeaders("200", [("Content-Type", content_type)], protocol="HTTP/1.1")
            record = writer.create_warc_record(
                url, "response", payload=BytesIO(body), length=len(body), http_headers=http
            )
            writer.write_record(record)
            captures.append(
                Capture(
                    site=SITE,
                    url=url,
                    role=Role.ARTICLE,
                    parent=None,
                    title=None,
                    listed_date=None,
                    status=200,
                    content_type=content_type,
                    filename=None,
                    digest=body_digest(body),
                    warc="crawl.warc.gz",
                    offset=offset,
                    length=warc.tell() - offset,
                    fetched_at=FETCHED.isoformat(),
                    stored_at=FETCHED.isoformat(),
                    etag=None,
                    last_modified=None,
                )
            )
    lines = [json.dumps(dataclasses.asdict(capture)) for capture in captures]
    (root / "crawl.jsonl").write_text("\n".join(lines) + "\n")
    return captures


def publish_archived(
    home: Path,
    documents: Iterable[tuple[bytes, str]],
    altered: Callable[[Report], Report] = lambda report: report,
) -> list[Report]:
    """Archive, parse and publish documents; every report in them gets an agency of its own. `altered` is what
    happens to them between."""
    documents = list(documents)
    reports, rows = [], []
    for (body, content_type), capture in zip(documents, archive(home, documents), strict=True):
        for report in parse(body, capture.url, capture=capture.digest, content_type=content_type):
            if report.outcome is Outcome.REPORT:
                named = dataclasses.replace(report, agency=f"金昌市第{len(reports)}局", report_year=2023)
                reports.append(altered(named))
                rows.append(_site_report(reports[-1], capture))
    stage(home, SITE, "甘肃省", rows)
    publish(home)
    return reports


def _site_report(report: Report, capture: Capture) -> SiteReport:
    source = Source(capture.url, capture.digest, capture.content_type, FETCHED, capture.role)
    return SiteReport(report, SITE, "金昌市工业和信息化局", "620300", "甘肃省", None, (source,), None)
