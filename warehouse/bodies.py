"""Reporting bodies as the dataset names them: one spelling, kind, division and level."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import yaml

from parsers.divisions import Division, UnknownDivisionError, division, parents, place, within
from parsers.model import Scope
from warehouse.vocabulary import Body, Level

_BLANKS = re.compile(r"\s+")
# 县政府 and 县人民政府 are one body, as are their offices (县政府办公室); 街道 and bureaus have no such pair.
_SHORT_GOVERNMENT = re.compile(r"(?<=[省市县区旗州盟镇乡])政府(?=办公|$)")


class Place(NamedTuple):
    """Where a body belongs: the code, and the names of the levels it is of or below (None above them)."""

    division: str
    level: Level
    city: str | None
    county: str | None


def agency_name(printed: str) -> str:
    """The one spelling of a body: without blanks, brackets of one width, 县政府 as 县人民政府."""
    name = _BLANKS.sub("", unicodedata.normalize("NFKC", printed)).replace("(", "（").replace(")", "）")
    return _SHORT_GOVERNMENT.sub("人民政府", name)


def report_id(agency: str, year: int, scope: Scope | None) -> str:
    """The id of a report of `agency` (as `agency_name` spells it): agency, year and, where it is not the
    usual one, whose activity it counts. A government reports on its whole jurisdiction, so a report on its
    own office alone is another report."""
    own = scope is Scope.OWN_ORGAN and body_of(agency) is Body.GOVERNMENT
    return f"{agency}/{year}/{Scope.OWN_ORGAN}" if own else f"{agency}/{year}"


@cache
def body_of(agency: str) -> Body:
    """The kind of a body by its name (the rules: bodies.yaml)."""
    return next((body for pattern, body in _rules() if pattern.search(agency)), Body.OTHER)


@cache
def place_of(agency: str, site_division: str, site_level: str | None, year: int) -> Place:
    """Where a body belongs that reports on a site of `site_division`: the division below it that begins the
    body's name (威海市文登区…局 on the portal of 威海市), else the site's own."""
    code = _named_below(site_division).get(_named(agency, site_division), site_division)
    level = _level(code) if code != site_division or site_level is None else Level(site_level)
    if body_of(agency) is Body.TOWNSHIP:
        level = Level.TOWNSHIP
    names = None
    for when in (year, None):
        try:
            names = place(code, when)
            break
        except UnknownDivisionError:
            continue  # a code of another year, or one that the registry's own check complains about
    return Place(code, level, names.city if names else None, names.county if names else None)


def _named(agency: str, site_division: str) -> str:
    """The longest name of a division below the site's that begins the agency's name; else empty."""
    return max((name for name in _named_below(site_division) if agency.startswith(name)), key=len, default="")


@cache
def _named_below(site_division: str) -> dict[str, str]:
    """Codes by the names under which divisions below a site's are written, in full or without those above."""
    if site_division == "000000":
        return {}
    names: dict[str, list[str]] = {}
    for below in within(site_division):
        for spelled in _spellings(below):
            names.setdefault(spelled, []).append(below.code)
    return {spelled: codes[0] for spelled, codes in names.items() if len(codes) == 1}


def _spellings(below: Division) -> set[str]:
    try:
        above = [one.name for one in parents(below.code)]
    except UnknownDivisionError:
        above = []
    return {"".join(above[start:]) + below.name for start in range(len(above) + 1)}


def _level(code: str) -> Level:
    try:
        return Level(division(code).level)
    except UnknownDivisionError:
        if code.endswith("0000"):
            return Level.PROVINCE if code != "000000" else Level.CENTRAL
        return Level.CITY if code.endswith("00") else Level.COUNTY


@cache
def _rules() -> tuple[tuple[re.Pattern[str], Body], ...]:
    entries = yaml.safe_load((files(__package__) / "bodies.yaml").read_text("utf-8"))
    return tuple((re.compile(entry["pattern"]), Body(entry["body"])) for entry in entries)
