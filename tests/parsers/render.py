"""Renders the tables of a form, filled with given numbers, the many ways in which agencies print them.

One truth goes in (`filled` makes one that keeps every edit rule), HTML or text comes out. Deviations that
are allowed change the look only: a reader must get every number back. Damages lose or shift something:
a reader must not get any number wrong.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from parsers.forms import Block, Form, RuleInstance
from parsers.forms import Row as FormRow

Value = int | float | None
BALANCE = "（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）"
GROUPS = {"denied", "unable_to_provide", "not_processed", "other_handling"}


def filled(form: Form, rng: random.Random, *, busy: bool = True) -> dict[str, Value]:
    """A value for every cell, such that all rules hold but the soft ones. `busy`: large varied numbers,
    else nearly all 0."""
    values: dict[str, Value] = {}
    for cell in form.cells.values():
        high = rng.choice([0, 3, 40, 5000]) if busy else rng.choice([0, 0, 0, 1])
        if cell.kind == "amount" and busy:
            values[cell.id] = round(rng.uniform(0, 99999), 4)
        else:
            values[cell.id] = rng.randint(-high if cell.kind == "signed" else 0, high)
    while broken := [i for i in form.instances if not i.rule.soft and not _holds(i, values)]:
        for instance in broken:
            _repair(instance, values, rng)
    return values


def _total(values: dict[str, Value], cells: tuple[str, ...]) -> int | float:
    return sum(values[cell] or 0 for cell in cells)


def _holds(instance: RuleInstance, values: dict[str, Value]) -> bool:
    left, right = _total(values, instance.left), _total(values, instance.right)
    return {"sum_equals": left == right, "at_least": left >= right, "nonnegative": True}[instance.rule.kind]


def _repair(instance: RuleInstance, values: dict[str, Value], rng: random.Random) -> None:
    """Makes one rule hold: a lone total takes the sum of its parts, a balance is evened out by its first
    cell on the left, or by its last on the right where the first would fall below 0."""
    left, right = _total(values, instance.left), _total(values, instance.right)
    first, last = instance.left[0], instance.right[-1]
    if instance.rule.kind == "at_least":
        values[first] = (values[first] or 0) + right - left + rng.randint(0, 9)
    elif len(instance.right) == 1:
        values[last] = left
    else:
        spare = (values[first] or 0) + right - left
        values[first] = max(spare, 0)
        values[last] = (values[last] or 0) + max(-spare, 0)


@dataclass
class Style:
    """How a rendering looks; every field is an allowed deviation."""

    rng: random.Random
    blanks_in_labels: bool = False
    full_width: bool = False
    break_headers: bool = False
    thousands: bool = False
    units: bool = False
    zero_as: str = "0"
    spans: bool = True
    split_rows: bool = False
    editor_markup: bool = False
    wrapper: bool = False
    one_table: bool = False

    def label(self, text: str) -> str:
        if self.full_width:
            text = text.translate({ord(a): b for a, b in zip("().,", "（）．，", strict=True)})
        if self.blanks_in_labels and len(text) > 2:
            cut = self.rng.randrange(1, len(text))
            text = text[:cut] + self.rng.choice([" ", "\u3000", "&nbsp;"]) + text[cut:]
        return text

    def header(self, text: str) -> str:
        if self.break_headers and len(text) > 3:
            return text[:2] + "<br/>" + text[2:]
        return self.label(text)

    def value(self, value: Value) -> str:
        if value is None:
            return ""
        if value == 0:
            return self.zero_as
        text = f"{value:,}" if self.thousands else str(value)
        if self.full_width and isinstance(value, int):
            text = text.translate({ord("0") + i: chr(ord("０") + i) for i in range(10)})
        return text + ("件" if self.units and isinstance(value, int) else "")

    def cell(self, text: str, *, rows: int = 1, columns: int = 1, header: bool = False) -> str:
        tag = "th" if header and self.rng.random() < 0.3 else "td"
        attributes = (f' rowspan="{rows}"' if rows > 1 else "") + (
            f' colspan="{columns}"' if columns > 1 else ""
        )
        if self.editor_markup:
            text = f'<p class="MsoNormal"><span style="font-size:10.5pt">{text}<o:p></o:p></span></p>'
        return f"<{tag}{attributes}>{text}</{tag}>"


Row = list[str]


def page(form: Form, values: dict[str, Value], style: Style, *, agency: str, year: int) -> str:
    """A whole article page with the six sections."""
    tables = {table.code: "".join(_table(form, table.code, values, style)) for table in form.tables}
    body = [f"<h1>{agency}{year}年政府信息公开工作年度报告</h1>"]
    for section in form.sections:
        body.append(f"<p>{section.number}、{section.label}</p>")
        body.append(tables.get(section.code) or f"<p>本机关{section.label}如下。</p>")
    body.append(f"<p>{agency}</p><p>{year + 1}年1月20日</p>")
    content = "\n".join(body)
    if style.wrapper:
        content = f"<table width='100%'><tr><td>{content}</td></tr></table>"
    return f"<html><head><meta charset='utf-8'><title>演示网站</title></head><body>{content}</body></html>"


def _table(form: Form, code: str, values: dict[str, Value], style: Style) -> list[str]:
    table = next(t for t in form.tables if t.code == code)
    if code == "proactive":
        rows = [row for block in table.blocks for row in proactive_rows(block, values, style)]
        if style.one_table:
            return [_html(rows)]
        return [_html(proactive_rows(block, values, style)) for block in table.blocks]
    if code == "review_litigation":
        return [_html(review_rows(table.blocks[0], values, style))]
    rows = application_rows(table.blocks[0], values, style)
    if style.split_rows:
        cut = 3 + style.rng.randrange(3, len(rows) - 4)
        if not style.spans:
            return [_html(rows[:cut]), _html(rows[cut:])]
    return [_html(rows)]


def _html(rows: list[Row]) -> str:
    return "<table border='1'>" + "".join(f"<tr>{''.join(row)}</tr>" for row in rows) + "</table>"


def proactive_rows(block: Block, values: dict[str, Value], style: Style) -> list[Row]:
    width = 3
    rows = [[style.cell(style.label(block.label or ""), columns=width + 1)]]
    share = width // len(block.columns)
    rows.append(
        [style.cell("信息内容"), *(style.cell(style.header(c.label), columns=share) for c in block.columns)]
    )
    for row in block.rows:
        cells = [style.cell(style.label(row.label))]
        for column in block.columns:
            cells.append(
                style.cell(style.value(values[f"proactive.{row.code}.{column.code}"]), columns=share)
            )
        rows.append(cells)
    return rows


def application_rows(block: Block, values: dict[str, Value], style: Style) -> list[Row]:
    """Three label columns and seven value columns; without spans group cells are repeated as blanks."""
    by_code = {column.code: column for column in block.columns}
    legal = [c for c in block.columns if len(c.path) == 2]
    rows = [
        [style.cell(BALANCE, rows=3, columns=3),
         style.cell("申请人情况", columns=7)],
        [style.cell(style.header(by_code["natural_person"].label), rows=2, header=True),
         style.cell("法人或其他组织", columns=5), style.cell(style.header("总计"), rows=2)],
        [style.cell(style.header(c.label), header=True) for c in legal],
    ]  # fmt: skip
    in_results = [
        r
        for r in block.rows
        if not r.heading and r.code not in ("new_received", "carried_over", "carried_forward")
    ]
    pending_results, pending_group = True, ""
    for row in block.rows:
        if row.heading:
            pending_group = row.label if row.code in GROUPS else pending_group
            group_code = row.code
            continue
        numbers = [
            style.cell(style.value(values[f"applications.{row.code}.{c.code}"])) for c in block.columns
        ]
        label = style.label(row.label)
        if row.code in ("new_received", "carried_over", "carried_forward"):
            rows.append([style.cell(label, columns=3), *numbers])
            continue
        lead = []
        if style.spans:
            if pending_results:
                lead.append(style.cell("三、本年度办理结果", rows=len(in_results)))
        else:
            lead.append(style.cell("三、本年度办理结果" if pending_results else ""))
        pending_results = False
        grouped = row.label[0].isdigit()
        if grouped:
            size = sum(
                1 for r in in_results if r.code.startswith(_prefix(group_code)) and r.label[0].isdigit()
            )
            if style.spans:
                lead += [style.cell(pending_group, rows=size)] if pending_group else []
            else:
                lead.append(style.cell(pending_group))
            pending_group = ""
            rows.append([*lead, style.cell(label), *numbers])
        else:
            rows.append([*lead, style.cell(label, columns=2), *numbers])
    return rows


def _prefix(group: str) -> str:
    return {"denied": "denied_", "unable_to_provide": "unable_", "not_processed": "not_processed_",
            "other_handling": "other_"}[group]  # fmt: skip


def review_rows(block: Block, values: dict[str, Value], style: Style) -> list[Row]:
    leaves = [c.label for c in block.columns]
    return [
        [style.cell("行政复议", columns=5), style.cell("行政诉讼", columns=10)],
        [*(style.cell(style.header(x), rows=2) for x in leaves[:5]),
         style.cell("未经复议直接起诉", columns=5), style.cell("复议后起诉", columns=5)],
        [style.cell(style.header(x)) for x in leaves[5:]],
        [style.cell(style.value(values[f"review_litigation.{c.code}"])) for c in block.columns],
    ]  # fmt: skip


def text(form: Form, values: dict[str, Value], layout: str, *, agency: str, year: int) -> str:
    """The same article as converters leave it: `lines` (a cell a line), `tabs` or `pipes`."""
    lines = [f"{agency}", f"{year}年政府信息公开工作年度报告", ""]
    for section in form.sections:
        lines += [f"{section.number}、{section.label}", ""]
        rows = _text_rows(form, section.code, values)
        if not rows:
            lines.append(f"本机关{section.label}如下。")
        for row in rows:
            if layout == "lines":
                lines += [f"\t{cell}" for cell in row] + [""]
            else:
                lines.append("\t".join(row) if layout == "tabs" else "| " + " | ".join(row) + " |")
        lines.append("")
    return "\n".join([*lines, agency, f"{year + 1}年1月20日"])


def _text_rows(form: Form, code: str, values: dict[str, Value]) -> list[Row]:
    """The table's rows as cells of text, each merged cell once and then blank."""
    table = next((t for t in form.tables if t.code == code), None)
    if table is None:
        return []
    rows: list[Row] = []
    for block in table.blocks:
        if code == "proactive":
            rows += [[block.label or ""], ["信息内容", *(c.label for c in block.columns)]]
        elif code == "applications":
            legal = [c.label for c in block.columns if len(c.path) == 2]
            rows += [
                [BALANCE, "申请人情况"],
                ["", "自然人", "法人或其他组织", "总计"],
                ["", "", *legal, ""],
            ]
        else:
            leaves = [c.label for c in block.columns]
            rows += [
                ["行政复议", "行政诉讼"],
                [*leaves[:5], "未经复议直接起诉", "复议后起诉"],
                [""] * 5 + leaves[5:],
            ]
        printed: list[FormRow | None] = [row for row in block.rows if not row.heading]
        for row in printed or [None]:
            place = f"{code}.{row.code}" if row else code
            lead = [""] * (2 if row and row.label[0].isdigit() else 0) + ([row.label] if row else [])
            rows.append(
                lead + ["" if (v := values[f"{place}.{c.code}"]) is None else str(v) for c in block.columns]
            )
    return rows
