"""Printed labels against the labels of a form.

Printing differs: blanks inside words, half and full width, list numbers in three styles, typing errors
that recur (预期 for 逾期, 其它 for 其他). So labels are compared without all that.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from parsers.forms import Block, Column, Form, FormTable, Label, Row

_QUOTES = str.maketrans({c: '"' for c in "“”„‟″＂'‘’「」『』"} | {"〔": "(", "〕": ")", "【": "(", "】": ")"})
_RESIDUE = re.compile(r"\[bookmark:[^\]]*\]|\*\*|[\s\u200b-\u200f\u2060\ufeff]+")
_LIST_NUMBER = re.compile(
    r"^(\([一二三四五六七八九十\d]{1,3}\)|[一二三四五六七八九十]{1,3}[、.,]|\d{1,2}[、.,)])+"
)
_SPELLING = (("预期", "逾期"), ("其它", "其他"))


@cache
def normalise(text: str) -> str:
    """The text as labels are compared: NFKC, no blanks, no converter residue, one kind of quotes."""
    text = unicodedata.normalize("NFKC", _RESIDUE.sub("", text)).translate(_QUOTES)
    text = _RESIDUE.sub("", text)
    for wrong, right in _SPELLING:
        text = text.replace(wrong, right)
    return text


def without_number(text: str) -> str:
    """A normalised label without its list number: "(七)总计" and "七、总计" give "总计"."""
    return _LIST_NUMBER.sub("", text)


# A label cell may carry a remark beside the official wording, a narrative paragraph may not pass as one.
_LONGER_BY = 12


@dataclass(frozen=True)
class RowPlace:
    """A row of the form with the block and table that hold it."""

    table: FormTable
    block: Block
    row: Row


def _length_allowed(label: Label) -> int:
    return max(len(normalise(label.label)), *(len(normalise(also)) for also in label.also), 0) + _LONGER_BY


class FormLabels:
    """Finds the rows, columns and header groups of one form by their printed labels."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self._rows_by_label: dict[str, list[RowPlace]] = {}
        self._rows_by_key: list[tuple[str, RowPlace, int]] = []
        self._column_labels: set[str] = set()
        self._column_keys: list[str] = []
        for table in form.tables:
            for block in table.blocks:
                for row in block.rows:
                    place = RowPlace(table, block, row)
                    for label in (row.label, *row.also):
                        known = self._rows_by_label.setdefault(without_number(normalise(label)), [])
                        known.append(place)
                    self._rows_by_key += [(normalise(k), place, _length_allowed(row)) for k in row.keys]
                for column in block.columns:
                    self._column_labels.update(
                        normalise(x) for x in (column.label, *column.also, *column.path)
                    )
                    self._column_keys += [normalise(k) for k in column.keys]
        # A leaf before a heading, then the longest key: "(三)不予公开1.属于国家秘密" is the leaf.
        self._rows_by_key.sort(key=lambda entry: (entry[1].row.heading, -len(entry[0])))

    def row(self, text: str, after: RowPlace | None = None) -> RowPlace | None:
        """The row that prints this label, if any; of several the next one behind `after`."""
        label = normalise(text)
        places = self._rows_by_label.get(without_number(label), [])
        if len(places) == 1:
            return places[0]
        if places:
            return next((place for place in places if _is_behind(place, after)), None)
        for key, candidate, length in self._rows_by_key:
            if key in label and len(label) <= length:
                return candidate
        return None

    def is_header(self, text: str) -> bool:
        """Whether the text is the label of a column or of a group of columns."""
        label = normalise(text)
        if label in self._column_labels:
            return True
        return len(label) <= 30 and any(key in label for key in self._column_keys)


def _is_behind(place: RowPlace, other: RowPlace | None) -> bool:
    rows = place.block.rows
    return other is not None and other.row in rows and rows.index(place.row) > rows.index(other.row)


def _prints(column: Column, label: str) -> bool:
    if any(label == normalise(known) for known in (column.label, *column.also)):
        return True
    return len(label) <= _length_allowed(column) and any(normalise(key) in label for key in column.keys)


def match_column(block: Block, pieces: Sequence[str]) -> list[Column]:
    """Columns of the block that a stack of header texts (outermost first) can mean.

    A label may be cut over the last two header cells (商业 / 企业). Where several columns print the same
    label (结果维持 three times), the groups above decide; if no group is printed all of them are given.
    """
    labels = [normalise(piece) for piece in pieces if normalise(piece)]
    if not labels:
        return []
    endings = [labels[-1], "".join(labels[-2:])]
    found = [c for c in block.columns if any(_prints(c, ending) for ending in endings)]
    if len(found) > 1:
        grouped = [c for c in found if c.path and normalise(c.path[-1]) in labels]
        found = grouped or found
    return found
