"""Reports of a site as rows of the tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import metadata
from typing import Any

import pyarrow as pa

from parsers.model import CellStatus, CheckOutcome, IssueCode, Outcome, Report
from warehouse.schema import CELLS, SCHEMAS, SECTIONS, Verdict

_READ = {CellStatus.STATED, CellStatus.BLANK, CellStatus.NOT_APPLICABLE, CellStatus.DEDUCED}
_CELL_ORDER = {cell: number for number, cell in enumerate(CELLS)}


@dataclass(frozen=True, slots=True)
class Source:
    """One archived document that a report was read from; `fetched_at` is aware (UTC)."""

    url: str
    digest: str
    content_type: str | None
    fetched_at: datetime
    role: str


@dataclass(frozen=True, slots=True)
class SiteReport:
    """A report with the site that published it. `division` is the six-digit code of GB/T 2260."""

    report: Report
    site_id: str
    site_name: str
    division: str
    province: str
    level: str | None
    sources: tuple[Source, ...]
    published_date: date | None


def verdict(report: Report) -> Verdict:
    """How far the form of `report` could be read (the rule: see `Verdict`)."""
    statuses = {cell.status for cell in report.cells.values()}
    if report.outcome is Outcome.UNREADABLE:
        return Verdict.UNREADABLE
    if any(issue.code is IssueCode.SOURCE_CONFLICT for issue in report.issues):
        return Verdict.SOURCE_CONFLICT
    if statuses <= {CellStatus.ABSENT}:
        return Verdict.NARRATIVE_ONLY
    return Verdict.COMPLETE if statuses <= _READ else Verdict.PARTIAL


def site_tables(site_id: str, province: str, reports: Iterable[SiteReport]) -> dict[str, pa.Table]:
    """The rows of one site by table, sorted by report and printed order of the cells.

    Raises ValueError for a report of another site or province, without agency or year, or given twice:
    the caller places and reconciles reports before they come here.
    """
    by_id: dict[str, SiteReport] = {}
    for item in reports:
        report = item.report
        if (item.site_id, item.province) != (site_id, province):
            theirs = f"{item.site_id} in {item.province}"
            raise ValueError(f"{report.source} belongs to {theirs}, not to {site_id} in {province}")
        if report.agency is None or report.report_year is None:
            raise ValueError(f"{report.source} has no agency or no report year")
        report_id = f"{report.agency}/{report.report_year}"
        if report_id in by_id:
            raise ValueError(f"{site_id} gives {report_id} twice")
        by_id[report_id] = item
    ordered = sorted(by_id.items())
    rows: dict[str, Iterator[dict[str, Any]]] = {
        "reports": (_report_row(key, item) for key, item in ordered),
        "cells": (row for key, item in ordered for row in _cell_rows(key, item)),
        "checks": (row for key, item in ordered for row in _check_rows(key, item)),
        "facts": (row for key, item in ordered for row in _fact_rows(key, item)),
    }
    return {name: pa.Table.from_pylist(list(rows[name]), schema=schema) for name, schema in SCHEMAS.items()}


def _identity(report_id: str, item: SiteReport) -> dict[str, Any]:
    return {
        "report_id": report_id,
        "agency": item.report.agency,
        "report_year": item.report.report_year,
        "site": item.site_id,
    }


def _report_row(report_id: str, item: SiteReport) -> dict[str, Any]:
    report = item.report
    statuses = Counter(cell.status for cell in report.cells.values())
    outcomes = Counter(check.outcome for check in report.checks)
    return {
        **_identity(report_id, item),
        "site_name": item.site_name,
        "division": item.division,
        "province_code": f"{item.division[:2]}0000",
        "level": item.level,
        "title": report.title,
        "scope": report.scope,
        "form": report.form,
        "verdict": verdict(report),
        "published_date": item.published_date or report.published_date,
        "signed_date": report.signed_date,
        "period_start": report.period_start,
        "period_end": report.period_end,
        "document_number": report.document_number,
        "urls": [source.url for source in item.sources],
        "digests": [source.digest for source in item.sources],
        "fetched_at": max((source.fetched_at for source in item.sources), default=None),
        "parser_version": _parser_version(),
        "issues": [{"code": issue.code, "message": issue.message} for issue in report.issues],
        **{f"cells_{status}": statuses[status] for status in CellStatus},
        **{f"checks_{outcome}": outcomes[outcome] for outcome in CheckOutcome},
        **{f"section_{code}": report.sections.get(code) for code in SECTIONS},
        **{cell_id: cell.value for cell_id, cell in report.cells.items()},
    }


def _cell_rows(report_id: str, item: SiteReport) -> Iterator[dict[str, Any]]:
    for cell_id in sorted(item.report.cells, key=_CELL_ORDER.__getitem__):
        cell, spec = item.report.cells[cell_id], CELLS[cell_id]
        row = {
            **_identity(report_id, item),
            "cell": cell_id,
            "table": spec.table,
            "row": spec.row,
            "column": spec.column,
            "value": cell.value,
            "raw": cell.raw,
            "status": cell.status,
            "unit": spec.unit,
        }
        if found := cell.evidence:
            row |= {
                "capture": found.capture,
                "block": found.block,
                "table_number": found.table,
                "grid_row": found.row,
                "grid_column": found.column,
                "page": found.page,
                "box": [found.box.x0, found.box.top, found.box.x1, found.box.bottom] if found.box else None,
            }
        yield row


def _check_rows(report_id: str, item: SiteReport) -> Sequence[dict[str, Any]]:
    checks = sorted(item.report.checks, key=lambda check: (check.id, check.at or ""))
    return [
        {**_identity(report_id, item), "check": check.id, "at": check.at, "outcome": check.outcome}
        for check in checks
    ]


def _fact_rows(report_id: str, item: SiteReport) -> Iterator[dict[str, Any]]:
    """The facts in the order of the prose."""
    for fact in item.report.facts:
        yield {
            **_identity(report_id, item),
            "indicator": fact.indicator,
            "value": fact.value,
            "unit": fact.unit,
            "lower_bound": fact.lower_bound,
            "section": fact.section,
            "sentence": fact.sentence,
        }


@cache
def _parser_version() -> str | None:
    """Version of the installed package; None for a checkout that is not installed."""
    try:
        return metadata.version("nianbao")
    except metadata.PackageNotFoundError:
        return None
