"""The page of an agency: its years side by side, charts, and what happened between the years."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

import yaml
from markupsafe import Markup

from parsers.forms import load_forms
from warehouse.schema import CELLS
from warehouse.site.charts import bars
from warehouse.site.pages import page, report_page
from warehouse.site.words import zh

CARRIED_FORWARD, CARRIED_OVER = "applications.carried_forward.total", "applications.carried_over.total"
_NEW = "applications.new_received.total"
_PENALTY = "proactive.admin_penalty.decisions"


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table: a cell of the forms, its word (if the forms have one) and its label."""

    cell: str
    key: str | None
    label: str
    unit: str | None
    total: bool


@cache
def groups() -> dict[str, tuple[Line, ...]]:
    """The rows of the table by group, as `series.yaml` names them."""
    text = files(__package__).joinpath("series.yaml").read_text("utf-8")
    found: dict[str, list[Line]] = {}
    for entry in yaml.safe_load(text):
        cells = entry.get("cells") or [
            cell for cell in CELLS if cell.startswith(entry["prefix"]) and cell.endswith(entry["column"])
        ]
        found.setdefault(entry["group"], []).extend(_line(cell, entry["group"]) for cell in cells)
    return {group: tuple(lines) for group, lines in found.items()}


def _line(cell: str, group: str) -> Line:
    spec = CELLS[cell]
    code: str | None
    label, total = spec.label, spec.column == "total" or spec.column.endswith("_total")
    if group == "received":
        label, code = label.rpartition(" / ")[2], spec.column
    elif spec.table == "applications":
        label, code = label.partition(" / ")[0], spec.row
        total = spec.row == "result_total"
    elif spec.table == "statistics":
        code, total = spec.row, False
    else:
        return Line(cell, f"cell.{cell}", label, spec.unit, total)
    first = next(form for form in load_forms() if cell in form.cells)
    return Line(cell, f"{first.first_year}.{spec.table}.{code}", label, spec.unit, total)


def columns() -> list[str]:
    """The cells that an agency's page is made of."""
    return [line.cell for lines in groups().values() for line in lines]


def render(key: str, rows: Sequence[dict[str, Any]], places: list[tuple[str, str]], province: str) -> bytes:
    """The page from an agency's rows of `reports`, one a year."""
    ordered = sorted(rows, key=lambda row: row["year"])
    shown = []
    for group, lines in groups().items():
        held = [line for line in lines if any(row.get(line.cell) is not None for row in ordered)]
        if held:
            shown.append((group, held))
    forms = [row["form"] for row in ordered]
    breaks = [place > 0 and forms[place] != forms[place - 1] for place in range(len(forms))]
    return page(
        "agency.html",
        2,
        agency=rows[0]["agency"],
        province=province,
        latest=ordered[-1],
        places=places,
        rows=ordered,
        addresses=[report_page(key, row["year"]) for row in ordered],
        groups=shown,
        breaks=breaks,
        charts=_charts(ordered),
        gaps=_gaps(ordered),
    )


def _charts(rows: Sequence[dict[str, Any]]) -> list[tuple[str, Markup]]:
    def known(cells: Sequence[str]) -> Callable[[dict[str, Any]], float | None]:
        return lambda row: (
            None
            if all(row.get(cell) is None for cell in cells)
            else sum(row.get(cell) or 0 for cell in cells)
        )

    denied = [line.cell for line in groups()["denied"]]
    wanted = {
        "chart_received": [_NEW],
        "chart_granted": ["applications.granted.total", "applications.partially_granted.total"],
        "chart_denied": denied,
        "chart_carried": [CARRIED_FORWARD],
        "chart_disputes": [
            "review_litigation.review_total",
            "review_litigation.litigation_direct_total",
            "review_litigation.litigation_after_review_total",
        ],
        "chart_penalties": [_PENALTY],
    }
    charts = []
    for name, cells in wanted.items():
        points = [(row["year"], known(cells)(row)) for row in rows]
        if any(value is not None for _, value in points):
            charts.append((name, bars(points, f"{zh(name)}：{zh('chart_of')}")))
    return charts


def _gaps(rows: Sequence[dict[str, Any]]) -> list[tuple[int, int, float, float]]:
    """Year, next year, what the one carries forward and the next says it carried over, where they differ."""
    found: list[tuple[int, int, float, float]] = []
    for one, following in pairwise(rows):
        forward, over = one.get(CARRIED_FORWARD), following.get(CARRIED_OVER)
        if forward is None or over is None or forward == over:
            continue
        if following["year"] == one["year"] + 1:
            found.append((one["year"], following["year"], forward, over))
    return found
