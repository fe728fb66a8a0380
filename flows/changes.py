"""What changed between two snapshots, in words and as JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

from warehouse import PartitionChange


def text_lines(change: PartitionChange) -> Iterator[str]:
    """The change of a partition for people: + added, - removed, ~ changed, each changed value below."""
    yield f"year={change.year} province={change.province}"
    for sign, paths in (("+", change.files_added), ("-", change.files_removed), ("~", change.files_changed)):
        yield from (f"  {sign} {path}" for path in paths)
    yield from (f"  + {report_id}" for report_id in change.reports_added)
    yield from (f"  - {report_id}" for report_id in change.reports_removed)
    for report in change.reports_changed:
        yield f"  ~ {report.report_id}  ({', '.join(report.tables)})"
        for value in (*report.cells, *report.columns):
            yield f"      {value.name}: {_shown(value.before)} -> {_shown(value.after)}"


def json_line(change: PartitionChange) -> str:
    """The change of a partition as one line of JSON."""
    return json.dumps(dataclasses.asdict(change), ensure_ascii=False, default=str)


def _shown(value: Any) -> str:
    if isinstance(value, dict):  # a cell
        return f"{value['status']} {value['raw']!r}" if value["value"] is None else _number(value)
    return "nothing" if value is None else str(value)


def _number(cell: dict[str, Any]) -> str:
    return f"{cell['value']:g} ({cell['status']})"
