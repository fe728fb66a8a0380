"""Reporting bodies as the dataset names them: one spelling, kind, division and level."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from parsers.divisions import (
    Division,
    UnknownDivisionError,
    current,
    division,
    parents,
    place,
    provinces,
    within,
)
from parsers.model import Scope
from warehouse.data import load_data
from warehouse.vocabulary import Body, Level

CENTRAL = "000000"

_BLANKS = re.compile(r"\s+")
# 县政府 and 县人民政府 are one body, as are their offices (县政府办公室); 街道 and bureaus have no such pair.
_SHORT_GOVERNMENT = re.compile(r"(?<=[省市县区旗州盟镇乡])政府(?=办公|$)")
_RULED_BY_GOVERNMENT = re.compile(r"(?<!地)[省市县区旗州]$")
# A place in a name, also in short or of a kind that has no code (耿马县大兴乡, 西咸新区太平镇); but
# 城市管理局 names none.
_PLACED = re.compile(r"^.{1,8}?(?<!城)[省市县区旗州盟]")
_NAMED_BY_PLACE = {Body.GOVERNMENT, Body.DEPARTMENT, Body.TOWNSHIP}


class Place(NamedTuple):
    """Where a body belongs: the code, and the names of the levels it is of or below (None above them)."""

    division: str
    level: Level
    city: str | None
    county: str | None


def agency_name(printed: str, site_division: str) -> str:
    """The one spelling of a body that reports on a site of `site_division`: without blanks, brackets of one
    width, 县政府 as 县人民政府, as is a county that reports under its bare name. A name that many bodies of a
    province have (司法局, 城关镇人民政府, 鼓楼区民政局) gets the name of its place before it."""
    name = _BLANKS.sub("", unicodedata.normalize("NFKC", printed)).replace("(", "（").replace(")", "）")
    name = _SHORT_GOVERNMENT.sub("人民政府", name)
    if _RULED_BY_GOVERNMENT.search(name) and name in _spellings_in(site_division[:2]):
        name += "人民政府"
    return _with_place(name, site_division)


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
def body_key(agency: str, province_code: str) -> tuple[str, str]:
    """What two names of one body have in common, as documents name the places above it or do not
    (威海市文登区民政局, 文登区民政局): the division that the name begins with, and the rest."""
    named = _named(agency, province_code)
    return (named.code, agency[len(named.spelled) :]) if named else ("", agency)


@cache
def province_code(province: str) -> str:
    """The code of a province by its name; that of central bodies for a name that is none."""
    return next((one.code for one in provinces() if one.name == province), CENTRAL)


@cache
def place_of(agency: str, site_division: str, site_level: str | None, year: int) -> Place:
    """Where a body belongs that reports on a site of `site_division`: the division below it that begins the
    body's name (威海市文登区…局 on the portal of 威海市), else the site's own."""
    named = _named(agency, site_division)
    code = named.code if named and _contains(site_division, named.code) else site_division
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


class _Named(NamedTuple):
    """A division that begins a name, as the name spells it."""

    spelled: str
    code: str


@cache
def _with_place(name: str, site_division: str) -> str:
    if site_division == CENTRAL or body_of(name) not in _NAMED_BY_PLACE:
        return name
    spellings = _spellings_in(site_division[:2])
    spelled = _longest(name, spellings)
    if spelled is None:
        placed = _PLACED.match(name) or _placed_in_short(name, site_division[:2])
        return name if placed else f"{_path(site_division)}{name}"
    named = _named(name, site_division)
    if len(spellings[spelled]) > 1 and named:
        return f"{_path(named.code)}{name[len(spelled) :]}"
    return name


def _placed_in_short(name: str, stem: str) -> bool:
    """Whether a name begins with a place in the short form that offices of higher levels use (深圳海关); 公安
    is a county too, 公安局 a bureau. Townships are named in full."""
    if body_of(name) is Body.TOWNSHIP:
        return False
    shorts = {one[:2] for one in _spellings_in(stem) if len(one) > 2}
    return name[:2] in shorts and name[2:3] not in {"局", "厅"}


@cache
def _named(agency: str, site_division: str) -> _Named | None:
    """The division of the site's province that begins a name. Where several bear it, the one that the site
    belongs to or that belongs to the site; None if that leaves several."""
    if site_division == CENTRAL:
        return None
    spellings = _spellings_in(site_division[:2])
    spelled = _longest(agency, spellings)
    if spelled is None:
        return None
    codes = spellings[spelled]
    if len(codes) > 1:
        codes = [code for code in codes if _contains(site_division, code) or _contains(code, site_division)]
    return _Named(spelled, codes[0]) if len(codes) == 1 else None


def _longest(name: str, spellings: Mapping[str, object]) -> str | None:
    """The longest spelling that begins a name."""
    return next((name[:end] for end in range(min(len(name), 30), 1, -1) if name[:end] in spellings), None)


@cache
def _spellings_in(stem: str) -> dict[str, list[str]]:
    """Codes of the divisions of a province by the names under which they are written, in full or without
    those above them."""
    province = f"{stem}0000"
    names: dict[str, list[str]] = {}
    try:
        found = [division(province), *within(province)]
    except UnknownDivisionError:
        return {}
    for one in found:
        for spelled in _spellings(one):
            names.setdefault(spelled, []).append(one.code)
    return {spelled: _of_today(codes) for spelled, codes in names.items()}


def _of_today(codes: list[str]) -> list[str]:
    """These codes of divisions of one name, without those that another of them took over from."""
    if len(codes) == 1:
        return codes
    heirs = {code: {one.code for one in current(code)} for code in codes}
    return [code for code in codes if code in heirs[code] or not heirs[code] & set(codes)]


def _spellings(one: Division) -> set[str]:
    above = _names_above(one.code)
    return {"".join(above[start:]) + one.name for start in range(len(above) + 1)}


def _names_above(code: str) -> list[str]:
    try:
        return [one.name for one in parents(code)]
    except UnknownDivisionError:
        return []


def _path(code: str) -> str:
    """The name of a division with that of its city before it; a municipality is the city of its districts."""
    try:
        name = division(code).name
    except UnknownDivisionError:
        return ""
    return name if code.endswith("00") else "".join([*_names_above(code)[-1:], name])


def _contains(outer: str, inner: str) -> bool:
    """Whether a division is another one or lies in it."""
    stem = outer[:2] if outer.endswith("0000") else outer[:4] if outer.endswith("00") else outer
    return inner.startswith(stem)


def _level(code: str) -> Level:
    try:
        return Level(division(code).level)
    except UnknownDivisionError:
        if code.endswith("0000"):
            return Level.PROVINCE if code != CENTRAL else Level.CENTRAL
        return Level.CITY if code.endswith("00") else Level.COUNTY


@cache
def _rules() -> tuple[tuple[re.Pattern[str], Body], ...]:
    return tuple((re.compile(entry["pattern"]), Body(entry["body"])) for entry in load_data("bodies"))
