"""The portal's reports: YAML in, every printed cell and the truth of it out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from flows.demo.form import (
    APPLICANTS,
    APPLICATION_ROWS,
    PROACTIVE_CELLS,
    RESULT_ROWS,
    REVIEW_PROCEDURES,
    REVIEW_RESULTS,
    PrintedTable,
    printed_tables,
)

Number = int | float

HERE = Path(__file__).parent
FILES = HERE / "files"
"""The attachments that `documents.py` wrote."""


HEADINGS = {
    "overview": "一、总体情况",
    "proactive": "二、主动公开政府信息情况",
    "applications": "三、收到和处理政府信息公开申请情况",
    "review_litigation": "四、政府信息公开行政复议、行政诉讼情况",
    "problems": "五、存在的主要问题及改进情况",
    "other_matters": "六、其他需要报告的事项",
}


@dataclass(frozen=True, slots=True)
class Decoy:
    """A document that stands in the list of annual reports and is none."""

    title: str
    published: date


@dataclass(frozen=True, slots=True)
class DemoSite:
    """An agency with its web site: `address` is its loopback address, `start` the path in the registry,
    `list` how its list pages are turned."""

    id: str
    agency: str
    division: str
    address: str
    start: str
    list: Literal["trs", "links"]
    charset: str
    decoys: tuple[Decoy, ...]

    @property
    def column(self) -> str:
        """The path of the list of annual reports; the agency that starts at its home page has it deeper."""
        return self.start if self.start != "/" else "/zwgk/gknb/"


@dataclass(frozen=True, slots=True)
class DemoReport:
    """One report. `cells` is the text printed in each cell, `truth` the number it states, None for none."""

    site: DemoSite
    year: int
    published: date
    medium: str
    """How it is published: the markup of an HTML editor (word, wps, trs, old), or docx, pdf, txt."""
    sections: dict[str, str]
    cells: dict[str, str]
    truth: dict[str, Number | None]

    @property
    def title(self) -> str:
        return f"{self.site.agency}{self.year}年政府信息公开工作年度报告"

    def contents(self) -> Iterator[tuple[str, str | PrintedTable]]:
        """The sections as they are printed: the heading, and the paragraphs (one a line) or the table."""
        tables = printed_tables(self.cells)
        for section, heading in HEADINGS.items():
            yield heading, tables[section] if section in tables else self.sections[section]

    @property
    def file_name(self) -> str:
        """The name of the attachment, "" for a report in the page itself."""
        stem = f"P0{self.published:%Y%m%d}350428715"
        return f"{stem}.{self.medium}" if self.medium in {"docx", "pdf", "txt"} else ""


@cache
def load_sites() -> tuple[DemoSite, ...]:
    return tuple(
        DemoSite(**entry | {"decoys": tuple(Decoy(**decoy) for decoy in entry["decoys"])})
        for entry in _yaml("sites.yaml")
    )


@cache
def load_reports() -> tuple[DemoReport, ...]:
    """Every report of the portal, by site and newest first."""
    sites = {site.id: site for site in load_sites()}
    return tuple(_report(sites[entry["site"]], entry) for entry in _yaml("reports.yaml"))


def _yaml(name: str) -> list[dict[str, Any]]:
    text = (HERE / "data" / name).read_text(encoding="utf-8")
    entries: list[dict[str, Any]] = yaml.safe_load(text)
    return entries


def _report(site: DemoSite, entry: dict[str, Any]) -> DemoReport:
    numbers = _numbers(entry)
    marks: dict[str, str] = {}
    for mark, places in entry.get("marks", {}).items():
        marks |= {cell_id: "" if mark == "blank" else mark for cell_id in numbers if cell_id in places}
    cells = {cell_id: marks.get(cell_id, _print(number, entry)) for cell_id, number in numbers.items()}
    truth = {cell_id: None if cell_id in marks else number for cell_id, number in numbers.items()}
    return DemoReport(
        site=site, year=entry["year"], published=entry["published"], medium=entry["medium"],
        sections={code: entry[code].strip() for code in ("overview", "problems", "other_matters")},
        cells=cells, truth=truth,
    )  # fmt: skip


def _print(number: Number, entry: dict[str, Any]) -> str:
    return f"{Decimal(str(number)):,}" if entry.get("thousands") else str(number)


def _numbers(entry: dict[str, Any]) -> dict[str, Number]:
    """Every cell of the form. The data name what differs from 0; totals are sums, unless `misprints`
    states another number for a cell."""
    numbers: dict[str, Number] = dict(
        zip((f"proactive.{cell}" for cell in PROACTIVE_CELLS), entry["proactive"], strict=True)
    )
    rows = {row: entry["applications"].get(row, [0] * 6) for row in APPLICATION_ROWS}
    rows["result_total"] = [sum(column) for column in zip(*(rows[row] for row in RESULT_ROWS), strict=True)]
    for row, values in rows.items():
        printed = zip(APPLICANTS, [*values, sum(values)], strict=True)
        numbers |= {f"applications.{row}.{column}": value for column, value in printed}
    for procedure in REVIEW_PROCEDURES:
        values = entry.get("review_litigation", {}).get(procedure, [0] * 4)
        results = zip(REVIEW_RESULTS, [*values, sum(values)], strict=True)
        numbers |= {f"review_litigation.{procedure}_{result}": value for result, value in results}
    numbers.update(entry.get("misprints", {}))
    return numbers
