"""Several readings of one publication, an article and its attachments, into one Report an agency and year.

The same table often stands in the page and in the attached file. Cells are compared one by one: a number
that one source prints and another contradicts is published as neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from parsers.facts import PROSE_ISSUES, check_facts
from parsers.forms import load_forms
from parsers.imputation import impute
from parsers.model import Cell, CellStatus, Check, Issue, IssueCode, Outcome, Report
from parsers.rules import check, missing_tables

_T = TypeVar("_T")

_BETTER = (
    CellStatus.STATED,
    CellStatus.BLANK,
    CellStatus.NOT_APPLICABLE,
    CellStatus.DEDUCED,
    CellStatus.UNCERTAIN,
    CellStatus.ABSENT,
)
_AGAINST = " ≠ "
_PRINTED = frozenset({CellStatus.STATED, CellStatus.BLANK, CellStatus.NOT_APPLICABLE})


@dataclass(frozen=True)
class Merged:
    """A report and the readings it was made of (`members` are indexes into what was given)."""

    report: Report
    members: tuple[int, ...]


def reconcile(readings: Sequence[Report]) -> list[Merged]:
    """One Merged for each agency and year among the readings; readings that are no report are left out.

    A reading that names no agency or no year belongs to the readings that do, if they leave one choice.
    """
    groups: list[list[int]] = []
    known = [i for i, r in enumerate(readings) if r.outcome is Outcome.REPORT]
    for i in sorted(known, key=lambda i: (_gaps(readings[i]), i)):
        fitting = [g for g in groups if all(_same_report(readings[i], readings[j]) for j in g)]
        if len(fitting) == 1 or (fitting and not _gaps(readings[i])):
            fitting[0].append(i)
        else:
            groups.append([i])
    return [_merge(readings, sorted(group)) for group in groups]


def _gaps(report: Report) -> int:
    return (report.agency is None) + (report.report_year is None)


def _same_report(one: Report, other: Report) -> bool:
    agencies = {one.agency, other.agency} - {None}
    years = {one.report_year, other.report_year} - {None}
    return len(agencies) <= 1 and len(years) <= 1


def _merge(readings: Sequence[Report], members: list[int]) -> Merged:
    parts = [readings[i] for i in members]
    main = max(parts, key=lambda r: (_printed(r), sum(map(len, r.sections.values()))))
    if len(parts) == 1:
        return Merged(main, tuple(members))
    issues = list(main.issues)
    cells = dict(main.cells)
    origins = dict.fromkeys(cells, main.source)
    for part in parts:
        if part is main:
            continue
        for name, cell in part.cells.items():
            if name not in cells:
                cells[name], origins[name] = cell, part.source
                continue
            if conflict := _conflict(name, (cells[name], origins[name]), (cell, part.source)):
                issues.append(conflict)
            before = cells[name]
            cells[name] = _better(before, cell)
            if cells[name] is cell:
                origins[name] = part.source
    forms = {table: form for part in [*parts, main] for table, form in part.forms.items()}
    sections = dict(main.sections)
    teller = dict.fromkeys(sections, main)  # facts stand in the text that is kept
    for part in parts:
        for code, text in part.sections.items():
            if len(text) > len(sections.get(code, "")):
                sections[code], teller[code] = text, part
    facts = tuple(fact for code, part in teller.items() for fact in part.facts if fact.section == code)
    merged = replace(
        main,
        agency=_first(r.agency for r in parts),
        report_year=_first(r.report_year for r in parts),
        title=main.title or _first(r.title for r in parts),
        period_start=_first(r.period_start for r in parts),
        period_end=_first(r.period_end for r in parts),
        signed_date=_first(r.signed_date for r in parts),
        published_date=_first(r.published_date for r in parts),
        document_number=_first(r.document_number for r in parts),
        forms=forms,
        sections=sections,
        facts=facts,
        scope=_first(r.scope for r in parts),
        cells=cells,
        issues=tuple(issues),
    )
    return Merged(rechecked(merged), tuple(members))


def _printed(report: Report) -> int:
    return sum(cell.status in _PRINTED for cell in report.cells.values())


def _first(values: Iterable[_T | None]) -> _T | None:
    return next((value for value in values if value is not None), None)


def rechecked(report: Report) -> Report:
    """The report after its cells changed: lost ones imputed, every rule evaluated, and the issues that this
    settled left out."""
    forms = {form.id: form for form in load_forms()}
    checks: list[Check] = []
    cells = report.cells | impute(load_forms(), report.forms, report.cells)
    if report.form is not None:
        for table in forms[report.form].tables:
            form = forms[report.forms.get(table.code, report.form)]
            checks += check(form, cells, {table.code})
    settled = {
        IssueCode.TABLES_MISSING: True,
        IssueCode.NO_AGENCY: report.agency is not None,
        IssueCode.NO_REPORT_YEAR: report.report_year is not None,
    } | dict.fromkeys(PROSE_ISSUES, True)
    issues = tuple(issue for issue in report.issues if not settled.get(issue.code, False))
    issues += check_facts(report.facts, cells, report.report_year)
    if report.form is not None:
        issues += tuple(missing_tables(forms[report.form], report.forms))
    return replace(report, cells=cells, checks=tuple(checks), issues=issues)


def _conflict(name: str, one: tuple[Cell, str], other: tuple[Cell, str]) -> Issue | None:
    """The issue that both sources, each given with its cell, print other numbers; None if they do not."""
    (first, source), (second, other_source) = one, other
    if not _contradict(first, second):
        return None
    message = f"{name}: {source} prints {first.raw!r}, {other_source} prints {second.raw!r}"
    return Issue(IssueCode.SOURCE_CONFLICT, message)


def _contradict(one: Cell, other: Cell) -> bool:
    return one.status in _PRINTED and other.status in _PRINTED and one.value != other.value


def _better(one: Cell, other: Cell) -> Cell:
    """The better known of two readings of a cell; uncertain if both are printed and differ. No further
    reading settles that."""
    if _contradict(one, other):
        return Cell(None, f"{one.raw}{_AGAINST}{other.raw}", CellStatus.UNCERTAIN, one.evidence)
    for cell in (one, other):
        if cell.status is CellStatus.UNCERTAIN and _AGAINST in (cell.raw or ""):
            return cell
    return min(one, other, key=lambda cell: _BETTER.index(cell.status))
