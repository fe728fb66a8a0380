"""Rows of the form that a converter tore out of their table: a label, then one number a paragraph."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from parsers.labels import FormLabels, RowPlace, normalise, without_number
from parsers.model import Document, Paragraph
from parsers.values import is_blank, is_number

# A wrapped label takes a few lines ("3." / "危及" / "“" / "三安全一稳定" / "”").
_LABEL_LINES = 6


@dataclass(frozen=True)
class TornRow:
    """A row label and the numbers that follow it, with the block number of each."""

    place: RowPlace
    values: tuple[str, ...]
    block_numbers: tuple[int, ...]

    def is_whole(self) -> bool:
        """Whether the row has as many numbers as the form has columns."""
        return len(self.values) == len(self.place.block.columns)


def torn_rows(document: Document, labels: FormLabels) -> list[TornRow]:
    """The torn rows of a document; none if numbers stand before the first label, as then nobody can tell
    whether the numbers belong to the label above or below them."""
    rows = []
    for label_lines, values, block_numbers in _runs(document):
        place = _label(label_lines, labels)
        if place is not None and not place.row.heading:
            rows.append(TornRow(place, tuple(values), tuple(block_numbers)))
        elif len(values) > 1 and not rows:
            return []
    return rows


def _runs(document: Document) -> Iterator[tuple[list[str], list[str], list[int]]]:
    """Runs of number paragraphs, each with the text lines right before it."""
    lines: list[str] = []
    values: list[str] = []
    places: list[int] = []
    for number, block in enumerate(document.blocks):
        text = block.text if isinstance(block, Paragraph) else None
        if text is not None and is_blank(text):
            continue
        if text is not None and is_number(text):
            values.append(text.strip())
            places.append(number)
            continue
        if values:
            yield lines, values, places
            lines, values, places = [], [], []
        lines = [*lines[1 - _LABEL_LINES :], text] if text is not None else []
    if values:
        yield lines, values, places


def _label(lines: list[str], labels: FormLabels) -> RowPlace | None:
    """The row named by the last lines; short labels (其他, 总计) count only with their list number."""
    for count in range(1, len(lines) + 1):
        text = "".join(lines[-count:])
        place = labels.row(text)
        if place is None:
            continue
        label = normalise(text)
        if len(without_number(label)) > 2 or label != without_number(label):
            return place
    return None
