"""Which rows a partition has: the staged rows of all sites of a province, one version of each report."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from warehouse.schema import SCHEMAS
from warehouse.staging import StagedProvince


class Partition(NamedTuple):
    """The rows of a table for one report year of a province, in the order in which they are published."""

    table: str
    year: int
    province: str
    rows: pa.Table


def partitions(staged: StagedProvince, years: Collection[int] | None) -> Iterator[Partition]:
    """The partitions of a province in these years (None: all that are staged) that have rows.

    Rows are sorted by report; those of one report stand as in the site's rows.
    """
    reports = staged.rows("reports", years=years)
    winners = _winners(reports)
    for table in SCHEMAS:
        rows = reports if table == "reports" else staged.rows(table, years=years)
        rank = pc.index_in(_key(rows), value_set=winners)
        # The sort is stable, so the rows of one report keep their order; nulls (no winner) come last.
        order = pc.sort_indices(rank)
        rows = rows.take(order.slice(0, len(rank) - rank.null_count))
        for year in sorted(rows["report_year"].unique().to_pylist()):
            yield Partition(table, year, staged.province, rows.filter(pc.equal(rows["report_year"], year)))


def _winners(reports: pa.Table) -> pa.ChunkedArray:
    """The key of one row for each report, by report id.

    Where several sites hold a report it is the row of the site registered under the agency's name, else
    the one with most stated cells, else the first site id.
    """
    rows = reports.select(["report_id", "site", "cells_stated"])
    foreign = pc.cast(pc.not_equal(reports["agency"], reports["site_name"]), pa.int8())
    best_first = [("foreign", "ascending"), ("cells_stated", "descending"), ("site", "ascending")]
    ranked = rows.append_column("foreign", foreign).sort_by([("report_id", "ascending"), *best_first])
    first = ranked.group_by("report_id", use_threads=False).aggregate([("site", "first")])
    return _key(first.rename_columns(["report_id", "site"]))


def _key(rows: pa.Table) -> pa.ChunkedArray:
    return pc.binary_join_element_wise(rows["report_id"], rows["site"], "\n")
