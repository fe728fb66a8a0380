"""Staging: the latest rows of every site, `staging/<province>/<site>/<table>.parquet`."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import pyarrow.dataset as ds

from warehouse.errors import WarehouseError
from warehouse.layout import parquet_bytes
from warehouse.rows import SiteReport, site_tables
from warehouse.schema import SCHEMAS
from warehouse.swap import NEXT, OLD, exclusive, recover, recover_all, replacing, write


def stage(home: Path, site_id: str, province: str, reports: Iterable[SiteReport]) -> None:
    """Replace everything staged of a site by `reports`, whole or not at all.

    Raises ValueError as `site_tables` does, WarehouseError where the disk does not take it.
    """
    tables = site_tables(site_id, province, reports)
    name = _directory_name(site_id)
    with exclusive(home):
        current = home / "staging" / province / name
        current.parent.mkdir(parents=True, exist_ok=True)
        for parent in (home / "staging").glob("*/"):
            recover(parent / name)
            if parent != current.parent:
                _move(parent / name, current)
        with replacing(current) as directory:
            for table, rows in tables.items():
                write(directory / f"{table}.parquet", parquet_bytes(rows, labels=False))


def staged_reports(home: Path, site_id: str) -> int:
    """Number of reports staged of a site, 0 for a site that was never staged."""
    rows = staged_rows(site_directories(home, site_id), "reports", columns=["report_year"])
    return int(rows.num_rows)


def site_directories(home: Path, site_id: str) -> list[Path]:
    """Where the site is staged, in the directory of its province; empty if it was never staged."""
    return sorted((home / "staging").glob(f"*/{_directory_name(site_id)}"))


def staged_provinces(home: Path) -> set[str]:
    """Provinces that have a staging directory."""
    return {directory.name for directory in (home / "staging").glob("*/")}


@dataclass(frozen=True, slots=True)
class StagedProvince:
    """What the sites of a province have staged."""

    home: Path
    province: str

    def rows(
        self, table: str, *, years: Collection[int] | None = None, columns: list[str] | None = None
    ) -> pa.Table:
        """The rows of a table, site by site; None means all years or columns.

        Raises WarehouseError, naming the file, where one is damaged.
        """
        directories = sorted((self.home / "staging" / self.province).glob("*/"))
        return staged_rows(directories, table, years=years, columns=columns)


def staged_rows(
    directories: Iterable[Path],
    table: str,
    *,
    years: Collection[int] | None = None,
    columns: list[str] | None = None,
) -> pa.Table:
    """The rows of a table in the directories of sites, in their order; None means all years or columns.

    Raises WarehouseError, naming the file, where one is damaged.
    """
    files = [str(directory / f"{table}.parquet") for directory in directories]
    rows = None if years is None else ds.field("report_year").isin(pa.array(sorted(years), pa.int64()))
    try:
        return ds.dataset(files, format="parquet", schema=SCHEMAS[table]).to_table(columns, filter=rows)
    except (pa.ArrowInvalid, OSError) as error:
        reason = str(error).splitlines()[0]
        raise WarehouseError(f"staging is damaged: {reason}; run 'nianbao reparse' for this site") from error


def recover_staging(home: Path) -> None:
    """Clear up after killed runs."""
    for province in staged_provinces(home):
        recover_all(home / "staging" / province)


def _directory_name(site_id: str) -> str:
    """The id as a file name: `host/path` and `host:port` are percent-encoded."""
    name = quote(site_id, safe="")
    if name.endswith((NEXT, OLD)):
        raise ValueError(f"a site id cannot end in {NEXT} or {OLD}: {site_id}")
    return name


def _move(former: Path, current: Path) -> None:
    """Take a site to its new province in one step: at no moment do its rows stand in two provinces."""
    if current.exists():
        shutil.rmtree(former, ignore_errors=True)
    elif former.exists():
        former.rename(current)
