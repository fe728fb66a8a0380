"""Administrative divisions by their codes of GB/T 2260, with what became of codes that were abolished.

The table lies in this room because both the crawler's registry and the warehouse need it, and the rules of
the house let the warehouse import `parsers` alone. `table.csv` names its origin and licences; no library
serves, as the packages that carry such tables end years ago or hold no history.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

_TABLE = Path(__file__).with_name("table.csv")


class UnknownDivisionError(Exception):
    """The table has no such code, or the code was not in force in the year asked for; one plain line."""


class DivisionLevel(StrEnum):
    """Level of a division. Municipalities (直辖市) are provinces; leagues and prefectures are cities."""

    CENTRAL = "central"
    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"


@dataclass(frozen=True, slots=True)
class Division:
    """One code under one name. `since` is the first year at whose end the code stood for this name, `until`
    the first at whose end it no longer did (None: in force). `successors` are the codes that took over then,
    the code itself where it was renamed. Records before 2001 are not kept."""

    code: str
    name: str
    since: int
    until: int | None
    successors: tuple[str, ...]

    @property
    def level(self) -> DivisionLevel:
        if self.code == "000000":
            return DivisionLevel.CENTRAL
        if self.code.endswith("0000"):
            return DivisionLevel.PROVINCE
        return DivisionLevel.CITY if self.code.endswith("00") else DivisionLevel.COUNTY

    def in_force(self, year: int) -> bool:
        """Whether the code stood for this name during some part of `year`."""
        return self.since <= year <= (self.until or year)


@dataclass(frozen=True, slots=True)
class Place:
    """Names of a division and of those above it; None where there is no such level (a municipality's and a
    province's own counties have no city). Central bodies have the province 中央."""

    province: str
    city: str | None
    county: str | None


def division(code: str, year: int | None = None) -> Division:
    """The division with six-digit `code` as it was at the end of `year`, or, where it was abolished during
    that year, before. None: the newest record of the code, which may be abolished.
    Raises `UnknownDivisionError`."""
    records = _records().get(code)
    if records is None:
        raise UnknownDivisionError(f"{code} is no code of GB/T 2260")
    if year is None:
        return records[-1]
    found = [record for record in records if record.in_force(year)]
    if not found:
        raise UnknownDivisionError(f"{code} was not in force in {year}")
    return found[-1]


def parents(code: str, year: int | None = None) -> tuple[Division, ...]:
    """The divisions above `code`, province first, as `division` gives them; none above a province. `year`
    None: as they were when the code was last in force. Raises `UnknownDivisionError`."""
    record = division(code, year)
    if year is None and record.until is not None:
        year = record.until - 1
    above = (f"{code[:2]}0000", f"{code[:4]}00")
    return tuple(division(one, year) for one in dict.fromkeys(above) if one != code and one in _records())


def place(code: str, year: int | None = None) -> Place:
    """The names that a row of the dataset carries beside the code. Raises `UnknownDivisionError`."""
    names = {record.level: record.name for record in (*parents(code, year), division(code, year))}
    province = names.get(DivisionLevel.PROVINCE) or names[DivisionLevel.CENTRAL]
    return Place(province, names.get(DivisionLevel.CITY), names.get(DivisionLevel.COUNTY))


@cache
def provinces() -> tuple[Division, ...]:
    """The provinces, municipalities and autonomous regions, and 中央 for central bodies."""
    levels = {DivisionLevel.PROVINCE, DivisionLevel.CENTRAL}
    return tuple(records[-1] for records in _records().values() if records[-1].level in levels)


def within(code: str) -> tuple[Division, ...]:
    """The newest record of every division below `code`, abolished ones too, by code; none below a county."""
    stem = code[:2] if code.endswith("0000") else code[:4] if code.endswith("00") else code
    return tuple(
        records[-1] for one, records in sorted(_records().items()) if one.startswith(stem) and one != code
    )


def current(code: str) -> tuple[Division, ...]:
    """The divisions in force today that an old code led to, over several changes where need be; the division
    itself where it is in force. Raises `UnknownDivisionError`."""
    found: dict[str, Division] = {}
    open_codes, seen = [code], {code}
    while open_codes:
        record = division(open_codes.pop(0))
        if record.until is None:
            found[record.code] = record
        open_codes += [one for one in record.successors if one not in seen]
        seen.update(record.successors)
    return tuple(found.values())


@cache
def _records() -> dict[str, list[Division]]:
    """All records by code, oldest first."""
    found: dict[str, list[Division]] = {}
    with _TABLE.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(line for line in file if not line.startswith("#"))
        assert next(rows) == ["code", "name", "since", "until", "successors"]
        for code, name, since, until, successors in rows:
            record = Division(
                code, name, int(since), int(until) if until else None, tuple(successors.split())
            )
            found.setdefault(code, []).append(record)
    return found
