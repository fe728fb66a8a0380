"""The official forms: one YAML file each, the only source of cell ids, labels, units and edit rules.

A new form is a new file in this folder; nothing else names a form.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from itertools import chain
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

Kind = Literal["count", "signed", "amount"]
"""`count`: a whole number, never negative; `signed`: a whole number; `amount`: a decimal number."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Section(_Data):
    """One of the numbered sections; a printed heading that contains one of `keys` opens it."""

    code: str
    number: str
    label: str
    keys: tuple[str, ...]


class Label(_Data):
    """What rows and columns share: how they are printed (`label`, `also` whole, `keys` as a part)."""

    code: str
    label: str
    label_en: str
    also: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


class Row(Label):
    """A row of a block; a `heading` groups the rows below it and has no cells.

    `unit` and `kind` are given where they belong to the row and not to the column. Rows of one block may
    print the same label; the one is meant that follows the row read before.
    """

    heading: bool = False
    unit: str | None = None
    kind: Kind | None = None


class Column(Label):
    """A value column; `path` names the header cells above it, outermost first."""

    path: tuple[str, ...] = ()
    unit: str | None
    kind: Kind = "count"


class Block(_Data):
    """Rows and columns that share one header. Without `rows`: a single value row that prints no label.

    `unit_cells` are what a column of units prints beside the values.
    """

    code: str
    label: str | None = None
    columns: tuple[Column, ...]
    rows: tuple[Row, ...] = ()
    unit_cells: tuple[str, ...] = ()


class FormTable(_Data):
    code: str
    label: str
    label_en: str
    blocks: tuple[Block, ...]


class Rule(_Data):
    """An edit rule as the file states it; see `Form.instances` for the cells it binds.

    A `soft` rule is checked, but not so sure that a number could be deduced from it.
    """

    id: str
    table: str
    kind: Literal["sum_equals", "at_least", "nonnegative"]
    per: Literal["row", "column"] | None = None
    rows: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    right: tuple[str, ...] = ()
    soft: bool = False
    label: str
    label_en: str


class CellSpec(_Data):
    """One number of a form: `<table>.<row>.<column>`; without `<row>` where the row has no label, without
    `<column>` where the table has one column."""

    id: str
    table: str
    row: str | None
    column: str
    label: str
    label_en: str
    unit: str | None
    kind: Kind


class RuleInstance(_Data):
    """An edit rule at one place: the cell ids whose sums are compared."""

    rule: Rule
    at: str | None
    left: tuple[str, ...]
    right: tuple[str, ...]

    @property
    def cells(self) -> tuple[str, ...]:
        """Both sides together."""
        return self.left + self.right


def cell_id(table: str, row: str | None, column: str) -> str:
    """The id of a cell, the same in every form that has it."""
    return ".".join(part for part in (table, row, column) if part)


class Form:
    """An official form: `id`, `title`, `instrument`, `first_year`, `sections`, `tables`, `rules`,
    and derived from them `cells` (in printed order), `instances` of the rules, and of these the `sums` that
    every report keeps."""

    def __init__(self, data: dict[str, object]) -> None:
        spec = _FormFile.model_validate(data)
        self.id, self.title, self.instrument = spec.id, spec.title, spec.instrument
        self.first_year = spec.first_year
        self.sections, self.tables, self.rules = spec.sections, spec.tables, spec.rules
        self.cells = {cell.id: cell for table in spec.tables for cell in _cells_of(table)}
        self._rows = {
            (table.code, block.code, code): tuple(
                self.cells[cell_id(table.code, code, column.code)] for column in block.columns
            )
            for table in spec.tables
            for block in table.blocks
            for code in _row_codes(block)
        }
        self.instances = tuple(chain.from_iterable(self._instances(rule) for rule in spec.rules))
        self.sums = tuple(i for i in self.instances if i.rule.kind == "sum_equals" and not i.rule.soft)

    def row(self, table: FormTable, block: Block, row: Row | None) -> tuple[CellSpec, ...]:
        """The cells of a row in the order of the block's columns; None is the row of a block without any."""
        return self._rows[table.code, block.code, row.code if row else None]

    def _instances(self, rule: Rule) -> list[RuleInstance]:
        cells = [cell for cell in self.cells.values() if cell.table == rule.table]

        def ids(cells: list[CellSpec], codes: tuple[str, ...], per: str | None) -> tuple[str, ...]:
            return tuple(c.id for c in cells if (c.row if per == "column" else c.column) in codes)

        if rule.kind == "nonnegative":
            return [RuleInstance(rule=rule, at=None, left=tuple(cell.id for cell in cells), right=())]
        if rule.per is None:
            left, right = ids(cells, rule.left, None), ids(cells, rule.right, None)
            return [RuleInstance(rule=rule, at=None, left=left, right=right)]
        places = dict.fromkeys(cell.row if rule.per == "row" else cell.column for cell in cells)
        instances = []
        for place in places:
            if rule.rows and place not in rule.rows:
                continue
            line = [c for c in cells if (c.row if rule.per == "row" else c.column) == place]
            left, right = ids(line, rule.left, rule.per), ids(line, rule.right, rule.per)
            instances.append(RuleInstance(rule=rule, at=place or None, left=left, right=right))
        return instances


class _FormFile(_Data):
    id: str
    title: str
    instrument: str
    first_year: int
    sections: tuple[Section, ...]
    tables: tuple[FormTable, ...]
    rules: tuple[Rule, ...]


def _row_codes(block: Block) -> list[str | None]:
    return [row.code for row in block.rows if not row.heading] or [None]


def _cells_of(table: FormTable) -> list[CellSpec]:
    cells = []
    for block in table.blocks:
        rows: tuple[Row | None, ...] = tuple(row for row in block.rows if not row.heading) or (None,)
        for row in rows:
            for column in block.columns:
                zh = [row.label if row else " · ".join(column.path), column.label if column.code else ""]
                en = [row.label_en if row else "", column.label_en]
                cells.append(
                    CellSpec(
                        id=cell_id(table.code, row.code if row else None, column.code),
                        table=table.code,
                        row=row.code if row else None,
                        column=column.code,
                        label=" / ".join(filter(None, zh)),
                        label_en=" / ".join(filter(None, en)),
                        unit=row.unit if row and row.unit else column.unit,
                        kind=row.kind if row and row.kind else column.kind,
                    )
                )
    return cells


@cache
def load_forms() -> tuple[Form, ...]:
    """Every form of this package, the newest first."""
    texts = [f.read_text("utf-8") for f in files(__name__).iterdir() if f.name.endswith(".yaml")]
    forms = [Form(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))) for text in texts]
    return tuple(sorted(forms, key=lambda form: form.first_year, reverse=True))
