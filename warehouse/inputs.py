"""What a publication was made of, `inputs/<province>.parquet` of each snapshot, and what changed since.

One row a report and site, with the digests of that site's rows of it and of its corrections. Against what is
staged now it tells which agencies have to be made again; it is part of the snapshot, so it is never of
another publication.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from warehouse.bodies import body_key, province_code
from warehouse.corrections import Corrections, corrections_digest
from warehouse.manifest import INPUTS, Manifest, place
from warehouse.partitions import REACH
from warehouse.sitefile import SiteFile
from warehouse.staging import open_sites
from warehouse.store import Store

_SCHEMA = pa.schema(
    [
        ("year", pa.int16()),
        ("report_id", pa.string()),
        ("site", pa.string()),
        ("agency", pa.string()),
        ("digest", pa.int64()),
        ("corrections", pa.int64()),
    ]
)
Row = tuple[int, str, str, str, int, int]

_FEW = 50
"""Agencies that are always put in place of their former rows, whatever their share of a province is."""
_SHARE = 0.25
"""Share of the agencies of a province from which on making all of them again is faster."""

_AT_ONCE = 8


@dataclass(frozen=True)
class Change:
    """What is to be made again in a province, from `files`: all of it, or the `agencies` in these `years`."""

    province: str
    files: Mapping[str, SiteFile]
    agencies: frozenset[str] | None
    years: frozenset[int] | None
    inputs: pa.Table


def inputs_path(province: str) -> str:
    return f"{INPUTS}/{province}.parquet"


def inputs_bytes(inputs: pa.Table) -> bytes:
    """Inputs, not none, as a file; in whatever order they come."""
    sink = pa.BufferOutputStream()
    ordered = inputs.sort_by([(name, "ascending") for name in _SCHEMA.names])
    pq.write_table(ordered.combine_chunks(), sink, compression="zstd")
    return bytes(sink.getvalue())


class Inputs:
    """The inputs of a province in a snapshot. Of most provinces only the sites are ever asked for."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @cached_property
    def sites(self) -> frozenset[str]:
        return frozenset(pc.unique(self._columns("site")["site"]).to_pylist())

    @property
    def are_corrected(self) -> bool:
        """Whether any report was published with corrections."""
        return bool(pc.any(pc.not_equal(self._columns("corrections")["corrections"], 0)).as_py())

    def rows(self) -> pa.Table:
        return self._columns(*_SCHEMA.names)

    def _columns(self, *names: str) -> pa.Table:
        file = pq.ParquetFile(pa.BufferReader(self._data))
        return file.read(list(names), use_threads=False).cast(pa.schema([_SCHEMA.field(n) for n in names]))


def published_inputs(store: Store, manifest: Manifest) -> dict[str, Inputs]:
    """The inputs of a snapshot by province."""

    def inputs(path: str) -> Inputs:
        return Inputs(store.read(path))

    paths = [place(store, manifest, file) for file in manifest.inputs]
    provinces = [file.path.removeprefix(f"{INPUTS}/").removesuffix(".parquet") for file in manifest.inputs]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return dict(zip(provinces, pool.map(inputs, paths), strict=True))


def displaced(inputs: Mapping[str, Inputs], staged: Mapping[str, str]) -> set[str]:
    """Sites that were published from a province where they are no longer staged."""
    published = ((site, province) for province, found in inputs.items() for site in found.sites)
    return {site for site, province in published if staged.get(site) != province}


def corrected_anew(inputs: Mapping[str, Inputs], corrections: Corrections) -> set[str]:
    """Sites with a report whose corrections are not those that it was published with."""
    now = {report: corrections_digest(of_report) for report, of_report in corrections.items()}
    sites: set[str] = set()
    for found in inputs.values():
        if not (now or found.are_corrected):
            continue
        table = found.rows()
        # Few reports are corrected: those that were, and those that are to be.
        marked = pc.or_(
            pc.not_equal(table["corrections"], 0),
            pc.is_in(table["report_id"], value_set=pa.array(list(now), pa.string())),
        )
        for row in table.filter(marked).to_pylist():
            if row["corrections"] != now.get(row["report_id"], 0):
                sites.add(row["site"])
    return sites


def provinces_of(
    sites: Collection[str], inputs: Mapping[str, Inputs], staged: Mapping[str, str]
) -> list[str]:
    """The provinces where these sites are staged or were published from."""
    published = {province for province, found in inputs.items() if found.sites & set(sites)}
    return sorted(published | {staged[site] for site in sites if site in staged})


def whole_province(store: Store, province: str, staged: Iterable[str], corrections: Corrections) -> Change:
    """A province made anew from all sites that are staged there."""
    files = open_sites(store, province, staged)
    return Change(province, files, None, None, _table(_rows(files, corrections)))


def change(
    store: Store,
    province: str,
    staged: Collection[str],
    sites: Collection[str],
    *,
    inputs: Inputs | None,
    corrections: Corrections,
) -> Change | None:
    """What changed in the reports of `sites` since `inputs`; None if nothing did.

    `staged` are all sites of the province. Raises as `open_sites` does.
    """
    before = _SCHEMA.empty_table() if inputs is None else inputs.rows()
    files = open_sites(store, province, set(sites) & set(staged))
    of_sites = before.filter(_one_of(before, "site", sites))
    changed = set(zip(*of_sites.to_pydict().values(), strict=True)) ^ set(_rows(files, corrections))
    if not changed:
        return None
    known = pc.unique(before["agency"]).to_pylist()
    agencies = _with_other_spellings({row[3] for row in changed}, known, province)
    if len(agencies) > max(_FEW, _SHARE * len(known)):
        return whole_province(store, province, staged, corrections)
    years = frozenset(row[0] + step for row in changed for step in range(REACH + 1))
    # Other sites may hold reports of these agencies too; sites that went elsewhere are among `sites`.
    others = set(before.filter(_one_of(before, "agency", agencies))["site"].to_pylist()) - set(sites)
    files |= open_sites(store, province, others)

    def renewed(inputs: pa.Table) -> pa.ChunkedArray:
        of_agencies = pc.and_(_one_of(inputs, "year", years), _one_of(inputs, "agency", agencies))
        return pc.or_(_one_of(inputs, "site", sites), of_agencies)

    opened = _table(_rows(files, corrections))
    kept = before.filter(pc.invert(renewed(before)))
    now = pa.concat_tables([kept, opened.filter(renewed(opened))])
    return Change(province, files, agencies, years, now)


def _with_other_spellings(agencies: Collection[str], known: Iterable[str], province: str) -> frozenset[str]:
    """Agencies under all their names that are known: panel checks go from one to another."""
    code = province_code(province)
    keys = {body_key(agency, code) for agency in agencies}
    # Few names end like these, and to take one apart takes long.
    endings = tuple(ending for _, ending in keys)
    alike = (agency for agency in known if agency.endswith(endings))
    return frozenset(agencies) | {agency for agency in alike if body_key(agency, code) in keys}


def _rows(files: Mapping[str, SiteFile], corrections: Corrections) -> Iterator[Row]:
    for site, file in files.items():
        for report in file.reports:
            of_report = corrections.get(report.report_id)
            mark = corrections_digest(of_report) if of_report else 0
            yield report.year, report.report_id, site, report.agency, report.digest, mark


def _table(rows: Iterable[Row]) -> pa.Table:
    held = list(rows)
    return pa.table([[row[place] for row in held] for place in range(len(_SCHEMA))], schema=_SCHEMA)


def _one_of(inputs: pa.Table, column: str, values: Iterable[Any]) -> pa.ChunkedArray:
    return pc.is_in(inputs[column], value_set=pa.array(values, _SCHEMA.field(column).type))
