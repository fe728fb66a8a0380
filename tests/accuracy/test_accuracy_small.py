"""A small part of `make accuracy`: whatever a document looks like, no number in it is read wrong."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from parsers import parse
from parsers.forms import load_forms
from parsers.model import CellStatus, Report
from tests.accuracy import markup, plain
from tests.accuracy.alter import numbers
from tests.accuracy.corpus import Case, cases, torn_cases
from tests.accuracy.printed import Grid, Printed
from tests.accuracy.reports import Draft, draft, mixed
from tests.accuracy.score import Score, score

SEED = 7


def total(documents: list[Case]) -> Score:
    result = Score()
    for case in documents:
        result += score(case, parse(case.data, case.name))
    return result


@pytest.mark.parametrize("format_", ["html", "text", "docx", "xlsx", "xls"])
def test_no_number_is_silently_wrong_and_no_decoy_passes(format_: str) -> None:
    result = total(list(cases(SEED, [format_], every=12)))
    assert result.errors == []
    assert result.decoys_right == result.decoys


def test_text_without_any_trace_of_its_tables_gives_no_wrong_number() -> None:
    assert total(list(torn_cases(SEED))).errors == []


@pytest.mark.parametrize("format_", ["html", "text", "docx"])
def test_every_legible_number_and_every_identity_comes_back(format_: str) -> None:
    legible = [case for case in cases(SEED, [format_], every=5) if case.name.startswith(("look", "order"))]
    result = total(legible)
    assert result.cells > 500
    assert (result.right, result.blank_right) == (result.cells, result.blank)
    assert result.metadata_right == result.metadata
    assert result.checks_right == result.checks


@pytest.mark.parametrize("layout", [*plain.LAYOUTS, "html"])
def test_a_table_of_another_form_is_read_by_that_form(layout: str) -> None:
    """其他处理 is a row of the form of 2019 and heads three of that of 2021, in some layouts each of them."""
    newest, older, *_ = load_forms()
    made = mixed(older, newest, random.Random(4))
    assert "applications.other_other.total" in made.truth
    found = read(made, layout)
    assert found.forms["applications"] == newest.id
    assert found.cells["applications.other_other.total"].value == made.truth["applications.other_other.total"]


def quiet_report() -> Draft:
    """A report with few cases, its zeros left blank."""
    return draft(load_forms()[0], random.Random(4), busy=False, zero="")


def row_of(grid: Grid, cell: str) -> list[Printed]:
    return next(row for row in grid if any(printed.cell == cell for printed in row))


def print_row(made: Draft, table: str, cell: str, texts: Sequence[str]) -> None:
    """Has the row that holds this cell print these texts."""
    row = row_of(made.tables[table][-1], cell)
    for place, text in zip(numbers(row), texts, strict=True):
        row[place] = Printed(text, row[place].rowspan, row[place].colspan, row[place].cell)


def read(made: Draft, layout: str) -> Report:
    if layout == "html":
        data = markup.to_html(made.content(), made.title, random.Random(1), style="word")
    else:
        data = plain.to_text(made.content(), made.title, layout)
    [report] = parse(data, "report")
    return report


REVIEW = "review_litigation.review_upheld"
UPHELD_AND_TWO_PENDING = ["", "35", "", "1", "36", "", "", "", "", "", "", "2", "", "", "2"]


@pytest.mark.parametrize("layout", [layout for layout in plain.LAYOUTS] + ["html"])
def test_blank_zeros_in_the_only_row_of_a_table_keep_its_numbers(layout: str) -> None:
    made = quiet_report()
    print_row(made, "review_litigation", REVIEW, UPHELD_AND_TWO_PENDING)
    cells = [c for name, c in read(made, layout).cells.items() if name.startswith("review_litigation.")]
    stated = [str(c.value) if c.status is CellStatus.STATED else "" for c in cells]
    assert stated == UPHELD_AND_TWO_PENDING


@pytest.mark.parametrize("layout", [*plain.LAYOUTS, "html"])
@pytest.mark.parametrize(
    "texts",
    [["", "4", "2", "7", "1", "2", "2"], ["", "1", "60", "", "", "20", ""], ["0", "0", "3", "", "", "", ""]],
)
def test_a_row_that_slipped_among_blank_zeros_states_nothing(layout: str, texts: list[str]) -> None:
    made = quiet_report()
    print_row(made, "applications", "applications.new_received.natural_person", texts)
    cells = [
        c for name, c in read(made, layout).cells.items() if name.startswith("applications.new_received.")
    ]
    assert [c.value for c in cells if c.status is CellStatus.STATED] == []
