"""The tables of the dataset as Arrow schemas, derived from the official forms.

Every field carries its Chinese label, English label and unit as metadata (`label`, `label_en`, `unit`).
Codes (status, verdict, outcome) are plain strings: pandas, polars, DuckDB and R read them alike, and
Parquet stores them as dictionaries anyway.
"""

from __future__ import annotations

import pyarrow as pa

from parsers.forms import CellSpec, FormTable, Section, load_forms
from parsers.model import CellStatus, CheckOutcome

SCHEMA_VERSION = 3
"""Number of the schemas below. It grows with every change of a table or column; a column that was once
published is never used again for another meaning."""


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


def _tables() -> dict[str, FormTable]:
    tables: dict[str, FormTable] = {}
    for form in load_forms():
        for table in form.tables:
            tables.setdefault(table.code, table)
    return tables


CELLS = _cells()
"""Every cell of all forms by id: the newest form's in printed order, then what only older forms have."""

SECTIONS = _sections()
"""Every numbered section of all forms by code, in the same order."""

TABLES = _tables()
"""Every table of all forms by code, in the same order."""


def field(
    name: str,
    kind: pa.DataType,
    label: str,
    label_en: str,
    unit: str | None = None,
    *,
    required: bool = False,
) -> pa.Field:
    """A column with its labels; `unit` stays out where the values have none. Never null where `required`."""
    metadata = {"label": label, "label_en": label_en} | ({"unit": unit} if unit else {})
    return pa.field(name, kind, nullable=not required, metadata=metadata)


_TEXT = pa.string()
_TEXTS = pa.list_(pa.string())
_TIME = pa.timestamp("us", tz="UTC")
_TIMES = pa.list_(_TIME)
_ISSUES = pa.list_(pa.struct([("code", pa.string()), ("message", pa.string())]))

_IDENTITY = [
    field(
        "report_id",
        _TEXT,
        "报告编号（机关/年度）",
        "<agency>/<report year>, with /own_organ where a government reports for its office alone",
        required=True,
    ),
    field("agency", _TEXT, "报告机关", "agency that reports", required=True),
    field("report_year", pa.int16(), "报告年度", "year the report is about", required=True),
    field("site", _TEXT, "站点", "site the report was published on (id of the registry)", required=True),
]
_CODES = [
    field("division", _TEXT, "行政区划代码", "division code of the agency (GB/T 2260)", required=True),
    field("level", _TEXT, "行政层级", "administrative level of the agency", required=True),
    field("body", _TEXT, "机关类型", "kind of body, told by its name", required=True),
]


def _cell_type(spec: CellSpec) -> pa.DataType:
    return pa.float64() if spec.kind == "amount" else pa.int64()


REPORT_HEADS = pa.schema(
    [
        *_IDENTITY,
        field("site_name", _TEXT, "站点登记的机关名称", "agency the site is registered for", required=True),
        *_CODES,
        field(
            "province_code",
            _TEXT,
            "省级行政区划代码",
            "division code of the province (GB/T 2260)",
            required=True,
        ),
        field("city", _TEXT, "地级行政区", "city, prefecture or league; null where the agency is above"),
        field("county", _TEXT, "县级行政区", "county, district or banner; null where the agency is above"),
        field("title", _TEXT, "标题", "title"),
        field("scope", _TEXT, "统计范围", "whom the figures cover; null where the report does not say"),
        field("form", _TEXT, "所用格式", "official form that the report follows; null for free prose"),
        *(
            field(
                f"form_{table.code}",
                _TEXT,
                f"“{table.label}”所用格式",
                f"official form of the table: {table.label_en}; null where the table was not found",
            )
            for table in TABLES.values()
        ),
        field("verdict", _TEXT, "读取结论", "how far the form could be read", required=True),
        field("published_date", pa.date32(), "发布日期", "date of publication"),
        field("signed_date", pa.date32(), "落款日期", "date under the signature"),
        field("period_start", pa.date32(), "统计期起", "first day of the statistics period"),
        field("period_end", pa.date32(), "统计期止", "last day of the statistics period"),
        field("document_number", _TEXT, "发文字号", "document number"),
        field("withdrawn_at", _TIME, "撤下时间", "when its portal was seen to hold it no longer; else null"),
        field("urls", _TEXTS, "来源网址", "addresses of the sources", required=True),
        field(
            "digests",
            _TEXTS,
            "原始字节摘要",
            "digests of the archived sources, in the order of urls",
            required=True,
        ),
        field(
            "source_sites", _TEXTS, "来源站点", "sites of the sources, in the order of urls", required=True
        ),
        field(
            "source_roles",
            _TEXTS,
            "来源角色",
            "roles of the sources (article, attachment), in the order of urls",
            required=True,
        ),
        field(
            "source_fetched_at",
            _TIMES,
            "来源抓取时间",
            "when these bytes of the sources were first archived, in the order of urls",
            required=True,
        ),
        field("fetched_at", _TIME, "抓取时间", "when the last source was first archived"),
        field("parser_version", _TEXT, "解析程序版本", "version of the software that read the report"),
        field("issues", _ISSUES, "问题", "what was found wrong beside the cells", required=True),
        field(
            "corrected_cells",
            _TEXTS,
            "已更正的单元格",
            "cells whose printed number a reviewed correction replaced",
            required=True,
        ),
        *(
            field(
                f"cells_{status}",
                pa.int16(),
                f"单元格数：{status}",
                f"number of cells that are {status}",
                required=True,
            )
            for status in CellStatus
        ),
        *(
            field(
                f"checks_{outcome}",
                pa.int16(),
                f"校验数：{outcome}",
                f"number of checks: {outcome}",
                required=True,
            )
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
    ]
)
"""One row a report, without its cells."""

REPORTS = pa.schema(
    [
        *REPORT_HEADS,
        *(field(spec.id, _cell_type(spec), spec.label, spec.label_en, spec.unit) for spec in CELLS.values()),
    ]
)
"""One row a report. A cell's column holds a number exactly where the cell is stated or deduced."""

CELL_ROWS = pa.schema(
    [
        *_IDENTITY,
        field("cell", _TEXT, "单元格编号", "cell of the form: <table>.<row>.<column>", required=True),
        field("table", _TEXT, "表", "table of the form", required=True),
        field("row", _TEXT, "行", "row code; null where the value row prints no label"),
        field("column", _TEXT, "列", "column code; empty where the table has one column", required=True),
        field("value", pa.float64(), "数值", "the number, for stated and deduced cells"),
        field("raw", _TEXT, "原文", "text as printed"),
        field("status", _TEXT, "状态", "how the value is known", required=True),
        field("unit", _TEXT, "单位", "unit of the value as the form prints it"),
        field("corrected_from", pa.float64(), "更正前数值", "printed number that a correction replaced"),
        field("correction", _TEXT, "更正理由", "why, by whom and after what source it was corrected"),
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
        field("check", _TEXT, "校验规则", "edit rule of the form", required=True),
        field("at", _TEXT, "位置", "column or row code where a rule holds in several places"),
        field("outcome", _TEXT, "校验结果", "outcome of the check", required=True),
    ]
)
"""One row a check: an edit rule of the form at one place of a report."""

FACT_ROWS = pa.schema(
    [
        *_IDENTITY,
        field("indicator", _TEXT, "指标", "narrative indicator (see the codebook)", required=True),
        field("value", pa.float64(), "数值", "number that the sentence states", required=True),
        field("unit", _TEXT, "单位", "unit of the indicator"),
        field("lower_bound", pa.bool_(), "是否下限", "the sentence says that it is more", required=True),
        field("section", _TEXT, "所在部分", "section of the report"),
        field("sentence", _TEXT, "原句", "sentence that states it", required=True),
    ]
)
"""One row a number that the prose of a report states, with its sentence."""

REVISION_ROWS = pa.schema(
    [
        *_IDENTITY,
        field("noticed_at", _TIME, "发现时间", "when the change was noticed", required=True),
        field("revision", _TEXT, "变更类型", "what happened to the report", required=True),
        field("what", _TEXT, "变更对象", "cell, section code, or address that changed; else null"),
        field("old_value", pa.float64(), "原数值", "number before"),
        field("old_text", _TEXT, "原文本", "text before: as printed, of the section, or the address"),
        field("old_status", _TEXT, "原状态", "status of the cell before"),
        field("new_value", pa.float64(), "新数值", "number after"),
        field("new_text", _TEXT, "新文本", "text after: as printed, of the section, or the address"),
        field("new_status", _TEXT, "新状态", "status of the cell after"),
        field("old_digests", _TEXTS, "原始字节摘要（前）", "digests of the sources before", required=True),
        field("new_digests", _TEXTS, "原始字节摘要（后）", "digests of the sources after", required=True),
        field("old_fetched_at", _TIME, "抓取时间（前）", "when the last source before was first archived"),
        field("new_fetched_at", _TIME, "抓取时间（后）", "when the last source after was first archived"),
    ]
)
"""One row a thing that changed in a report because its source did, never because it was read anew."""

OBLIGATION_ROWS = pa.schema(
    [
        *_IDENTITY,
        *_CODES,
        field("obligation", _TEXT, "履行情况", "whether the report came, and in time", required=True),
        field("basis", _TEXT, "判断依据", "what the judgement rests on", required=True),
        field("due_date", pa.date32(), "法定截止日期", "last day of publication; null without a duty"),
        field("instrument", _TEXT, "法规", "article that sets the date; null without a duty"),
        field("published_date", pa.date32(), "发布日期", "date of publication that the portal shows"),
        field("signed_date", pa.date32(), "落款日期", "date under the signature"),
        field("archived_at", _TIME, "首次存档时间", "when a source of the report was first archived"),
        field("observed_at", _TIME, "首次观察时间", "when this was first seen to be so"),
        field("list_urls", _TEXTS, "栏目页网址", "pages of the column that do not list it", required=True),
        field(
            "list_digests", _TEXTS, "栏目页摘要", "their digests, in the order of list_urls", required=True
        ),
    ]
)
"""One row an agency and year that owed a report as far as can be said."""

PANEL_ROWS = pa.schema(
    [
        *_IDENTITY,
        field(
            "prior_report_id", _TEXT, "上年报告编号", "the agency's report of the year before", required=True
        ),
        field("check", _TEXT, "跨年校验", "rule between the two years (see the codebook)", required=True),
        field("at", _TEXT, "位置", "column, row or section code", required=True),
        field("outcome", _TEXT, "校验结果", "outcome of the check", required=True),
        field("value", pa.float64(), "本年数值", "number of this year, or similarity of the texts, 0 to 1"),
        field("expected", pa.float64(), "应有数值", "number that the year before leads to"),
    ]
)
"""One row a check of a report against the same agency's report of the year before."""

LEVEL_ROWS = pa.schema(
    [
        *_IDENTITY,
        field("cell", _TEXT, "单元格编号", "cell of the form that is compared", required=True),
        field("outcome", _TEXT, "校验结果", "outcome of the check", required=True),
        field("value", pa.float64(), "本级政府数值", "number of the government's own report"),
        field(
            "below",
            pa.float64(),
            "下级机关数值之和",
            "sum of the reports of its departments, townships and the governments below it",
            required=True,
        ),
        field("reports", pa.int32(), "下级报告数", "how many reports that sum is of", required=True),
    ]
)
"""One row a cell of a government's report in which reports of bodies below it state numbers."""

SCHEMAS = {
    "reports": REPORTS,
    "cells": CELL_ROWS,
    "checks": CHECK_ROWS,
    "facts": FACT_ROWS,
    "revisions": REVISION_ROWS,
    "obligations": OBLIGATION_ROWS,
    "panel": PANEL_ROWS,
    "levels": LEVEL_ROWS,
}
"""The tables of the dataset by name."""

PROSE = frozenset({"sentence", *(f"section_{code}" for code in SECTIONS)})
"""Columns of whole texts, hardly any of which stands twice: a dictionary of them would be all of them in
memory at once."""

STAGED = {name: schema for name, schema in SCHEMAS.items() if name != "levels"} | {"reports": REPORT_HEADS}
"""The tables as they are staged: the columns of the cells follow from the table `cells` at publication, and
`levels` from all reports of a partition."""

PARTITIONS = pa.schema(
    [
        field("year", pa.int16(), "报告年度（分区）", "report year (directory)", required=True),
        field(
            "province",
            _TEXT,
            "省级行政区（分区）",
            "province, 中央 for central bodies (directory)",
            required=True,
        ),
    ]
)
"""Columns that stand only in the names of directories; inside are `report_year` and `province_code`."""
