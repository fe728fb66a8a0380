"""What a reader made of a document against the truth of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields

from parsers.forms import load_forms
from parsers.model import Cell, CellStatus, CheckOutcome, Outcome, Report
from tests.accuracy.alter import Need
from tests.accuracy.corpus import Case
from tests.accuracy.reports import Expected, Owed

_ABSENT = Cell(None, None, CellStatus.ABSENT)
_EMPTY = (CellStatus.BLANK, CellStatus.NOT_APPLICABLE)


@dataclass
class Score:
    """Counts over documents.

    `cells` are the legibly printed numbers: each is right, wrong, uncertain (marked, or right but deduced) or
    missing. `wrong` also counts numbers read where another, or none, is printed. `damaged`: printed, but not
    beyond doubt; `lost`: not printed, of which `deduced` rightly. `checks`, `metadata` and `decoys` are owed,
    the `*_right` of them met. `errors` tells each silent error in a line, `notes` each other fault.
    """

    documents: int = 0
    cells: int = 0
    right: int = 0
    wrong: int = 0
    uncertain: int = 0
    missing: int = 0
    blank: int = 0
    blank_right: int = 0
    damaged: int = 0
    damaged_right: int = 0
    lost: int = 0
    deduced: int = 0
    deduced_wrong: int = 0
    checks: int = 0
    checks_right: int = 0
    metadata: int = 0
    metadata_right: int = 0
    decoys: int = 0
    decoys_right: int = 0
    errors: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __iadd__(self, other: Score) -> Score:
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))
        return self

    @property
    def silent(self) -> int:
        """Numbers that a user would take for true and that are not."""
        return self.wrong + self.deduced_wrong


def score(case: Case, readings: Sequence[Report]) -> Score:
    """The score of one document."""
    result = Score(documents=1)
    found = [reading for reading in readings if reading.outcome is Outcome.REPORT]
    if not case.reports:
        result.decoys = 1
        result.decoys_right = int(not found)
        if found:
            result.notes.append(f"{case.format} {case.name}: taken for a report, {found[0].title!r}")
        return result
    for expected, reading in _pairs(case.reports, found):
        _score_report(result, f"{case.format} {case.form} {case.name}", expected, reading)
    for extra in found[len(case.reports) :]:
        invented = sum(cell.value is not None for cell in extra.cells.values())
        result.wrong += invented
        result.errors.append(
            f"{case.format} {case.name}: a report too many, {extra.title!r}, {invented} numbers"
        )
    return result


def _pairs(expected: Sequence[Expected], found: Sequence[Report]) -> Iterator[tuple[Expected, Report | None]]:
    """Each expected report with the one found for its agency, else the next one."""
    left = list(found)
    for one in expected:
        best = next((r for r in left if r.agency == one.agency), left[0] if left else None)
        if best is not None:
            left.remove(best)
        yield one, best


def _score_report(result: Score, name: str, expected: Expected, reading: Report | None) -> None:
    cells = reading.cells if reading else {}
    for cell_id, owed in expected.cells.items():
        _score_cell(result, f"{name}: {cell_id}", owed, cells.get(cell_id, _ABSENT))
    for cell_id in cells.keys() - expected.cells.keys():
        _score_cell(result, f"{name}: {cell_id}", Owed(None, Need.LOST), cells[cell_id])
    _score_metadata(result, name, expected, reading)
    if reading is not None:
        _score_checks(result, name, expected.cells, reading)


def _score_cell(result: Score, name: str, owed: Owed, cell: Cell) -> None:
    correct = cell.value is not None and cell.value == owed.value
    if owed.need is Need.STATED:
        result.cells += 1
        kind = "wrong"
        if cell.value is None:
            kind = "uncertain" if cell.status is CellStatus.UNCERTAIN else "missing"
        elif correct:
            kind = "right" if cell.status is CellStatus.STATED else "uncertain"
        setattr(result, kind, getattr(result, kind) + 1)
        if kind in ("uncertain", "missing"):
            result.notes.append(f"{name} {kind}: {owed.value} printed, {cell.status} from {cell.raw!r}")
    elif owed.need is Need.EMPTY:
        result.blank += 1
        result.blank_right += cell.status in _EMPTY
        result.wrong += cell.value is not None
    elif owed.need is Need.OPEN:
        result.damaged += 1
        result.damaged_right += correct
        if cell.value is not None and not correct:
            result.deduced_wrong += cell.status is CellStatus.DEDUCED
            result.wrong += cell.status is not CellStatus.DEDUCED
    elif owed.need is Need.LOST and cell.status is CellStatus.DEDUCED:
        result.lost += 1
        # A truth file may leave open what follows from the numbers it knows.
        result.deduced += correct
        result.deduced_wrong += not correct and owed.value is not None
    else:
        result.lost += 1
        result.wrong += cell.value is not None
    unsettled = owed.need is Need.LOST and owed.value is None and cell.status is CellStatus.DEDUCED
    if cell.value is None or unsettled:
        return
    if not correct or owed.need in (Need.EMPTY, Need.CONFLICT):
        result.errors.append(
            f"{name}: {owed.value} ({owed.need}), read {cell.status} {cell.value} from {cell.raw!r}"
        )
    elif owed.need is Need.LOST and cell.status is not CellStatus.DEDUCED:
        result.errors.append(f"{name}: {owed.value} is not printed, read {cell.status} from {cell.raw!r}")


def _score_metadata(result: Score, name: str, expected: Expected, reading: Report | None) -> None:
    owed = {
        "agency": (expected.agency, reading and reading.agency),
        "report_year": (expected.year, reading and reading.report_year),
        "form": (expected.form, reading and reading.form),
        "signed_date": (expected.signed, reading and reading.signed_date),
    }
    for key, (truth, read) in owed.items():
        if truth is not None:
            result.metadata += 1
            result.metadata_right += truth == read
            if truth != read:
                result.notes.append(f"{name}: {key} is {truth}, read {read}")


def _score_checks(result: Score, name: str, cells: Mapping[str, Owed], reading: Report) -> None:
    """Sums over legible numbers must come out as the printed numbers have it."""
    outcomes = {(check.id, check.at): check.outcome for check in reading.checks}
    for form in load_forms():
        if form.id not in reading.forms.values():
            continue
        for instance in form.sums:
            owed = [cells.get(cell_id) for cell_id in (*instance.left, *instance.right)]
            if not all(one and one.need is Need.STATED for one in owed):
                continue
            if reading.forms.get(instance.rule.table) != form.id:
                continue
            left, right = (sum(cells[i].value or 0 for i in side) for side in (instance.left, instance.right))
            due = CheckOutcome.PASS if left == right else CheckOutcome.FAIL
            result.checks += 1
            met = outcomes.get((instance.rule.id, instance.at)) is due
            result.checks_right += met
            if not met:
                result.notes.append(f"{name}: check {instance.rule.id} at {instance.at} is not {due}")
