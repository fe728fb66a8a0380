"""From the cells of an older form to those of the next, with a mark on what may not be compared."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from parsers.forms import load_forms
from warehouse.data import load_data
from warehouse.vocabulary import Comparable

_SAME = ("两种格式项目相同", "the same cell in both forms")
_NONE = ("下一格式无对应项目", "the next form has no such number")


class Crossing(NamedTuple):
    """A cell of a form and the cells of the next form (added up, where several) that stand for it."""

    from_form: str
    from_cell: str
    to_form: str
    to_cells: tuple[str, ...]
    comparable: Comparable
    note: str
    note_en: str


@cache
def crosswalk() -> tuple[Crossing, ...]:
    """A crossing for every cell of every form but the newest; several where it stands in several sums.

    Raises ValueError where crosswalk.yaml names a cell that its form does not have.
    """
    forms = {form.id: form for form in load_forms()}
    found: list[Crossing] = []
    for pair in load_data("crosswalk"):
        old, new = forms[pair["from"]], forms[pair["to"]]
        entries = [(_pattern(entry["from"]), entry) for entry in pair["cells"]]
        for cell in old.cells:
            hits = [(match, entry) for pattern, entry in entries if (match := pattern.fullmatch(cell))]
            for match, entry in hits:
                star = match.groups()[0] if match.groups() else ""
                to = tuple(target.replace("*", star) for target in entry["to"])
                if unknown := set(to) - set(new.cells):
                    raise ValueError(f"crosswalk.yaml: {new.id} has no cell {', '.join(sorted(unknown))}")
                mark = Comparable(entry["comparable"])
                found.append(Crossing(old.id, cell, new.id, to, mark, entry["note"], entry["note_en"]))
            if not hits and cell in new.cells:
                found.append(Crossing(old.id, cell, new.id, (cell,), Comparable.SAME, *_SAME))
            elif not hits:
                found.append(Crossing(old.id, cell, new.id, (), Comparable.NOT, *_NONE))
    return tuple(found)


def _pattern(cell: str) -> re.Pattern[str]:
    return re.compile(re.escape(cell).replace(r"\*", r"([a-z_]+)"))
