"""Checks over levels of government: what the bodies below a government report may not exceed its own report.

Departments report first, to the office that then reports for the government (条例, article 49). Where that
report says that it is about the whole jurisdiction, it counts the departments, the townships and the
governments below it. Each of these is a part of the nearest government above it that has a report of the
same year; so no body is counted twice, and a government that did not report hides none of those below it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from parsers.model import CheckOutcome, Scope
from warehouse.bodies import body_key
from warehouse.data import load_data
from warehouse.schema import LEVEL_ROWS
from warehouse.vocabulary import Body

_NAMES = ("report_id", "agency", "report_year", "site")
_ABOUT = ("report_id", "agency", "body", "division", "scope", "province_code")


@cache
def level_cells() -> tuple[str, ...]:
    """The cells that are compared (levels.yaml)."""
    return tuple(load_data("levels"))


def level_rows(reports: pa.Table) -> pa.Table:
    """The rows of `levels` for the published reports of a province and year, by government and cell.

    A government has a row for each cell in which a report below it states a number; where it does not say
    that its report is about the whole jurisdiction, nothing can be checked.
    """
    above = _governments_above(reports)
    parts = np.flatnonzero(above >= 0)
    if not len(parts):
        return LEVEL_ROWS.empty_table()
    pieces = [_cell_rows(reports, cell, above, parts) for cell in level_cells()]
    rows = pa.concat_tables(pieces)
    return rows.sort_by([("report_id", "ascending"), ("cell", "ascending")])


def _cell_rows(
    reports: pa.Table, cell: str, above: npt.NDArray[np.int64], parts: npt.NDArray[np.int64]
) -> pa.Table:
    numbers: npt.NDArray[np.float64] = reports[cell].cast(pa.float64()).to_numpy()
    stating = parts[~np.isnan(numbers[parts])]
    count = np.bincount(above[stating], minlength=len(above))
    below = np.bincount(above[stating], numbers[stating], minlength=len(above))
    governments = np.flatnonzero(count)
    value, sums = numbers[governments], below[governments]
    outcomes = np.where(sums <= value, CheckOutcome.PASS, CheckOutcome.FAIL)
    rows = reports.select([*_NAMES, "scope"]).take(governments)
    whole = pc.fill_null(pc.equal(rows["scope"].cast(pa.string()), Scope.WHOLE_JURISDICTION), False)
    checkable = whole.to_numpy() & ~np.isnan(value)
    outcomes = np.where(checkable, outcomes, CheckOutcome.NOT_CHECKABLE)
    columns = {
        **{name: rows[name].cast(LEVEL_ROWS.field(name).type) for name in _NAMES},
        "cell": pa.repeat(cell, len(governments)),
        "outcome": pa.array(outcomes.tolist(), pa.string()),
        "value": pa.array(value, from_pandas=True),
        "below": pa.array(sums),
        "reports": pa.array(count[governments], pa.int32()),
    }
    return pa.table([columns[name] for name in LEVEL_ROWS.names], schema=LEVEL_ROWS)


def _governments_above(reports: pa.Table) -> npt.NDArray[np.int64]:
    """For each report the row of the government that it is a part of, -1 for none. A report under another
    spelling of a body that has one already, or about a system of several levels, is a part of none."""
    columns = [reports[name].cast(pa.string()).to_pylist() for name in _ABOUT]
    rows = list(zip(*columns, strict=True))
    governments: dict[str, int] = {}
    for place, (report_id, _, body, division, _, _) in enumerate(rows):
        if body == Body.GOVERNMENT and not report_id.endswith(f"/{Scope.OWN_ORGAN}"):
            governments.setdefault(division, place)
    above = np.full(len(rows), -1, np.int64)
    ambiguous = _endings_of_others(agency for _, agency, *_ in rows)
    seen: set[tuple[str, str]] = set()
    for place, (_, agency, body, division, scope, province_code) in enumerate(rows):
        if body == Body.GOVERNMENT:
            wanted = list(_divisions_above(division)) if governments.get(division) == place else []
        elif body in (Body.DEPARTMENT, Body.TOWNSHIP) and scope in (None, Scope.OWN_ORGAN):
            wanted = [division, *_divisions_above(division)]
        else:
            continue
        found = next((governments[code] for code in wanted if code in governments), -1)
        if found >= 0 and agency in ambiguous:
            key = body_key(agency, province_code)
            found = -1 if key in seen else found
            seen.add(key)
        above[place] = found
    return above


def _endings_of_others(names: Iterable[str]) -> set[str]:
    """The names of which one is how another ends, and those others: of two spellings of one body the longer
    names more of the places above it before the same rest. To take names apart takes long, and these are few.
    """
    found: set[str] = set()
    ending = "\0"
    for name in sorted(name[::-1] for name in set(names)):
        if name.startswith(ending):
            found |= {name[::-1], ending[::-1]}
        else:
            ending = name
    return found


def _divisions_above(code: str) -> Iterator[str]:
    """The codes of the city and of the province that a division lies in (GB/T 2260)."""
    for above in (f"{code[:4]}00", f"{code[:2]}0000"):
        if above != code:
            yield above
            code = above
