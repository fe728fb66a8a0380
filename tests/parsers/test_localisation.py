from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from parsers import parse
from parsers.forms import load_forms
from parsers.localisation import suspects
from parsers.model import Cell, CellStatus, IssueCode
from tests.parsers import render

FORM = load_forms()[0]
APPLICATIONS = [name for name, cell in FORM.cells.items() if cell.table == "applications"]


def stated(values: dict[str, render.Value]) -> dict[str, Cell]:
    return {name: Cell(value, str(value), CellStatus.STATED) for name, value in values.items()}


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), wrong=st.integers(1, 4))
def test_misread_cells_are_always_among_the_suspects(seed: int, wrong: int) -> None:
    rng = random.Random(seed)
    cells = stated(render.filled(FORM, rng))
    # Two misreadings in one row or column may cancel each other out; these hit different ones.
    rows = rng.sample(sorted({n.split(".")[1] for n in APPLICATIONS} - {"carried_over"}), wrong)
    columns = rng.sample(["natural_person", "research_institution", "other_org", "legal_service_org"], wrong)
    misread = [f"applications.{row}.{column}" for row, column in zip(rows, columns, strict=True)]
    for name in misread:
        cells[name] = Cell((cells[name].value or 0) + rng.randint(1, 9), "?", CellStatus.STATED)
    assert set(misread) <= suspects(FORM, cells, set(cells))


def test_one_misread_cell_is_found_alone() -> None:
    cells = stated(render.filled(FORM, random.Random(3)))
    cells["applications.granted.other_org"] = Cell(10**6, "1000000", CellStatus.STATED)
    assert suspects(FORM, cells, set(cells)) == {"applications.granted.other_org"}


def test_sums_that_only_the_document_can_have_broken_raise_no_suspicion() -> None:
    cells = stated(render.filled(FORM, random.Random(3)))
    cells["applications.granted.other_org"] = Cell(10**6, "1000000", CellStatus.STATED)
    assert suspects(FORM, cells, {"applications.denied_state_secret.total"}) == set()


def test_a_torn_row_that_breaks_the_columns_is_not_believed() -> None:
    truth = render.filled(FORM, random.Random(4))
    markup = render.page(FORM, truth, render.Style(random.Random(4)), agency="示例局", year=2023)
    head, row, tail = markup.partition("2.重复申请</td>")
    cells = tail.partition("</tr>")[0]
    torn = "<p>2.重复申请</p>" + "<p>7</p>" + "<p>0</p>" * 5 + "<p>7</p>"
    damaged = head + row + tail.replace(cells, "<td></td>" * 7, 1) + torn
    [report] = parse(damaged.replace("2.重复申请</td>", "</td>", 1).encode(), "x")
    numbers = {name: cell.value for name, cell in report.cells.items() if cell.value is not None}
    assert {name: value for name, value in numbers.items() if truth[name] != value} == {}
    assert IssueCode.SUSPECT_READING in {issue.code for issue in report.issues}
