"""From the evidence of a cell back to what the document prints there, with the row around it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import dropwhile, takewhile
from typing import NamedTuple

from parsers.model import Document, GridCell, Paragraph
from parsers.values import is_blank, is_number, is_value


class Place(NamedTuple):
    """A place in a document as `Evidence` counts it; a paragraph has neither row nor column."""

    block: int
    row: int | None
    column: int | None


@dataclass(frozen=True, slots=True)
class Printed:
    """What stands at a place, as printed: the texts of the row around it from left to right, which of them
    it is, and the texts of the column's header from the top. A number that stands outside any table is in the
    row of the numbers around it, with the text before them."""

    row: tuple[str, ...]
    at: int
    header: tuple[str, ...]

    @property
    def text(self) -> str:
        return self.row[self.at]


def printed(document: Document, place: Place) -> Printed | None:
    """What the document prints at a place; None if it has no such place."""
    if not 0 <= place.block < len(document.blocks):
        return None
    block = document.blocks[place.block]
    if isinstance(block, Paragraph):
        return _torn(document, place.block) if place.row is None else None
    if place.row is None or place.column is None:
        return None
    across = [cell for cell in block.cells if cell.row <= place.row < cell.row + cell.rowspan]
    across.sort(key=lambda cell: cell.column)
    own = [number for number, cell in enumerate(across) if (cell.row, cell.column) == place[1:]]
    if not own:
        return None
    row = tuple(cell.text.strip() for cell in across)
    return Printed(row, own[0], tuple(_header(block.cells, across[own[0]])))


def holding(documents: Iterable[Document], raws: dict[Place, str]) -> tuple[Document | None, set[Place]]:
    """The one of some documents that prints most of `raws`, and at which places it does not."""
    best: tuple[Document | None, set[Place]] = (None, set(raws))
    for document in documents:
        lost = {place for place, raw in raws.items() if not _prints(document, place, raw)}
        if best[0] is None or len(lost) < len(best[1]):
            best = document, lost
    return best


def _prints(document: Document, place: Place, raw: str) -> bool:
    found = printed(document, place)
    return found is not None and found.text == raw


def _header(cells: Collection[GridCell], below: GridCell) -> Iterator[str]:
    """The nearest texts above a cell, from the top: what stands between values belongs to other rows."""
    above = [
        cell
        for cell in cells
        if cell.row < below.row and cell.column <= below.column < cell.column + cell.colspan
    ]
    above.sort(key=lambda cell: -cell.row)
    texts = dropwhile(is_value, (cell.text.strip() for cell in above))
    yield from reversed(list(takewhile(lambda text: not is_value(text), texts)))


def _torn(document: Document, number: int) -> Printed:
    """The paragraph with the run of numbers that it is in, and the text before them."""

    def numeric(place: int) -> bool:
        block = document.blocks[place]
        return isinstance(block, Paragraph) and (is_number(block.text) or is_blank(block.text))

    first, last = number, number
    if numeric(number):
        while first > 0 and numeric(first - 1):
            first -= 1
        while last + 1 < len(document.blocks) and numeric(last + 1):
            last += 1
        if first > 0 and isinstance(document.blocks[first - 1], Paragraph):
            first -= 1
    shown = [
        (place, block.text.strip())
        for place, block in enumerate(document.blocks[first : last + 1], start=first)
        if isinstance(block, Paragraph) and (place == number or not is_blank(block.text))
    ]
    at = [place for place, _ in shown].index(number)
    return Printed(tuple(text for _, text in shown), at, ())
