"""One site from its crawl to its staged rows, and the rule that keeps the old rows of a site that fails.

A site is broken if it was not crawled to its end, if it gives fewer reports than it is known to hold (those
staged before), fewer than its registry entry `expects`, or none at all.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from crawler.archive import ArchiveError, Capture, CrawlOutcome, SiteResult
from crawler.registry import Site
from flows.parse import Article, ParsedArticle, ParserPool, Problem, articles
from flows.place import ArchiveFolder
from flows.summary import SiteIssue, SiteOutcome, SiteRun
from parsers import reconcile
from parsers.model import CheckOutcome, IssueCode, Outcome, Report
from warehouse import SiteReport, Source, WarehouseError, stage, staged_reports, staged_site


@dataclass(frozen=True, slots=True)
class Found:
    """A report of the site and the captures that it was read from."""

    report: Report
    captures: tuple[Capture, ...]


async def deliver(
    home: str,
    archive: ArchiveFolder,
    site: Site,
    *,
    result: SiteResult,
    captures: Sequence[Capture],
    pool: ParserPool,
) -> SiteRun:
    """Parse what a crawl brought for `site` and stage it, unless the site is broken. Failures of this
    machine (the disk is full, the archive cannot be read) come back as the site's outcome `failed`."""
    if result.outcome is not CrawlOutcome.DONE:
        reason = f"{result.outcome}: {result.detail}" if result.detail else str(result.outcome)
        return _site_run(site, SiteOutcome.BROKEN, reason, result)
    groups = articles(captures)
    documents = sum(map(len, groups))
    try:
        known = staged_reports(home, site.id)
        before = _digests(home, site.id)
        archive.fetch(capture for group in groups for capture in group)
        found, problems = site_reports(site, await pool.parse(archive.root, groups))
        shortage = shortfall(site, len(found), known, documents)
        if shortage is None:
            stage(home, site.id, site.province, [_site_report(site, item) for item in found])
        after = _digests(home, site.id)
    except (ArchiveError, WarehouseError, OSError) as error:
        return failed(site, str(error), result)
    cells = Counter(cell.status for item in found for cell in item.report.cells.values())
    checks = Counter(check.outcome for item in found for check in item.report.checks)
    outcome = SiteOutcome.BROKEN if shortage else SiteOutcome.DONE
    return _site_run(site, outcome, shortage, result).model_copy(
        update={
            "known": known,
            "documents": documents,
            "reports": len(found),
            "new": len(after.keys() - before.keys()),
            "revised": sum(before[report] != after[report] for report in before.keys() & after.keys()),
            "withdrawn": len(before.keys() - after.keys()),
            "cells": dict(cells),
            "checks_failed": checks[CheckOutcome.FAIL],
            "issues": [SiteIssue(**dataclasses.asdict(problem)) for problem in problems],
        }
    )


def _digests(home: str, site_id: str) -> dict[str, list[str]]:
    """The digests of the sources of every report that its portal holds, by report id, as staged."""
    staged = staged_site(home, site_id)
    if staged is None:
        return {}
    rows = staged["reports"].select(["report_id", "digests", "withdrawn_at"]).to_pylist()
    return {row["report_id"]: row["digests"] for row in rows if row["withdrawn_at"] is None}


def failed(site: Site, reason: str, result: SiteResult | None = None) -> SiteRun:
    """The record of a site for which this machine failed."""
    return _site_run(site, SiteOutcome.FAILED, reason, result)


def shortfall(site: Site, reports: int, known: int, documents: int) -> str | None:
    """Why `reports` are too few to replace the old rows of the site; None if they are enough."""
    if reports < known:
        return (
            f"{reports} reports where {known} are known; old rows kept (if the portal withdrew some, "
            f"remove the site's file in staging and run it again)"
        )
    if reports < (site.expects or 0):
        return f"{reports} reports where the registry expects {site.expects}"
    if reports == 0:
        return f"no report in {documents} documents"
    return None


def site_reports(site: Site, parsed: Iterable[ParsedArticle]) -> tuple[list[Found], list[Problem]]:
    """The reports of a site, one an agency and year, and the problems of its documents.

    A report that does not name its agency is taken for the site's own; one without a year cannot be placed
    and is a problem. Articles that give the same agency and year are reconciled like an article and its
    attachments: where they differ, the cells become uncertain.
    """
    placed: dict[tuple[str, int], list[Found]] = {}
    problems: list[Problem] = []
    for article in parsed:
        problems += article.problems
        for report, captures in article.reports:
            if report.report_year is None:
                problems.append(
                    _flaw(report, captures, IssueCode.NO_REPORT_YEAR, "no report year; not staged")
                )
                continue
            if report.agency is None:
                message = f"no agency in the document; taken for the site's own, {site.name}"
                problems.append(_flaw(report, captures, IssueCode.NO_AGENCY, message))
            named = dataclasses.replace(report, agency=report.agency or site.name)
            key = (named.agency or site.name, report.report_year)
            placed.setdefault(key, []).append(Found(named, captures))
    return [_merge(same) for same in placed.values()], problems


def _merge(same: Sequence[Found]) -> Found:
    """One report from those of one agency and year."""
    [merged] = reconcile([found.report for found in same])
    captures = dict.fromkeys(capture for found in same for capture in found.captures)
    return Found(merged.report, tuple(captures))


def _site_report(site: Site, found: Found) -> SiteReport:
    listed = [date.fromisoformat(capture.listed_date) for capture in found.captures if capture.listed_date]
    return SiteReport(
        report=found.report,
        site_id=site.id,
        site_name=site.name,
        division=site.division,
        province=site.province,
        level=site.level,
        sources=tuple(
            Source(
                url=capture.url,
                digest=capture.digest,
                content_type=capture.content_type,
                fetched_at=datetime.fromisoformat(
                    capture.stored_at
                ),  # not each night's: same bytes, same rows
                role=capture.role,
            )
            for capture in found.captures
        ),
        published_date=found.report.published_date or min(listed, default=None),
    )


def _flaw(report: Report, captures: Article, code: IssueCode, message: str) -> Problem:
    return Problem(report.source, captures[0].digest if captures else None, Outcome.REPORT, code, message)


def _site_run(site: Site, outcome: SiteOutcome, reason: str | None, result: SiteResult | None) -> SiteRun:
    return SiteRun(
        site=site.id,
        name=site.name,
        province=site.province,
        outcome=outcome,
        reason=reason,
        crawl_id=result.crawl_id if result else None,
        crawl_outcome=result.outcome if result else None,
        family=site.portal,
        requests=result.requests if result else 0,
        bytes=result.bytes if result else 0,
    )
