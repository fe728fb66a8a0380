from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.forms import load_forms
from parsers.imputation import impute
from parsers.model import Cell, CellStatus, Evidence
from tests.parsers import render

FORM = load_forms()[0]
TABLES = {table.code: FORM.id for table in FORM.tables}
SEEDS = st.integers(0, 2**32 - 1)
LOST = Cell(None, None, CellStatus.ABSENT)


def stated(values: dict[str, render.Value]) -> dict[str, Cell]:
    return {name: Cell(value, str(value), CellStatus.STATED) for name, value in values.items()}


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, lost=st.integers(1, 37), busy=st.booleans())
def test_lost_cells_come_back_true_or_not_at_all(seed: int, lost: int, busy: bool) -> None:
    rng = random.Random(seed)
    truth = render.filled(FORM, rng, busy=busy)
    cells = stated(truth)
    names = rng.sample(sorted(cells), lost)
    deduced = impute([FORM], TABLES, cells | dict.fromkeys(names, LOST))
    assert {n: c.value for n, c in deduced.items()} == {n: truth[n] for n in deduced}
    assert {c.status for c in deduced.values()} <= {CellStatus.DEDUCED}


def test_a_single_lost_cell_of_a_sum_is_always_settled() -> None:
    truth = render.filled(FORM, random.Random(5))
    for name in FORM.cells:
        if FORM.cells[name].table != "proactive":
            assert impute([FORM], TABLES, stated(truth) | {name: LOST})[name].value == truth[name]


def test_no_application_at_all_means_that_every_lost_result_is_zero() -> None:
    cells = stated(dict.fromkeys(FORM.cells, 0))
    kept = [n for n in cells if n.endswith((".total", "natural_person"))]
    deduced = impute([FORM], TABLES, {n: cells[n] if n in kept else LOST for n in cells})
    lost = {n for n in cells if n not in kept and FORM.cells[n].table == "applications"}
    assert {n: deduced[n].value for n in lost} == dict.fromkeys(lost, 0)


def test_nothing_is_deduced_from_a_table_that_contradicts_itself() -> None:
    cells = stated(render.filled(FORM, random.Random(6)))
    cells["applications.granted.total"] = Cell(10**6, "1000000", CellStatus.STATED)
    cells["applications.denied_state_secret.other_org"] = LOST
    assert impute([FORM], TABLES, cells) == {}


def test_a_blank_cell_is_not_taken_for_lost() -> None:
    cells = stated(render.filled(FORM, random.Random(6)))
    name = "applications.granted.other_org"
    assert impute([FORM], TABLES, cells | {name: Cell(None, "", CellStatus.BLANK)}) == {}


def test_an_uncertain_cell_is_settled_only_by_one_of_its_candidates() -> None:
    truth = render.filled(FORM, random.Random(6))
    name = "applications.granted.other_org"
    twice = f"8 ≠ 9 | {truth[name]}"
    for raw, found in ((f"8 | {truth[name]}", [name]), ("8 | 99999", []), (twice, [])):
        cells = stated(truth) | {name: Cell(None, raw, CellStatus.UNCERTAIN)}
        assert list(impute([FORM], TABLES, cells)) == found


def test_one_printed_number_is_not_the_number_of_several_cells() -> None:
    """A row in doubt that prints one 0 beside blanks: which cell prints it nobody knows."""
    cells = stated(dict.fromkeys(FORM.cells, 0))
    evidence = Evidence("", block=3, table=1, row=8, column=1)
    row = [name for name in cells if name.startswith("applications.denied_administrative_inquiry.")]
    in_doubt = dict.fromkeys(row, Cell(None, "0", CellStatus.UNCERTAIN, evidence))
    assert impute([FORM], TABLES, cells | in_doubt) == {}
    deduced = impute([FORM], TABLES, cells | {row[0]: in_doubt[row[0]]})
    assert deduced[row[0]].status is CellStatus.STATED
