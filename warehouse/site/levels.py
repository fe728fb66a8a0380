"""Checks of a government's report against those of the bodies below it, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from parsers.model import CheckOutcome
from warehouse.site.pages import number

LEVEL_COLUMNS = ("cell", "outcome", "value", "below", "reports")


@dataclass(frozen=True, slots=True)
class Excess:
    """The reports of bodies below a government that add up to more than its own says in a cell."""

    cell: str
    value: float
    below: float
    reports: int

    @property
    def anchor(self) -> str:
        """Its address on the report's page."""
        return f"levels-{self.cell}"

    @property
    def says(self) -> str:
        """The sum and the number that it exceeds."""
        return f"{number(self.below)} > {number(self.value)}"


def excesses(rows: Iterable[Mapping[str, Any]]) -> list[Excess]:
    """The failed checks among rows of `levels`, in their order."""
    return [
        Excess(row["cell"], row["value"], row["below"], row["reports"])
        for row in rows
        if row["outcome"] == CheckOutcome.FAIL
    ]
