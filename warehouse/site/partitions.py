"""One partition, a province and year: the pages of its reports and what lists and maps need of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from warehouse.layout import partition_of, table_of
from warehouse.manifest import File, Manifest
from warehouse.site import findings, report
from warehouse.site.duties import by_year, duties, unmet
from warehouse.site.originals import Budget, Originals, Shown, show
from warehouse.site.pages import agency_key, report_page, report_stem, write
from warehouse.site.places import Tally, links
from warehouse.site.provinces import province_code
from warehouse.site.reading import Rows, report_rows
from warehouse.site.state import (
    FOLDER,
    TRIED,
    Entry,
    Finding,
    PartitionState,
    Summary,
    load_partition,
    load_summary,
    remove,
    save_partition,
)


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition of the dataset; `signature` pairs its tables with the digests of their files."""

    year: int
    province: str
    signature: tuple[tuple[str, str], ...]
    bytes: int
    """Size of its cells; the files of reports are mostly the labels of their columns."""

    @property
    def name(self) -> str:
        """Its name among the state files."""
        return f"reports-{self.year}-{province_code(self.province)}"


def find(manifest: Manifest) -> list[Partition]:
    """Every partition of a snapshot, by year and province."""
    files: dict[tuple[int, str], list[File]] = {}
    for file in manifest.files:
        if file.rows is not None:
            files.setdefault(partition_of(file.path), []).append(file)
    return [
        Partition(
            year,
            province,
            tuple((table_of(file.path), file.sha256) for file in held),
            sum(file.bytes for file in held if table_of(file.path) == "cells"),
        )
        for (year, province), held in sorted(files.items())
    ]


def has_changed(out: Path, partition: Partition) -> bool:
    """Whether its pages may be others than those that stand in `out`, or page images of it are waiting."""
    before = load_summary(out, partition.name)
    return before.waiting > 0 or before.signature != [list(file) for file in partition.signature]


def render(
    root: Path, out: Path, partition: Partition, originals: Originals, fresh: bool, *, budget: Budget | None
) -> tuple[int, int]:
    """Render the reports of a partition that changed (all, if `fresh`); gives pages written and removed.

    A report whose page images have to wait is rendered again next time.
    """
    before = load_partition(out, partition.name)
    known = {} if fresh else before.digests
    entries = {entry.page: entry for entry in before.entries}
    after, waiting = PartitionState(), 0
    kept_findings: dict[str, list[Finding]] = {}
    for finding in before.findings:
        kept_findings.setdefault(finding.key, []).append(finding)
    written = 0
    held = duties(root, partition.province, [partition.year])
    reported: set[str] = set()
    for rows in report_rows(root, partition.year, partition.province, report.WANTED):
        reported.add(rows.agency)
        key = agency_key(partition.province, rows.agency)
        stem = report_stem(key, rows.report_id)
        digest = rows.digest(held.digest(rows.agency))
        if known.get(stem) == digest:
            after.digests[stem] = digest
            after.entries.append(entries[stem])
            after.findings += kept_findings.get(stem, [])
            continue
        duty = by_year(held, rows.agency).get(partition.year)
        made = report.view(rows, key, partition.year, partition.province, duty)
        entry = _entry(key, stem, made)
        after.entries.append(entry)
        after.findings += findings.of_report(made, entry)
        file = out / report_page(stem, partition.year)
        shown = _originals(file, rows, originals, None if made.doubtful else budget, out / TRIED)
        write(file, report.render(made, shown, links(partition.province, entry)))
        written += 1 + sum(source.address is not None for source in shown)
        waits = any(source.kind == "pending" for source in shown)
        waiting += waits
        after.digests[stem] = f"{digest}*" if waits else digest
    for entry, unmet_duty in unmet(held, reported, partition.year, partition.province):
        after.entries.append(entry)
        after.findings += findings.of_duty(entry, unmet_duty, partition.year)
    gone = [out / report_page(stem, partition.year) for stem in before.digests.keys() - after.digests.keys()]
    removed = remove(gone)
    for file in gone:
        remove(file.parent.glob(f"{file.stem}-*"))
    written += findings.write_shards(out, partition.year, province_code(partition.province), after.findings)
    save_partition(out, partition.name, _summary(partition, after, waiting), after)
    return written, removed


def _summary(partition: Partition, made: PartitionState, waiting: int) -> Summary:
    tally = Tally()
    known = blake2b(digest_size=16)
    for key, entry in sorted(made.of_agencies().items()):
        tally.add(entry)
        known.update(repr((key, entry.agency, entry.city, entry.county, entry.verdict is None)).encode())
    return Summary(
        signature=[list(file) for file in partition.signature],
        reports=len(made.digests),
        waiting=waiting,
        tally=tally.counts,
        findings=dict(Counter(finding.kind for finding in made.findings)),
        agencies=known.hexdigest(),
    )


def remove_partition(out: Path, name: str) -> int:
    """Remove the pages of a partition that the dataset no longer has; gives their number."""
    before = load_partition(out, name)
    year = int(name.split("-")[1])
    files = [out / report_page(stem, year) for stem in before.digests]
    for file in files:
        remove(file.parent.glob(f"{file.stem}-*"))
    removed = remove(files)
    findings.write_shards(out, year, name.split("-")[2], ())
    remove([out / FOLDER / f"{name}.json"])
    return removed


def _entry(key: str, stem: str, made: report.ReportView) -> Entry:
    row = made.report
    return Entry(
        key=key,
        agency=row["agency"],
        division=row.get("division") or "",
        city=row.get("city"),
        county=row.get("county"),
        level=row.get("level"),
        verdict=row.get("verdict"),
        failed=len(made.failed),
        due=made.duty.obligation if made.duty else None,
        page=stem,
    )


def _originals(
    file: Path, rows: Rows, originals: Originals, budget: Budget | None, tried: Path
) -> Sequence[Shown]:
    digests = rows.report.get("digests") or []
    cells = rows.tables["cells"]
    boxes: dict[str, set[tuple[int, str]]] = {}
    for digest, page, box in zip(
        cells.get("capture", ()), cells.get("page", ()), cells.get("box", ()), strict=True
    ):
        if page is not None and box is not None:
            boxes.setdefault(digest, set()).add((page, " ".join(f"{edge:.0f}" for edge in box)))
    return list(show(file, digests, originals, boxes, budget=budget, tried=tried))
