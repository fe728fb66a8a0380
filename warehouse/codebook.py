"""What explains the dataset: `CODEBOOK.md` for people, `datapackage.json` (Frictionless) for programs.

`CODEBOOK.md` and `crosswalk.csv` follow from the schemas and the forms alone; `datapackage.json` also names
the files of the publication with their hashes and counts of rows, so it changes when data do.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from parsers.facts import load_vocabulary
from parsers.forms import load_forms
from parsers.model import CellStatus, CheckOutcome, Scope
from warehouse.crosswalk import crosswalk
from warehouse.layout import FILE_NAME, table_of
from warehouse.panel import REPEATED, TEXT_REPEATED, chains
from warehouse.schema import PARTITIONS, SCHEMA_VERSION, SCHEMAS
from warehouse.vocabulary import Basis, Body, Comparable, Level, Obligation, RevisionKind, Verdict

_TITLE = "政府信息公开工作年度报告数据集"
_TITLE_EN = "Annual reports on government information disclosure, China"

_TABLES = {
    "reports": ("每份报告一行，每个单元格一列", "one row a report, one column a cell of the form"),
    "cells": ("每个单元格一行，含状态与出处", "one row a cell, with its status and where it was read"),
    "checks": ("每项校验一行", "one row a check of an edit rule"),
    "facts": ("正文中的每个数字一行，含原句", "one row a number stated in the prose, with its sentence"),
    "revisions": (
        "报告首次发现后的每处变更一行，仅限来源变更",
        "one row a thing that changed in a report after it was first seen, because its source did",
    ),
    "obligations": (
        "每个应报机关、年度一行：是否按期公布",
        "one row an agency and year that owed a report: whether it came, and in time",
    ),
    "panel": (
        "与同一机关上年报告的每项跨年校验一行",
        "one row a check of a report against the same agency's report of the year before",
    ),
    "levels": (
        "各级政府报告的每个可比单元格一行：下级机关数值之和不应超过本级",
        "one row a cell of a government's report: the bodies below it may not add up to more",
    ),
}
KEYS = {
    "reports": ["report_id"],
    "cells": ["report_id", "cell"],
    "checks": ["report_id", "check", "at"],
    "obligations": ["agency"],
    "panel": ["report_id", "check", "at"],
    "levels": ["report_id", "cell"],
}
"""What tells the rows of a partition apart; facts and revisions have no key, one sentence may say a thing
twice."""
_OF_REPORTS = ("cells", "checks", "facts", "revisions", "panel", "levels")
"""The tables whose rows are about a row of `reports`."""

_VOCABULARIES: dict[str, dict[StrEnum, tuple[str, str]]] = {
    "verdict": {
        Verdict.UNREADABLE: ("确为年报，但文件无法读取", "known to be the report, but it cannot be read"),
        Verdict.SOURCE_CONFLICT: ("不同来源的数字不一致", "two sources print different numbers in a cell"),
        Verdict.NARRATIVE_ONLY: ("只有文字，没有表格", "text alone, no cell of the form"),
        Verdict.COMPLETE: (
            "全部单元格均已读明",
            "every cell of the form is stated, blank, not_applicable or deduced",
        ),
        Verdict.PARTIAL: ("至少一个单元格不确定或缺失", "at least one cell is uncertain or absent"),
    },
    "scope": {
        Scope.OWN_ORGAN: ("本机关", "the body itself"),
        Scope.WHOLE_JURISDICTION: ("本级政府全辖区", "all bodies of its jurisdiction"),
        Scope.VERTICAL_SYSTEM: ("垂直管理系统", "a vertical system"),
    },
    "status": {
        CellStatus.STATED: (
            "文件载明的数字（有更正时见 correction）",
            "the document prints this number in this cell (unless `correction` says what it prints)",
        ),
        CellStatus.BLANK: ("单元格为空", "the cell is printed and empty; not zero"),
        CellStatus.NOT_APPLICABLE: ("填“/”“-”“—”或“无”", 'the cell prints "/", "-", "—" or 无'),
        CellStatus.DEDUCED: (
            "文件缺失，由勾稽关系唯一推得",
            "lost in the document, settled uniquely by the edit rules",
        ),
        CellStatus.UNCERTAIN: (
            "读到内容但不能确定，候选值见 raw",
            "read, but which cell or which number is not certain; candidates stand in raw",
        ),
        CellStatus.ABSENT: ("文件没有此单元格", "the document does not hold this cell"),
    },
    "body": {
        Body.GOVERNMENT: ("县级以上人民政府", "people's government of a county or above"),
        Body.DEPARTMENT: ("县级以上人民政府部门", "department of such a government"),
        Body.TOWNSHIP: ("乡镇、街道", "township, town or street office"),
        Body.VERTICAL: ("垂直管理机构", "local office of a system led from above"),
        Body.OTHER: ("其他机构", "anything else"),
    },
    "level": {
        Level.CENTRAL: ("中央", "central"),
        Level.PROVINCE: ("省级", "province"),
        Level.CITY: ("地市级", "city or prefecture"),
        Level.COUNTY: ("县级", "county or district"),
        Level.TOWNSHIP: ("乡级", "township"),
    },
    "revision": {
        RevisionKind.CELL: ("单元格变更", "a cell has another number, text or status"),
        RevisionKind.SECTION: ("正文变更", "the text of a section changed"),
        RevisionKind.MOVED: ("网址变更", "a source is at another address"),
        RevisionKind.WITHDRAWN: ("撤下", "its portal no longer holds it"),
        RevisionKind.RESTORED: ("恢复", "its portal holds it again"),
    },
    "obligation": {
        Obligation.IN_TIME: ("按期公布", "published in time"),
        Obligation.LATE: ("逾期公布", "published late"),
        Obligation.WITHDRAWN: ("公布后撤下", "published, and no longer at its portal"),
        Obligation.UNREADABLE: ("已公布但无法读取", "there, and cannot be read"),
        Obligation.NOT_JUDGED: ("不作判断，原因见 basis", "not judged; `basis` says why"),
        Obligation.BLOCKED: ("网站拒绝访问", "the portal refused to show whether it is there"),
        Obligation.MISSING: (
            "未公布：期满后栏目已全部读取而无此报告",
            "missing: the column was read whole after the date, and it is not there",
        ),
    },
    "basis": {
        Basis.PUBLISHED_DATE: ("网站所示发布日期", "the date of publication that the portal shows"),
        Basis.SIGNED_DATE: ("落款日期", "the date under the signature"),
        Basis.ARCHIVED_DATE: ("首次存档日期", "the day of the first archived copy"),
        Basis.LIST_PAGES: ("栏目页存档", "the archived pages of the column"),
        Basis.DOCUMENT: ("文件本身", "the archived document"),
        Basis.REFUSAL: ("网站的拒绝", "the portal's refusal"),
        Basis.NO_DUTY: ("条例未规定期限的机构", "no date of the regulations binds this kind of body"),
        Basis.NO_DATE: ("无公布日期", "nothing dates the publication"),
        Basis.LATE_DATE: (
            "网站日期晚于期限一年以上，可能为迁移日期",
            "the portal's date is of a later year, as after a move to a new portal",
        ),
        Basis.COLUMN_NOT_READ: ("栏目未全部读取", "the column was not read to its end"),
        Basis.OTHER_NAME: (
            "站点报告均署其他名称",
            "the site holds reports under other names alone, one of which may be this body's",
        ),
    },
    "outcome": {
        CheckOutcome.PASS: ("成立", "the rule holds"),
        CheckOutcome.FAIL: ("不成立", "the rule is broken"),
        CheckOutcome.NOT_CHECKABLE: ("无法校验", "a cell that the rule needs has no number"),
    },
}
"""The codes of the columns that hold one of a fixed few, in Chinese and English."""

_COMPARABLE = {
    Comparable.SAME: ("项目相同", "the same count under the same definition"),
    Comparable.SUM: ("to_cells 之和即 from_cell", "the cells of one form add up to that of the other"),
    Comparable.CLOSE: ("口径不同，只可比趋势", "another definition: compare trends, not numbers"),
    Comparable.NOT: ("不可比", "no counterpart, whatever the labels suggest"),
}

_FRICTIONLESS = {
    pa.types.is_integer: "integer",
    pa.types.is_floating: "number",
    pa.types.is_date: "date",
    pa.types.is_timestamp: "datetime",
    pa.types.is_boolean: "boolean",
    pa.types.is_list: "array",
    pa.types.is_string: "string",
}

_HEAD = """# {title} / {title_en}

每份报告即一个机关、一个报告年度。数据结构版本 {version}。
数字只在文件载明（`stated`）或可由勾稽关系唯一推得（`deduced`）时给出，其余为空值；空值不是零。

One report is one agency and one report year. Version {version} of the schema. A number stands only where
the document states it (`stated`) or the edit rules settle it uniquely (`deduced`); everything else is null,
and null is never zero.

- 文件 / files: `<table>/year=YYYY/province=<省>/{file}`
- `year`, `province` 只在目录名中 / stand in the names of directories alone
- `report_id` 在一省一年之内唯一 / is unique within a year and province; 中央 = 中央机关 / central bodies
- 有的报告只含本机关，有的汇总全辖区，不可相加 /
  some reports cover one body, some a whole jurisdiction: do not add them up

```python
import pandas as pd

reports = pd.read_parquet("dataset/reports", filters=[("year", "==", 2023), ("province", "==", "甘肃省")])
```
```sql
SELECT agency, "applications.new_received.total"
FROM read_parquet('dataset/reports/*/*/*.parquet', hive_partitioning = true) WHERE year = 2023;
```
"""


@cache
def codebook() -> bytes:
    """`CODEBOOK.md`, Chinese and English: tables, columns, codes, forms and edit rules."""
    parts = [_HEAD.format(title=_TITLE, title_en=_TITLE_EN, file=FILE_NAME, version=SCHEMA_VERSION)]
    for name, schema in SCHEMAS.items():
        parts.append(f"## {name}\n\n{_both(_TABLES[name])}\n")
        heads = [
            "列 / column",
            "类型 / type",
            "可空 / null",
            "始于 / since",
            "含义",
            "meaning",
            "单位 / unit",
        ]
        since = columns_since(name)
        rows = [
            [
                f"`{field.name}`",
                str(field.type),
                "是 / yes" if field.nullable else "",
                str(since.get(field.name, "")),
                *_labels(field),
            ]
            for field in [*schema, *PARTITIONS]
        ]
        parts.append(_markdown(heads, rows))
    for name, meanings in _VOCABULARIES.items():
        parts.append(f"## {name}\n")
        parts.append(
            _markdown(["代码 / code", "含义", "meaning"], [[f"`{k}`", *v] for k, v in meanings.items()])
        )
    parts.append("## panel.check\n")
    panel_checks = [[f"`{chain.id}`", chain.label, chain.label_en] for chain in chains()]
    repeated = (
        f"正文（除数字外）与上年相同部分达 {REPEATED:.0%} 即为不成立",
        f"fails where {REPEATED:.0%} of a section's text or more, its numbers apart, is last year's",
    )
    panel_checks.append([f"`{TEXT_REPEATED}`", *repeated])
    parts.append(_markdown(["跨年校验 / check", "含义", "meaning"], panel_checks))
    parts.append("## crosswalk.csv\n\n各格式单元格对照，可比性如下 / cells of one form in the next:\n")
    rows = [[f"`{code}`", *_COMPARABLE[code]] for code in Comparable]
    parts.append(_markdown(["可比性 / comparable", "含义", "meaning"], rows))
    parts.append("## indicator\n")
    rows = [[f"`{i.code}`", i.label, i.label_en, i.unit] for i in load_vocabulary().indicators]
    parts.append(_markdown(["指标 / indicator", "含义", "meaning", "单位 / unit"], rows))
    for form in load_forms():
        parts.append(f"## {form.id}\n\n{form.title}，{form.instrument}：{len(form.cells)} 个单元格 / cells\n")
        rows = [[f"`{rule.id}`", rule.label, rule.label_en] for rule in form.rules]
        parts.append(_markdown(["校验规则 / check", "含义", "meaning"], rows))
    return "\n".join(parts).encode()


@cache
def crosswalk_table() -> bytes:
    """`crosswalk.csv`: a line for each cell of an older form, with its counterpart in the next one."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["from_form", "from_cell", "to_form", "to_cells", "comparable", "note", "note_en"])
    for one in crosswalk():
        writer.writerow([*one[:3], " + ".join(one.to_cells), *one[4:]])
    return text.getvalue().encode()


@cache
def columns_since(table: str) -> dict[str, int]:
    """The version of the schema in which each column of a table came (columns.csv)."""
    lines = (files(__package__) / "columns.csv").read_text("utf-8").splitlines()
    return {row["column"]: int(row["since"]) for row in csv.DictReader(lines) if row["table"] == table}


class PublishedFile(Protocol):
    """A file of the dataset: its path, size, hash and number of rows."""

    path: str
    bytes: int
    sha256: str
    rows: int | None


def datapackage(published: Iterable[PublishedFile] = ()) -> bytes:
    """`datapackage.json`: the tables as resources, each with its fields and files.

    `published` are the Parquet files of the publication. Frictionless has one hash for a resource of one
    file; where there are many, `files` of the resource gives that of each.
    """
    of_table: dict[str, list[PublishedFile]] = {name: [] for name in SCHEMAS}
    for file in published:
        of_table[table_of(file.path)].append(file)
    package = {
        "name": "nianbao",
        "title": f"{_TITLE} / {_TITLE_EN}",
        "version": str(SCHEMA_VERSION),
        "resources": [
            {
                "name": name,
                "title": _both(_TABLES[name]),
                **_where(of_table[name]),
                "rows": sum(file.rows or 0 for file in of_table[name]),
                "schema": _table_schema(name, schema),
            }
            for name, schema in SCHEMAS.items()
        ],
    }
    return (json.dumps(package, ensure_ascii=False, indent=1) + "\n").encode()


def _where(published: list[PublishedFile]) -> dict[str, Any]:
    """The files of a resource; Frictionless wants a path or, where there is none, data."""
    if not published:
        return {"data": []}
    return {
        "path": [file.path for file in published],
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "bytes": sum(file.bytes for file in published),
        "files": [
            {"path": file.path, "bytes": file.bytes, "hash": f"sha256:{file.sha256}", "rows": file.rows}
            for file in published
        ],
    }


def _table_schema(name: str, schema: pa.Schema) -> dict[str, Any]:
    since = columns_since(name)
    fields = [_frictionless(field, since.get(field.name)) for field in [*schema, *PARTITIONS]]
    described: dict[str, Any] = {"fields": fields}
    if name in KEYS:
        described["primaryKey"] = [*PARTITIONS.names, *KEYS[name]]
    if name in _OF_REPORTS:
        key = [*PARTITIONS.names, "report_id"]
        described["foreignKeys"] = [{"fields": key, "reference": {"resource": "reports", "fields": key}}]
    return described


def _frictionless(field: pa.Field, since: int | None) -> dict[str, Any]:
    label, label_en, unit = _labels(field)
    kind = next(name for holds, name in _FRICTIONLESS.items() if holds(field.type))
    described: dict[str, Any] = {"name": field.name, "type": kind, "title": label, "description": label_en}
    if unit:
        described["unit"] = unit
    if since:
        described["since"] = since
    constraints: dict[str, Any] = {} if field.nullable else {"required": True}
    if field.name in _VOCABULARIES:
        constraints["enum"] = list(_VOCABULARIES[field.name])
    if constraints:
        described["constraints"] = constraints
    return described


def _labels(field: pa.Field) -> tuple[str, str, str]:
    """Chinese label, English label and unit ("" where there is none)."""
    metadata = {key.decode(): value.decode() for key, value in field.metadata.items()}
    return metadata["label"], metadata["label_en"], metadata.get("unit", "")


def _both(texts: tuple[str, str]) -> str:
    return f"{texts[0]} / {texts[1]}"


def _markdown(heads: list[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return (
        "\n".join(
            "| " + " | ".join(cell.replace("|", "\\|").replace("<", "&lt;") for cell in line) + " |"
            for line in lines
        )
        + "\n"
    )


def write_documents(folder: Path) -> None:
    """Write what explains a dataset that holds nothing yet (`make codebook`)."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in documents().items():
        (folder / name).write_bytes(data)


def documents() -> dict[str, bytes]:
    """The documents of a dataset that holds nothing yet, by name."""
    return {
        "CODEBOOK.md": codebook(),
        "crosswalk.csv": crosswalk_table(),
        "datapackage.json": datapackage(),
    }
