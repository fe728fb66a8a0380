"""Bytes in, reports out: the whole way of one document."""

from __future__ import annotations

import re
from collections.abc import Sequence

from parsers.forms import Form, load_forms
from parsers.identity import Identity, read_identity
from parsers.imputation import impute
from parsers.model import (
    Cell,
    CellStatus,
    Document,
    Issue,
    IssueCode,
    Outcome,
    Paragraph,
    ReadError,
    Report,
)
from parsers.narrative import read_sections
from parsers.readers import read_document
from parsers.reading import FormReading, read_form
from parsers.recognise import TitleKind, classify_title, is_report_text
from parsers.rules import check

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)
# So many cells of an official form do not meet by chance: an attachment of bare tables is a report.
_CELLS_OF_A_REPORT = 20
_ABSENT = Cell(None, None, CellStatus.ABSENT)


def parse(
    data: bytes,
    source: str,
    *,
    capture: str = "",
    title: str | None = None,
    content_type: str | None = None,
) -> list[Report]:
    """Reads one document into its reports.

    `source` is the path or URL as given, `capture` the digest of the bytes for the evidence, `title` the
    text under which a list page shows the document, `content_type` the header of its response.
    A document that cannot be read gives one Report with outcome `unreadable`, one that is no report gives
    one with outcome `not_report`; both carry the reason as an issue. Never raises for bad documents.
    """
    charset = _CHARSET.search(content_type or "")
    try:
        document = read_document(data, charset[1] if charset else None)
    except ReadError as error:
        return [Report(source, Outcome.UNREADABLE, title=title, issues=(Issue(error.code, str(error)),))]
    return [read_report(document, source, capture=capture, title=title)]


def read_report(document: Document, source: str, *, capture: str = "", title: str | None = None) -> Report:
    """Reads a document of any format into a Report."""
    identity = read_identity(document, title)
    readings = [read_form(document, form, capture) for form in load_forms()]
    reason = _why_no_report(document, identity, readings)
    if reason is not None:
        return Report(source, Outcome.NOT_REPORT, title=identity.title, issues=(reason,))
    main = _main_form(readings, identity)
    if main is None:
        return _report(source, identity, issues=tuple(identity.issues))
    by_table = {table.code: _best(readings, table.code, main) for table in main.form.tables}
    forms = {code: reading.form.id for code, reading in by_table.items() if reading.score.get(code)}
    cells = _cells(by_table, main.form)
    cells |= impute(load_forms(), forms, cells)
    checks = tuple(c for table, reading in by_table.items() for c in check(reading.form, cells, {table}))
    missing = [table.label for table in main.form.tables if table.code not in forms]
    issues = [*identity.issues, *(issue for r in _distinct(by_table.values()) for issue in r.issues)]
    issues += [Issue(IssueCode.TABLES_MISSING, f"no table “{label}” in the document") for label in missing]
    return _report(
        source,
        identity,
        form=main.form.id,
        forms=forms,
        sections=read_sections(document, main.form),
        cells=cells,
        checks=checks,
        issues=tuple(issues),
    )


def _report(source: str, identity: Identity, **read: object) -> Report:
    start, end = identity.period or (None, None)
    return Report(
        source,
        Outcome.REPORT,
        agency=identity.agency,
        report_year=identity.report_year,
        title=identity.title,
        period_start=start,
        period_end=end,
        signed_date=identity.signed_date,
        published_date=identity.published_date,
        document_number=identity.document_number,
        **read,  # type: ignore[arg-type]
    )


def _why_no_report(document: Document, identity: Identity, readings: Sequence[FormReading]) -> Issue | None:
    """Why the document is no report; None if it is one."""
    if identity.title and classify_title(identity.title) is TitleKind.DECOY:
        return Issue(IssueCode.DECOY, f"another kind of document: {identity.title}")
    most = max(readings, key=lambda reading: len(reading.cells))
    blank = all(cell.status is CellStatus.BLANK for cell in most.cells.values())
    if most.cells and blank and identity.agency is None and identity.report_year is None:
        return Issue(IssueCode.BLANK_FORM, "the official form, not filled in")
    text = "\n".join(block.text for block in document.blocks if isinstance(block, Paragraph))
    if not is_report_text(text) and len(most.cells) < _CELLS_OF_A_REPORT:
        return Issue(IssueCode.NO_REPORT_TEXT, "no section headings and no table of an annual report")
    return None


def _main_form(readings: Sequence[FormReading], identity: Identity) -> FormReading | None:
    """The form that fits the tables best; without tables the one in force for the report year."""
    year = identity.report_year

    def fit(reading: FormReading) -> tuple[int, bool, int]:
        in_force = year is not None and reading.form.first_year <= year
        return sum(reading.score.values()), in_force, reading.form.first_year if in_force else 0

    best = max(readings, key=fit)
    if sum(best.score.values()) > 0:
        return best
    return best if year is not None and best.form.first_year <= year else None


def _best(readings: Sequence[FormReading], table: str, main: FormReading) -> FormReading:
    """The form that this table follows: decided by its own rows, else as the rest of the document."""
    return max(readings, key=lambda reading: (reading.score.get(table, 0), reading is main))


def _cells(by_table: dict[str, FormReading], main: Form) -> dict[str, Cell]:
    """Every cell of the chosen forms, in printed order; what was not read is absent."""
    cells = {}
    for table in main.tables:
        reading = by_table[table.code]
        for spec in reading.form.cells.values():
            if spec.table == table.code:
                cells[spec.id] = reading.cells.get(spec.id, _ABSENT)
    return cells


def _distinct(readings: object) -> list[FormReading]:
    return list({id(r): r for r in readings}.values())  # type: ignore[attr-defined]
