"""What a printed cell says: a number, nothing, or a mark for none."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from parsers.forms import Kind
from parsers.model import CellStatus

_NUMBER = re.compile(
    r"(?P<number>[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)(?P<unit>万元|元|件|条|项|个|次|起|篇)?(?:\(.*\))?"
)
_NOT_APPLICABLE = re.compile(r"[/\\]|[-‐-―−_]{1,2}|无")
_GLUED_DIGITS = re.compile(r"\d\s+\d")
_THOUSANDS_BY_BLANK = re.compile(r"[+-]?\d{1,3}(?: \d{3})+(?:\.\d+)?")
_BOLD = re.compile(r"\*\*([^*]+)\*\*")
_WHITE = re.compile(r"\s+")
INVISIBLE = "\u00ad\u200b-\u200f\u2060-\u2064\ufeff"
"""Characters that print nothing, as a range of a regular expression."""
_INVISIBLE = re.compile(f"[{INVISIBLE}]")

Reading = tuple[CellStatus, int | float | None]


class Says(Enum):
    """What kind of thing a cell prints."""

    NOTHING = 1
    NONE_MARK = 2
    NUMBER = 3
    TEXT = 4


class _Content(NamedTuple):
    says: Says
    number: Decimal | None = None
    unit: str | None = None


@lru_cache(maxsize=1 << 15)  # the same few labels and numbers stand in every report
def _content(raw: str) -> _Content:
    if raw.isascii() and raw.isdigit():
        return _Content(Says.NUMBER, Decimal(raw))
    if "一" <= raw[:1] <= "鿿" and raw[0] != "无":  # labels and prose
        return _Content(Says.TEXT)
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", raw)).strip()
    if bold := _BOLD.fullmatch(text):
        text = bold[1].strip()
    if not text:
        return _Content(Says.NOTHING)
    joined = _WHITE.sub("", text)
    if _NOT_APPLICABLE.fullmatch(joined):
        return _Content(Says.NONE_MARK)
    match = _NUMBER.fullmatch(joined)
    glued = _GLUED_DIGITS.search(text) and not _THOUSANDS_BY_BLANK.fullmatch(text)
    if match is None or glued or any(map(_is_note, raw)):
        return _Content(Says.TEXT)
    return _Content(Says.NUMBER, Decimal(match["number"].replace(",", "")), match["unit"])


def _is_note(character: str) -> bool:
    """Whether a digit is the mark of a note (12①, 3²) and none of a number."""
    return character.isdigit() and not character.isdecimal()


@lru_cache(maxsize=1 << 15)
def says(raw: str) -> Says:
    """What kind of thing the cell prints."""
    return _content(raw).says


def is_blank(raw: str) -> bool:
    """Whether the cell is printed empty (blanks of every width count as nothing)."""
    return says(raw) is Says.NOTHING


def is_number(raw: str) -> bool:
    """Whether the cell prints one number, maybe with a unit or a remark in brackets."""
    return says(raw) is Says.NUMBER


def is_value(raw: str) -> bool:
    """Whether the cell can be a value of the form: a number, blank, or a mark for none."""
    return says(raw) is not Says.TEXT


@lru_cache(maxsize=1 << 15)
def read_value(raw: str, kind: Kind, unit: str | None) -> Reading:
    """The status and number of a printed cell.

    `unit` is the unit that the column has in the form; an amount printed in 元 in a column of 万元 is
    converted. Anything but a number, nothing or a mark for none is `uncertain`, and so are two numbers
    in one cell, a number that the column cannot hold (a fraction of a case), and an amount in a column
    without a unit: 25.1 and 251000 may be the same sum, so only the raw text says what was meant. Nothing is
    nothing in any unit.
    """
    content, number, printed_unit = _content(raw)
    if content is Says.NOTHING:
        return CellStatus.BLANK, None
    if content is Says.NONE_MARK:
        return CellStatus.NOT_APPLICABLE, None
    if number is None or (kind == "amount" and unit is None and number):
        return CellStatus.UNCERTAIN, None
    if unit == "万元" and printed_unit == "元":
        number /= 10_000
    whole = number == number.to_integral_value()
    if kind != "amount" and not whole:
        return CellStatus.UNCERTAIN, None
    return CellStatus.STATED, int(number) if whole else float(number)
