"""The first page: the whole country by province and year, as a tile map and as a matrix."""

from __future__ import annotations

from warehouse.site.pages import data_block, page
from warehouse.site.places import MEASURES, Tally, place_page
from warehouse.site.provinces import Province, province_code, provinces

Tallies = dict[str, dict[int, Tally]]
"""By Chinese name of the province and year."""


def render(tallies: Tallies) -> bytes:
    """The page `index.html`."""
    years = sorted({year for by_year in tallies.values() for year in by_year})
    tiles = [*provinces().values(), *_others(tallies)]
    latest = max(years, key=lambda year: (_held(tallies, year), year), default=None)
    totals = {year: Tally() for year in years}
    for by_year in tallies.values():
        for year, tally in by_year.items():
            for measure in MEASURES:
                setattr(totals[year], measure, getattr(totals[year], measure) + getattr(tally, measure))
    block = {
        "years": years,
        "measures": MEASURES,
        "counts": {
            tile.code: [
                tallies[tile.name][year].counts if year in tallies[tile.name] else [] for year in years
            ]
            for tile in tiles
            if tile.name in tallies
        },
    }
    return page(
        "coverage.html",
        0,
        here="coverage",
        years=years,
        latest=latest,
        tiles=tiles,
        tallies=tallies,
        totals=totals,
        held=sum(tally.held for tally in totals.values()),
        empty=Tally(),
        place_page=place_page,
        measures=MEASURES,
        block=data_block(block),
    )


def _held(tallies: Tallies, year: int) -> int:
    return sum(by_year[year].held for by_year in tallies.values() if year in by_year)


def _others(tallies: Tallies) -> list[Province]:
    """Provinces of the dataset that have no tile of their own stand below the map."""
    names = sorted(set(tallies) - provinces().keys())
    return [
        Province(
            code=province_code(name), name=name, short=name[:4], name_en=name, x=number % 8, y=8 + number // 8
        )
        for number, name in enumerate(names)
    ]
