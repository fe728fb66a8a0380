"""What editors, converters and typists do to printed grids, and which numbers survive it.

A rearrangement keeps every number legible. A damage returns what it did to single cells: `Need` by cell id.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum

from tests.accuracy.printed import Grid, Printed, from_places, places, width_of


class Need(StrEnum):
    """What a reader owes to a cell of the truth."""

    STATED = "stated"
    """Printed legibly: its number, as stated."""
    EMPTY = "empty"
    """Printed without a number (blank, "/", 无): no number."""
    OPEN = "open"
    """Printed damaged, or so that the same bytes come from other numbers: its number or none."""
    LOST = "lost"
    """Not printed: none, or its number as deduced."""
    CONFLICT = "conflict"
    """Printed twice with different numbers: none."""


Needs = dict[str, Need]

SUMMED = 4
"""Values of a row from which on one of them is their sum."""


Parts = Callable[[int, int, Printed], tuple[str, str]]
"""What stands above and below a cut through a merged cell, by its row, its column and itself."""


def goes_on_blank(_row: int, _column: int, cell: Printed) -> tuple[str, str]:
    return cell.text, ""


def goes_on_repeated(_row: int, _column: int, cell: Printed) -> tuple[str, str]:
    return cell.text, cell.text


def goes_on_halfway(_row: int, _column: int, cell: Printed) -> tuple[str, str]:
    half = len(cell.text) // 2
    return (cell.text[:half], cell.text[half:]) if half > 1 else (cell.text, "")


def cut_rows(grid: Grid, row: int, parts: Parts = goes_on_blank) -> tuple[Grid, Grid]:
    """The grid as two, the second from this row on; `parts` shares out the text of cells that are cut."""
    above: list[tuple[int, int, Printed]] = []
    below: list[tuple[int, int, Printed]] = []
    for start, column, cell in places(grid):
        end = start + cell.rowspan
        upper, lower = parts(start, column, cell) if start < row < end else (cell.text, cell.text)
        if start < row:
            above.append((start, column, replace(cell, text=upper, rowspan=min(end, row) - start)))
        if end > row:
            rest = replace(cell, text=lower, rowspan=end - max(start, row))
            below.append((max(start - row, 0), column, rest))
    return from_places(above, row), from_places(below, len(grid) - row)


def split_label_column(grid: Grid, column: int) -> Grid:
    """List numbers of the labels in this column get a cell of their own: "3." and "其他"."""
    cells = []
    for row, at, cell in places(grid):
        if at == column and cell.colspan == 1 and cell.cell is None:
            number, dot, rest = cell.text.partition(".")
            head = number + dot if dot and number.isdigit() else ""
            cells += [
                (row, at, replace(cell, text=head)),
                (row, at + 1, replace(cell, text=rest or cell.text)),
            ]
        elif at <= column < at + cell.colspan:
            cells.append((row, at, replace(cell, colspan=cell.colspan + 1)))
        else:
            cells.append((row, at + (at > column), cell))
    return from_places(cells, len(grid))


def split_header_row(grid: Grid, row: int) -> Grid:
    """The labels of this header row are cut over two cells, one under the other: 商业 and 企业."""
    cells = []
    for start, column, cell in places(grid):
        if start == row and cell.rowspan == 1:
            half = (len(cell.text) + 1) // 2 if len(cell.text) in (4, 6) else len(cell.text)
            cells.append((row, column, replace(cell, text=cell.text[:half])))
            cells.append((row + 1, column, replace(cell, text=cell.text[half:])))
        elif start <= row < start + cell.rowspan:
            cells.append((start, column, replace(cell, rowspan=cell.rowspan + 1)))
        else:
            cells.append((start + (start > row), column, cell))
    return from_places(cells, len(grid) + 1)


def numbers(row: list[Printed]) -> list[int]:
    """Where in a row its value cells stand."""
    return [i for i, cell in enumerate(row) if cell.cell]


def _wide_row(grid: Grid, rng: random.Random) -> list[Printed]:
    rows = [row for row in grid if numbers(row)]
    most = max(len(numbers(row)) for row in rows)
    return rng.choice([row for row in rows if len(numbers(row)) == most])


def _open(row: list[Printed]) -> Needs:
    return {cell.cell: Need.OPEN for cell in row if cell.cell}


def _all_open(grid: Grid) -> Needs:
    return {name: need for row in grid for name, need in _open(row).items()}


def value_lost(grid: Grid, rng: random.Random) -> Needs:
    row = _wide_row(grid, rng)
    del row[rng.choice(numbers(row))]
    return _open(row)


def value_inserted(grid: Grid, rng: random.Random) -> Needs:
    """A value too many in a row. In a short row, which has no sum, no number goes before a blank value: that
    would be the row's own in print."""
    row = _wide_row(grid, rng)
    at, text = rng.choice(numbers(row)), rng.choice(["", "0", "7", "12"])
    is_its_own = len(numbers(row)) < SUMMED and not row[at].text.strip()
    row.insert(at, Printed("" if is_its_own else text))
    return _open(row)


def values_shifted(grid: Grid, rng: random.Random) -> Needs:
    """The values of some rows stand a column further right, their last one fell off."""
    needs: Needs = {}
    rows = [row for row in grid if len(numbers(row)) > 4]
    for row in rng.sample(rows, min(len(rows), 3)):
        needs |= _open(row)
        first = numbers(row)[0]
        row.insert(first, Printed(""))
        del row[-1]
    return needs


def label_blank(grid: Grid, rng: random.Random) -> Needs:
    row = rng.choice([row for row in grid if numbers(row) and not row[0].cell] or [_wide_row(grid, rng)])
    last = numbers(row)[0] - 1
    if last >= 0:
        row[last] = replace(row[last], text="")
    return _open(row)


def rows_lost(grid: Grid, rng: random.Random) -> Needs:
    """One to five rows vanish; none that carries a merged label."""
    for _ in range(rng.randint(1, 5)):
        free = [i for i, row in enumerate(grid) if numbers(row) and all(cell.rowspan == 1 for cell in row)]
        if len(free) > 1:
            gone = rng.choice(free)
            rest = [
                (
                    row - (row > gone),
                    at,
                    replace(cell, rowspan=cell.rowspan - (row < gone < row + cell.rowspan)),
                )
                for row, at, cell in places(grid)
                if row != gone
            ]
            grid[:] = from_places(rest, len(grid) - 1)
    return {}


def header_lost(grid: Grid, rng: random.Random) -> Needs:
    """One header cell is gone, its neighbours moved up."""
    row = rng.choice([row for row in grid if not numbers(row) and len(row) > 2] or grid[:1])
    del row[rng.randrange(len(row))]
    return _all_open(grid)


def header_rows_lost(grid: Grid, rng: random.Random) -> Needs:  # noqa: ARG001 - one signature for all
    needs = _all_open(grid)
    first = next(i for i, row in enumerate(grid) if numbers(row))
    del grid[:first]
    return needs


def spans_lost(grid: Grid, rng: random.Random) -> Needs:
    for row in grid:
        row[:] = [
            replace(
                c,
                rowspan=1 if rng.random() < 0.4 else c.rowspan,
                colspan=1 if rng.random() < 0.4 else c.colspan,
            )
            for c in row
        ]
    return _all_open(grid)


def cells_glued(grid: Grid, rng: random.Random) -> Needs:
    row = _wide_row(grid, rng)
    at = rng.choice(numbers(row)[:-1] or numbers(row))
    needs = _open(row)
    if at + 1 < len(row):
        row[at] = replace(row[at], text=f"{row[at].text}{rng.choice([' ', chr(10)])}{row[at + 1].text}")
        del row[at + 1]
    return needs


def text_for_number(grid: Grid, rng: random.Random) -> Needs:
    row = _wide_row(grid, rng)
    at = rng.choice(numbers(row))
    name = row[at].cell
    row[at] = replace(row[at], text=rng.choice(["见附件", "约12", "3至5", "若干", "#REF!", "1/2"]))
    return {name: Need.LOST} if name else {}


def row_twice(grid: Grid, rng: random.Random) -> Needs:
    """A row of values is printed again with another number in one cell. Where a row has no label, one above
    it without any number is no other reading of it."""
    rows = [
        i
        for i, row in enumerate(grid)
        if numbers(row) and row[0].rowspan == 1 and (not row[0].cell or any(cell.text for cell in row))
    ]
    if not rows:
        return {}
    place = rng.choice(rows)
    at = rng.choice(numbers(grid[place]))
    name = grid[place][at].cell
    copy = [replace(cell, text="98765") if i == at else cell for i, cell in enumerate(grid[place])]
    for above in range(place):
        grid[above][:] = [
            replace(cell, rowspan=cell.rowspan + (above + cell.rowspan > place)) for cell in grid[above]
        ]
    grid.insert(place + 1, copy)
    return {name: Need.CONFLICT} if name else {}


def columns_lost(grid: Grid, rng: random.Random) -> Needs:
    """Two value columns are missing in the rows, while the header still prints them."""
    needs = _all_open(grid)
    most = max(len(numbers(row)) for row in grid)
    lost = sorted(rng.sample(range(most), min(2, most - 1)), reverse=True)
    for row in grid:
        at = numbers(row)
        if len(at) == most:
            for place in lost:
                del row[at[place]]
    return needs


def columns_swapped(grid: Grid, rng: random.Random) -> Needs:
    """Two columns of one group stand in another order, each under its own label."""
    alone: dict[int, set[tuple[int, int]]] = {}
    groups: dict[int, set[tuple[int, int]]] = {}
    for row, at, cell in places(grid):
        for column in range(at, at + cell.colspan):
            known, entry = (alone, cell.rowspan) if cell.colspan == 1 else (groups, at)
            known.setdefault(column, set()).add((row, entry))
    first = min((at for _, at, cell in places(grid) if cell.cell), default=0)
    pairs = [
        (one, other)
        for one in alone
        for other in alone
        if first <= one < other and alone[one] == alone[other] and groups.get(one) == groups.get(other)
    ]
    if pairs:
        one, other = rng.choice(pairs)
        swap = {one: other, other: one}
        cells = [(row, swap.get(at, at) if cell.colspan == 1 else at, cell) for row, at, cell in places(grid)]
        grid[:] = from_places(cells, len(grid))
    return _all_open(grid)


def labels_shifted(grid: Grid, rng: random.Random) -> Needs:
    """From one row on the labels stand a row lower than their values; the last one hangs below the table."""
    rows = [row for row in grid if numbers(row) and not row[0].cell]
    if len(rows) < 3:
        return {}
    start = rng.randrange(1, len(rows) - 1)
    texts = [row[numbers(row)[0] - 1].text for row in rows]
    needs: Needs = {}
    for number, row in enumerate(rows[start:], start):
        at = numbers(row)[0] - 1
        row[at] = replace(row[at], text=texts[number - 1] if number > start else "")
        needs |= _open(row)
    width = width_of(grid)
    grid.append([Printed(texts[-1], colspan=1), Printed("", colspan=width - 1)])
    return needs


DAMAGES: dict[str, Callable[[Grid, random.Random], Needs]] = {
    "value lost": value_lost,
    "value inserted": value_inserted,
    "values shifted": values_shifted,
    "label blank": label_blank,
    "rows lost": rows_lost,
    "header lost": header_lost,
    "header rows lost": header_rows_lost,
    "spans lost": spans_lost,
    "cells glued": cells_glued,
    "text for a number": text_for_number,
    "row twice": row_twice,
    "columns lost": columns_lost,
    "columns swapped": columns_swapped,
    "labels shifted": labels_shifted,
}
"""Damages by name; each changes the grid in place."""
