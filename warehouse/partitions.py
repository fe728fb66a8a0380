"""Which rows a partition has: the staged rows of all sites of a province, one version of each report.

All rows of an agency follow from the staged rows of that agency in that province: so the publication of a
site gives a `StagedProvince` with the agencies alone whose reports changed, and keeps the rows of all others.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from warehouse.bodies import body_key, province_code
from warehouse.corrections import Correction, Corrections, Refused
from warehouse.layout import codes_of
from warehouse.merge import ReportRows, corrected, joined_sources, merged, tables_of
from warehouse.panel import chain_columns, chain_rows
from warehouse.rows import REPORT_TABLES
from warehouse.schema import SCHEMAS, STAGED
from warehouse.staging import StagedProvince
from warehouse.vocabulary import Basis, Obligation
from warehouse.wide import with_cells

REACH = 1
"""How many years after a report have rows that depend on it."""

Tables = dict[str, pa.Table]
Codes = npt.NDArray[np.int64]

_SOURCE_COLUMNS = [
    "urls", "digests", "source_sites", "source_roles", "source_fetched_at", "fetched_at", "published_date",
    "withdrawn_at",
]  # fmt: skip


class Partition(NamedTuple):
    """The rows of a report year of a province by table, in the order in which they are published, and the
    corrections that do not fit them. Tables without rows are left out, as is `levels`, which follows from all
    reports of the partition."""

    year: int
    province: str
    tables: Tables
    refused: list[Refused]


def partitions(
    staged: StagedProvince, years: Collection[int], corrections: Corrections
) -> Iterator[Partition]:
    """The partitions of a province in these years, year by year.

    Rows are sorted by `report_id`; those of one report stand as in the site's rows. Texts may come plain or
    as dictionaries.
    """
    known, prior_year, none = staged.years(), None, SCHEMAS["reports"].empty_table()
    prior = none
    for year in sorted(years):
        if prior_year != year - 1:
            prior = _reports(staged, year - 1, corrections)[0]["reports"] if year - 1 in known else none
        tables, refused = _reports(staged, year, corrections)
        tables["revisions"] = _revisions(staged, year, tables["reports"])
        tables["obligations"] = _obligations(staged, year)
        tables["panel"] = _panel(staged, year, tables["reports"], prior)
        prior_year, prior = year, tables["reports"].select(chain_columns())
        yield Partition(
            year, staged.province, {name: tables[name] for name in STAGED if tables[name].num_rows}, refused
        )


def _reports(staged: StagedProvince, year: int, corrections: Corrections) -> tuple[Tables, list[Refused]]:
    """The rows of the tables that follow from one report alone, merged and corrected."""
    reports = staged.rows("reports", years=[year])
    winners = _winners(reports)
    found = {"reports": reports} | {
        table: staged.rows(table, years=[year], dictionaries=True) for table in REPORT_TABLES[1:]
    }
    tables = {table: _of_winners(rows, winners) for table, rows in found.items()}
    differing, sites = _twice(reports, winners, found["cells"])
    tables["reports"] = _with_all_sources(tables["reports"], reports, sites)
    here = {one: corrections[one] for one in tables["reports"]["report_id"].to_pylist() if one in corrections}
    touched = sorted(differing | here.keys())
    refused: list[Refused] = []
    if touched:
        renewed, refused = _renewed(
            touched, found, tables, sites=sites, differing=differing, corrections=here
        )
        tables = {table: _replaced(table, tables[table], renewed[table], touched) for table in REPORT_TABLES}
    tables["reports"] = with_cells(tables["reports"], tables["cells"])
    return tables, refused


def _replaced(table: str, rows: pa.Table, renewed: pa.Table, touched: Collection[str]) -> pa.Table:
    """`rows` with the renewed ones in the place of those of the reports that were touched."""
    ids = pa.array(touched, pa.string())
    rest = rows.filter(pc.invert(pc.is_in(rows["report_id"].cast(pa.string()), ids)))
    both = pa.concat_tables([_plain(rest, table), renewed])
    return both.take(pc.sort_indices(both["report_id"]))


def _winners(reports: pa.Table) -> pa.Table:
    """The `site` whose rows stand for each report, by `report_id`.

    Where several sites hold a report it is one whose portal still does, then the one registered under the
    agency's name, else the one with most stated cells, else the first site id.
    """
    rows = reports.select(["report_id", "site", "cells_stated"])
    ranks = {
        "withdrawn": pc.cast(pc.is_valid(reports["withdrawn_at"]), pa.int8()),
        "foreign": pc.cast(pc.not_equal(reports["agency"], reports["site_name"]), pa.int8()),
    }
    for name, rank in ranks.items():
        rows = rows.append_column(name, rank)
    keys = [("report_id", "ascending"), ("withdrawn", "ascending"), ("foreign", "ascending")]
    ranked = rows.sort_by([*keys, ("cells_stated", "descending"), ("site", "ascending")])
    # A `group_by` would not keep the order.
    firsts = np.flatnonzero(np.diff(_numbers(codes_of(ranked["report_id"]).indices), prepend=-1))
    return ranked.select(["report_id", "site"]).take(firsts)


def _of_winners(rows: pa.Table, winners: pa.Table) -> pa.Table:
    """The rows of the winners in their order; works on the codes of the texts, as `cells` has millions."""
    ids, sites = codes_of(rows["report_id"]), codes_of(rows["site"])
    rank = _numbers(pc.index_in(ids.dictionary, value_set=winners["report_id"]))
    winning = _numbers(pc.index_in(winners["site"], value_set=sites.dictionary))
    rank_of_row = rank[_numbers(ids.indices)]
    chosen = np.flatnonzero(winning[rank_of_row] == _numbers(sites.indices))
    # In one piece: from the pieces of many sites rows are taken far slower.
    return rows.combine_chunks().take(chosen[np.argsort(rank_of_row[chosen], kind="stable")])


def _twice(reports: pa.Table, winners: pa.Table, cells: pa.Table) -> tuple[set[str], Mapping[str, list[str]]]:
    """The reports that several sites hold and read differently, and the sites of each that several hold, the
    winner first. A report that a portal withdrew has no say beside one that is still there."""
    first = dict(zip(*(winners[name].to_pylist() for name in ("report_id", "site")), strict=True))
    holders: dict[str, dict[str, bool]] = {}
    if reports.num_rows > winners.num_rows:
        columns = ("report_id", "site", "withdrawn_at")
        for report_id, site, withdrawn in zip(*(reports[name].to_pylist() for name in columns), strict=True):
            holders.setdefault(report_id, {})[site] = withdrawn is not None
    sites: dict[str, list[str]] = {}
    for report_id, withdrawn_by in holders.items():
        gone = withdrawn_by[first[report_id]]
        others = {site for site, withdrawn in withdrawn_by.items() if withdrawn == gone} - {first[report_id]}
        if others:
            sites[report_id] = [first[report_id], *sorted(others)]
    return (_differing(cells, sites) if sites else set()), sites


def _differing(cells: pa.Table, sites: Mapping[str, list[str]]) -> set[str]:
    """The reports among these whose sites do not all show the same statuses and numbers."""
    names = ("report_id", "site", "cell", "status")
    coded = {name: codes_of(cells[name]) for name in names}
    ids, of_site, cell, status = (_numbers(coded[name].indices) for name in names)
    held = _numbers(pc.index_in(coded["report_id"].dictionary, value_set=pa.array(list(sites), pa.string())))
    rows = np.flatnonzero(held[ids] >= 0) if len(ids) else np.zeros(0, np.int64)
    if not rows.size:
        return set()  # reports in prose alone
    # One line of numbers a cell; a missing number is told from zero by its status.
    values = np.nan_to_num(cells["value"].to_numpy()[rows])
    rows_of: dict[tuple[int, int], list[npt.NDArray[np.int64]]] = {}
    key = np.stack([ids[rows], of_site[rows]])
    starts = np.flatnonzero(np.any(np.diff(key, axis=1, prepend=-1), axis=0))
    for start, end in zip(starts, [*starts[1:], len(rows)], strict=True):
        rows_of.setdefault((int(key[0, start]), int(key[1, start])), []).append(np.arange(start, end))
    shown: dict[tuple[int, int], bytes] = {}
    for pair, parts in rows_of.items():
        part = np.concatenate(parts)
        shown[pair] = cell[rows[part]].tobytes() + status[rows[part]].tobytes() + values[part].tobytes()
    id_codes = {text: code for code, text in enumerate(coded["report_id"].dictionary.to_pylist())}
    site_codes = {text: code for code, text in enumerate(coded["site"].dictionary.to_pylist())}
    return {
        report_id
        for report_id, holders in sites.items()
        if len({shown.get((id_codes.get(report_id, -1), site_codes.get(one, -1)), b"") for one in holders})
        > 1
    }


def _with_all_sources(winners: pa.Table, reports: pa.Table, sites: Mapping[str, list[str]]) -> pa.Table:
    """The winners' rows of `reports` with the sources of all sites that hold the report."""
    if not sites:
        return winners
    names = ["report_id", "site", *_SOURCE_COLUMNS]
    wanted = reports.filter(pc.is_in(reports["report_id"], pa.array(list(sites), pa.string())))
    heads = {(row["report_id"], row["site"]): row for row in wanted.select(names).to_pylist()}
    joined = {
        report_id: joined_sources([heads[report_id, site] for site in of_report])
        for report_id, of_report in sites.items()
    }
    ids = winners["report_id"].to_pylist()
    for name in _SOURCE_COLUMNS:
        values = [
            joined[report_id][name] if report_id in joined else value
            for report_id, value in zip(ids, winners[name].to_pylist(), strict=True)
        ]
        place, field = winners.schema.get_field_index(name), SCHEMAS["reports"].field(name)
        winners = winners.set_column(place, field, pa.array(values, field.type))
    return winners


def _renewed(
    touched: Collection[str],
    found: Tables,
    published: Tables,
    *,
    sites: Mapping[str, list[str]],
    differing: set[str],
    corrections: Mapping[str, tuple[Correction, ...]],
) -> tuple[Tables, list[Refused]]:
    """The tables of the reports that are merged from differing readings or corrected."""
    ids = pa.array(sorted(touched), pa.string())
    versions: dict[tuple[str, str], ReportRows] = {}
    for table in REPORT_TABLES:
        # A report that only one site holds, or that all read alike, is there with all its sources.
        for rows, merges in ((found[table], True), (published[table], False)):
            rows = rows.filter(pc.is_in(rows["report_id"].cast(pa.string()), ids))  # noqa: PLW2901
            for row in _plain(rows, table).to_pylist():
                report_id = row["report_id"]
                if merges == (report_id in differing):
                    key = (report_id, row["site"] if merges else "")
                    empty: ReportRows = {name: [] for name in REPORT_TABLES}
                    versions.setdefault(key, empty)[table].append(row)
    refused: list[Refused] = []
    renewed: list[ReportRows] = []
    for report_id in sorted(touched):
        if report_id in differing:
            rows_of = merged([versions[report_id, site] for site in sites[report_id]])
        else:
            rows_of = versions[report_id, ""]
        if report_id in corrections:
            rows_of, without = corrected(rows_of, corrections[report_id])
            refused += without
        renewed.append(rows_of)
    return tables_of(renewed), refused


def _revisions(staged: StagedProvince, year: int, reports: pa.Table) -> pa.Table:
    """What happened to the reports, on every site that holds them, report by report and in order of time."""
    rows = staged.rows("revisions", years=[year])
    rows = rows.filter(pc.is_in(rows["report_id"], value_set=reports["report_id"].combine_chunks()))
    # The sort is stable: revisions noticed together stay in the order of the form.
    return rows.sort_by([("report_id", "ascending"), ("noticed_at", "ascending"), ("site", "ascending")])


def _obligations(staged: StagedProvince, year: int) -> pa.Table:
    """The best of what the sites say about each body, in the order of `Obligation`: a report may be late on
    one portal and in time on another. What is not judged because a column was not read says more than a
    column that does not list it, and less than anything else. Of equal judgements the first site's counts."""
    rows = staged.rows("obligations", years=[year], dictionaries=True)
    order = list(Obligation)
    code = province_code(staged.province)
    numbers: dict[tuple[str, str], int] = {}
    body = _each(rows["agency"], lambda agency: numbers.setdefault(body_key(agency, code), len(numbers)))
    rank = _each(rows["obligation"], lambda obligation: order.index(Obligation(obligation)))
    unseen = _each(rows["basis"], lambda basis: basis in (Basis.COLUMN_NOT_READ, Basis.OTHER_NAME))
    rank = np.where(unseen, order.index(Obligation.BLOCKED), rank)
    ranked = np.lexsort((rank, body))  # stable, and the rows come site by site
    best = rows.take(ranked[np.flatnonzero(np.diff(body[ranked], prepend=-1))])
    return best.take(pc.sort_indices(best["report_id"].cast(pa.string())))


def _panel(staged: StagedProvince, year: int, reports: pa.Table, prior: pa.Table) -> pa.Table:
    """The chains of numbers, then the texts, of each report."""
    winners = reports.select(["report_id", "site"])
    rows = staged.rows("panel", years=[year])
    texts = _of_winners(rows, winners) if rows.num_rows else rows
    both = pa.concat_tables([_plain(chain_rows(reports, prior), "panel"), _plain(texts, "panel")])
    return both.take(pc.sort_indices(both["report_id"]))


def _plain(rows: pa.Table, table: str) -> pa.Table:
    """`rows` with plain texts in the columns of the table as it is staged."""
    schema = STAGED[table]
    return pa.table([rows[field.name].cast(field.type) for field in schema], schema=schema)


def _each(texts: pa.ChunkedArray, number: Callable[[str], int]) -> Codes:
    """A number for each text (none is null); it is asked for once for each that differs."""
    codes = codes_of(texts)
    return np.array([number(text) for text in codes.dictionary.to_pylist()], np.int64)[
        _numbers(codes.indices)
    ]


def _numbers(codes: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.int32]:
    """Codes as numbers, -1 for null."""
    numbers: npt.NDArray[np.int32] = pc.fill_null(codes, -1).to_numpy()
    return numbers
