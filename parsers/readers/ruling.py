"""Ruled tables in the picture of a page: places of the rules, and the cells between them.

OpenCV finds what is long, thin and dark; ours is the step from rules to cells with spans: img2table, which
does it, needs the build of OpenCV that excludes the one of the OCR.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from parsers.readers.ocr import Picture

_CONTRAST = 14
"""Grey levels by which a rule is darker than the paper beside it: a faint one has 20 to 40."""
_PRESENT = 0.7
_MISSING = 0.4
"""Share of an edge between two crossings that a rule covers: all of it but for flaws. Letters that happen to
stand in line cover less. Between the two nobody can tell."""
_SPREAD = 3
"""Pixels by which the pieces of one rule lie apart where the page is a little askew."""
_END = 6
"""Pixels at each end of an edge that letters leave free."""


@dataclass(frozen=True, slots=True)
class RuledBox:
    """A cell of a ruled table: its place in the grid from 0, its edges (middles of the rules) in pixels.

    `doubtful`: an edge of it is neither surely a rule nor surely none, so it may be part of another cell.
    """

    row: int
    column: int
    rowspan: int
    colspan: int
    x0: int
    top: int
    x1: int
    bottom: int
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A straight run of ink: where it is across, and from where to where it runs along."""

    place: int
    start: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class _Part:
    """Rules that hang together: the rectangle around them."""

    x: int
    y: int
    width: int
    height: int

    def is_side_of(self, table: _Part) -> bool:
        """Whether this is the outer rule of a table that nothing ties to the rest: beside a merged cell that
        goes over both ends of the page."""
        common = min(self.y + self.height, table.y + table.height) - max(self.y, table.y)
        away = max(table.x - self.x - self.width, self.x - table.x - table.width)
        return common > 0.9 * max(table.height, self.height) and 0 < away < table.width / 3


_Field = tuple[int, int]
"""Row and column in the finest grid of a table."""


def find_tables(page: Picture) -> list[list[RuledBox]]:
    """The ruled tables of an upright page, top to bottom, each as its cells in reading order.

    A frame of one column is no table. A table inside a cell of another is part of that cell's text.
    """
    shortest = max(page.shape[1] // 40, 12)
    across, down = _ink(page, vertical=False), _ink(page, vertical=True)
    rules = _long(across, shortest, vertical=False) | _long(down, shortest, vertical=True)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(cv2.dilate(rules, np.ones((3, 3), np.uint8)))
    parts = {number: _Part(*stats[number].tolist()[:4]) for number in range(1, count)}
    tables = []
    for number, part in parts.items():
        if part.width < 5 * shortest or part.height < shortest:
            continue
        sides = [other for other, side in parts.items() if side.width < shortest and side.is_side_of(part)]
        x0 = min(parts[n].x for n in (number, *sides))
        x1 = max(parts[n].x + parts[n].width for n in (number, *sides))
        region = np.s_[part.y : part.y + part.height, x0:x1]
        own = np.isin(labels[region], (number, *sides)).astype(np.uint8)
        cells = _cells(across[region], down[region], own, shortest)
        if cells:
            tables.append([_moved(cell, x0, part.y) for cell in cells])
    tables.sort(key=lambda cells: cells[0].top)
    return [cells for cells in tables if not any(_is_inside(cells, other) for other in tables)]


def _moved(cell: RuledBox, x: int, y: int) -> RuledBox:
    return replace(cell, x0=cell.x0 + x, x1=cell.x1 + x, top=cell.top + y, bottom=cell.bottom + y)


def _is_inside(cells: list[RuledBox], other: list[RuledBox]) -> bool:
    first, last = cells[0], cells[-1]
    return cells is not other and any(
        box.x0 <= first.x0 and box.top <= first.top and last.x1 <= box.x1 and last.bottom <= box.bottom
        for box in other
    )


def _ink(page: Picture, *, vertical: bool) -> Picture:
    """1 where something thin is darker than the paper at both sides of it.

    The contrast is averaged a little along the rule before it is cut off: so a faint rule of one pixel stands
    out of the noise, which a median filter would take away together with the rule.
    """
    thin, along = (np.ones((1, 11), np.uint8), (1, 5)) if vertical else (np.ones((11, 1), np.uint8), (5, 1))
    contrast = cv2.blur(cv2.morphologyEx(page, cv2.MORPH_BLACKHAT, thin), along)
    return (contrast > _CONTRAST + float(np.median(contrast))).astype(np.uint8)


def _long(ink: Picture, length: int, *, vertical: bool) -> Picture:
    """The ink that runs on for `length` pixels, over gaps of a few."""
    gap, run = (np.ones((size, 1) if vertical else (1, size), np.uint8) for size in (5, length))
    closed = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, gap)
    return cv2.morphologyEx(closed, cv2.MORPH_OPEN, run).astype(np.uint8)


def _cells(across: Picture, down: Picture, own: Picture, shortest: int) -> list[RuledBox]:
    """The cells of one table; `own` marks the pixels of its rules."""
    height, width = own.shape
    flat = _stretches(_long(across & own, shortest, vertical=False), vertical=False)
    upright = _stretches(_long(down & own, shortest, vertical=True), vertical=True)
    if max((rule.length for rule in flat), default=0) < 0.7 * width:
        return []
    tolerance = shortest // 3
    rows = _with_open_ends(_places(flat, upright, width, shortest), upright, height, tolerance)
    columns = _with_open_ends(_places(upright, flat, height, shortest), flat, width, tolerance)
    if len(columns) < 3 or len(rows) < 2:
        return []
    return _Lattice(across, down, rows, columns, tolerance).cells()


def _stretches(rules: Picture, *, vertical: bool) -> list[_Stretch]:
    count, _, stats, _ = cv2.connectedComponentsWithStats(rules)
    return [
        _Stretch(x + width // 2, y, y + height) if vertical else _Stretch(y + height // 2, x, x + width)
        for x, y, width, height, _ in stats[1:count].tolist()
    ]


def _places(rules: list[_Stretch], crossing: list[_Stretch], extent: int, shortest: int) -> list[int]:
    """Where the rules of one direction are, each place once. A place needs a stretch that
    runs from one crossing rule, or end of the table, to another, or at least is long: the strokes of letters
    do not and are not."""
    tolerance = shortest // 3

    def is_rule(rule: _Stretch) -> bool:
        met = [c.place for c in crossing if c.start - tolerance <= rule.place <= c.end + tolerance]
        met += [0, extent]
        ends = sum(any(abs(end - at) <= tolerance for at in met) for end in (rule.start, rule.end))
        return ends == 2 or rule.length > (3 - 1.5 * ends) * shortest

    clusters: list[list[_Stretch]] = []
    for rule in sorted(filter(is_rule, rules), key=lambda rule: rule.place):
        if clusters and rule.place - clusters[-1][-1].place <= tolerance:
            clusters[-1].append(rule)
        else:
            clusters.append([rule])
    return [_heaviest(cluster) for cluster in clusters]


def _heaviest(cluster: list[_Stretch]) -> int:
    """Where most of the length of a cluster runs: the rest are strokes of letters beside the rule."""

    def beside(rule: _Stretch) -> list[_Stretch]:
        return [other for other in cluster if abs(other.place - rule.place) <= _SPREAD]

    best = max(map(beside, cluster), key=lambda rules: sum(rule.length for rule in rules))
    return sum(rule.place * rule.length for rule in best) // sum(rule.length for rule in best)


def _with_open_ends(places: list[int], crossing: list[_Stretch], extent: int, tolerance: int) -> list[int]:
    """The places, and the ends of the table where crossing rules run out: a page break may leave it open."""
    starts = sum(rule.start <= tolerance for rule in crossing)
    ends = sum(rule.end >= extent - tolerance for rule in crossing)
    first = [0] if starts > 1 and min(places, default=extent) > tolerance else []
    last = [extent - 1] if ends > 1 and max(places, default=0) < extent - tolerance else []
    return [*first, *places, *last]


class _Lattice:
    """The finest grid of a table, and which of its inner edges are ruled."""

    def __init__(
        self, across: Picture, down: Picture, rows: list[int], columns: list[int], tolerance: int
    ) -> None:
        self.rows, self.columns, self.tolerance = rows, columns, tolerance
        self.across = cv2.dilate(across, np.ones((3, 1), np.uint8)).astype(np.uint8)
        self.down = cv2.dilate(down, np.ones((1, 3), np.uint8)).astype(np.uint8).T

    def cells(self) -> list[RuledBox]:
        """The fields between which no rule runs, joined to cells."""
        owner = {(r, c): (r, c) for r in range(len(self.rows) - 1) for c in range(len(self.columns) - 1)}
        unsure: set[_Field] = set()
        for field, beside, share in self._edges():
            if share < _PRESENT:
                if share >= _MISSING:
                    unsure |= {field, beside}
                owner[_root(owner, beside)] = _root(owner, field)
        members: dict[_Field, list[_Field]] = defaultdict(list)
        for field in sorted(owner):
            members[_root(owner, field)].append(field)
        cells = [cell for fields in members.values() for cell in self._boxes(fields, unsure)]
        return sorted(cells, key=lambda cell: (cell.row, cell.column))

    def _edges(self) -> Iterator[tuple[_Field, _Field, float]]:
        """Each inner edge: the fields at its sides and the share of it that is ruled."""
        for r in range(len(self.rows) - 1):
            for c in range(len(self.columns) - 1):
                if c + 2 < len(self.columns):
                    share = self._share(self.down, self.columns[c + 1], self.rows[r], self.rows[r + 1])
                    yield (r, c), (r, c + 1), share
                if r + 2 < len(self.rows):
                    share = self._share(self.across, self.rows[r + 1], self.columns[c], self.columns[c + 1])
                    yield (r, c), (r + 1, c), share

    def _share(self, ink: Picture, at: int, start: int, end: int) -> float:
        """How much of the edge from `start` to `end` is covered on the best line near `at`: the share of its
        poorest part, as a rule runs right through, and letters leave at least the ends free."""
        reach = self.tolerance // 2 + 1
        start, end = max(start + 2, self.tolerance), min(end - 1, ink.shape[1] - self.tolerance)
        strip = ink[max(at - reach, 0) : at + reach + 1, start:end]
        if not strip.size:
            return 0.0
        best = strip[int(strip.mean(axis=1).argmax())]
        parts = (best[:_END], best[-_END:], *np.array_split(best, 4))
        return min(float(part.mean()) for part in parts if part.size)

    def _boxes(self, fields: list[_Field], unsure: set[_Field]) -> list[RuledBox]:
        """The fields as one cell; if they do not fill a rectangle, each as a doubtful cell of its own."""
        rows, columns = [r for r, _ in fields], [c for _, c in fields]
        top, bottom, left, right = min(rows), max(rows), min(columns), max(columns)
        if len(fields) == (bottom - top + 1) * (right - left + 1):
            return [self._box(top, left, bottom, right, doubtful=not unsure.isdisjoint(fields))]
        return [self._box(r, c, r, c, doubtful=True) for r, c in fields]

    def _box(self, top: int, left: int, bottom: int, right: int, *, doubtful: bool) -> RuledBox:
        return RuledBox(
            top, left, bottom - top + 1, right - left + 1,
            self.columns[left], self.rows[top], self.columns[right + 1], self.rows[bottom + 1], doubtful,
        )  # fmt: skip


def _root(owner: dict[_Field, _Field], field: _Field) -> _Field:
    while owner[field] != field:
        field = owner[field]
    return field
