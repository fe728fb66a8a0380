"""`make bench-warehouse`: what publishing and reading a national year cost, against bare pyarrow.

Ratios are taken within one run, so they hold on any machine; a missed target is shown and not an error.
`--reports N` makes a smaller year, `--home DIR` keeps it and starts from what is staged there.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from benchmarks.national import YEAR, provinces, site_tables, stage_national
from warehouse import publish, read_arrow
from warehouse.layout import file_path
from warehouse.schema import PARTITIONS, SCHEMAS
from warehouse.sitefile import pack
from warehouse.store import open_store

REPEATS = 5


def line(what: str, measured: str, verdict: str = "") -> None:
    print(f"{what:<52}{measured:>14}  {verdict}", flush=True)


def verdict(value: float, target: float, unit: str = "") -> str:
    return f"{value:.2f}{unit} (target {target}{unit}: {'met' if value <= target else 'missed'})"


def least(action: Callable[[], object]) -> float:
    """Seconds of the fastest of some repeats, which other work on the machine disturbs least."""
    taken = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        action()
        taken.append(time.perf_counter() - start)
    return min(taken)


def _publish(home: Path, sites: list[str] | None) -> tuple[float, float, int]:
    start = time.perf_counter()
    done = publish(home, sites)
    seconds = time.perf_counter() - start
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, len(done.written)


def published_alone(home: Path, sites: list[str] | None = None) -> tuple[float, float, int]:
    """Seconds, peak memory (MB) and changed partitions of a publication in a process of its own."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_publish, home, sites).result()


def bare_write(home: Path, target: Path, names: list[str]) -> float:
    """Seconds that `write_dataset` takes for the published rows, which it gets sorted and in memory."""
    seconds = 0.0
    for table in SCHEMAS:
        for province in names:
            rows = read_arrow(table, home=home, province=province).combine_chunks()
            if rows.num_rows == 0:
                continue
            start = time.perf_counter()
            ds.write_dataset(
                rows,
                target / table,
                format="parquet",
                partitioning=ds.partitioning(PARTITIONS, flavor="hive"),
                file_options=ds.ParquetFileFormat().make_write_options(compression="zstd"),
                existing_data_behavior="overwrite_or_ignore",
            )
            seconds += time.perf_counter() - start
    return seconds


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.parquet"))


def bench_publish(home: Path, names: list[str]) -> None:
    whole, memory, _ = published_alone(home)
    again, _, _ = published_alone(home)
    with TemporaryDirectory(dir=home) as folder:
        bare = bare_write(home, Path(folder), names)
        line("bare sorted write_dataset", f"{bare:.1f} s")
        line("publish, everything", f"{whole:.1f} s", f"ratio {verdict(whole / bare, 2)}")
        line("publish again, nothing changed", f"{again:.1f} s")
        line("peak memory of publish", f"{memory:.0f} MB", verdict(memory / 1024, 4, " GB"))
        ours, theirs = size(home / "dataset"), size(Path(folder))
    line("size of the dataset", f"{ours / 1e6:.1f} MB", f"ratio {verdict(ours / theirs, 1.1)}")


def bench_update(home: Path, province: str, reports: int) -> None:
    """One site of a province gets other numbers."""
    store = open_store(home)
    seconds = []
    for number in range(REPEATS):
        [(site, tables)] = site_tables(province, reports, only=7)
        rows = tables["cells"]
        place = rows.schema.get_field_index("value")
        tables["cells"] = rows.set_column(place, rows.schema.field(place), pc.add(rows["value"], number + 1))
        store.write(f"staging/{province}/{site}", pack(tables, number + 2))
        before = {path: path.stat().st_ino for path in (home / "dataset").rglob("*.parquet")}
        taken, _, _ = published_alone(home, [site])
        after = {path: path.stat().st_ino for path in (home / "dataset").rglob("*.parquet")}
        changed = [path for path, inode in after.items() if before.get(path) != inode]
        seconds.append(taken)
    line(
        f"publish, one site of a province of {reports}",
        f"{min(seconds):.2f} s",
        verdict(min(seconds), 1, " s"),
    )
    line("files that it changed", f"{len(changed)}", ", ".join(path.parts[-4] for path in changed))


def bench_read(home: Path, names: list[str]) -> None:
    for table in ("reports", "cells"):
        path = home / "dataset" / file_path(table, YEAR, names[0])
        bare = least(lambda path=path: pq.read_table(path, partitioning=None))
        ours = least(lambda table=table: read_arrow(table, home=home, year=YEAR, province=names[0]))
        line(f"{table}, one year and province, bare read_table", f"{bare * 1000:.0f} ms")
        line(
            f"{table}, one year and province, read",
            f"{ours * 1000:.0f} ms",
            f"ratio {verdict(ours / bare, 1.2)}",
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=150_000)
    parser.add_argument("--home", type=Path)
    options = parser.parse_args()
    with TemporaryDirectory() as temporary:
        home = options.home or Path(temporary)
        reports = provinces(options.reports)
        if not (home / "staging").exists():
            start = time.perf_counter()
            stage_national(home, options.reports, os.cpu_count() or 1)
            line("staged (not measured)", f"{time.perf_counter() - start:.0f} s")
        bench_publish(home, list(reports))
        names = list(reports)
        for province in (names[0], names[len(names) // 2]):  # the largest, and one of middle size
            bench_update(home, province, reports[province])
        bench_read(home, list(reports))
    return 0


if __name__ == "__main__":
    sys.exit(main())
