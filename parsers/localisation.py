"""Error localisation after Fellegi and Holt: the smallest set of readings that can explain broken sums.

Used where the reading may be at fault (see parsers.reading): the cells that could be wrong become
`uncertain`, and no more of them than the broken sums call for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import combinations

import numpy as np

from parsers.forms import Form
from parsers.model import Cell

# Errors that hit more cells at once are not told apart any more: every cell of the broken sums is marked.
_LARGEST_SET = 3

Sums = Sequence[dict[str, int]]
"""Each sum as cell id to its sign; the signed values add up to 0 where it holds."""


def suspects(form: Form, cells: Mapping[str, Cell], fallible: Collection[str]) -> set[str]:
    """The fallible cells that belong to some smallest set whose change makes every broken sum hold.

    Sums with a cell without number cannot be judged and are left aside. Changed values must be whole and
    not negative, and sums that held must hold again. Empty if no change of fallible cells can explain the
    broken sums: then the document contradicts itself.
    """
    if not fallible:
        return set()
    sums = [dict.fromkeys(i.left, 1) | dict.fromkeys(i.right, -1) for i in form.sums]
    judged = [one for one in sums if all(n in cells and cells[n].value is not None for n in one)]
    values = {name: cells[name].value or 0 for one in judged for name in one}
    broken = [one for one in judged if sum(sign * values[n] for n, sign in one.items())]
    candidates = [n for n in dict.fromkeys(n for one in broken for n in one) if n in fallible]
    for size in range(1, _LARGEST_SET + 1):
        found = {
            name
            for chosen in combinations(candidates, size)
            if all(one.keys() & set(chosen) for one in broken) and _explains(chosen, judged, values)
            for name in chosen
        }
        if found:
            return found
    return set(candidates) if all(one.keys() & set(candidates) for one in broken) else set()


def _explains(chosen: Sequence[str], sums: Sums, values: Mapping[str, float]) -> bool:
    """Whether other values of the chosen cells alone make all these sums hold."""
    touched = [one for one in sums if one.keys() & set(chosen)]
    signs = np.array([[one.get(name, 0) for name in chosen] for one in touched], dtype=float)
    rest = [-sum(s * values[n] for n, s in one.items() if n not in chosen) for one in touched]
    solution, _, rank, _ = np.linalg.lstsq(signs, np.array(rest, dtype=float), rcond=None)
    if rank < len(chosen):
        return False  # the cells stand for each other: a smaller set explains as much
    whole = np.rint(solution)
    return bool((whole >= 0).all() and np.array_equal(signs @ whole, rest))
