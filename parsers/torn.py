"""Rows of the form outside any table, as converters leave them: label and numbers, a line or a cell a line.

What stands on a line is split at blanks; numbers at the end of a line, or alone on it, are values of the
label before them. Such rows have no places, so nothing but their order says which number is whose.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from parsers.forms import Block, FormTable, Row
from parsers.labels import FormLabels, RowPlace, normalise, without_number
from parsers.model import Document, Paragraph
from parsers.values import Says, says

COUNTS_ROWS = ("序号", "行次", "编号")
# A wrapped label takes a few lines ("3." / "危及" / "“" / "三安全一稳定" / "”").
_LABEL_LINES = 6
# The longest word that can be part of a label or of a header; longer ones are prose.
_LONGEST = 60
# So many words or pieces of words a header has at most.
_HEADER_WORDS = 48
# Whatever may be a value at the end of a line; most reports have none, and need no closer look.
_VALUE_LAST = re.compile(
    r"(?:^|\s)(?:[-+−]?\d[\d,.，．]*\S{0,2}(?:[(（].*[)）])?|[^\w\s]{1,2}|无)\s*$", re.MULTILINE
)


class Order(Enum):
    """What the order of a table's labels and numbers is worth.

    SETTLED: every row of the table stands once, in the form's order, with exactly its numbers, under a header
    that prints its columns in the form's order, so that there is no second way to read them. Blocks of the
    table that stand in a table of the document are none of it.
    BROKEN: numbers have no label or stand before it, too many follow one, or a label without numbers comes
    after the row, so that numbers may belong to the label below them. OPEN: neither.
    """

    SETTLED = 1
    OPEN = 2
    BROKEN = 3


@dataclass(frozen=True)
class TornRow:
    """A row (None: the one of a block without row labels) and the numbers that follow its label, each with
    the number of its block."""

    table: FormTable
    block: Block
    row: Row | None
    values: tuple[str, ...]
    block_numbers: tuple[int, ...]
    order: Order = Order.OPEN

    def is_whole(self) -> bool:
        """Whether the row has as many numbers as the form has columns."""
        return len(self.values) == len(self.block.columns)


@dataclass
class _Run:
    """Words of text and the numbers behind them; `led`: numbers stand before words on one of the lines."""

    words: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    block_numbers: list[int] = field(default_factory=list)
    led: bool = False
    recognised: bool = False

    def numbers(self) -> tuple[tuple[str, ...], tuple[int, ...]]:
        """The values, and the block of each."""
        return tuple(self.values), tuple(self.block_numbers)


def torn_rows(document: Document, labels: FormLabels, in_tables: Container[str] = ()) -> list[TornRow]:
    """The torn rows of a document in reading order, each with what the order of its table is worth;
    `in_tables` are the codes of the blocks whose rows stand in tables."""
    if not any(isinstance(block, Paragraph) and _VALUE_LAST.search(block.text) for block in document.blocks):
        return []
    return _TornReader(labels, in_tables).run(document)


class _TornReader:
    def __init__(self, labels: FormLabels, in_tables: Container[str]) -> None:
        self.labels, self.in_tables = labels, in_tables
        self.rows: list[TornRow] = []
        self.headed: set[str] = set()
        self.broken: set[str] = set()
        self.chain: list[int] = []
        self.before: RowPlace | None = None
        self.recognised = False

    def run(self, document: Document) -> list[TornRow]:
        for run in _runs(document):
            self.recognised |= run.recognised
            self._take(run)
        tables = {row.table.code: row.table for row in self.rows}
        orders = {code: self._order(table) for code, table in tables.items()}
        return [
            row if row.order is Order.BROKEN else replace(row, order=orders[row.table.code])
            for row in self.rows
        ]

    def _take(self, run: _Run) -> None:
        place, above = self._label(run.words)
        if run.led:
            self._break(place)
        if place is None:
            self._take_unlabelled(run)
            return
        self._look_for_idle_labels(above)
        if self.labels.prints_columns(place.block, "".join(above)):
            self.headed.add(place.block.code)
        self.before = place
        if place.row.heading:
            return
        row = TornRow(place.table, place.block, place.row, *run.numbers())
        if not run.values:
            self._doubt_chain()
            return
        self.chain = [*self.chain, len(self.rows)] if row.is_whole() else []
        self.rows.append(row)
        if len(run.values) > len(place.block.columns):
            self._break(place)

    def _take_unlabelled(self, run: _Run) -> None:
        headed = self._headed_block(run)
        if headed is not None:
            self.rows.append(TornRow(*headed, None, *run.numbers()))
            self.headed.add(headed[1].code)
        elif run.values and not run.words:
            self._break(None)
        elif run.values:  # below the head of a table, the label of its first row may be one of no form
            self.broken |= self._headed_tables("".join(run.words))
        self._look_for_idle_labels(run.words)
        self.chain = []

    def _break(self, place: RowPlace | None) -> None:
        """Numbers stand at the wrong place; without a known row in any table that has rows."""
        tables = [place.table] if place else self.labels.form.tables
        self.broken |= {table.code for table in tables}

    def _look_for_idle_labels(self, words: Sequence[str]) -> None:
        """A label without numbers of its own may be that of the numbers before it."""
        while words:
            place, above = self._label(words)
            if place is not None and not place.row.heading:
                self._doubt_chain()
            words = above if place is not None else words[:-1]

    def _doubt_chain(self) -> None:
        """The whole rows since the last one with a wrong count of numbers may be those of the next label."""
        for place in self.chain:
            self.rows[place] = replace(self.rows[place], order=Order.BROKEN)
        self.chain = []

    def _order(self, table: FormTable) -> Order:
        if table.code in self.broken:
            return Order.BROKEN
        expected = [
            (block.code, row and row.code)
            for block in table.blocks
            if block.code not in self.in_tables
            for row in ([row for row in block.rows if not row.heading] if block.rows else [None])
        ]
        own = [row for row in self.rows if row.table is table]
        whole = all(row.is_whole() and row.block.code in self.headed for row in own)
        printed = [(row.block.code, row.row and row.row.code) for row in own]
        return Order.SETTLED if whole and printed == expected and not self.recognised else Order.OPEN

    def _label(self, words: Sequence[str]) -> tuple[RowPlace | None, Sequence[str]]:
        """The row named by the last words, and the words above them; what is also the label of a column
        (其他, 总计) counts only with its list number. A unit may stand between label and number."""
        for count in range(1, min(len(words), _LABEL_LINES) + 1):
            text = "".join(words[-count:])
            place = self.labels.row(text, self.before) or self._without_unit(text)
            if place is None:
                continue
            label = normalise(text)
            if not self.labels.is_header(text) or label != without_number(label):
                return place, words[:-count]
        return None, words

    def _without_unit(self, text: str) -> RowPlace | None:
        for unit in self.labels.units:
            if text.endswith(unit):
                place = self.labels.row(text.removesuffix(unit), self.before)
                if place is not None and unit in place.block.unit_cells:
                    return place
        return None

    def _headed_block(self, run: _Run) -> tuple[FormTable, Block] | None:
        """The block without row labels whose header the words print, if there are as many numbers."""
        text = "".join(run.words)
        for table in self.labels.form.tables:
            for block in table.blocks:
                fits = not block.rows and len(run.values) == len(block.columns)
                if fits and self.labels.prints_columns(block, text):
                    return table, block
        return None

    def _headed_tables(self, text: str) -> set[str]:
        """The tables whose column labels the text prints."""
        return {
            table.code
            for table in self.labels.form.tables
            for block in table.blocks
            if self.labels.prints_columns(block, text)
        }


def _runs(document: Document) -> Iterator[_Run]:
    """Runs of numbers, each with the words right before it, and a last one of words alone."""
    run = _Run()
    for number, text, recognised in _without_counts(list(_lines(document))):
        if text is None:
            yield run
            run = _Run()
            continue
        leading, words, values = _split(text)
        if words and run.values:
            yield run
            run = _Run()
        if words:
            prose = max(map(len, words)) > _LONGEST
            run.words = [] if prose else [*run.words, *words][-_HEADER_WORDS:]
            run.led |= leading > 1
        if values:
            run.values += values
            run.block_numbers += [number] * len(values)
            run.recognised |= recognised
    yield run


_Line = tuple[int, str | None, bool]
"""The number of a block, a line of its text (None: it is a table), and whether it was read in a picture."""


def _lines(document: Document) -> Iterator[_Line]:
    for number, block in enumerate(document.blocks):
        if isinstance(block, Paragraph):
            yield from ((number, line, block.recognised) for line in block.text.split("\n"))
        else:
            yield number, None, False


def _without_counts(lines: Sequence[_Line]) -> Iterator[_Line]:
    """The lines without the numbers of a column that counts the rows (序号): under its head the next number
    before a text."""
    count = 0
    for (number, text, recognised), (_, following, _) in zip(
        lines, [*lines[1:], (0, None, False)], strict=True
    ):
        first, *rest = (text or "").split(maxsplit=1) or [""]
        if first[:1] in "序行编" and normalise(first) in COUNTS_ROWS:
            count = 1
        if count and first == str(count) and says(rest[0] if rest else following or "") is Says.TEXT:
            count += 1
            yield number, rest[0] if rest else "", recognised
        else:
            yield number, text, recognised


def _split(line: str) -> tuple[int, list[str], list[str]]:
    """How many values begin a line of text, its words, and the values at its end."""
    pieces = line.split()
    if says(line) is not Says.TEXT:
        return 0, [], [line.strip()] if pieces else []
    kinds = [says(piece) in (Says.NUMBER, Says.NONE_MARK) for piece in pieces]
    if all(kinds):
        return 0, [], pieces
    leading, trailing = kinds.index(False), kinds[::-1].index(False)
    end = len(pieces) - trailing
    return leading, pieces[:end], pieces[end:]
