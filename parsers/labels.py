"""Printed labels against the labels of a form.

Printing differs: blanks inside words, half and full width, list numbers in three styles, typing errors
that recur (预期 for 逾期, 其它 for 其他). So labels are compared without all that.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from functools import lru_cache
from itertools import islice

from parsers.forms import Block, Column, Form, FormTable, Label, Row
from parsers.script import simplified
from parsers.values import INVISIBLE, is_value

_QUOTES = str.maketrans({c: '"' for c in "“”„‟″＂'‘’「」『』"} | {"〔": "(", "〕": ")", "【": "(", "】": ")"})
_RESIDUE = re.compile(rf"<br/?>|\[bookmark:[^\]]*\]|\*\*|[{INVISIBLE}]+")
_CIRCLED = re.compile("[①-⑨](?=\\D)")
_UNUSUAL = re.compile(rf"[{''.join(map(chr, _QUOTES))}]")
_LIST_NUMBER = re.compile(
    r"^(\([一二三四五六七八九十\d]{1,3}\)|[一二三四五六七八九十]{1,3}[、.,]|\d{1,2}[、.,)])+"
)
_SPELLING = (("预期", "逾期"), ("其它", "其他"))


@lru_cache(maxsize=1 << 14)  # the labels of a form stand in every report
def normalise(text: str) -> str:
    """The text as labels are compared: NFKC, no blanks, no converter residue, one kind of quotes."""
    if _CIRCLED.search(text):
        text = _CIRCLED.sub(lambda mark: f"{unicodedata.digit(mark[0])}.", text)
    text = _RESIDUE.sub("", "".join(unicodedata.normalize("NFKC", text).split()))
    if _UNUSUAL.search(text):  # rare, and translating costs as much as all the rest
        text = text.translate(_QUOTES)
    text = simplified(text)
    for wrong, right in _SPELLING:
        text = text.replace(wrong, right)
    return text


def without_number(text: str) -> str:
    """A normalised label without its list number: "(七)总计" and "七、总计" give "总计"."""
    return _LIST_NUMBER.sub("", text)


_SHORTEST, _ALIKE, _NEARER = 4, 0.75, 0.15
"""A misspelt label: its least length, its likeness to the right one, and how much less it is like another."""

# A label cell may carry a remark beside the official wording, a narrative paragraph may not pass as one.
_LONGER_BY = 12


@dataclass(frozen=True)
class RowPlace:
    """A row of the form with the block and table that hold it."""

    table: FormTable
    block: Block
    row: Row


class _Printed:
    """How a label of the form may be printed: whole, or around one of its keys."""

    def __init__(self, label: Label) -> None:
        self.whole = {normalise(text) for text in (label.label, *label.also)}
        self.keys = tuple(normalise(key) for key in label.keys)
        self.longest = max(map(len, self.whole)) + _LONGER_BY

    def end_in(self, text: str, start: int) -> int:
        """Where in a normalised text this label first ends, from `start` on; -1 if it is not printed."""
        found = [(text.find(part, start), len(part)) for part in (*self.whole, *self.keys)]
        return min((at + length for at, length in found if at >= 0), default=-1)

    def matches(self, label: str) -> bool:
        return label in self.whole or (len(label) <= self.longest and any(key in label for key in self.keys))


def _prints(header: str, labels: Iterable[_Printed]) -> bool:
    """Whether these labels are printed one after the other."""
    end = 0
    for printed in labels:
        end = printed.end_in(header, end)
        if end < 0:
            return False
    return True


class FormLabels:
    """Finds the rows, columns and header groups of one form by their printed labels."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self._rows_by_label: dict[str, list[RowPlace]] = {}
        self._rows_by_key: list[tuple[str, RowPlace, int]] = []
        self._columns: dict[str, list[tuple[Column, _Printed]]] = {}
        self._groups: set[str] = set()
        self.units = {unit for table in form.tables for block in table.blocks for unit in block.unit_cells}
        for table in form.tables:
            for block in table.blocks:
                self._add_rows(table, block)
                self._columns[block.code] = [(column, _Printed(column)) for column in block.columns]
                self._groups.update(normalise(group) for column in block.columns for group in column.path)
        self._spellings = sorted(
            {*self._rows_by_label, *self._groups}
            | {text for columns in self._columns.values() for _, printed in columns for text in printed.whole}
        )
        # A leaf before a heading, then the longest key: "(三)不予公开1.属于国家秘密" is the leaf.
        self._rows_by_key.sort(key=lambda entry: (entry[1].row.heading, -len(entry[0])))
        self.is_exact = lru_cache(maxsize=1 << 14)(self._is_exact)
        self._candidates = lru_cache(maxsize=1 << 14)(self._find_rows)
        self.is_header = lru_cache(maxsize=1 << 14)(self._is_header)
        self.columns = lru_cache(maxsize=1 << 14)(self._find_columns)

    def _add_rows(self, table: FormTable, block: Block) -> None:
        for row in block.rows:
            place, printed = RowPlace(table, block, row), _Printed(row)
            for label in dict.fromkeys(without_number(whole) for whole in sorted(printed.whole)):
                self._rows_by_label.setdefault(label, []).append(place)
            self._rows_by_key += [(key, place, printed.longest) for key in printed.keys]

    def respelt(self, text: str) -> str:
        """The label of the form that a picture's text all but spells; the text itself where it is a label
        already, a value, or no nearer to one label than to another (行政处可)."""
        if len(text) < _SHORTEST or is_value(text) or self.is_header(text) or self._candidates(text):
            return text
        label = without_number(normalise(text))
        near = get_close_matches(label, self._spellings, n=2, cutoff=_ALIKE)
        likeness = [SequenceMatcher(None, label, spelling).ratio() for spelling in near]
        sure = likeness and (len(near) == 1 or likeness[0] - likeness[1] >= _NEARER)
        return near[0] if sure else text

    def row(self, text: str, after: RowPlace | None = None) -> RowPlace | None:
        """The row that prints this label, if any. Of rows that print the same label the one is meant that
        follows the same row of its own label as `after`, the row read before."""
        places = self._candidates(text)
        if len(places) <= 1:
            return places[0] if places else None
        return next((place for place in places if after and self._anchor(place) == self._anchor(after)), None)

    def _anchor(self, place: RowPlace) -> str:
        """The nearest row at or above this one whose label no other row prints."""
        rows = place.block.rows
        for row in reversed(rows[: rows.index(place.row) + 1]):
            if len(self._candidates(row.label)) == 1:
                return row.code
        return ""

    def prints_columns(self, block: Block, text: str) -> bool:
        """Whether the text, header cells one after the other, prints all columns of the block in the form's
        order. Those below more groups may come after the others, in a header row of their own."""
        header = normalise(text)
        columns = self._columns[block.code]
        depths = sorted({len(column.path) for column, _ in columns})
        return _prints(header, [printed for _, printed in columns]) or all(
            _prints(header, [printed for column, printed in columns if len(column.path) == depth])
            for depth in depths
        )

    def _is_exact(self, text: str) -> bool:
        """Whether the text is, but for blanks and list numbers, the label of a row as the form prints it."""
        return without_number(normalise(text)) in self._rows_by_label

    def _find_rows(self, text: str) -> list[RowPlace]:
        label = normalise(text)
        places = self._rows_by_label.get(without_number(label))
        if places:
            return places
        fitting = (
            place for key, place, longest in self._rows_by_key if key in label and len(label) <= longest
        )
        return list(islice(fitting, 1))

    def _is_header(self, text: str) -> bool:
        """Whether the text is the label of a column or of a group of columns."""
        label = normalise(text)
        return label in self._groups or any(
            printed.matches(label) for columns in self._columns.values() for _, printed in columns
        )

    def _find_columns(self, block_code: str, pieces: tuple[str, ...]) -> list[Column]:
        """Columns of a block that a stack of header texts (outermost first) can mean.

        A label may be cut over the last two header cells (商业 / 企业), unless the last is one by itself.
        Where several columns print the same label (结果维持 three times), the groups above decide; if none is
        printed all are given.
        """
        labels = [normalise(piece) for piece in pieces if normalise(piece)]
        if not labels:
            return []
        columns = self._columns[block_code]
        found = [column for column, printed in columns if printed.matches(labels[-1])]
        if not found and not self.is_header(labels[-1]):
            label = "".join(labels[-2:])
            found = [column for column, printed in columns if printed.matches(label)]
        if len(found) > 1:
            grouped = [c for c in found if c.path and normalise(c.path[-1]) in labels]
            found = grouped or found
        return found
