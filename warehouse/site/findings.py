"""Findings: what is wrong with reports, one row each, with a permanent address."""

from __future__ import annotations

from warehouse.schema import Verdict
from warehouse.site.report import ReportView, prose_issues
from warehouse.site.state import Entry, Finding


def of_report(made: ReportView, entry: Entry) -> list[Finding]:
    """What a report itself shows: failed checks, prose against tables, conflicting sources, unreadable files."""
    place = " ".join(filter(None, (entry.city, entry.county)))

    def finding(kind: str, code: str, text: str, anchor: str) -> Finding:
        return Finding(kind, entry.key, entry.agency, place, code, text, anchor)

    found = [
        finding("contradiction", f"check.{failure.rule}", failure.text, failure.anchor) for failure in made.failed
    ]
    found += [
        finding("prose", f"issue.{code}", message, f"issue-{number}")
        for number, code, message in prose_issues(made.report)
    ]
    if made.report.get("verdict") == Verdict.SOURCE_CONFLICT:
        found.append(finding("conflict", "verdict.source_conflict", "", "provenance"))
    if made.report.get("verdict") == Verdict.UNREADABLE:
        found.append(finding("unreadable", "verdict.unreadable", "", "provenance"))
    return found
