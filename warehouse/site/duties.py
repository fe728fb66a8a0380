"""How it stands with the duty to report, as pages need it: one judgement an agency and year."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

from parsers.divisions import UnknownDivisionError, place
from warehouse.site.by_agency import ByAgency
from warehouse.site.pages import agency_key, web
from warehouse.site.state import Entry
from warehouse.vocabulary import Basis

_PAGES = 5


class Duty(NamedTuple):
    """A row of `obligations`."""

    agency: str
    site: str
    body: str
    division: str
    level: str
    obligation: str
    basis: str
    due_date: date | None
    instrument: str | None
    published_date: date | None
    signed_date: date | None
    archived_at: datetime | None
    observed_at: datetime | None
    list_urls: list[str]

    @property
    def came(self) -> date | None:
        """The date that the judgement rests on."""
        if self.basis == Basis.ARCHIVED_DATE:
            return self.archived_at.date() if self.archived_at else None
        if self.basis == Basis.SIGNED_DATE:
            return self.signed_date
        return self.published_date if self.basis in (Basis.PUBLISHED_DATE, Basis.LATE_DATE) else None

    @property
    def says(self) -> str:
        """That date and the one it was due, in signs that need no words."""
        if self.due_date is None or self.came is None:
            return f"≤ {self.due_date}" if self.due_date else ""
        return f"{self.came} {'≤' if self.came <= self.due_date else '>'} {self.due_date}"

    @property
    def pages(self) -> list[str]:
        """Addresses of the column's pages that do not list the report, a few."""
        return [url for url in self.list_urls[:_PAGES] if web(url)]


def duties(root: Path, province: str, years: Sequence[int]) -> ByAgency:
    """The duties of a province in these years. Raises WarehouseError where a file is damaged."""
    return ByAgency(root, "obligations", province, years, Duty._fields)


def by_year(held: ByAgency, agency: str) -> dict[int, Duty]:
    """The duties of an agency, among those that are `held`."""
    return {row.pop("year"): Duty(**row) for row in held.rows(agency)}


def unmet(held: ByAgency, reported: set[str], year: int, province: str) -> Iterator[tuple[Entry, Duty]]:
    """The agencies that owed a report of which there is none: as entries of lists and maps."""
    for agency in sorted(held.places.keys() - reported):
        duty = by_year(held, agency)[year]
        city, county = _names(duty.division, year)
        key = agency_key(province, agency)
        entry = Entry(key, agency, duty.division, city, county, duty.level, None, 0, duty.obligation)
        yield entry, duty


def _names(division: str, year: int) -> tuple[str | None, str | None]:
    """City and county of a division code; none where the table does not know the code."""
    for when in (year, None):
        try:
            found = place(division, when)
        except UnknownDivisionError:
            continue
        return found.city, found.county
    return None, None
