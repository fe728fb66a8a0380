"""Rows of a report back to a `Report`, so that what the parsers do with readings can be done with rows."""

from __future__ import annotations

from collections.abc import Sequence

from parsers.model import (
    Box,
    Cell,
    CellStatus,
    Check,
    CheckOutcome,
    Evidence,
    Fact,
    Issue,
    IssueCode,
    Outcome,
    Report,
    Scope,
)
from warehouse.rows import Row
from warehouse.schema import SECTIONS, TABLES
from warehouse.vocabulary import Verdict


def report_of(head: Row, cells: Sequence[Row], checks: Sequence[Row], facts: Sequence[Row]) -> Report:
    """The report that these rows were made of; its source is the first address of the row."""
    unreadable = head["verdict"] == Verdict.UNREADABLE
    sections = {code: head[f"section_{code}"] for code in SECTIONS}
    forms = {code: head[f"form_{code}"] for code in TABLES}
    return Report(
        source=next(iter(head["urls"]), head["site"]),
        outcome=Outcome.UNREADABLE if unreadable else Outcome.REPORT,
        agency=head["agency"],
        report_year=head["report_year"],
        form=head["form"],
        forms={code: form for code, form in forms.items() if form is not None},
        title=head["title"],
        period_start=head["period_start"],
        period_end=head["period_end"],
        signed_date=head["signed_date"],
        published_date=head["published_date"],
        document_number=head["document_number"],
        scope=Scope(head["scope"]) if head["scope"] else None,
        sections={code: text for code, text in sections.items() if text is not None},
        cells={row["cell"]: cell_of(row) for row in cells},
        checks=tuple(Check(row["check"], row["at"], CheckOutcome(row["outcome"])) for row in checks),
        facts=tuple(_fact(row) for row in facts),
        issues=tuple(Issue(IssueCode(one["code"]), one["message"]) for one in head["issues"]),
    )


def cell_of(row: Row) -> Cell:
    """The cell of a row of `cells`."""
    value = row["value"]
    if value is not None and value == int(value):
        value = int(value)
    evidence = None
    if row["capture"] is not None:
        evidence = Evidence(
            row["capture"],
            row["block"],
            row["table_number"],
            row["grid_row"],
            row["grid_column"],
            row["page"],
            Box(*row["box"]) if row["box"] is not None else None,
        )
    return Cell(value, row["raw"], CellStatus(row["status"]), evidence)


def _fact(row: Row) -> Fact:
    return Fact(
        row["indicator"], row["value"], row["unit"], row["sentence"], row["lower_bound"], row["section"]
    )
