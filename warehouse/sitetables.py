"""All tables of one site: its reports' rows, and what follows from them and from the version before."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from warehouse.obligations import obligations
from warehouse.observed import Observed
from warehouse.panel import text_rows
from warehouse.revisions import Version, renamed, revisions
from warehouse.rows import REPORT_TABLES, Row, report_tables
from warehouse.schema import STAGED

Tables = Mapping[str, pa.Table]

_NO_TABLES = {name: schema.empty_table() for name, schema in STAGED.items()}


def site_tables(
    site_id: str, province: str, read: Tables, observed: Observed, before: Tables | None
) -> dict[str, pa.Table]:
    """The rows of every table of a site, those of each report together.

    `read` are the rows of its reports (see `report_tables`), `before` its tables as they are staged (None:
    the site is new). A report that was withdrawn keeps its rows. Raises ValueError as `report_tables` does.
    """
    before = before or _NO_TABLES
    tables = _with_withdrawn(read, before, observed)
    old, new = _versions(before), _versions(tables)
    former = _versions(report_tables(site_id, province, observed.former))
    known = renamed(before["revisions"].to_pylist(), old, new)
    heads = [head for head, _ in new.values()]
    rows = {
        "revisions": known + revisions(old, new, former, observed),
        "obligations": obligations(site_id, observed.view, heads, before["obligations"].to_pylist()),
        "panel": text_rows(heads),
    }
    return tables | {name: _table(name, rows[name]) for name in rows}


def seen_again(site_id: str, observed: Observed, before: Tables | None) -> dict[str, pa.Table]:
    """The tables of a site of which nothing is known but how it was seen: its reports stay as they are."""
    tables = dict(before or _NO_TABLES)
    rows = obligations(
        site_id, observed.view, tables["reports"].to_pylist(), tables["obligations"].to_pylist()
    )
    return tables | {"obligations": _table("obligations", rows)}


def _with_withdrawn(read: Tables, before: Tables, observed: Observed) -> dict[str, pa.Table]:
    """The tables with the reports of the version before that the portal no longer holds, marked as such."""
    present = set(read["reports"]["report_id"].to_pylist())
    kept: list[Row] = []
    for row in before["reports"].to_pylist():
        if row["report_id"] in present:
            continue
        times = [observed.withdrawn.get(url) for url in row["urls"]]
        if row["withdrawn_at"] is None and times and None not in times:
            row["withdrawn_at"] = max(time for time in times if time is not None)
        if row["withdrawn_at"] is not None:
            kept.append(row)
    ids = pa.array([row["report_id"] for row in kept], pa.string())
    tables = {}
    for name in REPORT_TABLES:
        rows = before[name]
        former = _table(name, kept) if name == "reports" else rows.filter(pc.is_in(rows["report_id"], ids))
        both = pa.concat_tables([read[name], former]) if kept else read[name]
        order = pc.sort_indices(both["report_id"])  # stable: the rows of one report keep their order
        tables[name] = both.take(order)
    return tables


def _versions(tables: Tables) -> dict[str, Version]:
    cells: dict[str, list[Row]] = {}
    columns = ["report_id", "cell", "value", "raw", "status"]
    for row in tables["cells"].select(columns).to_pylist():
        cells.setdefault(row["report_id"], []).append(row)
    heads = tables["reports"].to_pylist()
    return {head["report_id"]: (head, cells.get(head["report_id"], [])) for head in heads}


def _table(name: str, rows: list[Row]) -> pa.Table:
    rows = sorted(rows, key=lambda row: row["report_id"])
    return pa.Table.from_pylist(rows, schema=STAGED[name])
