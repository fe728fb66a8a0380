"""Publishing: staging to `dataset/<table>/year=YYYY/province=<name>/part-0.parquet`.

The next dataset is built beside the current one, unchanged files as hard links, and takes its place in
one step: the tables and partitions that a reader finds always belong to one publication. A program that
lists the files and opens them later may miss one that was replaced meanwhile and starts again; `read` does.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from parsers.model import CellStatus, CheckOutcome
from warehouse.codebook import codebook, datapackage
from warehouse.layout import DATASET, FILE_NAME, parquet_bytes, partition, scan
from warehouse.partitions import partitions
from warehouse.schema import SCHEMAS
from warehouse.staging import (
    StagedProvince,
    recover_staging,
    site_directories,
    staged_provinces,
    staged_rows,
)
from warehouse.swap import exclusive, replacing, write

Scope = dict[str, set[int] | None]
"""What a publication renews: years by province, None for every year."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What a publication changed, and what the whole dataset holds after it.

    `written` and `removed` name partitions ("year=2023/province=甘肃省"): those where a file is new, other
    or gone, and those that lost their last report. `cells` and `checks` count by status and outcome.
    """

    written: tuple[str, ...]
    removed: tuple[str, ...]
    reports: int
    cells: dict[CellStatus, int]
    checks: dict[CheckOutcome, int]


def publish(home: Path, sites: Collection[str] | None = None) -> Publication:
    """Bring the dataset up to the staging: all of it, or the partitions where `sites` have or had rows.

    A dataset that was written with other columns than today's is renewed whole. Raises WarehouseError
    (disk full, staging damaged); the published dataset is then as it was.
    """
    documents = {"CODEBOOK.md": codebook(), "datapackage.json": datapackage()}
    with exclusive(home):
        recover_staging(home)
        current = home / DATASET
        with replacing(current) as following:
            same_columns = _holds(current / "datapackage.json", documents["datapackage.json"])
            scope = _scope(home, sites if same_columns else None)
            before = _files(current)
            for file in before:
                if not _in_scope(file, scope):
                    _link(current / file, following / file)
            for name, data in documents.items():
                _put(current / name, following / name, data)
            for province, years in scope.items():
                for part in partitions(StagedProvince(home, province), years):
                    file = Path(part.table, partition(part.year, part.province), FILE_NAME)
                    _put(current / file, following / file, parquet_bytes(part.rows, labels=True))
            return _publication(following, before)


def _scope(home: Path, sites: Collection[str] | None) -> Scope:
    if sites is None:
        published = {path.name.partition("=")[2] for path in (home / DATASET).glob("reports/year=*/*/")}
        return dict.fromkeys(sorted(published | staged_provinces(home)))
    years: dict[str, set[int]] = {}
    for site in sites:
        for directory in site_directories(home, site):
            staged = staged_rows([directory], "reports", columns=["report_year"])
            years.setdefault(directory.parent.name, set()).update(staged["report_year"].to_pylist())
    of_these = ds.field("site").isin(pa.array(sorted(sites), pa.string()))
    held = scan(home / DATASET, "reports", ["year", "province"], of_these)
    for row in held.to_pylist():
        years.setdefault(row["province"], set()).add(row["year"])
    return dict(years)


def _in_scope(file: Path, scope: Scope) -> bool:
    """Whether `<table>/year=YYYY/province=<name>/part-0.parquet` is renewed."""
    year, province = (part.partition("=")[2] for part in file.parts[1:3])
    years = scope.get(province, set())
    return years is None or int(year) in years


def _files(root: Path) -> dict[Path, int]:
    """The inode of every Parquet file of the dataset, by path below `root`."""
    return {
        path.relative_to(root): path.stat().st_ino
        for table in SCHEMAS
        for path in sorted((root / table).glob(f"year=*/province=*/{FILE_NAME}"))
    }


def _put(current: Path, following: Path, data: bytes) -> None:
    """Write a file of the next dataset, or link the current one where its bytes are the same."""
    if _holds(current, data):
        _link(current, following)
    else:
        following.parent.mkdir(parents=True, exist_ok=True)
        write(following, data)


def _holds(file: Path, data: bytes) -> bool:
    return file.exists() and file.stat().st_size == len(data) and file.read_bytes() == data


def _link(current: Path, following: Path) -> None:
    following.parent.mkdir(parents=True, exist_ok=True)
    os.link(current, following)


def _publication(root: Path, before: dict[Path, int]) -> Publication:
    after = _files(root)
    changed = _partitions(file for file, _ in before.items() ^ after.items())
    removed = _partitions(before) - _partitions(after)
    cells = {status: f"cells_{status}" for status in CellStatus}
    checks = {outcome: f"checks_{outcome}" for outcome in CheckOutcome}
    counts = scan(root, "reports", [*cells.values(), *checks.values()])
    return Publication(
        written=tuple(sorted(changed - removed)),
        removed=tuple(sorted(removed)),
        reports=counts.num_rows,
        cells={status: pc.sum(counts[name]).as_py() or 0 for status, name in cells.items()},
        checks={outcome: pc.sum(counts[name]).as_py() or 0 for outcome, name in checks.items()},
    )


def _partitions(files: Iterable[Path]) -> set[str]:
    return {"/".join(file.parts[1:3]) for file in files}
