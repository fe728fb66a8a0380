"""Tables without rules on a page: what stands side by side and one below the other is read as rows.

Texts that hang together are one cell, cells at one height are a row, numbers one below the other a column.
That is less than rules say, so the tables are loose ones. No library serves: pdfplumber, too, can go by the
places of words, but takes each line for a row, and the labels of the forms are wrapped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median
from typing import Any

from parsers.model import Box, Geometry, GridCell, Table
from parsers.readers.grids import join_lines
from parsers.script import without_radicals
from parsers.values import Says, says

Char = dict[str, Any]
"""A character as pdfplumber gives it."""

_GAP = 0.27
"""Letters between two cells of a line at least."""
_LEADING = 1.04
"""How much further apart than the closest lines of the page two lines of a cell are at most."""
_PITCH = 2.2
"""Letters from one line of a cell to the next at most."""
_SAME_LINE = 0.1
"""Letters by which the base lines of one line differ at most."""
_LEVEL = 0.35
"""Letters by which the middles of the cells of a row differ at most."""
_LONGEST = 60
_LONGEST_LINE = 30
"""Letters of a label, and of one line of it, at most: more are prose."""
_LABELS = 3
"""Columns of labels, at most, before the numbers."""
_UNLABELLED = 5
"""Numbers of a row without a label at least."""
_SECTION = re.compile("[一二三四五六七八九十]{1,3}、")
_CHINESE, _WORD = re.compile("[\u4e00-\u9fff]"), re.compile("[\u4e00-\u9fff]{2}")


@dataclass(slots=True)
class _Text:
    """Characters that hang together: a line of a cell, or all of it."""

    chars: list[Char]
    text: str
    page: int
    box: Box
    size: float
    first: float
    last: float

    @property
    def middle(self) -> float:
        """Half way from its first base line to its last."""
        return (self.first + self.last) / 2

    @property
    def centre(self) -> float:
        return (self.box.x0 + self.box.x1) / 2

    @property
    def is_value(self) -> bool:
        return says(self.text) in (Says.NUMBER, Says.NONE_MARK)


_Row = list[_Text]


@dataclass(frozen=True, slots=True)
class Aligned:
    """A table without rules, the page that it begins on and where, and its characters."""

    page: int
    top: float
    table: Table
    chars: list[Char]


def aligned_tables(pages: Iterable[tuple[int, Sequence[Char]]]) -> list[Aligned]:
    """The tables of the pages without rules of a document, given their numbers and characters, in order."""
    rows = [row for page, chars in pages for row in _rows_of_page(page, chars)]
    tables = []
    columns: list[float] = []
    end = 0
    for is_body, run in groupby(range(len(rows)), key=lambda number: _is_body(rows[number])):
        numbers = list(run)
        if is_body:
            body = _without_counts([rows[number] for number in numbers])
            head = _head(rows[end : numbers[0]], _left(body))
            columns = _columns(head, body, columns)
            tables.append(_table(head, body, columns))
            end = numbers[-1] + 1
    return tables


def _rows_of_page(page: int, chars: Iterable[Char]) -> list[_Row]:
    pieces = [piece for piece in _pieces(page, chars) if piece.text]
    values = [piece for piece in pieces if piece.is_value]
    return _rows([*_joined([piece for piece in pieces if not piece.is_value], values), *values])


def _pieces(page: int, chars: Iterable[Char]) -> Iterator[_Text]:
    """The characters by lines, and each line cut at its gaps."""
    line: list[Char] = []
    for char in sorted((char for char in chars if not char["text"].isspace()), key=_base_line):
        if line and _base_line(char) - _base_line(line[0]) > _SAME_LINE * char["size"]:
            yield from _cut(page, line)
            line = []
        line.append(char)
    yield from _cut(page, line)


def _base_line(char: Char) -> float:
    """How far down the base line is; letters of two fonts on one line differ in their boxes."""
    return -float(char["matrix"][5]) if "matrix" in char else float(char["bottom"])


def _cut(page: int, line: list[Char]) -> Iterator[_Text]:
    piece: list[Char] = []
    for char in sorted(line, key=lambda c: c["x0"]):
        if piece and char["x0"] - piece[-1]["x1"] > _GAP * char["size"]:
            yield _text(page, [piece])
            piece = []
        piece.append(char)
    if piece:
        yield _text(page, [piece])


def _text(page: int, lines: Sequence[list[Char]]) -> _Text:
    chars = [char for line in lines for char in line]
    text = join_lines(without_radicals("".join(char["text"] for char in line)) for line in lines)
    edges = [(c["x0"], c["top"], c["x1"], c["bottom"]) for c in chars]
    x0, top, x1, bottom = zip(*edges, strict=True)
    size = median(char["size"] for char in chars)
    box = Box(min(x0), min(top), max(x1), max(bottom))
    return _Text(chars, text, page, box, size, _base_line(lines[0][0]), _base_line(lines[-1][0]))


def _joined(lines: Sequence[_Text], values: Iterable[_Text]) -> Iterator[_Text]:
    """The lines of text as cells: one right below another is its next line, unless numbers stand by both."""
    ordered = sorted(lines, key=lambda line: line.first)
    levels = sorted({value.middle for value in values})
    short = [line for line in ordered if len(line.text) <= _LONGEST_LINE]
    pitch = min((below.first - line.first for line, below in _neighbours(short)), default=0.0)
    cells: list[tuple[list[_Text], bool]] = []
    for line in ordered:
        is_level = any(abs(line.first - level) <= _SAME_LINE * line.size for level in levels)
        above = [
            number
            for number, (cell, beside) in enumerate(cells)
            if not (beside and is_level)
            and 0 < line.first - cell[-1].first <= _LEADING * pitch
            and _common(cell[-1].box, line.box) > 0
        ]
        if len(above) == 1:
            cell, beside = cells[above[0]]
            cells[above[0]] = ([*cell, line], beside or is_level)
        else:
            cells.append(([line], is_level))
    for cell, _ in cells:
        yield _text(cell[0].page, [line.chars for line in cell])


def _neighbours(lines: Sequence[_Text]) -> Iterator[tuple[_Text, _Text]]:
    """Each line with the next one right below it of the same size."""
    for number, line in enumerate(lines):
        for below in lines[number + 1 :]:
            same_size = abs(below.size - line.size) < _SAME_LINE * line.size
            if below.first - line.first > line.size and same_size and _common(line.box, below.box) > 0:
                if below.first - line.first < _PITCH * line.size:
                    yield line, below
                break


def _common(one: Box, other: Box) -> float:
    return min(one.x1, other.x1) - max(one.x0, other.x0)


def _rows(texts: Iterable[_Text]) -> list[_Row]:
    """The cells by height, each row from left to right."""
    rows: list[_Row] = []
    for text in sorted(texts, key=lambda text: text.middle):
        if rows and text.middle - rows[-1][0].middle <= _LEVEL * text.size:
            rows[-1].append(text)
        else:
            rows.append([text])
    return [sorted(row, key=lambda text: text.box.x0) for row in rows]


def _numbers(row: _Row) -> list[_Text]:
    """The values at the end of a row; a number before a text counts the rows."""
    texts = [place for place, text in enumerate(row, start=1) if not text.is_value]
    return row[texts[-1] :] if texts else row


def _is_body(row: _Row) -> bool:
    """Whether a row prints labels and then numbers, or many numbers alone."""
    numbers = len(_numbers(row))
    words = [text.text for text in row[: len(row) - numbers]]
    if not words:
        return numbers >= _UNLABELLED
    return numbers > 0 and any(map(_WORD.search, words)) and max(map(len, words)) <= _LONGEST


def _without_counts(body: list[_Row]) -> list[_Row]:
    """The rows without the numbers that count them."""
    first = [row[0].text for row in body]
    counts = [
        int(text) if text.isdecimal() and len(row) > 1 else 0 for text, row in zip(first, body, strict=True)
    ]
    labelled = all(not all(text.is_value for text in row) for row in body)
    counted = labelled and len(body) > 1 and counts == list(range(counts[0], counts[0] + len(body)))
    return [row[1:] for row in body] if counted else body


def _left(body: Sequence[_Row]) -> float:
    """Where the numbers of the rows begin."""
    return min(text.box.x0 for row in body for text in _numbers(row))


def _head(above: Sequence[_Row], left: float) -> list[_Row]:
    """The rows of column labels right above the first row of numbers."""
    head: list[_Row] = []
    for row in reversed(above):
        over = [text for text in row if text.box.x1 > left]
        texts = [text.text for text in row]
        if not any(map(_CHINESE.search, texts)):  # the number of a page
            continue
        if max(map(len, texts)) > _LONGEST or any(map(_SECTION.match, (text.text for text in over))):
            break
        if not over and head:
            break
        head.insert(0, row)
    return head


def _table(head: Sequence[_Row], body: Sequence[_Row], columns: Sequence[float]) -> Aligned:
    left = _left(body)
    cells = []
    for number, row in enumerate([*head, *body]):
        labels = [text for text in row if text.box.x1 <= left]
        for place, text in enumerate(labels[-_LABELS:], start=max(_LABELS - len(labels), 0)):
            cells.append(GridCell(text.text, number, place, page=text.page, box=text.box))
        others = [text for text in row if text not in labels]
        taken = {_nearest(columns, text.centre): text for text in others}
        for place in range(len(columns)):
            found = taken.get(place)
            printed, at, box = (found.text, found.page, found.box) if found else ("", row[0].page, None)
            cells.append(GridCell(printed, number, _LABELS + place, page=at, box=box))
    rows = [*head, *body]
    chars = [char for row in rows for text in row for char in text.chars]
    top = min(text.box.top for text in rows[0])
    return Aligned(rows[0][0].page, top, Table(tuple(cells), Geometry.LOOSE), chars)


def _columns(head: Sequence[_Row], body: Sequence[_Row], before: Sequence[float]) -> list[float]:
    """The centres of the columns: of those that numbers stand in, and of those that only have a label. Rows
    without a head go on in the columns before, if they stand there."""
    columns = _columns_of_numbers(text for row in body for text in _numbers(row))
    left, size = _left(body), body[0][0].size
    # The labels of columns stand below those of groups.
    labels = [text for row in reversed(head) for text in row if text.box.x0 > left]
    if (
        not labels
        and before
        and all(abs(before[_nearest(before, place)] - place) < size for place in columns)
    ):
        return list(before)
    for text in labels:
        if not any(text.box.x0 <= place <= text.box.x1 for place in columns):
            columns = sorted([*columns, text.centre])
    return columns


def _columns_of_numbers(values: Iterable[_Text]) -> list[float]:
    columns: list[list[_Text]] = []
    end = 0.0
    for value in sorted(values, key=lambda value: value.box.x0):
        if columns and value.box.x0 < end:
            columns[-1].append(value)
            end = max(end, value.box.x1)
        else:
            columns.append([value])
            end = value.box.x1
    return [median(value.centre for value in column) for column in columns]


def _nearest(columns: Sequence[float], place: float) -> int:
    return min(range(len(columns)), key=lambda number: abs(columns[number] - place))
