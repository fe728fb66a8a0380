"""Reports as the parsers give them, small or whole, and what a dataset holds in bytes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from parsers.forms import load_forms
from parsers.model import (
    Box,
    Cell,
    CellStatus,
    Check,
    CheckOutcome,
    Evidence,
    Issue,
    IssueCode,
    Outcome,
    Report,
)
from warehouse import SiteReport, Source

FORM = load_forms()[0]
FEES = "proactive.admin_fees.amount"
NEW = "applications.new_received.total"
DIVISIONS = {"甘肃省": "620300", "青海省": "630100", "中央": "000000"}

Numbers = Mapping[str, int | float | None]


def cells_of(numbers: Numbers) -> dict[str, Cell]:
    """Every cell of the form: stated with its number, blank for None, absent where not named."""
    cells = {}
    for cell_id in FORM.cells:
        if cell_id not in numbers:
            cells[cell_id] = Cell(None, None, CellStatus.ABSENT)
            continue
        number = numbers[cell_id]
        status = CellStatus.BLANK if number is None else CellStatus.STATED
        raw = "" if number is None else str(number)
        where = Evidence(
            "sha256:" + "ab" * 32, block=7, table=1, row=3, column=6, page=2, box=Box(1, 2, 30, 9)
        )
        cells[cell_id] = Cell(number, raw, status, where)
    return cells


def site_report(
    agency: str = "金昌市工业和信息化局",
    year: int = 2023,
    *,
    site: str = "gxj.jcs.gov.cn",
    site_name: str | None = None,
    province: str = "甘肃省",
    numbers: Numbers | None = None,
    cells: dict[str, Cell] | None = None,
) -> SiteReport:
    """A report of `agency` found on `site`, which by default is registered under the agency's name."""
    url = f"http://{site}/zwgk/{year}.html"
    report = Report(
        source=url,
        outcome=Outcome.REPORT,
        agency=agency,
        report_year=year,
        form=FORM.id,
        title=f"{agency}{year}年政府信息公开工作年度报告",
        sections={"overview": "2023年，我局认真贯彻条例。", "problems": "公开内容还不够全面。"},
        cells=cells_of(numbers if numbers is not None else {NEW: 4, FEES: 0.5}) if cells is None else cells,
        checks=(
            Check("app_balance", "total", CheckOutcome.PASS),
            Check("app_balance", "other_org", CheckOutcome.NOT_CHECKABLE),
        ),
        issues=(Issue(IssueCode.TORN_ROW, "3 numbers behind 行政许可 outside any table"),),
    )
    source = Source(url, f"sha256:{year:064x}", "text/html", datetime(2026, 11, 20, 2, tzinfo=UTC), "article")
    division = DIVISIONS[province]
    return SiteReport(report, site, site_name or agency, division, province, "county", (source,), None)


def contents(root: Path) -> dict[str, bytes]:
    """Every file below `root` with its bytes, by path."""
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def identities(root: Path) -> dict[str, tuple[int, int]]:
    """Inode and time of change of every file below `root`, by path."""
    files = {path: path.stat() for path in root.rglob("*") if path.is_file()}
    return {str(path.relative_to(root)): (stat.st_ino, stat.st_mtime_ns) for path, stat in files.items()}
