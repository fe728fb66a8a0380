"""The ink inside a cell of a scanned table: its lines of print, and how many glyphs a line has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from parsers.readers.ocr import Bounds, Picture

_DUST = 7
"""Pixels (at 200 dpi) up to which a blot by itself is dust; points and commas stand among digits."""

_RULE = 9
"""Pixels into a cell in which the rules around it can be."""


_NARROWEST = 0.47
"""Width of a digit by its height, but for 1: a slash with a speck at its top looks like a narrower 7."""


_THINNEST = 0.22
"""How far the ink of a digit (but for 1 and 7) reaches across, on the mean of its rows, by its height: a
slash is thinner however it leans."""

PITCH = 0.74
"""How far digits stand apart in most type faces, in parts of their height."""

_TIGHT = 0.35
"""The least room for a point between two digits, in parts of their distance."""

_FAINT = 0.5
"""How far from paper to ink a pixel is that can be the trace of a dash."""

_GAP = 0.16
"""The blank between two digits, in parts of that distance."""


@dataclass(frozen=True, slots=True)
class InkLine:
    """A line of print: where it is on the page, and the blots that it consists of, left to right; `blank` is
    where the inside of its cell begins to the left."""

    bounds: Bounds
    blots: tuple[Bounds, ...]
    blank: int

    @property
    def height(self) -> int:
        return self.bounds[3] - self.bounds[1]

    @property
    def tallest(self) -> int:
        """Height of the tallest blot: of a digit, without the commas that hang below."""
        return max(bottom - top for _, top, _, bottom in self.blots)


@dataclass(frozen=True, slots=True)
class Tones:
    """The grey of a page's paper, and the level below which a pixel is ink."""

    paper: int
    ink: int


def tones(page: Picture) -> Tones:
    """The tones of a page; ink is what is a third of the way from the paper to the print."""
    otsu, _ = cv2.threshold(page, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    printed, paper = page[page <= otsu], page[page > otsu]
    if not printed.size or not paper.size:
        return Tones(255, 0)
    white = float(np.median(paper))
    return Tones(int(white), int(white - 0.35 * (white - float(printed.mean()))))


def ink_lines(page: Picture, cell: Bounds, level: int) -> list[InkLine]:
    """The lines of print in a cell, top to bottom, without the cell's rules and without dust."""
    x0, top, x1, bottom = _without_rules(page, cell, level)
    if min(x1 - x0, bottom - top) <= _DUST:  # the slit of a double rule
        return []
    ink = (page[top:bottom, x0:x1] < level).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    blots = [
        (x + x0, y + top, x + w + x0, y + h + top)
        for x, y, w, h, _ in stats[1:count].tolist()
        if not (h <= 6 and w > 20 and y in (0, bottom - top - h))  # a rule that runs a little aslant
    ]
    lines: list[list[Bounds]] = []
    for blot in sorted((b for b in blots if _size(b) > _DUST), key=lambda b: b[1]):
        if lines and blot[1] <= max(b[3] for b in lines[-1]) + 2:
            lines[-1].append(blot)
        else:
            lines.append([blot])
    dust = [blot for blot in blots if 2 < _size(blot) <= _DUST]
    return [_with_points(line, dust, x0) for line in lines]


def _without_rules(page: Picture, cell: Bounds, level: int) -> Bounds:
    """The inside of a cell: its rules may run some pixels beside the middle of the edge."""
    x0, top, x1, bottom = cell
    ink = page[top:bottom, x0:x1] < level

    def margin(ruled: NDArray[np.bool_]) -> int:
        """Up to the end of the first rule; what stands behind a gap is the stroke of a letter."""
        places = np.flatnonzero(ruled[:_RULE])
        gaps = np.flatnonzero(np.diff(places) > 2)
        first = places[: gaps[0] + 1] if gaps.size else places
        return int(first.max(initial=1)) + 2

    across = ink.mean(axis=1) > 0.4
    above, below = margin(across), margin(across[::-1])
    down = ink[above : max(ink.shape[0] - below, above + 1)].mean(axis=0) > 0.4
    return x0 + margin(down), top + above, x1 - margin(down[::-1]), bottom - below


def _size(blot: Bounds) -> int:
    return max(blot[2] - blot[0], blot[3] - blot[1])


def _with_points(line: list[Bounds], dust: Iterable[Bounds], blank: int) -> InkLine:
    """The line with the dots among its glyphs that stand low enough to be points and commas."""
    x0, top, x1, bottom = _around(line)
    height = bottom - top
    points = [
        b for b in dust
        if x0 < b[0] and b[2] < x1 and b[1] > top + 0.6 * height and b[3] <= bottom + height / 4
    ]  # fmt: skip
    whole = sorted([*line, *points])
    return InkLine(_around(whole), tuple(whole), blank)


def _around(blots: Iterable[Bounds]) -> Bounds:
    left, tops, right, bottoms = zip(*blots, strict=True)
    return min(left), min(tops), max(right), max(bottoms)


def cut_out(page: Picture, line: InkLine, paper: int, pad: int) -> Picture:
    """The picture of the line alone, with `pad` (at least 2) pixels of blank paper all around."""
    x0, top, x1, bottom = line.bounds
    own = np.zeros((bottom - top + 2 * pad, x1 - x0 + 2 * pad), bool)
    picture = np.full(own.shape, paper, np.uint8)
    for a, b, c, d in line.blots:  # with two pixels around each, where its ink fades into the paper
        y, x = b - top + pad - 2, a - x0 + pad - 2
        own[y : y + d - b + 4, x : x + c - a + 4] = True
    picture[pad - 2 : pad - 2 + bottom - top + 4, pad - 2 : pad - 2 + x1 - x0 + 4] = page[
        top - 2 : bottom + 2, x0 - 2 : x1 + 2
    ]
    return np.where(own, picture, np.uint8(paper)).astype(np.uint8)


def leaning(page: Picture, line: InkLine, level: int) -> float:
    """How far a line that is one plain stroke leans to the right, in parts of its height; else 0.

    A slash leans by a third and more. The OCR reads it as 1 or 7; but a 1 stands upright, or has a flag or a
    foot, and a 7 has a bar.
    """
    x0, top, x1, bottom = line.bounds
    ink = page[top:bottom, x0:x1] < level
    if len(line.blots) > 1 or not ink.any(axis=1).all():
        return 0.0
    left, right = ink.argmax(axis=1), x1 - x0 - ink[:, ::-1].argmax(axis=1)
    wide = right - left > 0.7 * (x1 - x0)
    end = (bottom - top) // 5
    if wide[:end].any() or wide[-end:].any() or wide.mean() > 0.4:
        return 0.0
    return -float(np.polyfit(np.arange(bottom - top), (left + right) / 2, 1)[0])


def reach(page: Picture, line: InkLine, level: int) -> float:
    """How far the ink of a line reaches across, on the mean of its rows, in parts of its height."""
    x0, top, x1, bottom = line.bounds
    ink = page[top:bottom, x0:x1] < level
    rows = ink[ink.any(axis=1)]
    return float((x1 - x0 - rows.argmax(axis=1) - rows[:, ::-1].argmax(axis=1)).mean()) / (bottom - top)


def may_be_led_by_a_dash(page: Picture, line: InkLine, tone: Tones) -> bool:
    """Whether anything stands before the line, at the height of a minus sign, that is darker than paper: thin
    dashes fade in the scan, or touch the rule beside them."""
    x0, top, _, bottom = line.bounds
    height = bottom - top
    before = page[
        top + height // 5 : bottom - height // 5, max(line.blank, x0 - 3 * height // 2) : max(x0 - 1, 0)
    ]
    faint = (before < tone.paper - _FAINT * (tone.paper - tone.ink)).astype(np.uint8)
    return bool(faint.size) and bool(cv2.erode(faint, np.ones((1, 3), np.uint8), borderValue=0).any())


def without_dash(line: InkLine) -> InkLine | None:
    """The rest of a line that begins with a bar like a minus sign; None if it does not."""
    first, rest = line.blots[0], line.blots[1:]
    if not rest or not is_dash(InkLine(first, (first,), line.blank)):
        return None
    return InkLine(_around(rest), rest, line.blank)


def is_dash(line: InkLine) -> bool:
    """Whether the line is one bar, wider than high and thinner than any digit."""
    x0, top, x1, bottom = line.bounds
    return len(line.blots) == 1 and bottom - top <= 8 and x1 - x0 >= 1.6 * (bottom - top)


def fits(line: InkLine, figure: str, pitch: float, reach: float) -> bool:
    """Whether the glyphs of a line can be this number: as many digits and marks, in the order of `figure`,
    commas hang below the digits and points do not, and there is no gap as between two numbers.

    `figure` consists of digits, "." and ","; `pitch` is how far digits of this print stand apart, in parts
    of their height; `reach` is that of the line.
    """
    tallest = line.tallest
    x0, _, x1, _ = line.bounds
    narrow = x1 - x0 < _NARROWEST * tallest
    if narrow and (figure == "7" or (figure in set("02345689") and reach < _THINNEST)):
        return False
    glyphs = _columns(line.blots)
    is_digit = [bottom - top >= 0.55 * tallest for _, top, _, bottom in glyphs]
    base = float(np.median([glyph[3] for glyph, digit in zip(glyphs, is_digit, strict=True) if digit]))
    shape, end = "", line.bounds[0]
    for place, ((x0, _, x1, bottom), digit) in enumerate(zip(glyphs, is_digit, strict=True)):
        if x0 - end > 1.1 * tallest:
            return False
        if not digit and place + 1 < len(glyphs) and glyphs[place + 1][0] - end < _TIGHT * pitch * tallest:
            continue  # dust between two digits: a point would keep them apart
        if digit:
            count = _digits(x1 - x0, pitch * tallest)
            if not count:
                return False
            shape += "0" * count
        else:
            shape += "," if bottom > base + 0.09 * tallest else "."
        end = max(x1, end) if digit else end
    return shape == "".join("0" if c.isdigit() else c for c in figure)


def pitch_of(line: InkLine, figure: str) -> float | None:
    """How far the digits of a whole number stand apart, in parts of their height; None where a narrow 1 at
    an end, or a lone digit, does not tell."""
    if not figure.isdigit() or len(figure) < 2 or "1" in (figure[0], figure[-1]):
        return None
    x0, _, x1, _ = line.bounds
    return (x1 - x0) / (len(figure) - _GAP) / line.tallest


def _digits(width: int, pitch: float) -> int:
    """How many digits are so wide where they touch; 0 if that is not clear. A 1 at an end is narrow."""
    count = int(width / pitch + 1 - 0.12)
    return count if (count - 0.75) * pitch <= width else int(width < 1.12 * pitch)


def _columns(blots: Iterable[Bounds]) -> list[Bounds]:
    """Blots that stand above each other as one: a digit that a flaw has broken."""
    columns: list[Bounds] = []
    for blot in sorted(blots):
        before = columns[-1] if columns else None
        if before is not None and before[2] - blot[0] > 0.3 * min(blot[2] - blot[0], before[2] - before[0]):
            columns[-1] = _around([before, blot])
        else:
            columns.append(blot)
    return columns
