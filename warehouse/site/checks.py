"""Checks in words: the place, both sides with their numbers, and which cells they touch."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from markupsafe import Markup, escape

from parsers.forms import RuleInstance, load_forms
from parsers.model import CheckOutcome
from warehouse.site.form import form_of
from warehouse.site.pages import number
from warehouse.site.words import say, words

Values = Mapping[str, float | int | None]

_SHORT = 4
"""Addends that are written out one by one; of more, only those that are not zero."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed check: `anchor` is its address on the page, `text` what it says in Chinese, `html` the same
    with its words marked for the language switch and its numbers leading to their cells."""

    anchor: str
    rule: str
    place: str
    text: str
    html: Markup


@cache
def instances(table_forms: tuple[tuple[str, str], ...]) -> dict[tuple[str, str | None], RuleInstance]:
    """Rules of the forms that a report follows, by id and place; `table_forms` pairs table and form id."""
    followed = dict(table_forms)
    return {
        (instance.rule.id, instance.at): instance
        for form in load_forms()
        for instance in form.instances
        if followed.get(instance.rule.table) == form.id
    }


def forms_followed(cells: Collection[str], form_id: str | None) -> tuple[tuple[str, str], ...]:
    """The form of each table that a report holds cells of."""
    tables = dict.fromkeys(cell.partition(".")[0] for cell in cells)
    found = [(table, form_of(table, cells, form_id)) for table in tables]
    return tuple((table, form.id) for table, form in found if form is not None)


def failures(
    outcomes: Mapping[tuple[str, str | None], str],
    bound: Mapping[tuple[str, str | None], RuleInstance],
    values: Values,
) -> list[Failure]:
    """The failed checks of a report, in the order of the form."""
    return [
        _failure(instance, values)
        for key, instance in bound.items()
        if outcomes.get(key) == CheckOutcome.FAIL
    ]


def _failure(instance: RuleInstance, values: Values) -> Failure:
    rule = instance.rule
    key, place = _place(instance)
    head = Markup("<b>{}</b>: ").format(say(key) if key else escape(place)) if place else Markup("")
    if rule.kind == "nonnegative":
        negative = [cell for cell in instance.left if (values.get(cell) or 0) < 0]
        text = "，".join(number(values[cell]) for cell in negative)
        html = Markup("，").join(_link(cell, values) for cell in negative) + " &lt; 0"
        text += " < 0"
    else:
        sign = "≠" if rule.kind == "sum_equals" else "<"
        left, left_html = _side(instance.left, values)
        right, right_html = _side(instance.right, values)
        text = f"{left} {sign} {right}"
        html = Markup("{} <b class=no>{}</b> {}").format(left_html, sign, right_html)
    anchor = f"check-{rule.id}" + (f"-{instance.at}" if instance.at else "")
    shown = f"{place}: {text}" if place else text
    return Failure(anchor, rule.id, place, shown, head + html)


def _side(cells: tuple[str, ...], values: Values) -> tuple[str, Markup]:
    """A sum, as text and with links; a long one with its total."""
    addends = [cell for cell in cells if len(cells) <= _SHORT or values.get(cell)]
    text = " + ".join(number(values.get(cell)) for cell in addends) or "0"
    html = Markup(" + ").join(_link(cell, values) for cell in addends) or Markup("0")
    if len(addends) > 2:
        total = number(float(sum((Decimal(str(values.get(cell) or 0)) for cell in cells), Decimal(0))))
        text, html = f"{text} = {total}", Markup("{} = {}").format(html, total)
    return text, html


def _link(cell: str, values: Values) -> Markup:
    return Markup('<a href="#{}">{}</a>').format(cell, number(values.get(cell)))


def _place(instance: RuleInstance) -> tuple[str | None, str]:
    """Key and Chinese word of the row or column where a rule holds."""
    if instance.at is None:
        return None, ""
    for form in load_forms():
        key = f"{form.first_year}.{instance.rule.table}.{instance.at}"
        if key in words() and instance in form.instances:
            return key, words()[key][0]
    return None, instance.at
