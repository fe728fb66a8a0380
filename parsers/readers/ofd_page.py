"""What an OFD page draws: letters and ruled lines at their places, in points from the top left corner.

An object stands in its boundary, turned and scaled by its matrix (GB/T 33190-2016, 8.5); its text gives
the place of the first letter and the steps to the next ones (11.3).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any, NamedTuple
from unicodedata import east_asian_width

from lxml import etree

from parsers.readers.ooxml import local_name

_POINTS = 72 / 25.4
"""Points in a millimetre, the unit of OFD."""

MOST_OBJECTS = 500_000
"""Most objects, letters and lines of a file; a report of ten pages has about 20,000."""

_FARTHEST = 100_000
_DEEPEST = 20  # page blocks and composite objects in one another
_THINNEST_AREA = 2.0  # points: a filled area that is thinner is a ruled line
_STRAIGHT = 0.5  # points that a ruled line may lean
_ASCENT, _DESCENT = 0.86, 0.14  # of the size of a letter, above and below its base line
# How many numbers follow each operator of a path (9.1); the last two are the point that it leads to.
_OPERANDS = {"S": 2, "M": 2, "L": 2, "Q": 4, "B": 6, "A": 7, "C": 0}

Drawn = dict[str, Any]
"""A letter or a ruled line with the keys that pdfplumber gives to its characters and edges."""

_Point = tuple[float, float]


class _Matrix(NamedTuple):
    """x' = a x + c y + e, y' = b x + d y + f."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float

    def point(self, x: float, y: float) -> _Point:
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f

    def within(self, outer: _Matrix) -> _Matrix:
        """The matrix that does what this one does, then what `outer` does."""
        e, f = outer.point(self.e, self.f)
        return _Matrix(
            outer.a * self.a + outer.c * self.b, outer.b * self.a + outer.d * self.b,
            outer.a * self.c + outer.c * self.d, outer.b * self.c + outer.d * self.d, e, f,
        )  # fmt: skip


_PAGE = _Matrix(_POINTS, 0, 0, _POINTS, 0, 0)


class PageContent:
    """The letters and ruled lines of a page, in the order in which they are drawn.

    `composites` holds the composite objects of the document by id, `size` counts what was drawn.
    """

    def __init__(self, composites: Mapping[str, etree._Element]) -> None:
        self.chars: list[Drawn] = []
        self.edges: list[Drawn] = []
        self.has_image = False
        self.size = 0
        self._composites = composites

    def draw(self, container: etree._Element) -> None:
        """Draws a page's content. Raises ValueError where a number is none, and beyond MOST_OBJECTS."""
        self._draw(container, _PAGE, _DEEPEST)

    def _draw(self, container: etree._Element, outer: _Matrix, levels: int) -> None:
        if not levels:
            raise ValueError(f"objects stand in one another more than {_DEEPEST} times")
        for element in container:
            self._count(1)
            kind = local_name(element)
            if element.get("Visible") == "false":
                continue
            if kind in {"Layer", "PageBlock"}:
                self._draw(element, outer, levels - 1)
            elif kind == "TextObject":
                self._text(element, _matrix(element).within(outer))
            elif kind == "PathObject":
                self._path(element, _matrix(element).within(outer))
            elif kind == "ImageObject":
                self.has_image = True
            elif kind == "CompositeObject":
                unit = self._composites.get(element.get("ResourceID", ""))
                content = None if unit is None else unit.find("{*}Content")
                if content is not None:
                    self._draw(content, _matrix(element).within(outer), levels - 1)

    def _count(self, objects: int) -> None:
        self.size += objects
        if self.size > MOST_OBJECTS:
            raise ValueError(f"a page of more than {MOST_OBJECTS} objects")

    def _text(self, element: etree._Element, matrix: _Matrix) -> None:
        size, scale = _number(element.get("Size", "0")), _number(element.get("HScale", "1"))
        x = y = 0.0
        for code in element.iterfind("{*}TextCode"):
            x, y = _number(code.get("X", str(x))), _number(code.get("Y", str(y)))
            text = (code.text or "").strip("\r\n")
            self._count(len(text))
            across, down = _steps(code.get("DeltaX", "")), _steps(code.get("DeltaY", ""))
            falls_only = "DeltaY" in code.attrib and "DeltaX" not in code.attrib
            at_x, at_y = x, y
            for letter in text:
                width = size * scale * _width(letter)
                step, fall = next(across, 0.0 if falls_only else width), next(down, 0.0)
                # Letters reach as far as the next one, where it stands about where it should.
                reach = step if 0 < step < 1.5 * width else width
                self.chars.append(_char(letter, matrix, (at_x, at_y), reach, size))
                at_x, at_y = at_x + step, at_y + fall

    def _path(self, element: etree._Element, matrix: _Matrix) -> None:
        lines = [
            (matrix.point(*start), matrix.point(*end))
            for start, end in _lines(element.findtext("{*}AbbreviatedData") or "")
        ]
        self._count(len(lines))
        if element.get("Stroke") != "false":
            for start, end in lines:
                self.edges += _edges(start, end)
        elif element.get("Fill") == "true" and lines:
            left, top, right, bottom = _bounds([point for line in lines for point in line])
            x, y = (left + right) / 2, (top + bottom) / 2
            if right - left < _THINNEST_AREA:
                self.edges += _edges((x, top), (x, bottom))
            elif bottom - top < _THINNEST_AREA:
                self.edges += _edges((left, y), (right, y))


def _width(letter: str) -> float:
    """About how wide a letter is, in its size; the font may not be in the file."""
    if east_asian_width(letter) in "WFA":
        return 1
    return 0.9 if letter in "MWmw@%" else 0.5


def _number(text: str) -> float:
    """A number that can be a place on a page. Raises ValueError for any other."""
    number = float(text)
    if not abs(number) <= _FARTHEST:
        raise ValueError(f"{text} is no place on a page")
    return number


def _numbers(text: str | None, count: int) -> list[float]:
    numbers = [_number(part) for part in (text or "").split()]
    if len(numbers) != count:
        raise ValueError(f"not {count} numbers: {text}")
    return numbers


def _matrix(element: etree._Element) -> _Matrix:
    """From the coordinates of an object to those around it."""
    x, y, _, _ = _numbers(element.get("Boundary"), 4)
    return _Matrix(*_numbers(element.get("CTM", "1 0 0 1 0 0"), 6)).within(_Matrix(1, 0, 0, 1, x, y))


def _steps(text: str) -> Iterator[float]:
    """The numbers of DeltaX and DeltaY; "g 3 2.5" stands for 2.5 three times."""
    parts = iter(text.split())
    for part in parts:
        if part == "g":
            count, step = int(next(parts, "")), _number(next(parts, ""))
            yield from repeat(step, count)
        else:
            yield _number(part)


def _char(letter: str, matrix: _Matrix, place: _Point, width: float, size: float) -> Drawn:
    x, y = place
    corners = [
        matrix.point(x + right, y + down)
        for right in (0, width)
        for down in (-size * _ASCENT, size * _DESCENT)
    ]
    x0, top, x1, bottom = _bounds(corners)
    return {
        "text": letter, "x0": x0, "x1": x1, "top": top, "bottom": bottom, "doctop": top, "width": x1 - x0,
        "height": bottom - top, "size": size * math.hypot(matrix.c, matrix.d), "fontname": "",
        "upright": abs(matrix.b) <= abs(matrix.a),
    }  # fmt: skip


def _bounds(points: Sequence[_Point]) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the points."""
    across, down = [x for x, _ in points], [y for _, y in points]
    return min(across), min(down), max(across), max(down)


def _lines(path: str) -> Iterator[tuple[_Point, _Point]]:
    """The straight lines of a path; curves only lead on. Raises ValueError for an unknown operator."""
    tokens = iter(path.split())
    start = here = (0.0, 0.0)
    for operator in tokens:
        if operator not in _OPERANDS:
            raise ValueError(f"a path holds “{operator}”")
        numbers = [_number(next(tokens, "")) for _ in range(_OPERANDS[operator])]
        there = (numbers[-2], numbers[-1]) if numbers else start
        if operator in "LC":
            yield here, there
        elif operator in "SM":
            start = there
        here = there


def _edges(start: _Point, end: _Point) -> Iterator[Drawn]:
    """The ruled line between two points, if it is upright or level."""
    (x0, x1), (top, bottom) = sorted((start[0], end[0])), sorted((start[1], end[1]))
    width, height = x1 - x0, bottom - top
    if min(width, height) > _STRAIGHT or max(width, height) <= _STRAIGHT:
        return
    if height > width:
        x0 = x1 = (x0 + x1) / 2
    else:
        top = bottom = (top + bottom) / 2
    yield {
        "x0": x0, "x1": x1, "top": top, "bottom": bottom, "doctop": top, "width": x1 - x0,
        "height": bottom - top, "orientation": "v" if height > width else "h",
    }  # fmt: skip
