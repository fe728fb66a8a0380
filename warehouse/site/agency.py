"""The page of an agency: its years side by side, charts, and what happened between the years."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from markupsafe import Markup

from parsers.forms import load_forms
from warehouse.schema import CELLS
from warehouse.site.charts import bars
from warehouse.site.duties import Duty
from warehouse.site.pages import page, report_page, report_stem
from warehouse.site.series import breaks
from warehouse.site.words import zh

_CARRIED_FORWARD = "applications.carried_forward.total"
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


@dataclass(frozen=True, slots=True)
class Years:
    """What the dataset holds of an agency, the earliest year first: its rows of `reports` (two of a year
    where a government also reports on its office alone), its duties by year, its failed checks over years."""

    name: str
    reports: Sequence[dict[str, Any]]
    duties: dict[int, Duty]
    panel: Sequence[dict[str, Any]]


def render(key: str, found: Years, places: list[tuple[str, str]], province: str) -> bytes:
    """The page of an agency."""
    rows = sorted(found.reports, key=lambda row: (row["year"], row["report_id"]))
    shown = []
    for group, lines in groups().items():
        held = [line for line in lines if any(row.get(line.cell) is not None for row in rows)]
        if held:
            shown.append((group, held))
    forms = [row["form"] for row in rows]
    addresses = [report_page(report_stem(key, row["report_id"]), row["year"]) for row in rows]
    unlike = [(row["year"], broken) for row in found.panel for broken in breaks([row])]
    whole = {row["year"]: row for row in reversed(rows)}
    latest = rows[-1] if rows else found.duties[max(found.duties)]._asdict()
    return page(
        "agency.html",
        2,
        agency=found.name,
        province=province,
        latest=latest,
        places=places,
        rows=rows,
        addresses=addresses,
        years=sorted({*whole, *found.duties}),
        of_year={
            year: [pair for pair in zip(rows, addresses, strict=True) if pair[0]["year"] == year]
            for year in whole
        },
        duties=found.duties,
        groups=shown,
        breaks=[place > 0 and forms[place] != forms[place - 1] for place in range(len(forms))],
        charts=_charts([whole[year] for year in sorted(whole)]),
        series=[(year, broken, report_page(key, year)) for year, broken in unlike],
        unlike={(year, broken.cell) for year, broken in unlike},
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
        "chart_carried": [_CARRIED_FORWARD],
        "chart_disputes": [
            "review_litigation.review_total",
            "review_litigation.litigation_direct_total",
            "review_litigation.litigation_after_review_total",
        ],
        "chart_penalties": [_PENALTY],
    }
    charts: list[tuple[str, Markup]] = []
    if not rows:
        return charts
    for name, cells in wanted.items():
        of_year = {row["year"]: known(cells)(row) for row in rows}
        points = [(year, of_year.get(year)) for year in range(rows[0]["year"], rows[-1]["year"] + 1)]
        if any(value is not None for _, value in points):
            charts.append((name, bars(points, f"{zh(name)}：{zh('chart_of')}")))
    return charts
