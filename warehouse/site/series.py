"""Checks of a report against the one of the year before, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from markupsafe import Markup

from parsers.forms import load_forms
from parsers.model import CheckOutcome
from warehouse.panel import TEXT_REPEATED, chains
from warehouse.site.pages import number
from warehouse.site.words import say, words

PANEL_COLUMNS = ("prior_report_id", "check", "at", "outcome", "value", "expected")


@dataclass(frozen=True, slots=True)
class Break:
    """A failed check between two years. `cell` is the cell of this year that it takes, None for a text that
    repeats the year before's; `anchor` is its address on the report's page; `place` names it in Chinese."""

    check: str
    anchor: str
    cell: str | None
    place: str
    place_html: Markup
    prior: str
    value: float | None
    expected: float | None

    @property
    def copied(self) -> bool:
        return self.check == TEXT_REPEATED

    @property
    def says(self) -> str:
        """Both numbers, or how much of the text is the same."""
        if self.copied:
            return f"{(self.value or 0) * 100:.0f} %"
        return f"{number(self.value)} ≠ {number(self.expected)}"


def breaks(rows: Iterable[Mapping[str, Any]]) -> list[Break]:
    """The failed checks among rows of `panel`, in their order."""
    return [_break(row) for row in rows if row["outcome"] == CheckOutcome.FAIL]


def _break(row: Mapping[str, Any]) -> Break:
    check, at = row["check"], row["at"]
    chain = next((chain for chain in chains() if chain.id == check), None)
    cell = chain.value.format(at=at) if chain else None
    key = f"section.{at}" if chain is None else _place_key(chain.value.partition(".")[0], at)
    place = words()[key][0] if key in words() else at
    return Break(
        check=check,
        anchor=f"panel-{check}-{at}",
        cell=cell,
        place=place,
        place_html=say(key) if key in words() else Markup("{}").format(at),
        prior=row["prior_report_id"],
        value=row["value"],
        expected=row["expected"],
    )


@cache
def _place_key(table: str, at: str) -> str:
    """The key of the word for a row or column of a table, in the newest form that has it."""
    keys = [f"{form.first_year}.{table}.{at}" for form in load_forms()]
    return next((key for key in keys if key in words()), at)
