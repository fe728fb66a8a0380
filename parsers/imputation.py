"""Deductive imputation: a lost number that the sums of the form and non-negativity leave one value.

Terms and method as in the editing of official statistics (de Waal, Pannekoek, Scholtus, Handbook of
Statistical Data Editing and Imputation, chapter 9). Whether one value is left is a question to an integer
program, the smallest and the largest value that a cell can take; nothing is guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from parsers.forms import Form, RuleInstance
from parsers.model import Cell, CellStatus

if TYPE_CHECKING:
    from scipy.optimize import LinearConstraint

_LOST = frozenset({CellStatus.ABSENT, CellStatus.UNCERTAIN})
# No count of a report comes near it; it only keeps the program bounded.
_LARGEST = 10**9
_POWERS = (1, 2, 4, 8, 16, 32, 64, 128)


def impute(forms: Iterable[Form], tables: Mapping[str, str], cells: Mapping[str, Cell]) -> dict[str, Cell]:
    """The cells that can be deduced, as new cells with status `deduced`; one whose print was in doubt and is
    the number that the sums leave is `stated`, as two independent witnesses agree on it.

    `tables` names the form that each table follows. Sums that hang together by shared cells are solved
    together; where one of them is already broken nothing is deduced from any of them. A blank cell prints
    no number, so it stays unknown and is never given one. An uncertain cell is settled only by a number
    that is among its candidates ("3 | 0 | 5"), one of its row's cells by each of them: where more need the
    same number, some of them may be blank. One that is printed twice ("3 ≠ 5") is not lost.
    """
    if not any(cell.status in _LOST for cell in cells.values()):
        return {}
    by_id = {form.id: form for form in forms}
    sums = [
        instance
        for table, form in tables.items()
        for instance in by_id[form].sums
        if instance.rule.table == table
    ]
    lost_prints = Counter(_print_of(cell) for cell in cells.values() if cell.status in _LOST)
    found: dict[str, Cell] = {}
    for group in _connected(sums):
        names = list(dict.fromkeys(name for one in group for name in one.cells))
        lost = [name for name in names if cells[name].status in _LOST]
        if lost and any(cells[name].value is not None for name in names):
            settled = _settled(group, cells, lost)
            claims = Counter((_print_of(cells[name]), value) for name, value in settled.items())
            for name, value in settled.items():
                cell = cells[name]
                raw = cell.raw or ""
                candidates = [] if "≠" in raw else raw.replace(",", "").split(" | ")
                claimed = claims[_print_of(cell), value]
                if cell.status is CellStatus.ABSENT or claimed <= candidates.count(str(value)):
                    confirmed = candidates == [str(value)] and lost_prints[_print_of(cell)] == 1
                    status = CellStatus.STATED if confirmed else CellStatus.DEDUCED
                    found[name] = replace(cell, value=value, status=status)
    return found


def _print_of(cell: Cell) -> tuple[int, int | None, int | None, int | None, str | None] | None:
    """What tells prints apart: the cells of a row in doubt share one, the whole of their row."""
    at = cell.evidence
    return None if at is None else (at.block, at.table, at.row, at.column, cell.raw)


def _connected(sums: Sequence[RuleInstance]) -> list[list[RuleInstance]]:
    """The sums grouped by shared cells."""
    groups: list[tuple[set[str], list[RuleInstance]]] = []
    for one in sums:
        names, members = set(one.cells), [one]
        apart = []
        for group in groups:
            if names & group[0]:
                names |= group[0]
                members = group[1] + members
            else:
                apart.append(group)
        groups = [*apart, (names, members)]
    return [members for _, members in groups]


def _settled(sums: Sequence[RuleInstance], cells: Mapping[str, Cell], lost: Sequence[str]) -> dict[str, int]:
    """The lost cells with one possible value; none if the sums contradict each other."""
    unknown = list(dict.fromkeys(c for s in sums for c in s.cells if cells[c].value is None))
    program = _program(sums, cells, unknown)
    if program is None:
        return {}
    places = [unknown.index(name) for name in lost]
    extremes = _Extremes(program, len(unknown))
    # Pulling many cells at once, in groups that tell any two apart, shows most open ones cheaply.
    groups = [places, *(places[bit :: 2 * bit] for bit in _POWERS if bit < len(places))]
    if not all(extremes.pull(group) for group in groups):
        return {}
    settled = {}
    for name, place in zip(lost, places, strict=True):
        if not extremes.open(place) and extremes.pull([place]) and not extremes.open(place):
            settled[name] = int(extremes.low[place])
    return settled


class _Extremes:
    """The smallest and largest value of every unknown cell that any solution found so far has."""

    def __init__(self, program: LinearConstraint, unknown: int) -> None:
        self.program = program
        self.low, self.high = np.full(unknown, np.inf), np.full(unknown, -np.inf)

    def open(self, place: int) -> bool:
        return bool(self.low[place] != self.high[place])

    def pull(self, places: Sequence[int]) -> bool:
        """Solves for the smallest and the largest sum of these cells; False if there is no solution."""
        from scipy.optimize import Bounds, milp  # takes longer to import than most reports to read

        objective = np.zeros(len(self.low))
        objective[list(places)] = 1
        for direction in (objective, -objective):
            result = milp(
                direction,
                integrality=np.ones(len(direction), dtype=np.int64),
                bounds=Bounds(0, _LARGEST),
                constraints=self.program,
            )
            if result.x is None:
                return False
            solution = np.rint(result.x)
            self.low, self.high = np.minimum(self.low, solution), np.maximum(self.high, solution)
        return True


def _program(
    sums: Sequence[RuleInstance], cells: Mapping[str, Cell], unknown: Sequence[str]
) -> LinearConstraint | None:
    """The sums as equations in the unknown cells; None if one without unknown cells does not hold."""
    index = {name: place for place, name in enumerate(unknown)}
    matrix = np.zeros((len(sums), len(unknown)))
    constants = np.zeros(len(sums))
    for row, one in enumerate(sums):
        for sign, names in ((1, one.left), (-1, one.right)):
            for name in names:
                value = cells[name].value
                if value is None:
                    matrix[row, index[name]] += sign
                else:
                    constants[row] -= sign * value
    from scipy.optimize import LinearConstraint

    bound = matrix.any(axis=1)
    if constants[~bound].any():
        return None
    return LinearConstraint(matrix[bound], constants[bound], constants[bound])
