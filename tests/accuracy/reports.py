"""One report from a seed: the truth, its printed content, and what a reader owes to each cell of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from parsers.forms import Form, FormTable
from tests.accuracy.alter import Need, Needs
from tests.accuracy.printed import Content, Grid, Look, table_grids
from tests.parsers.render import Value, filled

AGENCIES = (
    "金昌市工业和信息化局", "会昌县人民政府办公室", "临泉县谭棚镇人民政府", "国家税务总局六安市税务局",
    "呼和浩特市新城区西街街道办事处", "玉屏侗族自治县发展和改革局", "青岛西海岸新区管理委员会",
    "阿拉善左旗巴彦木仁苏木", "南京市公安局交通管理局", "平凉市崆峒区市场监督管理局", "长沙海关",
    "黔南州生态环境局",
)  # fmt: skip
_TITLES = (
    "{agency}{year}年政府信息公开工作年度报告",
    "{agency}{year}年度政府信息公开工作报告",
    "{year}年{agency}政府信息公开工作年度报告",
    "{agency}关于{year}年政府信息公开年度工作情况的报告",
    "{agency} {year} 年政府信息公开年度报告",
    "{year}年政府信息公开工作年度报告",
)
_DATES = (
    "{0.year}年{0.month}月{0.day}日",
    "{0.year} 年 {0.month} 月 {0.day} 日",
    "{0.year}年{0.month:02}月{0.day:02}日",
)
_PROSE = (
    "全年主动公开政府信息{0}条，其中网站发布{1}条，微信公众号发布{2}条，同比增长{3}.5%。",
    "{year}年共收到政府信息公开申请{0}件，上年结转{1}件，均依法按期答复。",
    "按照《{before}年政务公开工作要点》要求，组织培训{0}次，召开新闻发布会{1}场，办理建议提案{2}件。",
    "一是公开的主动性有待提高；二是解读形式不够丰富。下一步将进一步加强队伍建设，拓宽公开渠道，完善工作机制，"
    "回应社会关切{0}次，确保各项任务落到实处。",
    "本机关未收取信息处理费。没有其他需要报告的事项。",
)


class Order(StrEnum):
    """Where a document puts its tables."""

    FORM = "form"
    """Each below its heading."""
    TABLES_FIRST = "tables first"
    BACKWARDS = "backwards"
    """The last section first."""
    ONE_GRID = "one grid"
    """All grown together, below the headings."""


@dataclass(frozen=True)
class Owed:
    """The truth of a cell and what a reader owes to it."""

    value: Value
    need: Need


@dataclass(frozen=True)
class Expected:
    """What a document holds of one report; metadata that it does not settle is None."""

    agency: str | None
    year: int | None
    form: str | None
    signed: date | None
    cells: Mapping[str, Owed]


@dataclass
class Draft:
    """A report while it is made: `tables` are its grids by table, already in their look, `forms` tells whose
    they are, `needs` what damages did to single cells."""

    form: Form
    look: Look
    rng: random.Random
    truth: dict[str, Value]
    agency: str
    year: int = 2023
    tables: dict[str, list[Grid]] = field(default_factory=dict)
    needs: Needs = field(default_factory=dict)
    mixed: bool = False
    order: Order = Order.FORM

    @property
    def title(self) -> str:
        return self._title.format(agency=self.agency, year=self.year)

    def __post_init__(self) -> None:
        self._title = self.rng.choice(_TITLES)
        self.signed = date(self.year + 1, 1, 20)
        for table in self.form.tables:
            self.tables[table.code] = table_grids(self.form, table, self.truth, self.look)

    def damage(self, kind: Callable[[Grid, random.Random], Needs]) -> None:
        """Damages one of the larger tables."""
        grids = [grid for grids in self.tables.values() for grid in grids]
        self.needs |= kind(self.rng.choice(sorted(grids, key=_values)[-2:]), self.rng)

    def each_grid(self, change: Callable[[Grid], list[Grid]]) -> None:
        for code, grids in self.tables.items():
            self.tables[code] = [new for grid in grids for new in change(grid)]

    def content(self) -> Content:
        rng, text = self.rng, self.look.label
        in_place = self.order in (Order.FORM, Order.BACKWARDS)
        sections = list(self.form.sections)
        codes = {section.code for section in sections}
        parts: list[Content] = []
        for section in sections:
            part: Content = [text(f"{section.number}、{section.label}")]
            if section.code not in self.tables:
                part += [_sentence(rng, self.year) for _ in range(rng.randint(1, 3))]
            elif in_place:
                part += self.tables[section.code]
            parts.append(part)
        annexes = [t for t in self.form.tables if t.code not in codes]
        parts += [[text(t.label), *self.tables[t.code]] for t in annexes if in_place]
        if self.order is Order.BACKWARDS:
            parts.reverse()
        body = [block for part in parts for block in part]
        grids = [grid for grids in self.tables.values() for grid in grids]
        if self.order is Order.TABLES_FIRST:
            body = [*grids, *body]
        elif self.order is Order.ONE_GRID:
            body = [*body, [row for grid in grids for row in grid]]
        opening = (
            f"根据《中华人民共和国政府信息公开条例》要求，编制本年度报告。本报告所列数据的统计期限自{self.year}年1月1日起，"
            f"至{self.year}年12月31日止。"
        )
        return [opening, *body, self.agency, rng.choice(_DATES).format(self.signed)]

    def expected(self) -> Expected:
        return Expected(
            self.agency if not self.look.traditional else None,
            self.year,
            None if self.mixed else self.form.id,
            self.signed,
            {name: Owed(value, self._need(name, value)) for name, value in self.truth.items()},
        )

    def _need(self, name: str, value: Value) -> Need:
        printed = {
            cell.cell for grids in self.tables.values() for grid in grids for row in grid for cell in row
        }
        need = self.needs.get(name)
        if need in (Need.CONFLICT, Need.LOST) or (name not in printed and need is None):
            return need or Need.LOST
        if need is not None or _unit_open(self.form, name):
            return Need.OPEN
        empty = not value and not any(c.isdigit() for c in self.look.zero)
        return Need.EMPTY if empty else Need.STATED


def _unit_open(form: Form, name: str) -> bool:
    """An amount in a column without a unit is not owed (see parsers.values)."""
    spec = form.cells.get(name)
    return spec is not None and spec.kind == "amount" and spec.unit is None


def _values(grid: Grid) -> int:
    return sum(cell.cell is not None for row in grid for cell in row)


def _sentence(rng: random.Random, year: int) -> str:
    figures = (rng.randrange(3, 900) for _ in range(4))
    return rng.choice(_PROSE).format(*figures, year=year, before=year - 1)


def draft(form: Form, rng: random.Random, *, busy: bool = True, **look: Any) -> Draft:
    """A report with numbers that keep every rule of the form."""
    truth = filled(form, rng, busy=busy)
    return Draft(form, Look(rng, **look), rng, truth, rng.choice(AGENCIES))


def contradicting(form: Form, rng: random.Random) -> Draft:
    """A report whose printed numbers break one or more of its own sums."""
    truth = filled(form, rng)
    sums = [instance for instance in form.instances if instance.rule.kind == "sum_equals"]
    name = rng.choice(rng.choice(sums).left)
    truth[name] = (truth[name] or 0) + rng.randint(1, 500)
    return Draft(form, Look(rng), rng, truth, rng.choice(AGENCIES))


def mixed(form: Form, other: Form, rng: random.Random) -> Draft:
    """A report of which one table follows another form; both forms have a table of its code."""
    shared = [table for table in other.tables if any(t.code == table.code for t in form.tables)]
    made = draft(form, rng)
    table: FormTable = rng.choice(shared)
    values = filled(other, rng)
    for name in [name for name in made.truth if form.cells[name].table == table.code]:
        del made.truth[name]
    made.truth |= {name: values[name] for name, spec in other.cells.items() if spec.table == table.code}
    made.tables[table.code] = table_grids(other, table, values, made.look)
    made.needs |= {name: Need.OPEN for name in made.truth if name in other.cells and _unit_open(other, name)}
    made.mixed = True
    return made
