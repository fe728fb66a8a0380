"""Staging: the latest rows of every site, one file a site, `staging/<province>/<site>`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, unquote

import pyarrow as pa
import pyarrow.compute as pc

from warehouse.adoption import adopt
from warehouse.layout import as_dictionaries, in_schema
from warehouse.observed import Observed
from warehouse.rows import SiteReport, report_tables
from warehouse.schema import STAGED
from warehouse.sitefile import SiteFile, pack
from warehouse.sitetables import Tables, seen_again, site_tables
from warehouse.store import Home, Store, open_store, plain_errors

STAGING = "staging"
_AT_ONCE = 8
"""Files that are fetched at the same time; in a bucket each costs a round trip."""


class SiteMovedError(Exception):
    """A site went to another province, or was removed, while staging was read: begin again."""


def stage(
    home: Home,
    site_id: str,
    province: str,
    reports: Iterable[SiteReport],
    observed: Observed | None = None,
) -> None:
    """Replace everything staged of a site by `reports`, whole or not at all; holds no lock but the site's.

    What became of the reports that were staged before is told from both versions and `observed`, and staged
    with them in one step. Raises ValueError as `report_tables` does, WarehouseError where the home does not
    take it.
    """
    read, observed = report_tables(site_id, province, reports), observed or Observed()
    _replace(home, site_id, province, lambda before: site_tables(site_id, province, read, observed, before))


def stage_view(home: Home, site_id: str, province: str, observed: Observed) -> None:
    """Note how a site was seen that gave no reports (it blocks, it cannot be reached); its rows stay."""
    _replace(home, site_id, province, lambda before: seen_again(site_id, observed, before))


def _replace(home: Home, site_id: str, province: str, tables: Callable[[Tables | None], Tables]) -> None:
    name = _file_name(site_id)
    store = open_store(home)
    with plain_errors(store), store.exclusive(f"sites/{name}") as held:
        for known in store.folders(STAGING):
            adopt(store, f"{STAGING}/{known}/{name}")
        before = _versions(store, name)
        newest = max(before.values(), key=lambda file: file.version, default=None)
        following = tables(newest.tables() if newest else None)
        held.check()
        data = pack(following, newest.version + 1 if newest else 1)
        store.write(f"{STAGING}/{province}/{name}", data)
        # Between these two steps the site stands in two provinces; the newer version counts.
        for former in before.keys() - {province}:
            store.remove(f"{STAGING}/{former}/{name}")


def staged_site(home: Home, site_id: str) -> dict[str, pa.Table] | None:
    """Everything staged of a site by table; None for a site that was never staged."""
    store = open_store(home)
    with plain_errors(store):
        found = _versions(store, _file_name(site_id))
        newest = max(found.values(), key=lambda file: file.version, default=None)
        return newest.tables() if newest else None


def staged_reports(home: Home, site_id: str) -> int:
    """Number of reports staged of a site that its portal holds; 0 for a site that was never staged."""
    store = open_store(home)
    with plain_errors(store):
        found = _versions(store, _file_name(site_id))
    newest = max(found.values(), key=lambda file: file.version, default=None)
    return newest.held if newest else 0


def has_staging(home: Home) -> bool:
    """Whether any site was ever staged here."""
    store = open_store(home)
    with plain_errors(store):
        return bool(store.folders(STAGING))


def adopt_folders(store: Store) -> None:
    """Bring what an older version of this program staged to today's files (see `warehouse.adoption`)."""
    for province in store.folders(STAGING):
        for name in store.folders(f"{STAGING}/{province}"):
            with store.exclusive(f"sites/{name}"):
                adopt(store, f"{STAGING}/{province}/{name}")


def staged_sites(store: Store) -> dict[str, str]:
    """The province of every site that is staged, by site id, in the order of their names."""
    found: dict[str, str] = {}
    for province in store.folders(STAGING):
        for name in store.files(f"{STAGING}/{province}"):
            if name in found:
                versions = _versions(store, name)
                found[name] = max(versions, key=lambda place: versions[place].version)
            else:
                found[name] = province
    return {unquote(name): found[name] for name in sorted(found)}


def open_sites(store: Store, province: str, sites: Iterable[str]) -> dict[str, SiteFile]:
    """What these sites have staged in a province; each file is read once, so each is one version of its site.

    Raises SiteMovedError where one is not there, WarehouseError where one is damaged.
    """

    def opened(site: str) -> SiteFile:
        path = f"{STAGING}/{province}/{_file_name(site)}"
        try:
            return SiteFile(store.read(path), store.where(path))
        except FileNotFoundError as error:
            raise SiteMovedError(path) from error

    names = sorted(sites)
    if store.links:  # a disk answers faster than threads take turns
        return {name: opened(name) for name in names}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return dict(zip(names, pool.map(opened, names), strict=True))


class StagedProvince:
    """What some sites of a province have staged; with `agencies` the rows of these alone are there."""

    def __init__(
        self, province: str, files: Mapping[str, SiteFile], agencies: Collection[str] | None = None
    ) -> None:
        self.province = province
        self._files = [files[site] for site in sorted(files)]
        self._agencies = None if agencies is None else pa.array(sorted(agencies), pa.string())

    def years(self) -> set[int]:
        """The report years that are staged."""
        return {report.year for file in self._files for report in file.reports}

    def rows(
        self, table: str, *, years: Collection[int] | None = None, dictionaries: bool = False
    ) -> pa.Table:
        """The rows of a table, site by site and year by year; None means all years.

        With `dictionaries` the texts come as dictionaries, each column in one piece: many times faster for
        tables with many rows a report.
        """
        schema = STAGED[table]
        batches = list(self._batches(table, sorted(self.years() if years is None else years)))
        if not batches:
            return schema.empty_table()
        rows = _one_table(batches)
        if self._agencies is not None:
            rows = rows.filter(pc.is_in(rows["agency"].cast(pa.string()), value_set=self._agencies))
        if dictionaries and rows.num_rows and set(rows.column_names).issuperset(schema.names):
            return as_dictionaries(rows, schema)
        return in_schema(rows, schema)

    def _batches(self, table: str, years: Collection[int]) -> Iterator[pa.RecordBatch]:
        for file in self._files:
            for year in years:
                yield from file.batches(table, year)


def _one_table(batches: list[pa.RecordBatch]) -> pa.Table:
    """Batches as one table; those that were migrated may lack columns."""
    try:
        return pa.Table.from_batches(batches)
    except pa.ArrowInvalid:
        tables = [pa.Table.from_batches([batch]) for batch in batches]
        return pa.concat_tables(tables, promote_options="permissive")


def _versions(store: Store, name: str) -> dict[str, SiteFile]:
    """What stands under the name of a site, by province: one file, or two where a move was interrupted."""

    def version(province: str) -> SiteFile | None:
        path = f"{STAGING}/{province}/{name}"
        try:
            return SiteFile(store.read(path), store.where(path))
        except (FileNotFoundError, IsADirectoryError):  # a folder is adopted when the site is staged
            return None

    provinces = store.folders(STAGING)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = dict(zip(provinces, pool.map(version, provinces), strict=True))
    return {province: file for province, file in found.items() if file}


def _file_name(site_id: str) -> str:
    """The id as a file name: `host/path` and `host:port` are percent-encoded."""
    return quote(site_id, safe="")
