"""The edit rules of a form, evaluated on the cells of a report."""

from __future__ import annotations

from collections.abc import Container, Mapping
from decimal import Decimal

from parsers.forms import Form, RuleInstance
from parsers.model import Cell, Check, CheckOutcome, Issue, IssueCode


def _sum(cells: Mapping[str, Cell], ids: tuple[str, ...]) -> int | Decimal | None:
    """The sum of the cells; None if one of them has no number or the report does not hold it."""
    total: int | Decimal = 0
    for cell_id in ids:
        cell = cells.get(cell_id)
        if cell is None or cell.value is None:
            return None
        # Amounts are decimal numbers kept as floats; their shortest decimal text adds them exactly.
        total += cell.value if isinstance(cell.value, int) else Decimal(str(cell.value))
    return total


def _nonnegative(cells: Mapping[str, Cell], ids: tuple[str, ...]) -> CheckOutcome:
    values = [cells[i].value for i in ids if i in cells]
    if any(value is not None and value < 0 for value in values):
        return CheckOutcome.FAIL
    return CheckOutcome.NOT_CHECKABLE if not values or None in values else CheckOutcome.PASS


def evaluate(instance: RuleInstance, cells: Mapping[str, Cell]) -> CheckOutcome:
    """One rule at one place. A blank cell is not taken for zero: the rule is then not checkable."""
    if instance.rule.kind == "nonnegative":
        return _nonnegative(cells, instance.left)
    left, right = _sum(cells, instance.left), _sum(cells, instance.right)
    if left is None or right is None:
        return CheckOutcome.NOT_CHECKABLE
    holds = left == right if instance.rule.kind == "sum_equals" else left >= right
    return CheckOutcome.PASS if holds else CheckOutcome.FAIL


def check(form: Form, cells: Mapping[str, Cell], tables: set[str]) -> tuple[Check, ...]:
    """Every rule of the form that binds one of these tables, in the order of the form file."""
    return tuple(
        Check(instance.rule.id, instance.at, evaluate(instance, cells))
        for instance in form.instances
        if instance.rule.table in tables
    )


def missing_tables(form: Form, tables: Container[str]) -> list[Issue]:
    """An issue for each table of the form that is not among those found (table codes)."""
    return [
        Issue(IssueCode.TABLES_MISSING, f"no table “{table.label}” in the document")
        for table in form.tables
        if table.code not in tables
    ]
