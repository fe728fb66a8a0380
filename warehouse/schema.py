"""The tables of the dataset as Arrow schemas, derived from the official forms.

Every field carries its Chinese label, English label and unit as metadata (`label`, `label_en`, `unit`).
Codes (status, verdict, outcome) are plain strings: pandas, polars, DuckDB and R read them alike, and
Parquet stores them as dictionaries anyway.
"""

from __future__ import annotations

from enum import StrEnum

import pyarrow as pa

from parsers.forms import CellSpec, Section, load_forms
from parsers.model import CellStatus, CheckOutcome

SCHEMA_VERSION = 1
"""Number of the schemas below. It grows with every change of a table or column; a column that was once
published is never used again for another meaning."""


class Verdict(StrEnum):
    """How far the form of one report could be read; the first that applies, in this order."""

    UNREADABLE = "unreadable"
    """The document is known to be the report and cannot be read."""
    SOURCE_CONFLICT = "source_conflict"
    """Two sources of the report print different numbers in at least one cell."""
    NARRATIVE_ONLY = "narrative_only"
    """No cell of the form is in the document: text alone."""
    COMPLETE = "complete"
    """Every cell of the form is stated, blank, not_applicable or deduced."""
    PARTIAL = "partial"
    """At least one cell of the form is uncertain or absent."""


def _cells() -> dict[str, CellSpec]:
    cells: dict[str, CellSpec] = {}
    for form in load_forms():
        for cell in form.cells.values():
            cells.setdefault(cell.id, cell)
    return cells


def _sections() -> dict[str, Section]:
    sections: dict[str, Section] = {}
    for form in load_forms():
        for section in form.sections:
            sections.setdefault(section.code, section)
    return sections


CELLS = _cells()
"""Every cell of all forms by id: the newest form's in printed order, then what only older forms have."""

SECTIONS = _sections()
"""Every numbered section of all forms by code, in the same order."""


def field(name: str, kind: pa.DataType, label: str, label_en: str, unit: str | None = None) -> pa.Field:
    """A column with its labels; `unit` stays out where the values have none."""
    metadata = {"label": label, "label_en": label_en} | ({"unit": unit} if unit else {})
    return pa.field(name, kind, metadata=metadata)


_TEXT = pa.string()
_TEXTS = pa.list_(pa.string())
_ISSUES = pa.list_(pa.struct([("code", pa.string()), ("message", pa.string())]))

_REPORT_ID = field("report_id", _TEXT, "报告编号（机关/年度）", "report: <agency>/<report year>")
_AGENCY = field("agency", _TEXT, "报告机关", "agency that reports")
_REPORT_YEAR = field("report_year", pa.int16(), "报告年度", "year the report is about")
_SITE = field("site", _TEXT, "站点", "site the report was published on (id of the registry)")

_IDENTITY = [_REPORT_ID, _AGENCY, _REPORT_YEAR, _SITE]


def _cell_type(spec: CellSpec) -> pa.DataType:
    return pa.float64() if spec.kind == "amount" else pa.int64()


REPORTS = pa.schema(
    [
        *_IDENTITY,
        field("site_name", _TEXT, "站点登记的机关名称", "agency the site is registered for"),
        field("division", _TEXT, "行政区划代码", "division code of the site (GB/T 2260)"),
        field("province_code", _TEXT, "省级行政区划代码", "division code of the province (GB/T 2260)"),
        field("level", _TEXT, "行政层级", "administrative level of the site"),
        field("title", _TEXT, "标题", "title"),
        field("scope", _TEXT, "统计范围", "whom the figures cover; null where the report does not say"),
        field("form", _TEXT, "所用格式", "official form that the report follows; null for free prose"),
        field("verdict", _TEXT, "读取结论", "how far the form could be read"),
        field("published_date", pa.date32(), "发布日期", "date of publication"),
        field("signed_date", pa.date32(), "落款日期", "date under the signature"),
        field("period_start", pa.date32(), "统计期起", "first day of the statistics period"),
        field("period_end", pa.date32(), "统计期止", "last day of the statistics period"),
        field("document_number", _TEXT, "发文字号", "document number"),
        field("urls", _TEXTS, "来源网址", "addresses of the sources"),
        field("digests", _TEXTS, "原始字节摘要", "digests of the archived sources, in the order of urls"),
        field("fetched_at", pa.timestamp("us", tz="UTC"), "抓取时间", "when the last source was fetched"),
        field("parser_version", _TEXT, "解析程序版本", "version of the software that read the report"),
        field("issues", _ISSUES, "问题", "what the parser found wrong beside the cells"),
        *(
            field(f"cells_{status}", pa.int16(), f"单元格数：{status}", f"number of cells that are {status}")
            for status in CellStatus
        ),
        *(
            field(f"checks_{outcome}", pa.int16(), f"校验数：{outcome}", f"number of checks: {outcome}")
            for outcome in CheckOutcome
        ),
        *(
            field(
                f"section_{code}",
                _TEXT,
                f"{section.number}、{section.label}",
                f"text of the section {code.replace('_', ' ')}",
            )
            for code, section in SECTIONS.items()
        ),
        *(field(spec.id, _cell_type(spec), spec.label, spec.label_en, spec.unit) for spec in CELLS.values()),
    ]
)
"""One row a report. A cell's column holds a number exactly where the cell is stated or deduced."""

CELL_ROWS = pa.schema(
    [
        *_IDENTITY,
        field("cell", _TEXT, "单元格编号", "cell of the form: <table>.<row>.<column>"),
        field("table", _TEXT, "表", "table of the form"),
        field("row", _TEXT, "行", "row code; null where the value row prints no label"),
        field("column", _TEXT, "列", "column code"),
        field("value", pa.float64(), "数值", "the number, for stated and deduced cells"),
        field("raw", _TEXT, "原文", "text as printed"),
        field("status", _TEXT, "状态", "how the value is known"),
        field("unit", _TEXT, "单位", "unit of the value as the form prints it"),
        field("capture", _TEXT, "原始字节摘要", "evidence: digest of the archived bytes"),
        field("block", pa.int32(), "文档块序号", "evidence: block of the document, from 0"),
        field("table_number", pa.int32(), "文档内表格序号", "evidence: table of the document, from 0"),
        field("grid_row", pa.int32(), "网格行", "evidence: row of the table's grid, from 0"),
        field("grid_column", pa.int32(), "网格列", "evidence: column of the table's grid, from 0"),
        field("page", pa.int32(), "页码", "evidence: page, from 1"),
        field(
            "box",
            pa.list_(pa.float32()),
            "页面位置",
            "evidence: left, top, right, bottom on the page, from its top left corner",
            "pt",
        ),
    ]
)
"""One row a cell of a report, with its status and where it was read."""

CHECK_ROWS = pa.schema(
    [
        *_IDENTITY,
        field("check", _TEXT, "校验规则", "edit rule of the form"),
        field("at", _TEXT, "位置", "column or row code where a rule holds in several places"),
        field("outcome", _TEXT, "校验结果", "outcome of the check"),
    ]
)
"""One row a check: an edit rule of the form at one place of a report."""

FACT_ROWS = pa.schema(
    [
        *_IDENTITY,
        field("indicator", _TEXT, "指标", "narrative indicator (see the codebook)"),
        field("value", pa.float64(), "数值", "number that the sentence states"),
        field("unit", _TEXT, "单位", "unit of the indicator"),
        field("lower_bound", pa.bool_(), "是否下限", "the sentence says that it is more"),
        field("section", _TEXT, "所在部分", "section of the report"),
        field("sentence", _TEXT, "原句", "sentence that states it"),
    ]
)
"""One row a number that the prose of a report states, with its sentence."""

SCHEMAS = {"reports": REPORTS, "cells": CELL_ROWS, "checks": CHECK_ROWS, "facts": FACT_ROWS}
"""The tables of the dataset by name."""

PARTITIONS = pa.schema(
    [
        field("year", pa.int16(), "报告年度（分区）", "report year (directory)"),
        field("province", _TEXT, "省级行政区（分区）", "province, 中央 for central bodies (directory)"),
    ]
)
"""Columns that stand only in the names of directories; inside are `report_year` and `province_code`."""
