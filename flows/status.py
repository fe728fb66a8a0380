"""`nianbao status`: the last run of each site, what is broken, and what the dataset covers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from crawler.registry import Registry
from flows.due import last_runs
from flows.summary import SiteOutcome
from warehouse import NoDatasetError, read


def status_lines(home: Path, registry: Registry) -> Iterator[str]:
    """The state of a home, line by line. Raises `WarehouseError` for a damaged dataset."""
    runs = last_runs(home, registry.sites)
    yield f"sites ({len(runs)} of {len(registry.sites)} crawled)"
    for site_id, site in registry.sites.items():
        if site_id not in runs:
            yield f"  {site_id}  {site.name}  never crawled"
            continue
        started_at, run = runs[site_id]
        when = f"{started_at.astimezone():%Y-%m-%d %H:%M}"
        yield f"  {site_id}  {site.name}  {when}  {run.outcome}, {run.reports} reports"
    broken = [run for _, run in runs.values() if run.outcome is not SiteOutcome.DONE]
    if broken:
        yield "broken"
        for run in broken:
            yield f"  {run.site}  {run.reason}"
    yield from _coverage(home)


def _coverage(home: Path) -> Iterator[str]:
    """Reports by province and year."""
    try:
        reports = read("reports", home=home, columns=["report_id"])
    except NoDatasetError:
        yield "nothing published yet"
        return
    yield f"published reports ({len(reports)})"
    counts: dict[str, Counter[int]] = {}
    for province, year in zip(reports["province"], reports["year"], strict=True):
        counts.setdefault(str(province), Counter())[int(year)] += 1
    for province, by_year in sorted(counts.items()):
        yield f"  {province}  " + ", ".join(f"{year}: {count}" for year, count in sorted(by_year.items()))
