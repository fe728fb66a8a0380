"""Which value cell of a row belongs to which column: by its place under the header, or by its order."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from parsers.headers import Interval
from parsers.model import Geometry, GridCell
from parsers.segments import DataRow, Segment
from parsers.values import Says, is_blank, is_number, says

_SOME_ROWS = 3
"""One row in so many that is out of place throws doubt on its table."""


def by_place(segment: Segment, row: DataRow) -> list[GridCell] | None:
    """The row's value cells in column order if the grid settles them, else None.

    A table of the same width goes on under the header of the one before. In a loose table places count
    only where no full row of the same table contradicts them. Where the header leaves columns out, each cell
    must stand under one that it prints.
    """
    header = segment.header
    if header is None or header.width != segment.width:
        return None
    if header.places is None:
        return None if header.some is None else _cells_under(header.some, row, segment, every=True)
    if any(_cells_under(header.places, full, segment) is None for full in _full_rows(segment)):
        return None
    return _cells_under(header.places, row, segment)


def columns_left(segment: Segment) -> Collection[str] | None:
    """The codes of the columns that a header which leaves columns out prints; None for any other."""
    return None if segment.header is None else segment.header.some


def _cells_under(
    places: Mapping[str, Interval], row: DataRow, segment: Segment, *, every: bool = False
) -> list[GridCell] | None:
    """The cell under each place; None if there is none or more; `every` cell must stand under one."""
    wanted = list(places.values())
    first, behind = min(wanted)[0], max(end for _, end in wanted)
    if row.label is not None and row.label.column + row.label.colspan > first:
        return None
    if [(cell.column, cell.column + cell.colspan) for cell in row.values] == wanted:
        return list(row.values)
    outside = [c for c in row.values if not any(_overlaps(c, place) for place in places.values())]
    margin = segment.header.margin if segment.header else frozenset()
    beyond = segment.geometry is Geometry.GRID and any(
        cell.column >= behind and cell.column not in margin for cell in outside
    )
    if beyond or any(every or not is_blank(cell.text) for cell in outside):
        return None
    found = []
    for start, end in wanted:
        under = [c for c in row.values if _overlaps(c, (start, end))]
        printed = [c for c in under if not is_blank(c.text)]
        sticks_out = any(c.column < start or c.column + c.colspan > end for c in under)
        if not under or sticks_out or (len(printed) > 1 and not _is_repeated(printed, end - start)):
            return None
        if segment.geometry is Geometry.LOOSE and len(printed) not in (0, end - start):
            return None  # the header repeats a merged cell in each column, and the row has lost one
        found.append(printed[0] if printed else under[0])
    return found


def _is_repeated(cells: Sequence[GridCell], width: int) -> bool:
    """Whether a merged cell was printed once in each of the grid columns that it covered."""
    return len(cells) == width and len({cell.text.strip() for cell in cells}) == 1


def _overlaps(cell: GridCell, place: Interval) -> bool:
    return cell.column < place[1] and place[0] < cell.column + cell.colspan


def _full_rows(segment: Segment) -> list[DataRow]:
    """The rows of a loose table that print a value in each column; none of another table."""
    if segment.geometry is not Geometry.LOOSE:
        return []
    places = (segment.header.places if segment.header else None) or {}
    full = {len(segment.block.columns), sum(end - start for start, end in places.values())}
    return [row for row in segment.rows if sum(not is_blank(cell.text) for cell in row.values) in full]


def is_confirmed(segment: Segment) -> bool:
    """Whether full rows of a loose table show that its columns stand where its header says."""
    return bool(_full_rows(segment))


def reaches_the_edge(segment: Segment, values: Sequence[GridCell]) -> bool:
    """Whether a value is printed in the last column and the table is no wider than its columns: where a cell
    was dropped, what follows it has moved away from there, where one was added, beyond."""
    columns = sorted(value.column for value in values)
    last = max(values, key=lambda value: value.column)
    return not is_blank(last.text) and 2 * columns[-1] - columns[-2] >= segment.width


def is_displaced(segment: Segment) -> bool:
    """Whether more than a third of the rows print a number beside the columns of their header: labels before
    them have lost or won a column, and those before the other rows may have as well."""
    places = segment.header.places if segment.header else None
    if places is None or segment.geometry is not Geometry.GRID:
        return False
    first, behind = min(start for start, _ in places.values()), max(end for _, end in places.values())
    displaced = sum(
        any(is_number(value.text) and not first <= value.column < behind for value in row.values)
        for row in segment.rows
    )
    return displaced * _SOME_ROWS > len(segment.rows)


def prints_only_its_last(values: Sequence[GridCell]) -> bool:
    """Whether a row prints a total and no part of it, as agencies do that fill in nothing else."""
    return all(is_blank(value.text) for value in values[:-1])


def has_blank(values: Sequence[GridCell]) -> bool:
    """Whether a row of several values has a blank one."""
    return len(values) > 1 and Says.NOTHING in [says(value.text) for value in values]


def one_end_is_blank(segment: Segment, row: DataRow, values: Sequence[GridCell]) -> bool:
    """Whether just one end of the row is blank: the first, or the last where most rows of the table fill it,
    as agencies leave whole columns of totals blank."""
    first, last = is_blank(values[0].text), is_blank(values[-1].text)
    return first != last and (first or _is_filled(segment, row, values, -1))


def lacks_its_last(segment: Segment, row: DataRow, values: Sequence[GridCell]) -> bool:
    """Whether the row prints numbers, but none in the last column, as most such rows of its table do; so does
    one alone in its table."""
    if not is_blank(values[-1].text) or not any(is_number(value.text) for value in values):
        return False
    if len(segment.rows) == 1:
        return True
    others = [other for other in segment.rows if other is not row and len(other.values) >= len(values)]
    numbers = [other for other in others if any(is_number(value.text) for value in other.values)]
    return len(numbers) > 1 and sum(is_number(o.values[-1].text) for o in numbers) * 2 > len(numbers)


def has_odd_blank(segment: Segment, row: DataRow, values: Sequence[GridCell]) -> bool:
    """Whether the row is blank in a column that most rows of its table fill, or the only row at all."""
    blanks = [place for place, value in enumerate(values) if is_blank(value.text)]
    return bool(blanks) and (
        len(segment.rows) == 1 or any(_is_filled(segment, row, values, place) for place in blanks)
    )


def _is_filled(segment: Segment, row: DataRow, values: Sequence[GridCell], place: int) -> bool:
    others = [other for other in segment.rows if other is not row and len(other.values) >= len(values)]
    return sum(not is_blank(other.values[place].text) for other in others) * 2 > len(others)


def in_order(segment: Segment, row: DataRow) -> list[GridCell]:
    """The row's value cells, left to right, without padding: blank cells at either end, in a grid only those
    beside the columns of the header. A blank cell between values keeps its place."""
    if _every_cell(segment):
        return list(row.values)
    values = list(row.values)
    if segment.geometry is Geometry.GRID:
        places = (segment.header.places if segment.header else None) or {}
        first = min((start for start, _ in places.values()), default=0)
        behind = max((end for _, end in places.values()), default=segment.width)
        return [v for v in values if not is_blank(v.text) or first <= v.column < behind]
    printed = [i for i, cell in enumerate(values) if not is_blank(cell.text)]
    return values[printed[0] : printed[-1] + 1] if printed else []


def header_settles_order(segment: Segment, values: Sequence[GridCell]) -> bool:
    """Whether a complete header stands over as many values as it has columns, none of them by chance."""
    if segment.header is None or not segment.header.complete:
        return False
    no_gap = not any(is_blank(value.text) for value in values)
    return _every_cell(segment) or (no_gap and segment.geometry is not Geometry.GRID)


def is_one_of_a_full_row(segment: Segment, texts: Sequence[GridCell]) -> bool:
    """Whether these cells of a row are one, in place of a number (约12), and each row below a complete header
    has a cell for each column, so that the others keep their places."""
    return len(texts) == 1 and segment.header is not None and segment.header.complete and _every_cell(segment)


def _every_cell(segment: Segment) -> bool:
    """Whether each row of the segment has one cell for each column, so that blank cells keep their place:
    below a flat header of a grid, or where all rows of a sequence say so."""
    if segment.geometry is Geometry.GRID:
        return segment.header is not None and segment.header.flat
    return segment.geometry is Geometry.SEQUENCE and all(
        len(row.values) == len(segment.block.columns) for row in segment.rows
    )
