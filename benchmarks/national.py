"""A generated national year in staging: reports of 31 provinces with every column, site by site."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from parsers.forms import load_forms
from parsers.model import CellStatus, CheckOutcome
from warehouse.schema import CELLS, SECTIONS, STAGED
from warehouse.sitefile import pack
from warehouse.store import open_store

YEAR = 2023
_START = datetime(YEAR + 1, 1, 1, tzinfo=UTC)
PROVINCES = 31
REPORTS_A_SITE = 11
CELLS_A_REPORT = 134
"""Cells that a report has a row for: 20 million in a year of 150,000 reports."""
FORM = list(load_forms()[0].cells)[:CELLS_A_REPORT]
_WORDS = "政府信息公开工作条例机关单位主动申请依法全面推进及时准确公众平台建设监督保障制度落实加强管理服务"


def provinces(reports: int) -> dict[str, int]:
    """Reports by province; the largest has twice the mean."""
    weights = np.linspace(2, 0.1, PROVINCES)
    counts = np.maximum(1, reports * weights / weights.sum()).astype(int)
    return {f"第{number:02d}省": int(count) for number, count in enumerate(counts)}


def stage_national(home: Path, reports: int, processes: int) -> None:
    """Stage a national year."""
    with ProcessPoolExecutor(processes) as pool:
        list(pool.map(partial(_stage_province, str(home)), *zip(*provinces(reports).items(), strict=True)))


def _stage_province(home: str, province: str, reports: int) -> None:
    store = open_store(home)
    for site, tables in site_tables(province, reports):
        store.write(f"staging/{province}/{site}", pack(tables, 1))


def site_tables(
    province: str, reports: int, only: int | None = None
) -> Iterator[tuple[str, dict[str, pa.Table]]]:
    """The rows of each site of a province (or of the one with this number) by table."""
    for number, first in enumerate(range(0, reports, REPORTS_A_SITE)):
        if only in (None, number):
            site = f"s{number:04d}.{int(province[1:3]):02d}.gov.cn"
            yield site, _tables(province, site, range(first, min(reports, first + REPORTS_A_SITE)))


def _tables(province: str, site: str, numbers: range) -> dict[str, pa.Table]:
    random = np.random.default_rng([int(province[1:3]), numbers.start])
    agencies = sorted(f"{province}{number % 97:02d}市{_text(random, 6)}局{number:05d}" for number in numbers)
    captures = [f"sha256:{random.bytes(32).hex()}" for _ in numbers]
    cells = _cells(random, site, agencies, captures)
    return {
        "reports": _reports(random, province, agencies, captures, cells),
        "cells": cells,
        "checks": _checks(random, site, agencies),
        "facts": _facts(random, site, agencies),
        "obligations": _obligations(agencies, site),
    }


def _cells(random: np.random.Generator, site: str, agencies: list[str], captures: list[str]) -> pa.Table:
    specs = [CELLS[cell] for cell in FORM]
    count, width = len(agencies) * len(specs), len(specs)
    zero = random.random(count) < 0.7
    values = np.where(zero, 0, np.floor(random.pareto(0.7, count) * 3 % 50_000)).astype("float64")
    status = random.choice(
        [CellStatus.STATED, CellStatus.BLANK, CellStatus.ABSENT, CellStatus.UNCERTAIN],
        count,
        p=[0.94, 0.03, 0.02, 0.01],
    )
    lost = status != CellStatus.STATED
    place = np.tile(np.arange(width), len(agencies))
    columns = {
        **_identity(site, agencies, width),
        "cell": np.tile(np.array(FORM), len(agencies)),
        "table": np.tile(np.array([spec.table for spec in specs]), len(agencies)),
        "row": pa.array([spec.row for spec in specs] * len(agencies), pa.string()),
        "column": np.tile(np.array([spec.column for spec in specs]), len(agencies)),
        "value": pa.array(values, mask=lost),
        "raw": pa.array(values.astype("int64"), mask=lost).cast(pa.string()),
        "status": status.astype(str),
        "unit": pa.array([spec.unit for spec in specs] * len(agencies), pa.string()),
        "capture": np.repeat(np.array(captures), width),
        "block": place // 60 + 4,
        "table_number": place // 60,
        "grid_row": place % 60 // 7 + 2,
        "grid_column": place % 7 + 1,
    }
    return _table("cells", columns, count)


def _reports(
    random: np.random.Generator, province: str, agencies: list[str], captures: list[str], cells: pa.Table
) -> pa.Table:
    count, site = len(agencies), cells["site"][0].as_py()
    status = np.array(cells["status"].to_pylist()).reshape(count, -1)
    times = [_START + timedelta(seconds=int(second)) for second in random.integers(0, 1e7, count)]
    columns = {
        **_identity(site, agencies, 1),
        "site_name": [agencies[0]] * count,
        "division": [f"{int(province[1:3]) + 11}{random.integers(1000):04d}"] * count,
        "province_code": [f"{int(province[1:3]) + 11}0000"] * count,
        "level": ["county"] * count,
        "body": ["department"] * count,
        "city": [agency[:5] for agency in agencies],
        "title": [f"{agency}{YEAR}年政府信息公开工作年度报告" for agency in agencies],
        "scope": ["own_organ"] * count,
        "form": [load_forms()[0].id] * count,
        "verdict": ["partial"] * count,
        "urls": [[f"http://{site}/zwgk/{capture[7:20]}.html"] for capture in captures],
        "digests": [[capture] for capture in captures],
        "source_sites": [[site]] * count,
        "source_roles": [["article"]] * count,
        "source_fetched_at": [[time] for time in times],
        "fetched_at": times,
        "parser_version": ["0.1.0"] * count,
        "issues": [[]] * count,
        "corrected_cells": [[]] * count,
        **{f"cells_{name}": (status == name).sum(axis=1) for name in CellStatus},
        **{f"checks_{name}": np.full(count, 20) for name in CheckOutcome},
        **{f"section_{code}": [_text(random, 400) for _ in agencies] for code in SECTIONS},
    }
    return _table("reports", columns, count)


def _checks(random: np.random.Generator, site: str, agencies: list[str]) -> pa.Table:
    checks = [(rule.rule.id, rule.at) for rule in load_forms()[0].instances]
    columns = {
        **_identity(site, agencies, len(checks)),
        "check": [check for check, _ in checks] * len(agencies),
        "at": [at for _, at in checks] * len(agencies),
        "outcome": random.choice([*CheckOutcome], len(checks) * len(agencies), p=[0.9, 0.02, 0.08]).astype(
            str
        ),
    }
    return _table("checks", columns, len(checks) * len(agencies))


def _facts(random: np.random.Generator, site: str, agencies: list[str]) -> pa.Table:
    a_report = 8
    count = a_report * len(agencies)
    columns = {
        **_identity(site, agencies, a_report),
        "indicator": [f"indicator_{number}" for number in range(a_report)] * len(agencies),
        "value": random.integers(0, 5000, count).astype("float64"),
        "unit": ["件"] * count,
        "lower_bound": np.zeros(count, bool),
        "section": ["overview"] * count,
        "sentence": [_text(random, 40) for _ in range(count)],
    }
    return _table("facts", columns, count)


def _obligations(agencies: list[str], site: str) -> pa.Table:
    count = len(agencies)
    columns = {
        **_identity(site, agencies, 1),
        "division": ["110000"] * count,
        "level": ["county"] * count,
        "body": ["department"] * count,
        "obligation": ["in_time"] * count,
        "basis": ["published_date"] * count,
        "due_date": [date(YEAR + 1, 1, 31)] * count,
        "instrument": ["政府信息公开条例（2019）第四十九条"] * count,
        "published_date": [date(YEAR + 1, 1, 12)] * count,
        "archived_at": [_START] * count,
        "observed_at": [_START] * count,
        "list_urls": [[]] * count,
        "list_digests": [[]] * count,
    }
    return _table("obligations", columns, count)


def _identity(site: str, agencies: list[str], rows: int) -> dict[str, object]:
    names = np.repeat(np.array(agencies), rows)
    count = len(agencies) * rows
    return {
        "report_id": pc.binary_join_element_wise(pa.array(names), str(YEAR), "/"),
        "agency": names,
        "report_year": np.full(count, YEAR),
        "site": [site] * count,
    }


def _table(name: str, columns: dict[str, object], count: int) -> pa.Table:
    schema = STAGED[name]
    arrays = [
        pa.array(columns[field.name]).cast(field.type)
        if field.name in columns
        else pa.nulls(count, field.type)
        for field in schema
    ]
    return pa.table(arrays, schema=schema)


def _text(random: np.random.Generator, length: int) -> str:
    return "".join(_WORDS[code] for code in random.integers(0, len(_WORDS), length))
