"""Comma-separated rows in a text: a whole sheet saved as CSV, or the tables that a converter wrote so.

The csv module splits a row; what this tells is which lines are rows, as prose and numbers hold commas too.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from io import StringIO
from itertools import groupby

from parsers.values import Says, says

Line = str | list[str]
"""A line of text, or the cells of a row."""

_LONGEST_LINE = 4000
_LONGEST_LABEL = 60
_SURELY_VALUES = 4  # times as many values as texts make a row of values (12, 约3, 0, ...)
_MOST_LINES = 8  # of a row whose quoted cells break the line
_QUOTE_OPENS = re.compile(r'(?:^|,)"')
# A number with a comma beside other words (行政处罚 1,234): the comma ends no cell. A list number is none.
_NUMBER_CUT = re.compile(r".*\S\s+\d+|\d+\s+[^\s.．、].*", re.DOTALL)


def comma_rows(lines: Sequence[str]) -> Iterator[Line]:
    """The lines, with the rows among them as lists of cells.

    Lines of cells that follow each other are rows if one of them prints a label and then values alone, or one
    only labels and another only numbers.
    """
    for is_row, run in groupby(_joined(lines), key=lambda entry: entry[1] is not None):
        entries = list(run)
        rows = [cells for _, cells in entries if cells is not None]
        if is_row and len(rows) > 1 and _is_table(rows):
            yield from rows
        else:
            yield from (line for text, _ in entries for line in text.split("\n"))


def is_alone(cells: Sequence[str]) -> bool:
    """Whether only the first cell prints anything: a line of text in a sheet."""
    return bool(cells[0].strip()) and not any(cell.strip() for cell in cells[1:])


def is_prose(text: str) -> bool:
    """Whether a cell holds more than a label or a number."""
    return "。" in text or len(text) > _LONGEST_LABEL


def _joined(lines: Sequence[str]) -> Iterator[tuple[str, list[str] | None]]:
    """Each line, or those of one row, with its cells; None for what is no row."""
    place = 0
    while place < len(lines):
        count = _length(lines[place : place + _MOST_LINES])
        text = "\n".join(lines[place : place + count])
        cells = _cells(text)
        if cells is None:
            count, text = 1, lines[place]
        yield text, cells
        place += count


def _length(lines: Sequence[str]) -> int:
    """Over how many of these lines the quotes of a row that begins with the first stay open."""
    if not _QUOTE_OPENS.search(lines[0]):
        return 1
    quotes = 0
    for count, line in enumerate(lines, start=1):
        quotes += line.count('"')
        if quotes % 2 == 0:
            return count
    return 1


def _cells(text: str) -> list[str] | None:
    """The cells of a row; None if the text is none."""
    if "," not in text or "\t" in text or text.count("|") > 1 or len(text) > _LONGEST_LINE:
        return None
    try:
        [cells] = csv.reader(StringIO(text))
    except (csv.Error, ValueError):
        return None
    if len(cells) < 2 or any(map(_NUMBER_CUT.fullmatch, cells)):
        return None
    return cells if is_alone(cells) or not any(map(is_prose, cells)) else None


def _is_table(rows: Sequence[Sequence[str]]) -> bool:
    headed = False
    for row in rows:
        kinds = [kind for cell in row if (kind := says(cell)) is not Says.NOTHING]
        if kinds[:2] == [Says.NUMBER, Says.TEXT]:  # a column that counts the rows
            kinds = kinds[1:]
        labels = kinds.count(Says.TEXT)
        headed |= labels == len(kinds) > 1
        values = len(kinds) - labels
        if labels and values and (Says.TEXT not in kinds[labels:] or values >= _SURELY_VALUES * labels):
            return True
        if headed and not labels and values > 1:
            return True
    return False
