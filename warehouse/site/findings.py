"""Findings: what is wrong with reports, one row each, with a permanent address."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from warehouse.site.duties import Duty
from warehouse.site.pages import data_block, page, script, write
from warehouse.site.report import ReportView, prose_issues
from warehouse.site.state import Entry, Finding, remove
from warehouse.site.words import words
from warehouse.vocabulary import Obligation, Verdict

KINDS = (
    "contradiction", "prose", "conflict", "series", "levels", "copied", "revision", "late", "missing",
    "withdrawn", "blocked", "unreadable",
)  # fmt: skip
"""In the order of the page."""


def of_report(made: ReportView, entry: Entry) -> list[Finding]:
    """What a report shows: failed checks, prose against tables, conflicting sources, unreadable files, what
    does not fit the year before or the bodies below it or was changed afterwards, and whether it was late."""

    def finding(kind: str, code: str, text: str, anchor: str) -> Finding:
        return Finding(kind, entry.page or entry.key, entry.agency, _place(entry), code, text, anchor)

    found = [
        finding("contradiction", f"check.{failure.rule}", failure.text, failure.anchor)
        for failure in made.failed
    ]
    found += [
        finding("prose", f"issue.{code}", message, f"issue-{number}")
        for number, code, message in prose_issues(made.report)
    ]
    if made.report.get("verdict") == Verdict.SOURCE_CONFLICT:
        found.append(finding("conflict", "verdict.source_conflict", "", "provenance"))
    if made.report.get("verdict") == Verdict.UNREADABLE:
        found.append(finding("unreadable", "verdict.unreadable", "", "provenance"))
    for broken in made.breaks:
        kind = "copied" if broken.copied else "series"
        found.append(finding(kind, f"check.{broken.check}", f"{broken.place}: {broken.says}", broken.anchor))
    found += [
        finding("levels", f"cell.{excess.cell}", excess.says, excess.anchor) for excess in made.excesses
    ]
    found += [
        finding("revision", f"revision.{revision.kind}", revision.says, revision.anchor)
        for revision in made.revisions
        if revision.silent
    ]
    if made.duty and made.duty.obligation in _UNMET:
        code = f"obligation.{made.duty.obligation}"
        found.append(finding(_UNMET[made.duty.obligation], code, made.duty.says, "duty"))
    return found


def of_duty(entry: Entry, duty: Duty, year: int) -> list[Finding]:
    """What a report shows that did not come."""
    if duty.obligation not in _UNMET:
        return []
    code, kind = f"obligation.{duty.obligation}", _UNMET[duty.obligation]
    return [
        Finding(kind, entry.key, entry.agency, _place(entry), code, duty.says, f"y{year}", on_agency=True)
    ]


_UNMET: dict[str, str] = {
    Obligation.LATE: "late",
    Obligation.MISSING: "missing",
    Obligation.BLOCKED: "blocked",
    Obligation.WITHDRAWN: "withdrawn",
}


def _place(entry: Entry) -> str:
    return " ".join(filter(None, (entry.city, entry.county)))


def shards(year: int, code: str, found: Sequence[Finding]) -> dict[str, list[Finding]]:
    """The findings of a partition by the script file that holds them."""
    files: dict[str, list[Finding]] = {}
    for finding in found:
        files.setdefault(f"findings/{finding.kind}-{year}-{code}.js", []).append(finding)
    return files


def write_shards(out: Path, year: int, code: str, found: Sequence[Finding]) -> int:
    """Write those files, and remove those that hold nothing any more; gives the number that changed."""
    files = shards(year, code, found)
    written = 0
    for address, rows in files.items():
        name = address.removeprefix("findings/").removesuffix(".js")
        written += write(out / address, script("nianbao.findings", name, [_row(row) for row in rows]))
    stale = {
        f"findings/{file.name}" for file in (out / "findings").glob(f"*-{year}-{code}.js")
    } - files.keys()
    return written + remove(out / address for address in stale)


def _row(finding: Finding) -> list[object]:
    return [
        finding.key,
        finding.agency,
        finding.place,
        finding.code,
        finding.text,
        finding.anchor,
        int(finding.on_agency),
    ]


Counts = dict[str, dict[int, dict[str, int]]]
"""Number of findings by kind, year and code of the province."""


def render(counts: Counts, names: dict[str, str]) -> bytes:
    """The page `findings.html`; `names` are the Chinese names of provinces by code."""
    kinds = [kind for kind in KINDS if kind in counts]
    years = sorted({year for by_year in counts.values() for year in by_year})
    return page(
        "findings.html",
        0,
        here="findings",
        kinds=kinds,
        years=years,
        names=names,
        totals={kind: {year: sum(by.values()) for year, by in counts[kind].items()} for kind in kinds},
        block=data_block({"counts": counts, "names": names, "words": _words()}),
    )


def _words() -> dict[str, str]:
    """The Chinese words of what findings are."""
    return {
        key: zh
        for key, (zh, _) in words().items()
        if key.startswith(("check.", "issue.", "verdict.", "obligation.", "revision.", "cell."))
    }
