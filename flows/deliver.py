"""One site from its crawl to its staged rows, and the rule that keeps the old rows of a site that fails.

A site is broken if it was not crawled to its end, if it gives fewer reports than it is known to hold (those
staged before), fewer than its registry entry `expects`, or none at all. Reports that the portal has
withdrawn, as the crawler has confirmed, are not missed.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version

from crawler.archive import Archive, ArchiveError, Capture, CrawlOutcome, Role, SiteResult, Trouble
from crawler.registry import Site
from crawler.urls import page_key
from flows.former import Sources, changed, parsed_again
from flows.ledger import SiteState
from flows.observed import observed
from flows.parse import Article, ParsedArticle, ParserPool, Problem, articles
from flows.place import ArchiveFolder
from flows.summary import TROUBLES, SiteIssue, SiteOutcome, SiteRun, SiteTrouble
from parsers import reconcile
from parsers.identity import agency_of, year_of
from parsers.labels import normalise
from parsers.model import CheckOutcome, Issue, IssueCode, Outcome, Report, Scope
from parsers.recognise import TitleKind, classify_title, report_named
from warehouse import SiteReport, Source, Verdict, WarehouseError, agency_name, stage, stage_view, staged_site
from warehouse.vocabulary import RevisionKind

_OF_TEXT = {RevisionKind.CELL, RevisionKind.SECTION}


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
    before: SiteState | None,
    pool: ParserPool,
) -> SiteRun:
    """Parse what the archive holds of `site` after the crawl that ended with `result`, and stage it, unless
    the site is broken or holds what it held when it was last delivered (`before`). Failures of this machine
    (the disk is full, the archive cannot be read) come back as the site's outcome `failed`."""
    index = Archive(archive.root)
    was_broken = before is not None and before.failing_since is not None
    if result.outcome is not CrawlOutcome.DONE:
        reason = f"{result.outcome}: {result.detail}" if result.detail else str(result.outcome)
        try:
            if not was_broken:
                stage_view(home, site.id, site.province, observed(index, site, result))
        except (ArchiveError, WarehouseError) as error:
            return failed(site, str(error), result)
        return _site_run(site, SiteOutcome.BROKEN, reason, result).model_copy(
            update={"unchanged": was_broken}
        )
    try:
        held, withdrawn = index.holdings(site.id), index.withdrawn(site.id)
        fingerprint = fingerprint_of(site, held, withdrawn)
        family = site.portal or _family(held)
        if before is not None and before.fingerprint == fingerprint and not was_broken:
            return _unchanged(_site_run(site, SiteOutcome.DONE, None, result, family), before)
        groups = articles(held)
        documents = sum(map(len, groups))
        staged, told = _staged(home, site.id)
        known = still_known([report.urls for report in staged.values()], withdrawn)
        archive.fetch(held)
        found, problems = site_reports(site, await pool.parse(archive.root, groups), groups)
        readable = sum(item.report.outcome is Outcome.REPORT for item in found)
        shortage = shortfall(site, readable, known, documents, len(_named(withdrawn) - _named(held)))
        if shortage is None:
            reports = [_site_report(site, item) for item in found]
            before_now = changed(staged, {report.report_id: _sources(report) for report in reports})
            former, _ = site_reports(site, await parsed_again(archive, before_now, pool))
            seen = dataclasses.replace(
                observed(index, site, result, withdrawn),
                former=tuple(_site_report(site, item) for item in former),
            )
            stage(home, site.id, site.province, reports, seen)
        after, told_now = _staged(home, site.id)
    except (ArchiveError, WarehouseError, OSError) as error:
        return failed(site, str(error), result)
    cells = Counter(cell.status for item in found for cell in item.report.cells.values())
    checks = Counter(check.outcome for item in found for check in item.report.checks)
    outcome = SiteOutcome.BROKEN if shortage else SiteOutcome.DONE
    return _site_run(site, outcome, shortage, result, family).model_copy(
        update={
            "known": known,
            "documents": documents,
            "reports": readable,
            "new": len(after.keys() - staged.keys()),
            "revised": sum(told[key] < told_now[key] for key in staged.keys() & after.keys()),
            "withdrawn": len(staged.keys() - after.keys()),
            "fingerprint": None if shortage else fingerprint,
            "cells": dict(cells),
            "checks_failed": checks[CheckOutcome.FAIL],
            "issues": [SiteIssue(**dataclasses.asdict(problem)) for problem in problems],
        }
    )


def _staged(home: str, site_id: str) -> tuple[dict[str, Sources], Counter[str]]:
    """The sources of the reports that its portal holds, by report id, as staged of a site; and in how many
    places the text of each has changed so far. Pages whose bytes change by themselves say what they said."""
    staged = staged_site(home, site_id)
    if staged is None:
        return {}, Counter()
    rows = staged["reports"].select(["report_id", "urls", "digests", "withdrawn_at", "verdict"]).to_pylist()
    told = staged["revisions"].select(["report_id", "revision"]).to_pylist()
    return {
        row["report_id"]: Sources(frozenset(row["urls"]), tuple(row["digests"]))
        for row in rows
        if row["withdrawn_at"] is None and row["verdict"] != Verdict.UNREADABLE
    }, Counter(row["report_id"] for row in told if row["revision"] in _OF_TEXT)


def _sources(report: SiteReport) -> Sources:
    return Sources(
        frozenset(source.url for source in report.sources),
        tuple(source.digest for source in report.sources),
    )


def fingerprint_of(site: Site, held: Iterable[Capture], withdrawn: Iterable[Capture]) -> str:
    """Changes when a document of the site does, its entry in the registry, or the release of the software
    that reads it."""
    lines = [f"{capture.url} {capture.digest} {capture.title}" for capture in held]
    lines += [f"withdrawn {capture.url}" for capture in withdrawn]
    return sha256("\n".join([_release(), site.model_dump_json(), *sorted(lines)]).encode()).hexdigest()


def _release() -> str:
    """The installed release; nothing for a checkout that is not installed."""
    try:
        return version("nianbao")
    except PackageNotFoundError:
        return ""


def _unchanged(run: SiteRun, before: SiteState) -> SiteRun:
    """The record of a site that holds what it held: its staged rows stand."""
    return run.model_copy(
        update={
            "known": before.reports,
            "reports": before.reports,
            "cells": before.cells,
            "fingerprint": before.fingerprint,
            "unchanged": True,
        }
    )


def _family(held: Iterable[Capture]) -> str | None:
    """The portal family of most of the documents."""
    named = Counter(capture.portal for capture in held if capture.portal)
    return max(named, key=lambda family: (named[family], family), default=None)


def failed(site: Site, reason: str, result: SiteResult | None = None) -> SiteRun:
    """The record of a site for which this machine failed."""
    return _site_run(site, SiteOutcome.FAILED, reason, result)


def still_known(staged: Iterable[frozenset[str]], withdrawn: Iterable[Capture]) -> int:
    """How many of the staged reports, given by their sources, were not withdrawn with all their sources."""
    gone = {page_key(capture.url) for capture in withdrawn}
    return sum(not gone.issuperset(map(page_key, sources)) for sources in staged)


def _named(captures: Iterable[Capture]) -> set[tuple[str, int | None]]:
    """Agency and year of the articles, as their titles name them."""
    return {report_named(c.title) for c in captures if c.role is Role.ARTICLE and c.title}


def shortfall(site: Site, reports: int, known: int, documents: int, withdrawn: int = 0) -> str | None:
    """Why `reports` are too few to replace the old rows of the site; None if they are enough. `withdrawn` of
    those that its registry entry expects are gone."""
    if reports < known:
        return f"{reports} reports where {known} are known; old rows kept"
    if reports < (site.expects or 0) - withdrawn:
        return f"{reports} reports where the registry expects {site.expects}"
    if reports == 0:
        return f"no report in {documents} documents"
    return None


def site_reports(
    site: Site, parsed: Sequence[ParsedArticle], groups: Sequence[Article] = ()
) -> tuple[list[Found], list[Problem]]:
    """The reports of a site, one an agency and year, and the problems of its documents.

    A report that does not name its agency is taken for the site's own; one without a year cannot be placed
    and is a problem. Articles that give the same agency (under one of its spellings) and year are reconciled
    like an article and its attachments: where they differ, the cells become uncertain. Where some say that
    they count the whole jurisdiction and others the office alone, these are two reports. An article (of
    `groups`, in the order of `parsed`) that the portal lists as a report of a year and that cannot be read is
    a report with the outcome `unreadable`, unless another article gives it.
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
            agency = agency_name(report.agency or site.name, site.division)
            found = Found(dataclasses.replace(report, agency=agency), captures)
            placed.setdefault((agency, report.report_year), []).append(found)
    read = [_merge(same) for group in placed.values() for same in _by_scope(group)]
    unread: dict[tuple[str, int], Found] = {}
    for article, group in zip(parsed, groups, strict=False):
        if not article.reports and (lost := _unreadable(site, group, article.problems)) is not None:
            unread.setdefault((lost.report.agency or "", lost.report.report_year or 0), lost)
    return read + [found for key, found in unread.items() if key not in placed], problems


def _unreadable(site: Site, article: Article, problems: Sequence[Problem]) -> Found | None:
    """The report that the portal says an article is, if nothing in it could be read for what it is."""
    title = article[0].title or ""
    year = year_of(normalise(title))
    if classify_title(title) is not TitleKind.REPORT or year is None or not problems:
        return None
    return Found(
        Report(
            source=article[0].url,
            outcome=Outcome.UNREADABLE,
            agency=agency_name(agency_of(normalise(title)) or site.name, site.division),
            report_year=year,
            title=title,
            issues=tuple(Issue(problem.code, problem.message) for problem in problems),
        ),
        article,
    )


def _by_scope(group: Sequence[Found]) -> list[list[Found]]:
    """The reports of one agency and year apart by whom they count; one that does not say goes with the whole
    jurisdiction."""
    own = [found for found in group if found.report.scope is Scope.OWN_ORGAN]
    rest = [found for found in group if found.report.scope is not Scope.OWN_ORGAN]
    said = any(found.report.scope is not None for found in rest)
    return [own, rest] if own and said else [[*group]]


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


def _failed(result: SiteResult) -> list[Trouble]:
    """What did not come although it may be asked for: what robots.txt forbids is no trouble of a night."""
    return [trouble for trouble in result.troubles if trouble.outcome is not CrawlOutcome.ROBOTS_DENIED]


def _site_run(
    site: Site,
    outcome: SiteOutcome,
    reason: str | None,
    result: SiteResult | None,
    family: str | None = None,
) -> SiteRun:
    troubles = _failed(result) if result else []
    return SiteRun(
        site=site.id,
        name=site.name,
        province=site.province,
        outcome=outcome,
        reason=reason,
        crawl_id=result.crawl_id if result else None,
        crawl_outcome=result.outcome if result else None,
        family=family or site.portal,
        requests=result.requests if result else 0,
        bytes=result.bytes if result else 0,
        trouble_count=len(troubles),
        troubles=[SiteTrouble(url=t.asked.url, detail=t.detail) for t in troubles[:TROUBLES]],
        shrunk=list(result.shrunk) if result else [],
        notes=list(result.notes) if result else [],
    )
