"""One province: the pages of its agencies and places."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from parsers.model import CheckOutcome
from warehouse.schema import SCHEMAS
from warehouse.site import agency
from warehouse.site.digests import group_digests
from warehouse.site.duties import Duty
from warehouse.site.originals import Budget
from warehouse.site.pages import agency_key, agency_page, write
from warehouse.site.places import links, place_pages, province_tree
from warehouse.site.provinces import province_code
from warehouse.site.reading import grouped, table_rows
from warehouse.site.series import PANEL_COLUMNS
from warehouse.site.state import FOLDER, load, load_partition, names, remove, save

_COLUMNS = (
    "report_id",
    "agency",
    "site",
    "division",
    "city",
    "county",
    "level",
    "body",
    "form",
    "verdict",
    "published_date",
    "checks_fail",
    "scope",
    "withdrawn_at",
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
    entries = {year: load_partition(out, f"reports-{year}-{code}").of_agencies() for year in years}
    latest = {key: entry for year in sorted(entries) for key, entry in entries[year].items()}
    digests: dict[str, str] = {}
    written = 0
    held = _Agencies(root, province, years)
    for name in held.names:
        key = agency_key(province, name)
        digests[key] = held.digest(name)
        if known.get(key) != digests[key]:
            page = agency.render(key, held.years(name), links(province, latest[key]), province)
            written += write(out / agency_page(key), page)
    tree = province_tree(province, [(year, entries[year].values()) for year in sorted(entries)])
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


class _Agencies:
    """What the dataset holds of the agencies of a province, over all years."""

    def __init__(self, root: Path, province: str, years: Sequence[int]) -> None:
        held = set(SCHEMAS["reports"].names)
        columns = [column for column in (*_COLUMNS, *agency.columns()) if column in held]
        self._reports = _ByAgency(root, "reports", province, years, columns)
        self._duties = _ByAgency(root, "obligations", province, years, Duty._fields)
        self._panel = _ByAgency(root, "panel", province, years, ("agency", *PANEL_COLUMNS), failed=True)
        self.names = sorted(self._reports.places.keys() | self._duties.places.keys())

    def digest(self, name: str) -> str:
        parts = [table.digest(name) for table in (self._reports, self._duties, self._panel)]
        return blake2b(repr(parts).encode(), digest_size=8).hexdigest()

    def years(self, name: str) -> agency.Years:
        duties = {row.pop("year"): Duty(**row) for row in self._duties.rows(name)}
        return agency.Years(name, self._reports.rows(name), duties, self._panel.rows(name))


class _ByAgency:
    """The rows of a table of a province over the years, agency by agency, the earliest year first."""

    def __init__(
        self,
        root: Path,
        table: str,
        province: str,
        years: Sequence[int],
        columns: Sequence[str],
        *,
        failed: bool = False,
    ) -> None:
        """`failed`: only the rows of failed checks."""
        parts = []
        for year in years:
            part = table_rows(root, table, year, province, columns)
            if part is not None:
                if failed:
                    part = part.filter(pc.equal(part["outcome"], str(CheckOutcome.FAIL)))
                parts.append(part.append_column("year", pa.array([year] * part.num_rows, pa.int16())))
        self.places: dict[str, tuple[int, int, int]] = {}
        if not any(part.num_rows for part in parts):
            return
        whole = pa.concat_tables(parts).sort_by([("agency", "ascending"), ("year", "ascending")])
        [self._rows] = whole.combine_chunks().to_batches()
        starts, agencies = grouped(self._rows, "agency")
        ends = [*starts[1:].tolist(), self._rows.num_rows]
        digests = group_digests(self._rows, starts).tolist()
        self.places = dict(zip(agencies, zip(starts.tolist(), ends, digests, strict=True), strict=True))

    def digest(self, agency: str) -> int:
        return self.places[agency][2] if agency in self.places else 0

    def rows(self, agency: str) -> Rows:
        """The rows of an agency, with their `year`."""
        if agency not in self.places:
            return []
        start, end, _ = self.places[agency]
        found: Rows = self._rows.slice(start, end - start).to_pylist()
        return found


Rows = list[dict[str, Any]]
