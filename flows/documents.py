"""`nianbao parse`: documents at hand, as JSON Lines or for the eye."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.limits import parse_within_limits, unreadable
from flows.parse import parser_pool
from parsers.forms import RuleInstance, load_forms
from parsers.model import CellStatus, CheckOutcome, Outcome, Report

NOT_OPENED = "not_opened"
"""The one issue code that is not the parser's: the file could not be opened (`unreadable`)."""


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What a file holds: its reports as JSON objects and as text, and the reason if it is unreadable."""

    path: str
    records: list[dict[str, Any]]
    text: str
    unreadable: str | None


async def parse_files(paths: Sequence[str]) -> AsyncIterator[ReadFile]:
    """Reads files in parser processes, one a core, and gives them in order. A file that ends its process
    is unreadable and stops no other."""
    with parser_pool(min(len(paths), os.cpu_count() or 1)) as pool:
        reading = [asyncio.create_task(pool.run(parse_file, path)) for path in paths]
        for path, task in zip(paths, reading, strict=True):
            read = await task
            if read is None and len(paths) > 1:  # another file may have ended the process
                with parser_pool(1) as alone:
                    read = await alone.run(parse_file, path)
            yield read or _read_file(path, [unreadable(path, None, "reading it ended the parser process")])


def parse_file(path: str) -> ReadFile:
    """Reads one file, within the limits of flows.limits."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        unread = as_json(Report(path, Outcome.UNREADABLE))
        unread["issues"] = [{"code": NOT_OPENED, "message": reason}]
        return ReadFile(path, [unread], f"{path}: unreadable: {reason}", reason)
    return _read_file(path, parse_within_limits(data, path))


def _read_file(path: str, reports: list[Report]) -> ReadFile:
    reasons = [_reason(report) for report in reports if report.outcome is Outcome.UNREADABLE]
    text = "\n".join(line for report in reports for line in describe(report))
    return ReadFile(path, [as_json(report) for report in reports], text, reasons[0] if reasons else None)


def as_json(report: Report) -> dict[str, Any]:
    """A report as `nianbao parse --json` prints it; dates are ISO 8601 text, what is not known is null."""
    return {
        "source": report.source,
        "outcome": report.outcome,
        "agency": report.agency,
        "report_year": report.report_year,
        "form": report.form,
        "forms": report.forms,
        "title": report.title,
        "cells": {cell_id: dataclasses.asdict(cell) for cell_id, cell in report.cells.items()},
        "checks": [dataclasses.asdict(check) for check in report.checks],
        "facts": [dataclasses.asdict(fact) for fact in report.facts],
        "issues": [dataclasses.asdict(issue) for issue in report.issues],
        "period": [report.period_start, report.period_end] if report.period_start else None,
        "signed_date": report.signed_date,
        "published_date": report.published_date,
        "document_number": report.document_number,
        "scope": report.scope,
        "sections": report.sections,
    }


def json_line(record: dict[str, Any]) -> str:
    """One line of JSON Lines; dates become text."""
    return json.dumps(record, ensure_ascii=False, default=str)


def describe(report: Report) -> Iterator[str]:
    """A report for the eye: identity, cells by status, checks, the failed ones with their numbers."""
    if report.outcome is not Outcome.REPORT:
        yield f"{report.source}: {report.outcome}: {_reason(report)}"
        return
    year = report.report_year if report.report_year is not None else "year unknown"
    yield f"{report.source}: {report.agency or 'agency unknown'}, {year}"
    yield f"  title   {report.title or '-'}"
    yield f"  form    {report.form or 'free prose, no form'}"
    cells = Counter(cell.status for cell in report.cells.values())
    yield f"  cells   {counted(cells)}"
    checks = Counter(check.outcome for check in report.checks)
    yield "  checks  " + (
        ", ".join(f"{checks[outcome]} {outcome.replace('_', ' ')}" for outcome in CheckOutcome)
        if report.checks
        else "none"
    )
    for line in _failures(report):
        yield f"  failed  {line}"
    for issue in report.issues:
        yield f"  issue   {issue.message} ({issue.code})"


def counted(cells: Counter[CellStatus] | dict[CellStatus, int]) -> str:
    """Counts by status in words, in the order of `CellStatus`."""
    counts = [f"{cells[status]} {status.replace('_', ' ')}" for status in CellStatus if cells.get(status)]
    return ", ".join(counts) or "none"


def _failures(report: Report) -> Iterator[str]:
    """Each failed check in words."""
    failed = {(check.id, check.at) for check in report.checks if check.outcome is CheckOutcome.FAIL}
    for form in load_forms():
        for instance in form.instances:
            followed = report.forms.get(instance.rule.table, report.form) == form.id
            if followed and (instance.rule.id, instance.at) in failed:
                yield rule_in_words(report, instance, CheckOutcome.FAIL)


_SIGNS = {
    "sum_equals": {CheckOutcome.PASS: "=", CheckOutcome.FAIL: "≠", CheckOutcome.NOT_CHECKABLE: "= ?"},
    "at_least": {CheckOutcome.PASS: "≥", CheckOutcome.FAIL: "<", CheckOutcome.NOT_CHECKABLE: "≥ ?"},
}


def rule_in_words(report: Report, instance: RuleInstance, outcome: CheckOutcome) -> str:
    """A check in words: the rule, the place, both sides with their numbers."""
    place = f" at {instance.at}" if instance.at else ""
    numbers = _numbers(report, instance, outcome)
    return f"{instance.rule.label} ({instance.rule.id}{place}): {numbers}"


def _numbers(report: Report, instance: RuleInstance, outcome: CheckOutcome) -> str:
    values = {cell_id: report.cells[cell_id].value for cell_id in instance.cells if cell_id in report.cells}
    if not instance.right:
        if outcome is not CheckOutcome.FAIL:
            known = sum(value is not None for value in values.values())
            return f"{known} of {len(instance.cells)} numbers known, none of them below 0"
        negative = {cell_id: value for cell_id, value in values.items() if value is not None and value < 0}
        return ", ".join(f"{cell_id} = {value}" for cell_id, value in negative.items())

    def side(cell_ids: tuple[str, ...]) -> str:
        return " + ".join(str(values[cell_id]) for cell_id in cell_ids if cell_id in values)

    return f"{side(instance.left)} {_SIGNS[instance.rule.kind][outcome]} {side(instance.right)}"


def _reason(report: Report) -> str:
    return "; ".join(issue.message for issue in report.issues) or "no reason given"
