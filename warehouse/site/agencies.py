"""One province: the pages of its agencies and places."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

from warehouse.schema import SCHEMAS
from warehouse.site import agency
from warehouse.site.by_agency import ByAgency
from warehouse.site.duties import by_year, duties
from warehouse.site.originals import Budget
from warehouse.site.pages import agency_key, agency_page, write
from warehouse.site.places import links, place_pages, province_tree
from warehouse.site.provinces import province_code
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
        self._reports = ByAgency(root, "reports", province, years, columns)
        self._duties = duties(root, province, years)
        self._panel = ByAgency(root, "panel", province, years, ("agency", *PANEL_COLUMNS), failed=True)
        self.names = sorted(self._reports.places.keys() | self._duties.places.keys())

    def digest(self, name: str) -> str:
        parts = [table.digest(name) for table in (self._reports, self._duties, self._panel)]
        return blake2b(repr(parts).encode(), digest_size=8).hexdigest()

    def years(self, name: str) -> agency.Years:
        return agency.Years(
            name, self._reports.rows(name), by_year(self._duties, name), self._panel.rows(name)
        )
