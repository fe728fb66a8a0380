"""One province: the pages of its agencies and places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from warehouse.schema import SCHEMAS
from warehouse.site import agency
from warehouse.site.digests import group_digests
from warehouse.site.originals import Budget
from warehouse.site.pages import agency_key, agency_page, write
from warehouse.site.places import links, place_pages, province_tree
from warehouse.site.provinces import province_code
from warehouse.site.reading import grouped, table_rows
from warehouse.site.state import FOLDER, Entry, load, load_partition, names, remove, save

_COLUMNS = (
    "agency",
    "site",
    "division",
    "city",
    "county",
    "level",
    "form",
    "verdict",
    "published_date",
    "checks_fail",
)


def render_province(
    root: Path, out: Path, province: str, years: Sequence[int], fresh: bool, *, budget: Budget | None
) -> tuple[int, int]:
    """Render agencies that changed (all, if `fresh`) and places; gives pages written and removed.

    Nothing is drawn here, so `budget` stays as it is.
    """
    del budget
    code = province_code(province)
    before = load(out, f"province-{code}")
    known = {} if fresh else before.get("agencies", {})
    entries = {year: load_partition(out, f"reports-{year}-{code}").entries for year in years}
    latest: dict[str, Entry] = {}
    for year in sorted(entries):
        latest.update({entry.key: entry for entry in entries[year]})
    digests: dict[str, str] = {}
    written = 0
    for name, digest, rows in _agencies(root, province, years):
        key = agency_key(province, name)
        digests[key] = digest
        if known.get(key) != digest:
            page = agency.render(key, rows.to_pylist(), links(province, latest[key]), province)
            written += write(out / agency_page(key), page)
    tree = province_tree(province, sorted(entries.items()))
    places = dict(place_pages(tree, []))
    written += sum(write(out / address, page) for address, page in places.items())
    removed = remove(out / agency_page(key) for key in before.get("agencies", {}).keys() - digests.keys())
    removed += remove(out / address for address in set(before.get("places", ())) - places.keys())
    save(out, f"province-{code}", {"agencies": digests, "places": sorted(places)})
    return written, removed


def remove_provinces(out: Path, kept: set[str]) -> int:
    """Remove the pages of provinces that the dataset no longer has."""
    removed = 0
    for name in names(out, "province-"):
        if name.removeprefix("province-") not in kept:
            before = load(out, name)
            removed += remove(out / agency_page(key) for key in before.get("agencies", ()))
            removed += remove(out / address for address in before.get("places", ()))
            remove([out / FOLDER / f"{name}.json"])
    return removed


def _agencies(root: Path, province: str, years: Sequence[int]) -> Iterator[tuple[str, str, pa.RecordBatch]]:
    """Name, digest and rows of each agency, the earliest year first."""
    held = set(SCHEMAS["reports"].names)
    columns = [column for column in (*_COLUMNS, *agency.columns()) if column in held]
    parts = []
    for year in years:
        part = table_rows(root, "reports", year, province, columns)
        if part is not None:
            parts.append(part.append_column("year", pa.array([year] * part.num_rows, pa.int16())))
    if not parts:
        return
    rows = pa.concat_tables(parts).sort_by([("agency", "ascending"), ("year", "ascending")])
    for batch in rows.combine_chunks().to_batches():
        starts, agencies = grouped(batch, "agency")
        digests = group_digests(batch, starts).tolist()
        ends = [*starts[1:].tolist(), batch.num_rows]
        for name, digest, start, end in zip(agencies, digests, starts.tolist(), ends, strict=True):
            yield name, f"{digest:016x}", batch.slice(start, end - start)
