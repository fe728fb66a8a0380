"""Staged rows of an older version of the schema as rows of today's.

The next publication makes every partition anew from them, so old partitions are migrated without the network
and without the parser. What the older version did not note is null until the site is read again.
"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from parsers.forms import load_forms
from warehouse.bodies import body_of, place_of
from warehouse.schema import SCHEMA_VERSION, STAGED, TABLES


def migrated(table: str, rows: pa.Table, version: int) -> pa.Table:
    """The rows of a table as the version of the schema they were staged with gives them, in today's columns;
    columns that hold texts may be dictionaries."""
    for step in range(version + 1, SCHEMA_VERSION + 1):
        if (change := _STEPS.get((step, table))) is not None:
            rows = change(rows)
    return rows


def _bodies_and_sources(rows: pa.Table) -> pa.Table:
    """Version 2 of `reports`: where the agency belongs, the form of each table, and its sources one by one.

    Version 1 did not note the roles of sources, nor the time of each but that of the last one, nor forms that
    are mixed: the whole report's stands for each of its tables.
    """
    tables_of = {form.id: {table.code for table in form.tables} for form in load_forms()}
    renewed = []
    for row in rows.to_pylist():
        place = place_of(row["agency"], row["division"], row["level"], row["report_year"])
        count, form = len(row["urls"]), row["form"]
        renewed.append(
            row
            | {
                "division": place.division,
                "level": place.level,
                "body": body_of(row["agency"]),
                "city": place.city,
                "county": place.county,
                **{f"form_{code}": form for code in TABLES if code in tables_of.get(form, ())},
                "source_sites": [row["site"]] * count,
                "source_roles": [None] * count,
                "source_fetched_at": [row["fetched_at"]] if count == 1 else [None] * count,
                "corrected_cells": [],
            }
        )
    return pa.Table.from_pylist(renewed, schema=STAGED["reports"])


def _plain_sentences(rows: pa.Table) -> pa.Table:
    """Version 3 of `facts`: sentences are no dictionary (see `PROSE`)."""
    place = rows.schema.get_field_index("sentence")
    return rows.set_column(place, "sentence", rows["sentence"].cast(pa.string()))


_STEPS: dict[tuple[int, str], Callable[[pa.Table], pa.Table]] = {
    (2, "reports"): _bodies_and_sources,
    (3, "facts"): _plain_sentences,
}
"""What changes in the rows of a table with a version of the schema, beside new columns that may be null."""
