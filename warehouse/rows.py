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

from parsers.forms import CellSpec
from parsers.model import CellStatus, CheckOutcome, IssueCode, Outcome, Report
from warehouse.bodies import agency_name, body_of, place_of, report_id
from warehouse.schema import CELLS, SECTIONS, STAGED, TABLES
from warehouse.vocabulary import Verdict

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

    @property
    def report_id(self) -> str:
        """Its key in the tables. Raises ValueError without agency or year."""
        return str(identity(self)["report_id"])


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


REPORT_TABLES = ("reports", "cells", "checks", "facts")
"""The tables whose rows follow from one report alone."""

Row = dict[str, Any]


def report_tables(site_id: str, province: str, reports: Iterable[SiteReport]) -> dict[str, pa.Table]:
    """The rows of `REPORT_TABLES` of one site as they are staged, by report and printed order of the cells.

    Raises ValueError for a report of another site or province, without agency or year, or given twice, and
    for a count that is not whole: the caller places and reconciles reports before they come here.
    """
    by_id: dict[str, SiteReport] = {}
    for item in reports:
        report = item.report
        if (item.site_id, item.province) != (site_id, province):
            theirs = f"{item.site_id} in {item.province}"
            raise ValueError(f"{report.source} belongs to {theirs}, not to {site_id} in {province}")
        if item.report_id in by_id:
            raise ValueError(f"{site_id} gives {item.report_id} twice")
        by_id[item.report_id] = item
    ordered = [item for _, item in sorted(by_id.items())]
    rows: dict[str, Iterator[Row]] = {
        "reports": (report_row(item) for item in ordered),
        "cells": (row for item in ordered for row in cell_rows(identity(item), item.report)),
        "checks": (row for item in ordered for row in check_rows(identity(item), item.report)),
        "facts": (row for item in ordered for row in fact_rows(identity(item), item.report)),
    }
    return {name: pa.Table.from_pylist(list(rows[name]), schema=STAGED[name]) for name in REPORT_TABLES}


def identity(item: SiteReport) -> Row:
    """The columns that every row of a report has. Raises ValueError without agency or year."""
    report = item.report
    if report.agency is None or report.report_year is None:
        raise ValueError(f"{report.source} has no agency or no report year")
    agency = agency_name(report.agency, item.division)
    return {
        "report_id": report_id(agency, report.report_year, report.scope),
        "agency": agency,
        "report_year": report.report_year,
        "site": item.site_id,
    }


def report_row(item: SiteReport) -> Row:
    """The row of a report with its site and sources."""
    report, ids = item.report, identity(item)
    place = place_of(ids["agency"], item.division, item.level, ids["report_year"])
    return {
        **ids,
        "site_name": agency_name(item.site_name, item.division),
        "division": place.division,
        "level": place.level,
        "body": body_of(ids["agency"]),
        "province_code": f"{item.division[:2]}0000",
        "city": place.city,
        "county": place.county,
        "published_date": item.published_date or report.published_date,
        "urls": [source.url for source in item.sources],
        "digests": [source.digest for source in item.sources],
        "source_sites": [item.site_id for _ in item.sources],
        "source_roles": [str(source.role) for source in item.sources],
        "source_fetched_at": [source.fetched_at for source in item.sources],
        "fetched_at": max((source.fetched_at for source in item.sources), default=None),
        "parser_version": _parser_version(),
        "corrected_cells": [],
        **reading_columns(report),
    }


def reading_columns(report: Report) -> Row:
    """The columns of a report's row that follow from what its document says."""
    statuses = Counter(cell.status for cell in report.cells.values())
    outcomes = Counter(check.outcome for check in report.checks)
    return {
        "title": report.title,
        "scope": report.scope,
        "form": report.form,
        **{f"form_{table}": report.forms.get(table) for table in TABLES},
        "verdict": verdict(report),
        "signed_date": report.signed_date,
        "period_start": report.period_start,
        "period_end": report.period_end,
        "document_number": report.document_number,
        "issues": [{"code": issue.code, "message": issue.message} for issue in report.issues],
        **{f"cells_{status}": statuses[status] for status in CellStatus},
        **{f"checks_{outcome}": outcomes[outcome] for outcome in CheckOutcome},
        **{f"section_{code}": report.sections.get(code) for code in SECTIONS},
    }


def cell_rows(ids: Row, report: Report) -> Iterator[Row]:
    """A row for each cell, in the order of the form."""
    for cell_id in sorted(report.cells, key=_CELL_ORDER.__getitem__):
        cell, spec = report.cells[cell_id], CELLS[cell_id]
        if not fits(spec, cell.value):
            raise ValueError(f"{report.source} counts {cell.value} in {cell_id}")
        row = {
            **ids,
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


def fits(spec: CellSpec, value: float | None) -> bool:
    """Whether the column of a cell can hold a number: counts are whole."""
    return value is None or spec.kind == "amount" or float(value).is_integer()


def check_rows(ids: Row, report: Report) -> Sequence[Row]:
    """A row for each check, by rule and place."""
    checks = sorted(report.checks, key=lambda check: (check.id, check.at or ""))
    return [{**ids, "check": check.id, "at": check.at, "outcome": check.outcome} for check in checks]


def fact_rows(ids: Row, report: Report) -> Iterator[Row]:
    """The facts in the order of the prose."""
    for fact in report.facts:
        yield {
            **ids,
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
