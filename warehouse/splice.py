"""Some agencies' rows of a partition in the place of those that it had, without a look at all others."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from warehouse.layout import codes_of, report_bounds


def rows_of(rows: pa.Table, agencies: Collection[str]) -> pa.Table:
    """The rows of some agencies, in their order."""
    codes = codes_of(rows["agency"])
    wanted = pc.is_in(codes.dictionary, value_set=pa.array(sorted(agencies), pa.string()))
    return rows.filter(pa.array(wanted.to_numpy(zero_copy_only=False)[codes.indices.to_numpy()]))


def splice(before: pa.Table, renewed: pa.Table, agencies: Collection[str]) -> pa.Table:
    """`before` without the rows of `agencies`, and `renewed` in their place.

    Both are sorted by `report_id`, with texts as `as_dictionaries` gives them; so is what comes out.
    """
    # Without what the fields say, which the file and the renewed rows say differently.
    before, renewed = (pa.table(rows.columns, rows.column_names) for rows in (before, renewed))
    runs = [
        *((report_id, before, start, end) for report_id, start, end in _runs(before, agencies)),
        *((report_id, renewed, start, end) for report_id, start, end in _runs(renewed, ())),
    ]
    runs.sort(key=lambda run: run[0])
    pieces: list[tuple[pa.Table, int, int]] = []
    for _, table, start, end in runs:
        if pieces and pieces[-1][0] is table and pieces[-1][2] == start:
            pieces[-1] = (table, pieces[-1][1], end)
        else:
            pieces.append((table, start, end))
    if not pieces:
        return before.slice(0, 0)
    return pa.concat_tables([table.slice(start, end - start) for table, start, end in pieces])


def _runs(rows: pa.Table, without: Collection[str]) -> Iterator[tuple[str, int, int]]:
    """Each report's id and where its rows begin and end, except for the reports of some agencies."""
    bounds = report_bounds(rows)
    starts = pa.array([start for start, _ in bounds], pa.int64())
    firsts = (codes_of(rows[name]).take(starts) for name in ("report_id", "agency"))
    ids, of = (texts.cast(pa.string()).to_pylist() for texts in firsts)  # many times faster than from codes
    for report_id, agency, (start, end) in zip(ids, of, bounds, strict=True):
        if agency not in without:
            yield report_id, start, end
