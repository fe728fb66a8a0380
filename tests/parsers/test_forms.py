from __future__ import annotations

from collections import Counter

import pytest

from parsers.forms import Form, load_forms
from parsers.model import CellStatus

FORMS = {form.id: form for form in load_forms()}


@pytest.mark.parametrize(
    ("form_id", "tables"),
    [
        ("cn_ogi_annual_2021", {"proactive": 10, "applications": 175, "review_litigation": 15}),
        ("cn_ogi_statistics_2014", {"statistics": 58}),
        ("cn_ogi_annual_2019_trial", {"proactive": 22, "applications": 161, "review_litigation": 15}),
    ],
)
def test_a_form_has_the_cells_of_the_notice(form_id: str, tables: dict[str, int]) -> None:
    assert Counter(cell.table for cell in FORMS[form_id].cells.values()) == tables


def test_rules_bind_the_applications_table_as_the_form_prints_it() -> None:
    form = FORMS["cn_ogi_annual_2021"]
    places = Counter(instance.rule.id for instance in form.instances)
    assert (places["app_balance"], places["app_result_sum"], places["app_total_column"]) == (7, 7, 25)
    [balance] = [i for i in form.instances if i.rule.id == "app_balance" and i.at == "total"]
    assert balance.left == ("applications.new_received.total", "applications.carried_over.total")
    assert balance.right == ("applications.result_total.total", "applications.carried_forward.total")


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_rule_names_cells_that_the_form_has(form: Form) -> None:
    for instance in form.instances:
        assert instance.left and {*instance.left, *instance.right} <= form.cells.keys(), instance.rule.id
        if instance.rule.kind != "nonnegative":
            assert len(instance.left) == len(instance.rule.left), instance.rule.id
            assert len(instance.right) == len(instance.rule.right), instance.rule.id


def test_a_cell_keeps_its_meaning_in_every_form() -> None:
    old, new = FORMS["cn_ogi_annual_2019_trial"], FORMS["cn_ogi_annual_2021"]
    for name in old.cells.keys() & new.cells.keys():
        assert (old.cells[name].kind, old.cells[name].unit) == (new.cells[name].kind, new.cells[name].unit)


def test_statuses_are_those_of_the_dataset() -> None:
    assert {s.value for s in CellStatus} == {
        "stated", "blank", "not_applicable", "deduced", "uncertain", "absent"
    }  # fmt: skip
