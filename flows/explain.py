"""`nianbao explain`: from a published number back to the row of the document that prints it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from crawler.archive import Archive, Capture
from crawler.digests import Digests
from flows.documents import rule_in_words
from flows.originals import documents, place_of
from parsers.forms import RuleInstance, load_forms
from parsers.model import CellStatus, CheckOutcome, Document, Report
from parsers.places import Place, Printed, holding, printed
from warehouse import Home, Snapshot, UnknownNameError, report_of
from warehouse.schema import CELLS

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is known of one cell of one report.

    `head` is its row of `reports`, `cell` that of `cells`; `checks` are the rules that it takes part in with
    their outcome. `captures` are the archived fetches of the document it was read from, oldest first, none
    where the archive is not at hand; `data` its bytes; `row` what it prints there.
    """

    head: Row
    cell: Row
    report: Report
    checks: tuple[tuple[RuleInstance, CheckOutcome], ...]
    captures: tuple[Capture, ...]
    data: bytes | None
    row: Printed | None


def explain(
    home: Home, archive_root: Path, agency: str, year: int, cells: Sequence[str]
) -> list[Explanation]:
    """These cells of every report of the agency for that year, mostly one. `agency` may be a report's id.

    Raises UnknownNameError where there is no such report or cell, WarehouseError, ArchiveError.
    """
    if unknown := [cell for cell in cells if cell not in CELLS]:
        raise UnknownNameError(f"no cell {', '.join(unknown)}; CODEBOOK.md in the dataset lists them all")
    opened = Snapshot(home)
    found = list(_reports(opened, agency, year))
    if not found:
        raise UnknownNameError(_unknown(opened, agency, year))
    return [
        explanation
        for head in found
        for explanation in _explained(opened, Archive(archive_root), head, cells)
    ]


def _reports(opened: Snapshot, agency: str, year: int) -> Iterator[Row]:
    """The agency's rows of `reports`."""
    for file in opened.files("reports", year):
        names = opened.rows(file, opened.schema("reports", ["report_id", "agency"]))
        if pc.any(pc.or_(pc.equal(names["agency"], agency), pc.equal(names["report_id"], agency))).as_py():
            rows = opened.rows(file, opened.schema("reports"))
            chosen = pc.or_(pc.equal(rows["agency"], agency), pc.equal(rows["report_id"], agency))
            yield from rows.filter(chosen).to_pylist()


def _unknown(opened: Snapshot, agency: str, year: int) -> str:
    years, similar = set(), set()
    for file in opened.files("reports"):
        rows = opened.rows(file, opened.schema("reports", ["agency"]))
        for name, of_year in zip(rows["agency"].to_pylist(), rows["year"].to_pylist(), strict=True):
            if name == agency:
                years.add(of_year)
            elif of_year == year and agency in name:
                similar.add(name)
    if years:
        return f"no report of {agency} for {year}; there are those for {', '.join(map(str, sorted(years)))}"
    hint = f"; did you mean {'、'.join(sorted(similar)[:5])}?" if similar else ""
    return f"no report of {agency} for {year}{hint}"


def _explained(opened: Snapshot, archive: Archive, head: Row, cells: Sequence[str]) -> Iterator[Explanation]:
    rows = {table: _rows_of(opened, table, head) for table in ("cells", "checks", "facts")}
    report = report_of(head, rows["cells"], rows["checks"], rows["facts"])
    by_cell = {row["cell"]: row for row in rows["cells"]}
    sources: dict[str, _Source] = {}
    for cell in cells:
        if cell not in by_cell:
            raise UnknownNameError(f"{head['report_id']} has no cell {cell}: its form does not have it")
        row = by_cell[cell]
        digest = row["capture"]
        if digest not in sources:
            sources[digest] = _source(archive, digest, rows["cells"])
        source = sources[digest]
        shown = printed(source.document, place_of(row), row["raw"]) if source.document else None
        checks = tuple(_checks(report, cell))
        yield Explanation(head, row, report, checks, source.captures, source.data, shown)


@dataclass(frozen=True, slots=True)
class _Source:
    captures: tuple[Capture, ...] = ()
    data: bytes | None = None
    document: Document | None = None


def _source(archive: Archive, digest: str | None, cells: Sequence[Row]) -> _Source:
    """What is archived under a digest, and the document in it that holds a report with these cells."""
    captures = tuple(Digests(archive.root).find([digest]).get(digest, ())) if digest else ()
    if not captures:
        return _Source()
    data = archive.read(captures[-1])
    stated = {
        place_of(row): row["raw"]
        for row in cells
        if row["capture"] == digest and row["status"] == CellStatus.STATED
    }
    # A file may hold several reports: this one is where its stated cells are printed.
    document, _ = holding(documents(data, captures[-1]), stated)
    return _Source(captures, data, document)


def _rows_of(opened: Snapshot, table: str, head: Row) -> list[Row]:
    found: list[Row] = []
    for file in opened.files(table, head["year"], head["province"]):
        rows: pa.Table = opened.rows(file, opened.schema(table))
        found += rows.filter(pc.equal(rows["report_id"], head["report_id"])).to_pylist()
    return found


def _checks(report: Report, cell: str) -> Iterator[tuple[RuleInstance, CheckOutcome]]:
    outcomes = {(check.id, check.at): check.outcome for check in report.checks}
    for form in load_forms():
        for instance in form.instances:
            followed = report.forms.get(instance.rule.table, report.form) == form.id
            key = instance.rule.id, instance.at
            if followed and cell in instance.cells and key in outcomes:
                yield instance, outcomes[key]


def text_lines(explanation: Explanation) -> Iterator[str]:
    """An explanation for people."""
    head, row, spec = explanation.head, explanation.cell, CELLS[explanation.cell["cell"]]
    yield f"{head['report_id']}  {spec.id}  {spec.label} ({spec.label_en})"
    yield f"value    {_number(row['value'])}  ({row['status']})"
    if row["correction"] is not None:
        yield f"         corrected from {_number(row['corrected_from'])}: {row['correction']}"
    if row["unit"]:
        yield f"unit     {row['unit']}"
    yield f"printed  {'nothing' if row['raw'] is None else repr(row['raw'])}"
    if explanation.row is not None:
        yield from _row_lines(explanation.row)
    if row["capture"] is not None:
        yield f"place    {_place(row)}"
    for instance, outcome in explanation.checks:
        yield f"check    {outcome}  {rule_in_words(explanation.report, instance, outcome)}"
    if row["capture"] is not None:
        yield from _source_lines(explanation)


def _row_lines(row: Printed) -> Iterator[str]:
    shown = [f"[{text}]" if number == row.at else text for number, text in enumerate(row.row)]
    yield f"row      {' | '.join(_one_line(text) for text in shown)}"
    if row.header:
        yield f"column   {' / '.join(_one_line(text) for text in row.header if text)}"


def _place(row: Row) -> str:
    place: Place = place_of(row)
    if place.row is None or place.column is None:
        return f"paragraph {place.block + 1} of the document"
    page = f", page {row['page']}" if row["page"] is not None else ""
    return f"table {row['table_number'] + 1}, row {place.row + 1}, column {place.column + 1}{page}"


def _source_lines(explanation: Explanation) -> Iterator[str]:
    head, digest = explanation.head, explanation.cell["capture"]
    yield f"capture  {digest}"
    if explanation.captures:
        first, last = explanation.captures[0], explanation.captures[-1]
        yield f"url      {last.url}"
        yield f"fetched  {first.stored_at}, last seen {last.fetched_at}"
        yield f"archive  {last.warc} at {last.offset}, {last.length} bytes"
        return
    for url, known, fetched in zip(head["urls"], head["digests"], head["source_fetched_at"], strict=True):
        if known == digest:
            yield f"url      {url}"
            yield f"fetched  {fetched.isoformat()}"
    yield "archive  not in this home: the bytes cannot be shown"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.15g}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
