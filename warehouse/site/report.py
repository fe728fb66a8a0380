"""The page of a report: the form filled, each cell with status, text and place, and what is known of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any
from urllib.parse import quote

from markupsafe import Markup, escape

from parsers.model import CellStatus, CheckOutcome, IssueCode
from warehouse.layout import file_path
from warehouse.schema import SECTIONS
from warehouse.site.checks import Failure, failures, forms_followed, instances
from warehouse.site.duties import Duty
from warehouse.site.form import layout
from warehouse.site.levels import LEVEL_COLUMNS, Excess, excesses
from warehouse.site.narrative import Mention, marked
from warehouse.site.originals import Shown
from warehouse.site.pages import agency_page, data_block, number, page, report_page, report_stem, web
from warehouse.site.reading import Columns, Rows, as_rows
from warehouse.site.revisions import Correction, Revision, corrections, revisions
from warehouse.site.series import PANEL_COLUMNS, Break, breaks

REPORT_COLUMNS = (
    "agency", "site", "division", "city", "county", "level", "title", "scope", "form", "verdict",
    "published_date", "signed_date", "period_start", "period_end", "document_number", "withdrawn_at", "urls",
    "digests", "source_roles", "source_fetched_at", "fetched_at", "parser_version", "issues",
    *(f"section_{code}" for code in SECTIONS),
)  # fmt: skip
CELL_COLUMNS = (
    "cell", "value", "raw", "status", "capture", "table_number", "grid_row", "grid_column", "page", "box",
)  # fmt: skip
_CORRECTION = ("corrected_from", "correction")
WANTED: dict[str, Sequence[str]] = {
    "reports": REPORT_COLUMNS,
    "cells": (*CELL_COLUMNS, *_CORRECTION),
    "checks": ("check", "at", "outcome"),
    "facts": ("indicator", "value", "unit", "lower_bound", "section", "sentence"),
    "revisions": (
        "noticed_at", "revision", "what", "old_value", "old_text", "old_status", "new_value", "new_text",
        "new_status", "old_fetched_at",
    ),
    "panel": PANEL_COLUMNS,
    "levels": LEVEL_COLUMNS,
}  # fmt: skip
"""What a report's page is made of; its digest is that of these columns."""

PROSE_ISSUES = {
    IssueCode.PROSE_CONTRADICTION,
    IssueCode.PARTS_CONTRADICTION,
    IssueCode.PROSE_YEAR,
    IssueCode.YEAR_CONTRADICTION,
}
_CLASSES = {
    CellStatus.STATED: "s",
    CellStatus.BLANK: "b",
    CellStatus.NOT_APPLICABLE: "n",
    CellStatus.DEDUCED: "d",
    CellStatus.UNCERTAIN: "u",
    CellStatus.ABSENT: "a",
}
_EMPTY = {
    CellStatus.BLANK: '<span data-t="cell_blank">空</span>',
    CellStatus.ABSENT: '<span data-t="cell_absent">缺</span>',
    CellStatus.UNCERTAIN: '<span data-t="cell_lost">不明</span>',
    CellStatus.NOT_APPLICABLE: "—",
}


@dataclass(slots=True)
class ReportView:
    """A report made ready for its page."""

    rows: Rows
    key: str
    year: int
    province: str
    duty: Duty | None = None
    breaks: list[Break] = field(default_factory=list)
    panel_holds: int = 0
    excesses: list[Excess] = field(default_factory=list)
    revisions: list[Revision] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    failed: list[Failure] = field(default_factory=list)
    checked: int = 0
    not_checkable: int = 0
    form_html: Markup = field(default_factory=Markup)

    @property
    def report(self) -> dict[str, Any]:
        return self.rows.report

    @property
    def doubtful(self) -> bool:
        """Whether a person should look at the original."""
        doubts = (CellStatus.UNCERTAIN, CellStatus.DEDUCED)
        return bool(self.failed) or any(self.statuses[status] for status in doubts)


def view(rows: Rows, key: str, year: int, province: str, duty: Duty | None) -> ReportView:
    """A report with its form filled, its checks put into words and what became of it."""
    made = ReportView(rows, key, year, province, duty)
    panel = as_rows(rows.tables["panel"])
    made.breaks = breaks(panel)
    made.panel_holds = sum(row["outcome"] == CheckOutcome.PASS for row in panel)
    made.excesses = excesses(as_rows(rows.tables["levels"]))
    made.revisions = revisions(as_rows(rows.tables["revisions"]))
    made.corrections = corrections(rows.tables["cells"])
    cells = rows.tables["cells"]
    names = cells.get("cell", [])
    made.statuses.update(cells.get("status", []))
    bound = instances(forms_followed(names, made.report.get("form")))
    outcomes = _outcomes(rows.tables["checks"])
    made.checked = len(outcomes)
    made.not_checkable = sum(outcome == CheckOutcome.NOT_CHECKABLE for outcome in outcomes.values())
    values = dict(zip(names, cells.get("value", []), strict=True))
    made.failed = failures(outcomes, bound, values)
    if names:
        touched: dict[str, set[str]] = {CheckOutcome.FAIL: set(), CheckOutcome.PASS: set()}
        for place, instance in bound.items():
            # That no number is negative confirms nothing, unless it fails.
            if instance.rule.kind != "nonnegative":
                touched.setdefault(outcomes.get(place, ""), set()).update(instance.cells)
        for failure in made.failed:
            if failure.rule.endswith("nonnegative"):
                touched[CheckOutcome.FAIL].update(name for name in names if (values[name] or 0) < 0)
        digests = made.report.get("digests") or []
        made.form_html = _form(cells, made.report.get("form"), touched, digests)
    return made


def _outcomes(checks: Columns) -> dict[tuple[str, str | None], str]:
    if not checks:
        return {}
    keys = zip(checks["check"], checks["at"], strict=True)
    return dict(zip(keys, checks["outcome"], strict=True))


def _form(cells: Columns, form: str | None, touched: dict[str, set[str]], digests: list[str]) -> Markup:
    """The printed tables with the cells of the report in their places."""
    names = cells["cell"]
    plan = layout(form, frozenset(names))
    failed, passed = touched[CheckOutcome.FAIL], touched[CheckOutcome.PASS]
    sources = {digest: number for number, digest in enumerate(digests, 1)}
    where = dict(zip(names, range(len(names)), strict=True))
    columns = [cells[name] for name in CELL_COLUMNS[1:]]
    pieces = [plan.pieces[0]]
    for place, after in zip(plan.cells, plan.pieces[1:], strict=True):
        name, _, span = place.partition(":")
        index = where.get(name)
        spanned = f' colspan="{span}"' if span else ""
        if index is None:
            pieces += [f'<td id="{name}" class="a"{spanned}>{_EMPTY[CellStatus.ABSENT]}</td>', after]
            continue
        row = [column[index] for column in columns]
        mark = " f" if name in failed else " p" if name in passed else ""
        pieces += [_cell(name, spanned, mark, row, sources), after]
    return Markup("".join(pieces))


def _cell(name: str, span: str, mark: str, row: list[Any], sources: dict[str, int]) -> str:
    """One cell: its number or why there is none, what was printed, and where.

    Built by hand: through the template engine the two hundred cells of a page take ten times as long.
    """
    value, raw, status, capture, table, grid_row, grid_column, on_page, box = row
    shown = number(value) if value is not None else _EMPTY.get(status) or "—"
    if status == CellStatus.NOT_APPLICABLE and raw:
        shown = str(escape(raw))
    kept = "" if raw is None or raw == shown else f' data-r="{escape(raw)}"'
    evidence = ""
    if capture is not None:
        places = [sources.get(capture, ""), table, grid_row, grid_column, on_page]
        text = ",".join("" if place is None else str(place) for place in places)
        if box is not None:
            text += "," + " ".join(f"{edge:.0f}" for edge in box)
        evidence = f' data-e="{text}"'
    return f'<td id="{name}" class="{_CLASSES.get(status, "u")}{mark}"{span}{kept}{evidence}>{shown}</td>'


def render(made: ReportView, originals: Sequence[Shown], places: list[tuple[str, str]]) -> bytes:
    """The page. `originals` are what is shown beside the form, one a source that can be shown; `places` are
    name and address of the places the agency belongs to, the widest first."""
    report = made.report
    mentions = _mentions(made.rows.tables["facts"])
    sections = []
    for code, section in SECTIONS.items():
        text = report.get(f"section_{code}")
        if text:
            sections.append((code, section, marked(text, mentions.get(code, []))))
    digests, urls = report.get("digests") or [], report.get("urls") or []
    archived = {shown.number: shown.address for shown in originals}
    return page(
        "report.html",
        3,
        made=made,
        report=report,
        year=made.year,
        province=made.province,
        places=places,
        agency_page=agency_page(made.key),
        prior=_prior(made),
        sections=sections,
        sources=[
            (url, web(url), *rest, archived.get(number))
            for number, (url, *rest) in enumerate(
                zip_longest(
                    urls, digests, report.get("source_roles") or [], report.get("source_fetched_at") or []
                ),
                1,
            )
        ],
        files=[
            (table, f"data/{quote(file_path(table, made.year, made.province), safe='/=')}")
            for table, held in (("reports", True), ("cells", made.statuses), ("checks", made.checked))
            if held
        ],
        originals=originals,
        statuses=[(status, made.statuses[status]) for status in CellStatus if made.statuses[status]],
        classes=_CLASSES,
        block=data_block(
            {"forms": dict(forms_followed(made.rows.tables["cells"].get("cell", []), report.get("form")))}
        ),
    )


def _prior(made: ReportView) -> str | None:
    """Address of the report of the year before, where one is known."""
    ids = made.rows.tables["panel"].get("prior_report_id")
    return report_page(report_stem(made.key, ids[0]), made.year - 1) if ids else None


def _mentions(facts: Columns) -> dict[str, list[Mention]]:
    found: dict[str, list[Mention]] = {}
    for index, section in enumerate(facts.get("section", [])):
        fact = Mention(
            facts["indicator"][index],
            facts["value"][index],
            facts["unit"][index],
            facts["lower_bound"][index],
            facts["sentence"][index],
        )
        found.setdefault(section, []).append(fact)
    return found


def prose_issues(report: dict[str, Any]) -> list[tuple[int, str, str]]:
    """Number, code and message of the issues where the text of a report contradicts itself or the tables."""
    issues = enumerate(report.get("issues") or [], 1)
    return [
        (number, issue["code"], issue["message"]) for number, issue in issues if issue["code"] in PROSE_ISSUES
    ]
