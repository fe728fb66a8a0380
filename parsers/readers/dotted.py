"""Dotted rules of a page: browsers and Word draw each dot by itself, which pdfplumber takes for no rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

Shape = dict[str, Any]
"""A shape as pdfplumber gives it: object_type, x0, x1, top, bottom, width, height."""

_WIDEST = 2.5
"""Points that a dot is wide and high at most."""
_APART = 4.0
"""Points from one dot of a rule to the next at most."""
_SHORTEST = 8.0
"""Points that a row of dots is long at least to be a rule."""
_FEWEST = 50
"""Dots on a page from which on they may be rules; a few are marks of a drawing."""


def is_dot(shape: Shape) -> bool:
    """Whether a shape is so small that it can only be part of a rule; characters are none."""
    is_shape = shape["object_type"] in ("rect", "curve")
    return is_shape and shape["width"] <= _WIDEST and shape["height"] <= _WIDEST


def rules_of(shapes: Iterable[Shape]) -> list[Shape]:
    """The rules that the dots among these shapes make up, as lines; none where there are few dots."""
    dots = [shape for shape in shapes if is_dot(shape)]
    if len(dots) < _FEWEST:
        return []
    across = _rows(dots, "top", "x0", "x1")
    down = _rows(dots, "x0", "top", "bottom")
    return [
        *(_line(start, end, at, at) for at, start, end in across),
        *(_line(at, at, start, end) for at, start, end in down),
    ]


def _rows(dots: Sequence[Shape], place: str, start: str, end: str) -> Iterator[tuple[float, float, float]]:
    """Where rows of dots are, and from where to where they run."""
    by_place: dict[int, list[Shape]] = defaultdict(list)
    for dot in dots:
        by_place[round(2 * dot[place])].append(dot)
    for row in by_place.values():
        row.sort(key=lambda dot: dot[start])
        first = row[0]
        for dot, following in zip(row, [*row[1:], None], strict=True):
            if following is not None and following[start] - dot[start] <= _APART:
                continue
            if dot[end] - first[start] >= _SHORTEST:
                yield first[place], first[start], dot[end]
            first = following or dot


def _line(x0: float, x1: float, top: float, bottom: float) -> Shape:
    orientation = "h" if top == bottom else "v"
    place = {"x0": x0, "x1": x1, "top": top, "bottom": bottom, "width": x1 - x0, "height": bottom - top}
    return {"object_type": "line", "orientation": orientation, **place}
