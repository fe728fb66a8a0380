"""What explains the dataset: `CODEBOOK.md` for people, `datapackage.json` (Frictionless) for programs.

Both follow from the schemas and the forms alone, so they are the same bytes whatever was published.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import pyarrow as pa

from parsers.facts import load_vocabulary
from parsers.forms import load_forms
from parsers.model import CellStatus, CheckOutcome, Scope
from warehouse.layout import FILE_NAME
from warehouse.schema import PARTITIONS, SCHEMAS, Verdict

_TITLE = "政府信息公开工作年度报告数据集"
_TITLE_EN = "Annual reports on government information disclosure, China"

_TABLES = {
    "reports": ("每份报告一行，每个单元格一列", "one row a report, one column a cell of the form"),
    "cells": ("每个单元格一行，含状态与出处", "one row a cell, with its status and where it was read"),
    "checks": ("每项校验一行", "one row a check of an edit rule"),
    "facts": ("正文中的每个数字一行，含原句", "one row a number stated in the prose, with its sentence"),
}

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
        CellStatus.STATED: ("文件载明的数字", "the document prints this number in this cell"),
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
    "outcome": {
        CheckOutcome.PASS: ("成立", "the rule holds"),
        CheckOutcome.FAIL: ("不成立", "the rule is broken"),
        CheckOutcome.NOT_CHECKABLE: ("无法校验", "a cell that the rule needs has no number"),
    },
}
"""The codes of the columns that hold one of a fixed few, in Chinese and English."""

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

每份报告即一个机关、一个报告年度。
数字只在文件载明（`stated`）或可由勾稽关系唯一推得（`deduced`）时给出，其余为空值；空值不是零。

One report is one agency and one report year. A number stands only where the document states it (`stated`)
or the edit rules settle it uniquely (`deduced`); everything else is null, and null is never zero.

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


def codebook() -> bytes:
    """`CODEBOOK.md`, Chinese and English: tables, columns, codes, forms and edit rules."""
    parts = [_HEAD.format(title=_TITLE, title_en=_TITLE_EN, file=FILE_NAME)]
    for name, schema in SCHEMAS.items():
        parts.append(f"## {name}\n\n{_both(_TABLES[name])}\n")
        heads = ["列 / column", "类型 / type", "含义", "meaning", "单位 / unit"]
        rows = [[f"`{field.name}`", str(field.type), *_labels(field)] for field in [*schema, *PARTITIONS]]
        parts.append(_markdown(heads, rows))
    for name, meanings in _VOCABULARIES.items():
        parts.append(f"## {name}\n")
        parts.append(
            _markdown(["代码 / code", "含义", "meaning"], [[f"`{k}`", *v] for k, v in meanings.items()])
        )
    parts.append("## indicator\n")
    rows = [[f"`{i.code}`", i.label, i.label_en, i.unit] for i in load_vocabulary().indicators]
    parts.append(_markdown(["指标 / indicator", "含义", "meaning", "单位 / unit"], rows))
    for form in load_forms():
        parts.append(f"## {form.id}\n\n{form.title}，{form.instrument}：{len(form.cells)} 个单元格 / cells\n")
        rows = [[f"`{rule.id}`", rule.label, rule.label_en] for rule in form.rules]
        parts.append(_markdown(["校验规则 / check", "含义", "meaning"], rows))
    return "\n".join(parts).encode()


def datapackage() -> bytes:
    """`datapackage.json`: the tables as resources, each field with title, description and unit."""
    package = {
        "name": "nianbao",
        "title": f"{_TITLE} / {_TITLE_EN}",
        "resources": [
            {
                "name": name,
                "title": _both(_TABLES[name]),
                "path": f"{name}/year=*/province=*/{FILE_NAME}",
                "format": "parquet",
                "mediatype": "application/vnd.apache.parquet",
                "schema": {"fields": [_frictionless(field) for field in [*schema, *PARTITIONS]]},
            }
            for name, schema in SCHEMAS.items()
        ],
    }
    return (json.dumps(package, ensure_ascii=False, indent=1) + "\n").encode()


def _frictionless(field: pa.Field) -> dict[str, Any]:
    label, label_en, unit = _labels(field)
    kind = next(name for holds, name in _FRICTIONLESS.items() if holds(field.type))
    described: dict[str, Any] = {"name": field.name, "type": kind, "title": label, "description": label_en}
    if unit:
        described["unit"] = unit
    if field.name in _VOCABULARIES:
        described["constraints"] = {"enum": list(_VOCABULARIES[field.name])}
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
        "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
        + "\n"
    )
