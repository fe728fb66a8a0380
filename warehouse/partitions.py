"""Which rows a partition has: the staged rows of all sites of a province, one version of each report.

All rows of an agency follow from the staged rows of that agency in that province: so the publication of a
site gives a `StagedProvince` with the agencies alone whose reports changed, and keeps the rows of all others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from warehouse.schema import SCHEMAS
from warehouse.staging import StagedProvince

REACH = 0
"""How many years before and after a report have rows that depend on it."""


class Partition(NamedTuple):
    """The rows of a table for one report year of a province, in the order in which they are published."""

    table: str
    year: int
    province: str
    rows: pa.Table


def partitions(staged: StagedProvince, years: Collection[int]) -> Iterator[Partition]:
    """The partitions of a province in these years that have rows, year by year.

    Rows are sorted by `report_id`; those of one report stand as in the site's rows. Texts may come plain or
    as dictionaries.
    """
    for year in sorted(years):
        reports = staged.rows("reports", years=[year])
        winners = _winners(reports)
        for table in SCHEMAS:
            rows = reports if table == "reports" else staged.rows(table, years=[year], dictionaries=True)
            if (rows := _of_winners(rows, winners)).num_rows:
                yield Partition(table, year, staged.province, rows)


def _winners(reports: pa.Table) -> pa.Table:
    """The `site` whose rows stand for each report, by `report_id`.

    Where several sites hold a report it is the row of the site registered under the agency's name, else
    the one with most stated cells, else the first site id.
    """
    rows = reports.select(["report_id", "site", "cells_stated"])
    foreign = pc.cast(pc.not_equal(reports["agency"], reports["site_name"]), pa.int8())
    best_first = [("foreign", "ascending"), ("cells_stated", "descending"), ("site", "ascending")]
    ranked = rows.append_column("foreign", foreign).sort_by([("report_id", "ascending"), *best_first])
    first = ranked.group_by("report_id", use_threads=False).aggregate([("site", "first")])
    return first.rename_columns(["report_id", "site"])


def _of_winners(rows: pa.Table, winners: pa.Table) -> pa.Table:
    """The rows of the winners in their order; works on the codes of the texts, as `cells` has millions."""
    ids, sites = _codes(rows["report_id"]), _codes(rows["site"])
    rank = _numbers(pc.index_in(ids.dictionary, value_set=winners["report_id"]))
    winning = _numbers(pc.index_in(winners["site"], value_set=sites.dictionary))
    rank_of_row = rank[_numbers(ids.indices)]
    chosen = np.flatnonzero(winning[rank_of_row] == _numbers(sites.indices))
    return rows.take(chosen[np.argsort(rank_of_row[chosen], kind="stable")])


def _codes(texts: pa.ChunkedArray) -> pa.DictionaryArray:
    return texts.dictionary_encode().unify_dictionaries().combine_chunks()


def _numbers(codes: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.int32]:
    """Codes as numbers, -1 for null."""
    numbers: npt.NDArray[np.int32] = pc.fill_null(codes, -1).to_numpy()
    return numbers
