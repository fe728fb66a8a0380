"""The site from the dataset: which pages have to be made anew, and who makes them.

Work is shared out by partition (the pages of its reports) and then by province (agencies and places), so that
one province and year is in memory at a time. Each leaves a small file of what its pages were made of
(`state.py`): a partition whose files are the same is not read again, a report whose rows are the same is not
rendered again.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from warehouse.errors import WarehouseError
from warehouse.manifest import Manifest, load
from warehouse.site import agencies, assets, coverage, data, findings, pages, partitions, runs, search, state
from warehouse.site.originals import IMAGES, Originals
from warehouse.site.places import Tally
from warehouse.site.provinces import province_code
from warehouse.site.runs import Runs
from warehouse.site.workers import workers
from warehouse.store import Folder, Home, Store, open_store, plain_errors


@dataclass(slots=True)
class Rendering:
    """What a rendering did: pages written and removed, reports on the site, those whose page images wait."""

    folder: Path
    written: int = 0
    removed: int = 0
    reports: int = 0
    waiting: int = 0

    def add(self, counts: tuple[int, int]) -> None:
        """Count pages written and removed."""
        self.written += counts[0]
        self.removed += counts[1]


def render_site(
    home: Home,
    out: Path | None = None,
    *,
    originals: Originals,
    nights: Runs | None = None,
    images: int | None = IMAGES,
) -> Rendering:
    """Bring the site in `out` (by default `<home>/site`) up to the dataset of `home`.

    `originals` is where archived bytes come from, `nights` what is known of the runs, `images` how many page
    images may be drawn for reports that nobody has to look at, None for all.
    Raises NoDatasetError where nothing was published, WarehouseError where the dataset is damaged; the site
    is then older than the dataset in parts, and the next rendering completes it.
    """
    store = open_store(home)
    with plain_errors(store):
        load(store)  # before a folder is made for nothing
    with plain_errors(store), _one_at_a_time(_folder(store, out)) as folder:
        manifest = load(store)
        root = data.bring_files(store, manifest, folder)
        done = _render(root, folder, manifest, originals, images)
        places = [(partition.year, partition.province) for partition in partitions.find(manifest)]
        done.written += data.render(folder, manifest, places, data.snapshots(store, manifest))
        done.written += pages.write(folder / "runs.html", runs.render(nights or Runs()))
        state.save(folder, "edition", {"edition": pages.edition()})
        return done


def _folder(store: Store, out: Path | None) -> Path:
    """Where the site goes."""
    if out is None and not isinstance(store, Folder):
        raise WarehouseError(f"{store.where('')}: a bucket; name a folder for the site with --out")
    return (out or Path(store.where("site"))).absolute()


@contextmanager
def _one_at_a_time(out: Path) -> Iterator[Path]:
    """Wait for whoever renders into the same folder."""
    (out / state.FOLDER).mkdir(parents=True, exist_ok=True)
    with (out / state.FOLDER / "lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield out


def _render(root: Path, out: Path, manifest: Manifest, originals: Originals, images: int | None) -> Rendering:
    """Everything that follows from the rows of the snapshot."""
    done = Rendering(out)
    fresh = state.load(out, "edition").get("edition") != pages.edition()
    found = partitions.find(manifest)
    changed = [partition for partition in found if fresh or partitions.has_changed(out, partition)]
    gone = state.names(out, "reports-") - {partition.name for partition in found}
    by_province: dict[str, list[int]] = {}
    for partition in found:
        by_province.setdefault(partition.province, []).append(partition.year)
    touched = {partition.province for partition in changed}
    touched |= {
        name for name in by_province if any(lost.endswith(f"-{province_code(name)}") for lost in gone)
    }
    with workers(sum(partition.bytes for partition in changed), images, out / state.TRIED) as run:
        changed.sort(key=lambda partition: partition.bytes, reverse=True)
        for counts in run(partitions.render, [(root, out, each, originals, fresh) for each in changed]):
            done.add(counts)
        for name in gone:
            done.removed += partitions.remove_partition(out, name)
        provinces = [(root, out, name, by_province[name], fresh) for name in sorted(touched)]
        for counts in run(agencies.render_province, provinces):
            done.add(counts)
    done.removed += agencies.remove_provinces(out, {province_code(name) for name in by_province})
    _render_country(out, found, done)
    done.written += assets.write_assets(out)
    return done


def _render_country(out: Path, found: Sequence[partitions.Partition], done: Rendering) -> None:
    """The pages about all provinces and years, from what the partitions left."""
    tallies: coverage.Tallies = {}
    counts: findings.Counts = {}
    agencies_of: list[str] = []
    for partition in found:
        code = province_code(partition.province)
        made = state.load_summary(out, partition.name)
        tallies.setdefault(partition.province, {})[partition.year] = Tally(*made.tally)
        for kind, count in made.findings.items():
            counts.setdefault(kind, {}).setdefault(partition.year, {})[code] = count
        done.reports += made.reports
        done.waiting += made.waiting
        agencies_of.append(f"{partition.name} {made.agencies}")
    names = {province_code(name): name for name in sorted(tallies, key=province_code)}
    done.written += pages.write(out / "index.html", coverage.render(tallies))
    done.written += pages.write(out / "findings.html", findings.render(counts, names))
    done.written += search.write_index(out, _agencies(out, found), agencies_of)


def _agencies(out: Path, found: Sequence[partitions.Partition]) -> Iterator[search.Agency]:
    """Every agency with the years of its reports."""
    years: dict[str, list[int]] = {}
    latest: dict[str, tuple[str, state.Entry]] = {}
    for partition in found:
        for key, entry in state.load_partition(out, partition.name).of_agencies().items():
            held = years.setdefault(key, [])
            if entry.verdict is not None:
                held.append(partition.year)
            latest[key] = partition.province, entry
    for key, (province, entry) in latest.items():
        place = " ".join(filter(None, (entry.city, entry.county)))
        yield search.Agency(province, province_code(province), place, entry.agency, key, tuple(years[key]))
