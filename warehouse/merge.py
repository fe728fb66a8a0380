"""Reports that several sites hold, one version of each: agreeing rows once, differing ones reconciled.

The rules are those of `parsers.reconcile`, on rows: neither documents nor parser are needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pyarrow as pa

from parsers import reconcile
from parsers.model import CellStatus, Report
from parsers.reconcile import rechecked
from warehouse.corrections import Correction, Refused, refusal
from warehouse.readings import report_of
from warehouse.rows import (
    REPORT_TABLES,
    Row,
    cell_rows,
    check_rows,
    fact_rows,
    reading_columns,
)
from warehouse.schema import CELLS, STAGED

ReportRows = dict[str, list[Row]]
"""The rows of one report by table (`REPORT_TABLES`)."""

_SOURCES = ("urls", "digests", "source_sites", "source_roles", "source_fetched_at")


def joined_sources(heads: Sequence[Row]) -> Row:
    """The columns of a merged report's row that list its sources, the first site's first; needs no other
    columns than these. The earliest date of publication counts; withdrawn is what every site withdrew."""
    columns: Row = {name: [] for name in _SOURCES}
    seen: set[tuple[str, str]] = set()
    for head in heads:
        for source in zip(*(head[name] for name in _SOURCES), strict=True):
            if source[:2] not in seen:
                seen.add(source[:2])
                for name, value in zip(_SOURCES, source, strict=True):
                    columns[name].append(value)
    dates = [head["published_date"] for head in heads if head["published_date"] is not None]
    withdrawn = [head["withdrawn_at"] for head in heads]
    return {
        **columns,
        "fetched_at": max((head["fetched_at"] for head in heads if head["fetched_at"]), default=None),
        "published_date": min(dates, default=None),
        "withdrawn_at": None if None in withdrawn else max(withdrawn),
    }


def merged(versions: Sequence[ReportRows]) -> ReportRows:
    """One version of a report from those of several sites, the one whose row stands first."""
    readings = [
        report_of(rows["reports"][0], rows["cells"], rows["checks"], rows["facts"]) for rows in versions
    ]
    # The scope is part of what a report is: those given here are of one id, told or not.
    [whole] = reconcile([replace(reading, agency=readings[0].agency) for reading in readings])
    head = versions[0]["reports"][0] | joined_sources([rows["reports"][0] for rows in versions])
    return _as_rows(head, whole.report, {})


def corrected(rows: ReportRows, corrections: Sequence[Correction]) -> tuple[ReportRows, list[Refused]]:
    """The report with its corrections, the checks evaluated on the corrected numbers; what does not fit is
    left out and given back."""
    by_cell = {row["cell"]: row for row in rows["cells"]}
    refused, marks = [], {}
    report = report_of(rows["reports"][0], rows["cells"], rows["checks"], rows["facts"])
    cells = dict(report.cells)
    for correction in corrections:
        reason = refusal(correction, by_cell.get(correction.cell))
        if reason is not None:
            refused.append(Refused(correction, reason))
            continue
        printed = cells[correction.cell]
        cells[correction.cell] = replace(printed, value=correction.corrected, status=CellStatus.STATED)
        marks[correction.cell] = {"corrected_from": printed.value, "correction": correction.explained()}
    if not marks:
        return rows, refused
    head = rows["reports"][0] | {"corrected_cells": [cell for cell in CELLS if cell in marks]}
    return _as_rows(head, rechecked(replace(report, cells=cells)), marks), refused


def _as_rows(head: Row, report: Report, marks: Mapping[str, Row]) -> ReportRows:
    ids = {name: head[name] for name in ("report_id", "agency", "report_year", "site")}
    return {
        "reports": [head | reading_columns(report)],
        "cells": [row | marks.get(row["cell"], {}) for row in cell_rows(ids, report)],
        "checks": list(check_rows(ids, report)),
        "facts": list(fact_rows(ids, report)),
    }


def tables_of(reports: Sequence[ReportRows]) -> dict[str, pa.Table]:
    """The rows of reports as tables."""
    return {
        name: pa.Table.from_pylist([row for rows in reports for row in rows[name]], schema=STAGED[name])
        for name in REPORT_TABLES
    }
