"""Bytes in, reports out: the whole way of one document."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from parsers.facts import check_facts, read_facts
from parsers.forms import load_forms
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
from parsers.readers.archives import is_archive, members
from parsers.reading import Reading, read_tables
from parsers.recognise import TitleKind, classify_title, is_report_text
from parsers.rules import check, missing_tables
from parsers.segments import Match, match_form
from parsers.split import split_reports

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
    return [
        _unreadable(part.source, part.title, part.document)
        if isinstance(part.document, ReadError)
        else read_report(part.document, part.source, capture=capture, title=part.title)
        for part in parts(data, source, title=title, content_type=content_type)
    ]


@dataclass(frozen=True, slots=True)
class Part:
    """What one report is read from: a document of its own, or the reason why it cannot be read. The evidence
    of the report's cells counts in it."""

    source: str
    title: str | None
    document: Document | ReadError


def parts(
    data: bytes, source: str = "", *, title: str | None = None, content_type: str | None = None
) -> list[Part]:
    """The parts of a file, one a report: the files of an archive, the reports in one document. Arguments as
    in `parse`."""
    if is_archive(data):
        return _members(data, source, title)
    charset = _CHARSET.search(content_type or "")
    try:
        document = read_document(data, charset[1] if charset else None)
    except ReadError as error:
        return [Part(source, title, error)]
    cut = split_reports(document)
    return [Part(source, title if len(cut) == 1 else None, part) for part in cut]


def _members(data: bytes, source: str, title: str | None) -> list[Part]:
    """The parts of an archive, each file of it with `source` "archive!name"."""
    try:
        files = members(data)
    except ReadError as error:
        return [Part(source, title, error)]
    found: list[Part] = []
    for file in files:
        name = f"{source}!{file.name}"
        if file.error is not None:
            found.append(Part(name, None, file.error))
        elif not is_archive(file.data):
            found += parts(file.data, name, title=PurePosixPath(file.name).stem)
    return found or [Part(source, title, ReadError(IssueCode.DAMAGED_FILE, "an archive without files"))]


def _unreadable(source: str, title: str | None, error: ReadError) -> Report:
    return Report(source, Outcome.UNREADABLE, title=title, issues=(Issue(error.code, str(error)),))


def read_report(document: Document, source: str, *, capture: str = "", title: str | None = None) -> Report:
    """Reads a document of any format into a Report."""
    identity = read_identity(document, title)
    matches = _matches(document, identity.report_year)
    main = _main_form(matches, identity.report_year)
    by_table = {table.code: _best(matches, table.code, main) for table in main.form.tables}
    reading = _read(by_table, capture)
    reason = _why_no_report(document, identity, reading)
    if reason is not None:
        return Report(source, Outcome.NOT_REPORT, title=identity.title, issues=(reason,))
    if not _follows(main, identity.report_year):
        return _report(source, identity, issues=tuple(identity.issues))
    forms = {code: match.form.id for code, match in by_table.items() if match.fits[code] > 0}
    cells = _every_cell(by_table, reading)
    cells |= impute(load_forms(), forms, cells)
    issues = [*identity.issues, *reading.issues]
    sections = read_sections(document, main.form)
    facts = read_facts(sections, identity.report_year)
    issues += check_facts(facts, cells, identity.report_year)
    issues += missing_tables(main.form, forms)
    return _report(
        source,
        identity,
        form=main.form.id,
        forms=forms,
        sections=sections,
        facts=facts,
        cells=cells,
        checks=tuple(c for code, match in by_table.items() for c in check(match.form, cells, {code})),
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
        scope=identity.scope,
        **read,  # type: ignore[arg-type]
    )


def _matches(document: Document, year: int | None) -> list[Match]:
    """The document matched against the forms, the newest first, up to one in force that leaves nothing to
    explain."""
    matches: list[Match] = []
    for form in load_forms():
        matches.append(match_form(document, form))
        if matches[-1].is_perfect() and (year is None or form.first_year <= year):
            break
    return matches


def _main_form(matches: Sequence[Match], year: int | None) -> Match:
    """The form that fits the document's largest table best; where none does, the one in force for the
    report year."""

    def fit(match: Match) -> tuple[int, int, bool, int]:
        in_force = year is not None and match.form.first_year <= year
        largest = max(match.fits[table.code] for table in match.form.tables)
        return largest, _rows(match), in_force, match.form.first_year if in_force else 0

    return max(matches, key=fit)


def _rows(match: Match) -> int:
    return sum(match.fits[table.code] for table in match.form.tables)


def _follows(match: Match, year: int | None) -> bool:
    """Whether the report follows the form: its tables say so, or at least the form was in force."""
    return _rows(match) > 0 or (year is not None and match.form.first_year <= year)


def _best(matches: Sequence[Match], table: str, main: Match) -> Match:
    """The form that this table follows: decided by its own rows, else as the rest of the document."""
    return max(matches, key=lambda match: (match.fits[table], match is main))


def _read(by_table: Mapping[str, Match], capture: str) -> Reading:
    """Reads each table by the form that it follows."""
    whole = Reading()
    for match in {id(match): match for match in by_table.values()}.values():
        tables = [code for code, chosen in by_table.items() if chosen is match]
        reading = read_tables(match, tables, capture)
        whole.cells |= reading.cells
        whole.issues += reading.issues
    return whole


def _every_cell(by_table: Mapping[str, Match], reading: Reading) -> dict[str, Cell]:
    """Every cell of the forms that the tables follow, in printed order; what was not read is absent."""
    names = [
        cell.id
        for code, match in by_table.items()
        for cell in match.form.cells.values()
        if cell.table == code
    ]
    return {name: reading.cells.get(name, _ABSENT) for name in names}


def _why_no_report(document: Document, identity: Identity, reading: Reading) -> Issue | None:
    """Why the document is no report; None if it is one."""
    if identity.title and classify_title(identity.title) is TitleKind.DECOY:
        return Issue(IssueCode.DECOY, f"another kind of document: {identity.title}")
    blank = all(cell.status is CellStatus.BLANK for cell in reading.cells.values())
    if reading.cells and blank and identity.agency is None and identity.report_year is None:
        return Issue(IssueCode.BLANK_FORM, "the official form, not filled in")
    text = "\n".join(block.text for block in document.blocks if isinstance(block, Paragraph))
    if not is_report_text(text) and len(reading.cells) < _CELLS_OF_A_REPORT:
        return Issue(IssueCode.NO_REPORT_TEXT, "no section headings and no table of an annual report")
    return None
