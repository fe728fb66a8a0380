"""A new official form is one more data file: parsers and dataset schema take it as it is."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

FORM_2027 = """
id: cn_ogi_annual_2027
title: 政府信息公开工作年度报告格式（2027年）
instrument: 国办公开办函〔2027〕1号
first_year: 2027
sections:
  - {code: overview, number: 一, label: 总体情况, keys: [总体情况]}
  - {code: datasets, number: 二, label: 公共数据开放情况, keys: [公共数据开放]}
  - {code: problems, number: 三, label: 存在的主要问题及改进情况, keys: [主要问题]}
tables:
  - code: datasets
    label: 公共数据开放情况
    label_en: Open public data
    blocks:
      - code: datasets
        columns:
          - {code: opened, path: [数据集], label: 本年开放数, label_en: opened, unit: 个}
          - {code: updated, path: [数据集], label: 本年更新数, label_en: updated, unit: 个}
          - {code: total, path: [数据集], label: 总计, label_en: total, unit: 个}
        rows:
          - {code: unconditional, label: 一、无条件开放, label_en: unconditional}
          - {code: conditional, label: 二、有条件开放, label_en: conditional}
          - {code: all, label: 三、合计, label_en: all}
rules:
  - {id: data_total, table: datasets, kind: sum_equals, per: row, left: [opened, updated], right: [total],
     label: 开放数加更新数等于总计, label_en: opened and updated add up}
  - {id: data_all, table: datasets, kind: sum_equals, per: column,
     left: [unconditional, conditional], right: [all],
     label: 各类之和等于合计, label_en: kinds add up}
"""

REPORT = """<h1>金昌市示例局2027年政府信息公开工作年度报告</h1>
<p>一、总体情况</p><p>好。</p><p>二、公共数据开放情况</p>
<table><tr><td rowspan="2"></td><td colspan="3">数据集</td></tr>
<tr><td>本年开放数</td><td>本年更新数</td><td>总计</td></tr>
<tr><td>一、无条件开放</td><td>3</td><td>4</td><td>7</td></tr>
<tr><td>二、有条件开放</td><td>1</td><td>0</td><td>1</td></tr>
<tr><td>三、合计</td><td>4</td><td>4</td><td>9</td></tr></table>
<p>三、存在的主要问题及改进情况</p><p>无。</p>"""

READ = """
import json, sys
from parsers import parse
from warehouse.schema import SCHEMAS
[report] = parse(sys.stdin.buffer.read(), "x")
print(json.dumps({
    "form": report.form,
    "sections": list(report.sections),
    "cells": {name: cell.value for name, cell in report.cells.items()},
    "failed": [[check.id, check.at] for check in report.checks if check.outcome == "fail"],
    "columns": [name for name in SCHEMAS["reports"].names if name.startswith("datasets.")],
}))
"""


def test_a_form_of_2027_is_read_and_gets_its_columns_by_its_file_alone(tmp_path: Path) -> None:
    for package in ("parsers", "warehouse"):
        shutil.copytree(ROOT / package, tmp_path / package)
    (tmp_path / "parsers" / "forms" / "cn_ogi_annual_2027.yaml").write_text(FORM_2027, encoding="utf-8")
    read = subprocess.run(
        [sys.executable, "-c", READ],
        cwd=tmp_path,
        input=REPORT.encode(),
        capture_output=True,
        check=True,
        env={"PYTHONPATH": str(tmp_path), "PYTHONSAFEPATH": "1"},
    )
    said = json.loads(read.stdout)
    assert said["form"] == "cn_ogi_annual_2027"
    assert said["sections"] == ["overview", "datasets", "problems"]
    assert said["cells"] == {
        "datasets.unconditional.opened": 3,
        "datasets.unconditional.updated": 4,
        "datasets.unconditional.total": 7,
        "datasets.conditional.opened": 1,
        "datasets.conditional.updated": 0,
        "datasets.conditional.total": 1,
        "datasets.all.opened": 4,
        "datasets.all.updated": 4,
        "datasets.all.total": 9,
    }
    assert said["failed"] == [["data_total", "all"], ["data_all", "total"]]
    assert said["columns"] == list(said["cells"])
