"""What a printed cell says: a number, nothing, or a mark for none."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from parsers.forms import Kind
from parsers.model import CellStatus

_NUMBER = re.compile(
    r"(?P<number>[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)(?P<unit>万元|元|件|条|项|个|次|起|篇)?(?:\(.*\))?"
)
_NOT_APPLICABLE = re.compile(r"[/\\]|[-‐-―−_]{1,2}|无")
_GLUED_DIGITS = re.compile(r"\d\s+\d")
_THOUSANDS_BY_BLANK = re.compile(r"[+-]?\d{1,3}(?: \d{3})+")

Reading = tuple[CellStatus, int | float | None]


def _clean(raw: str) -> str:
    return unicodedata.normalize("NFKC", raw).replace("\u200b", "").replace("\ufeff", "").strip()


def is_blank(raw: str) -> bool:
    """Whether the cell is printed empty (blanks of every width count as nothing)."""
    return not _clean(raw)


def is_number(raw: str) -> bool:
    """Whether the cell prints one number, maybe with a unit or a remark in brackets."""
    return _match(_clean(raw)) is not None


def is_value(raw: str) -> bool:
    """Whether the cell can be a value of the form: a number, blank, or a mark for none."""
    return is_blank(raw) or is_number(raw) or _marks_none(_clean(raw))


def read_value(raw: str, kind: Kind, unit: str | None) -> Reading:
    """The status and number of a printed cell.

    `unit` is the unit that the column has in the form; an amount printed in 元 in a column of 万元 is
    converted. Anything but a number, nothing or a mark for none is `uncertain`, and so are two numbers
    in one cell, a number that the column cannot hold (a fraction of a case), and an amount in a column
    without a unit: 25.1 and 251000 may be the same sum, so only the raw text says what was meant.
    """
    text = _clean(raw)
    if not text:
        return CellStatus.BLANK, None
    if _marks_none(text):
        return CellStatus.NOT_APPLICABLE, None
    match = _match(text)
    if match is None or (kind == "amount" and unit is None):
        return CellStatus.UNCERTAIN, None
    number = Decimal(match["number"].replace(",", ""))
    if unit == "万元" and match["unit"] == "元":
        number /= 10_000
    if kind != "amount" and number != number.to_integral_value():
        return CellStatus.UNCERTAIN, None
    return CellStatus.STATED, int(number) if number == number.to_integral_value() else float(number)


def _marks_none(text: str) -> bool:
    return _NOT_APPLICABLE.fullmatch(re.sub(r"\s+", "", text)) is not None


def _match(text: str) -> re.Match[str] | None:
    if _GLUED_DIGITS.search(text) and not _THOUSANDS_BY_BLANK.fullmatch(text):
        return None
    return _NUMBER.fullmatch(re.sub(r"\s+", "", text))
