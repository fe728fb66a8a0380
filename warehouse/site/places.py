"""Provinces, cities and counties: what is held of each in each year, and which agencies belong to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from warehouse.site.pages import agency_page, page, report_page
from warehouse.site.provinces import province_code
from warehouse.site.state import Entry
from warehouse.vocabulary import Verdict

MEASURES = ("held", "complete", "failing", "late", "missing", "blocked")
AGENCIES = 300
"""Agencies of one page; a place with more has several."""

_MUNICIPALITIES = ("11", "12", "31", "50")
_DIRECT = "90"
"""Third and fourth digit of counties that a province governs itself."""


@dataclass(slots=True)
class Tally:
    """Counts of one place and year, in the order of `MEASURES`."""

    held: int = 0
    complete: int = 0
    failing: int = 0
    late: int = 0
    missing: int = 0
    blocked: int = 0

    def add(self, entry: Entry) -> None:
        if entry.verdict is not None:
            self.held += 1
            self.complete += entry.verdict == Verdict.COMPLETE
            self.failing += entry.failed > 0
        if entry.due in ("late", "missing", "blocked"):
            setattr(self, entry.due, getattr(self, entry.due) + 1)

    @property
    def counts(self) -> list[int]:
        return [getattr(self, measure) for measure in MEASURES]

    @property
    def shade(self) -> str:
        """How much of what is held was read complete, in steps for a colour; "" where nothing is held."""
        return f"q{min(self.complete * 5 // self.held, 5)}" if self.held else ""


@dataclass(slots=True)
class Member:
    """An agency of a place with its years."""

    key: str
    agency: str
    level: str | None
    years: dict[int, Entry] = field(default_factory=dict)


@dataclass(slots=True)
class Place:
    """A place with what is directly in it; tallies count everything below it as well."""

    code: str
    name: str
    tallies: dict[int, Tally] = field(default_factory=dict)
    below: dict[str, Place] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)


def place_page(code: str, number: int = 1) -> str:
    """Address of a place's page below the root of the site."""
    return f"place/{code}.html" if number == 1 else f"place/{code}-{number}.html"


def chain(province: str, entry: Entry) -> list[tuple[str, str]]:
    """Code and name of the province, city and county of an agency, as far as its division says."""
    top = province_code(province)
    found = [(top, province)]
    code = entry.division or ""
    if len(code) != 6 or not code.isdigit() or code[:2] != top[:2] or code.endswith("0000"):
        return found
    city = f"{code[:4]}00"
    if code[:2] not in _MUNICIPALITIES and code[2:4] != _DIRECT:
        found.append((city, entry.city or city))
    if code != city:
        found.append((code, entry.county or code))
    return found


def links(province: str, entry: Entry) -> list[tuple[str, str]]:
    """Name and address of those places."""
    return [(name, place_page(code)) for code, name in chain(province, entry)]


def province_tree(province: str, years: Iterable[tuple[int, Iterable[Entry]]]) -> Place:
    """A province with its places and agencies, from the entries of its years."""
    root = Place(province_code(province), province)
    for year, entries in years:
        for entry in entries:
            here = root
            here.tallies.setdefault(year, Tally()).add(entry)
            for code, name in chain(province, entry)[1:]:
                here = here.below.setdefault(code, Place(code, name))
                here.tallies.setdefault(year, Tally()).add(entry)
            member = here.members.setdefault(entry.key, Member(entry.key, entry.agency, entry.level))
            member.years[year] = entry
    return root


def place_pages(place: Place, above: list[tuple[str, str]]) -> Iterator[tuple[str, bytes]]:
    """Address and bytes of every page of a place and those below it; `above` leads to it."""
    years = sorted(place.tallies)
    members = sorted(place.members.values(), key=lambda member: (len(member.agency), member.agency))
    count = max(-(-len(members) // AGENCIES), 1)
    for number in range(1, count + 1):
        here = members[(number - 1) * AGENCIES : number * AGENCIES]
        yield (
            place_page(place.code, number),
            page(
                "place.html",
                1,
                place=place,
                above=above,
                years=years,
                below=sorted(place.below.values(), key=lambda below: below.code) if number == 1 else [],
                place_page=place_page,
                rows=[_row(member, years) for member in here],
                number=number,
                count=count,
            ),
        )
    for below in place.below.values():
        yield from place_pages(below, [*above, (place.name, place_page(place.code))])


def _row(member: Member, years: list[int]) -> dict[str, object]:
    """An agency in the list: one mark a year, and the same in numbers for those who cannot see marks."""
    marks: list[tuple[int, str, str | None]] = []
    for year in years:
        entry = member.years.get(year)
        verdict = entry.verdict if entry else None
        if entry is None or verdict is None:
            marks.append((year, "m" if entry and entry.due == "missing" else "o", None))
            continue
        mark = "f" if entry.failed else "c" if verdict == Verdict.COMPLETE else "h"
        marks.append((year, mark, report_page(entry.page or member.key, year)))
    held = [year for year, entry in member.years.items() if entry.verdict is not None]
    return {
        "agency": member.agency,
        "level": member.level,
        "address": agency_page(member.key),
        "marks": marks,
        "held": len(held),
        "latest": max(held, default=None),
    }
