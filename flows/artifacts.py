"""A run as Prefect shows it: a table of its sites, a report in markdown, a link to each site that is
broken."""

from __future__ import annotations

from collections.abc import Iterator

from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact

from flows.summary import RunSummary, SiteOutcome, SiteRun
from parsers.model import CellStatus

TABLE_SITES = 1000
"""Sites that the table shows: those that are broken or changed first."""


async def show(summary: RunSummary) -> None:
    """Leave the artifacts of a run with the flow run; nothing for a run over no site."""
    key = summary.flow
    await acreate_markdown_artifact(
        "\n".join(report_lines(summary)), key=f"{key}-report", description=summary.run_id
    )
    if summary.sites:
        rows = [_row(run) for run in sorted(summary.sites, key=_interest)[:TABLE_SITES]]
        await acreate_table_artifact(rows, key=f"{key}-sites", description=summary.run_id)


def report_lines(summary: RunSummary) -> Iterator[str]:
    """What a run did, in markdown."""
    totals, timings = summary.totals, summary.timings
    yield f"# {summary.flow} {summary.run_id}: {summary.outcome}"
    yield ""
    if summary.reason:
        yield f"{summary.reason}\n"
    yield f"{summary.started_at:%Y-%m-%d %H:%M} UTC, {timings.total:.0f} s"
    yield ""
    yield "| | |"
    yield "| --- | ---: |"
    yield f"| sites done | {totals.done} of {totals.sites} |"
    yield f"| reports | {totals.reports} |"
    yield f"| new, revised, withdrawn | {totals.new}, {totals.revised}, {totals.withdrawn} |"
    yield f"| cells uncertain | {totals.cells.get(CellStatus.UNCERTAIN, 0)} of {sum(totals.cells.values())} |"
    yield f"| checks failed | {totals.checks_failed} |"
    yield f"| requests, MB | {totals.requests}, {totals.bytes / 1e6:.1f} |"
    yield f"| crawl, parse, publish (s) | {timings.crawl:.0f}, {timings.parse:.0f}, {timings.publish:.0f} |"
    yield f"| partitions changed | {len(summary.partitions)} |"
    for alert in summary.alerts:
        yield f"\n**{alert.kind}** {alert.subject}: {alert.message}"
    broken = summary.broken()
    if broken:
        yield "\n## Not delivered\n"
        yield "| site | outcome | since | reason |"
        yield "| --- | --- | --- | --- |"
        for run in broken[:TABLE_SITES]:
            since = f"{run.failing_since:%Y-%m-%d}" if run.failing_since else ""
            reason = (run.reason or "").replace("|", "\\|")
            yield f"| [{run.site}](http://{run.site}/) {run.name} | {run.outcome} | {since} | {reason} |"
        yield f"\nRepeat them: `nianbao retry {summary.run_id}`"


def _interest(run: SiteRun) -> tuple[bool, bool, str]:
    return run.outcome is SiteOutcome.DONE, not (run.new or run.revised or run.withdrawn), run.site


def _row(run: SiteRun) -> dict[str, str | int | None]:
    return {
        "site": run.site,
        "name": run.name,
        "province": run.province,
        "outcome": run.outcome.value,
        "crawl": run.crawl_outcome.value if run.crawl_outcome else None,
        "reports": run.reports,
        "new": run.new,
        "revised": run.revised,
        "withdrawn": run.withdrawn,
        "requests": run.requests,
        "did not come": run.trouble_count,
        "lists shrunk": len(run.shrunk),
        "failing since": f"{run.failing_since:%Y-%m-%d}" if run.failing_since else None,
        "reason": run.reason,
    }
