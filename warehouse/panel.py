"""Checks of a report against the same agency's report of the year before: chains of numbers, copied texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict
from rapidfuzz.distance import Indel

from parsers.model import CheckOutcome
from warehouse.bodies import body_key
from warehouse.data import load_data
from warehouse.rows import Row
from warehouse.schema import CELLS, PANEL_ROWS

TEXT_REPEATED = "text_repeated"
"""The check of a section's text: it fails where all but the numbers is (nearly) last year's text."""
REPEATED = 0.95
"""Share of the text from which on it counts as repeated: 1 - (insertions and deletions) / (both lengths)."""
_SHORTEST = 50
"""Characters below which a text says too little to be compared."""
_NAMES = ("report_id", "agency", "report_year", "site")
_SECTIONS = ("overview", "problems", "other_matters")
_NUMBERS_AND_BLANKS = re.compile(r"[\s\d.,，%％]+")


class Chain(BaseModel):
    """A rule of panel.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    label: str
    label_en: str
    at: tuple[str, ...]
    value: str
    prior: tuple[str, ...]
    plus: tuple[str, ...] = ()
    minus: tuple[str, ...] = ()

    def cells(self, place: str) -> list[str]:
        """The cells that the rule needs at a place, of either year."""
        return [cell.format(at=place) for cell in (self.value, *self.prior, *self.plus, *self.minus)]


@cache
def chains() -> tuple[Chain, ...]:
    """The rules of panel.yaml."""
    return tuple(Chain(**entry) for entry in load_data("panel"))


@cache
def chain_columns() -> list[str]:
    """The columns of `reports` that the chains need."""
    used = {cell for chain in chains() for place in chain.at for cell in chain.cells(place)}
    return [*_NAMES, "province_code", *(cell for cell in CELLS if cell in used)]


def text_rows(reports: Sequence[Row]) -> list[Row]:
    """How much of each report's prose is that of the year before, from the rows of one site's reports."""
    ordered = sorted(reports, key=lambda row: row["report_id"])
    names = [Name.of(row) for row in ordered]
    rows: list[Row] = []
    for row, place in zip(ordered, _prior(names, names), strict=True):
        if place is not None:
            rows += _text_rows(row, ordered[place])
    return rows


def _text_rows(row: Row, prior: Row) -> Iterator[Row]:
    for section in _SECTIONS:
        texts = [_NUMBERS_AND_BLANKS.sub("", one[f"section_{section}"] or "") for one in (row, prior)]
        if min(map(len, texts)) < _SHORTEST:
            continue
        similarity = round(Indel.normalized_similarity(*texts), 4)
        yield {
            **{name: row[name] for name in _NAMES},
            "prior_report_id": prior["report_id"],
            "check": TEXT_REPEATED,
            "at": section,
            "outcome": CheckOutcome.FAIL if similarity >= REPEATED else CheckOutcome.PASS,
            "value": similarity,
        }


def chain_rows(reports: pa.Table, prior: pa.Table) -> pa.Table:
    """The checks of the chains for the published reports of a year, given those of the year before.

    `prior` needs the columns `chain_columns`.
    """
    if not (reports.num_rows and prior.num_rows):
        return PANEL_ROWS.empty_table()
    names = [
        [Name.of(row) for row in rows.select([*_NAMES, "province_code"]).to_pylist()]
        for rows in (reports, prior)
    ]
    places = pa.array(_prior(*names), pa.int64())
    chosen = pa.array(np.flatnonzero(places.is_valid().to_numpy(zero_copy_only=False)))
    ours, theirs = reports.take(chosen), prior.take(places.take(chosen))
    if not ours.num_rows:
        return PANEL_ROWS.empty_table()
    parts = [_chain_rows(chain, place, ours, theirs) for chain in chains() for place in chain.at]
    rows = pa.concat_tables([PANEL_ROWS.empty_table(), *parts])
    return rows.take(pc.sort_indices(rows["report_id"]))


def _chain_rows(chain: Chain, place: str, ours: pa.Table, theirs: pa.Table) -> pa.Table:
    value, *_ = (_numbers(ours, cell.format(at=place)) for cell in (chain.value,))
    terms = [_numbers(theirs, cell.format(at=place)) for cell in chain.prior]
    terms += [_numbers(ours, cell.format(at=place)) for cell in chain.plus]
    terms += [-_numbers(ours, cell.format(at=place)) for cell in chain.minus]
    expected = np.sum(terms, axis=0)
    # A report in another form has none of these cells: nothing to check, and no row.
    there = np.flatnonzero(~(np.isnan(value) & np.isnan(expected)))
    checkable = ~np.isnan(value + expected)[there]
    holds = (value == expected)[there]
    outcomes = np.where(
        checkable, np.where(holds, CheckOutcome.PASS, CheckOutcome.FAIL), CheckOutcome.NOT_CHECKABLE
    )
    rows, before = ours.take(there), theirs.take(there)
    columns = {
        **{name: rows[name] for name in _NAMES},
        "prior_report_id": before["report_id"],
        "check": pa.repeat(chain.id, len(there)),
        "at": pa.repeat(place, len(there)),
        "outcome": pa.array(outcomes.tolist(), pa.string()),
        "value": pa.array(value[there], from_pandas=True),
        "expected": pa.array(expected[there], from_pandas=True),
    }
    return pa.table([columns[name] for name in PANEL_ROWS.names], schema=PANEL_ROWS)


def _numbers(rows: pa.Table, cell: str) -> npt.NDArray[np.float64]:
    """A cell's numbers, NaN where there is none."""
    numbers: npt.NDArray[np.float64] = rows[cell].cast(pa.float64()).to_numpy()
    return numbers


class Name(NamedTuple):
    """What a report is about: the body under one key for all its spellings, and whether its office alone."""

    report_id: str
    body: tuple[str, str]
    year: int
    scope: str

    @classmethod
    def of(cls, row: Row) -> Name:
        _, _, scope = row["report_id"].partition(f"/{row['report_year']}")
        return cls(row["report_id"], body_key(row["agency"], row["province_code"]), row["report_year"], scope)


def _prior(names: Sequence[Name], earlier: Sequence[Name]) -> list[int | None]:
    """For each report the place among `earlier` of the same body's report of the year before; None without.
    Where two spellings of the body have one, that under its own id counts, else the first."""
    places: dict[object, int] = {}
    for place, name in enumerate(earlier):
        places[name.report_id] = place
        places.setdefault(name[1:], place)
    found = []
    for name in names:
        same_id = f"{name.report_id.partition(f'/{name.year}')[0]}/{name.year - 1}{name.scope}"
        found.append(places.get(same_id, places.get((name.body, name.year - 1, name.scope))))
    return found
