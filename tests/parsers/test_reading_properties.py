"""Whatever the look of a table, its numbers come back; whatever its damage, none comes back wrong."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from parsers import parse
from parsers.forms import Form, load_forms
from parsers.model import CellStatus, Report
from tests.parsers import render
from tests.parsers.damage import DAMAGES, damage

AGENCY, YEAR = "金昌市示例局", 2023
FORMS = st.sampled_from([form for form in load_forms() if form.first_year >= 2019])
SEEDS = st.integers(0, 2**32 - 1)
FLAGS = ("blanks_in_labels", "full_width", "break_headers", "thousands", "units", "spans", "split_rows",
         "editor_markup", "wrapper", "one_table")  # fmt: skip


@st.composite
def styles(draw: st.DrawFn) -> render.Style:
    style = render.Style(random.Random(draw(SEEDS)), **{flag: draw(st.booleans()) for flag in FLAGS})
    style.zero_as = draw(st.sampled_from(["0", "", "/", "—", "　0 "]))
    return style


def wrong_numbers(report: Report, truth: dict[str, render.Value]) -> list[str]:
    return [
        name
        for name, cell in report.cells.items()
        if cell.value is not None and cell.value != truth.get(name)
    ]


def has_unit(form: Form, name: str) -> bool:
    """An amount in a column without a unit is stated only if it is none (see parsers.values)."""
    return form.cells[name].kind != "amount" or form.cells[name].unit is not None


@settings(max_examples=60, deadline=None)
@given(form=FORMS, style=styles(), seed=SEEDS, busy=st.booleans())
def test_every_printed_number_comes_back_from_any_allowed_look(
    form: Form, style: render.Style, seed: int, busy: bool
) -> None:
    truth = render.filled(form, random.Random(seed), busy=busy)
    [report] = parse(render.page(form, truth, style, agency=AGENCY, year=YEAR).encode(), "page.html")
    assert (report.form, report.agency, report.report_year) == (form.id, AGENCY, YEAR)
    zero = {"0": (CellStatus.STATED, 0), "": (CellStatus.BLANK, None)}.get(
        style.zero_as.strip(), (CellStatus.NOT_APPLICABLE, None)
    )
    expected = {
        name: (CellStatus.STATED, value) if value else zero
        for name, value in truth.items()
        if has_unit(form, name)
    }
    assert {n: (report.cells[n].status, report.cells[n].value) for n in expected} == expected


@settings(max_examples=40, deadline=None)
@given(form=FORMS, layout=st.sampled_from(["lines", "tabs", "pipes"]), seed=SEEDS, busy=st.booleans())
def test_every_number_comes_back_from_text(form: Form, layout: str, seed: int, busy: bool) -> None:
    truth = render.filled(form, random.Random(seed), busy=busy)
    [report] = parse(render.text(form, truth, layout, agency=AGENCY, year=YEAR).encode(), "page.txt")
    assert (report.form, report.agency, report.report_year) == (form.id, AGENCY, YEAR)
    read = {name: report.cells[name].value for name in truth if has_unit(form, name)}
    assert read == {name: value for name, value in truth.items() if has_unit(form, name)}


@settings(max_examples=250, deadline=None)
@given(
    form=FORMS,
    kind=st.sampled_from(DAMAGES),
    seed=SEEDS,
    spans=st.booleans(),
    zero=st.sampled_from(["0", "", "/"]),
)
def test_no_damage_gives_a_wrong_number(form: Form, kind: str, seed: int, spans: bool, zero: str) -> None:
    rng = random.Random(seed)
    truth = render.filled(form, rng)
    style = render.Style(rng, spans=spans, zero_as=zero)
    markup = damage(render.page(form, truth, style, agency=AGENCY, year=YEAR), kind, rng)
    [report] = parse(markup.encode(), "page.html")
    assert wrong_numbers(report, truth) == []


@settings(max_examples=60, deadline=None)
@given(layout=st.sampled_from(["lines", "tabs", "pipes"]), seed=SEEDS, count=st.integers(1, 30))
def test_cells_lost_from_text_give_no_wrong_number(layout: str, seed: int, count: int) -> None:
    form, rng = load_forms()[0], random.Random(seed)
    truth = render.filled(form, rng)
    lines = render.text(form, truth, layout, agency=AGENCY, year=YEAR).split("\n")
    for _ in range(count):
        place = rng.randrange(len(lines))
        cells = lines[place].split("\t")
        cells.pop(rng.randrange(len(cells)))
        lines[place] = "\t".join(cells)
    reports = parse("\n".join(lines).encode(), "page.txt")
    assert all(wrong_numbers(report, truth) == [] for report in reports)
