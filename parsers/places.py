"""From the evidence of a cell back to what the document prints there, with the row around it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import dropwhile, takewhile
from typing import NamedTuple

from parsers.model import Document, GridCell, Paragraph
from parsers.values import is_value

_HAN = re.compile(r"[\u4e00-\u9fff]")
_WORDS = 4
"""Characters by which a line is known; converters break labels into pieces like a lone quotation mark."""


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


def printed(document: Document, place: Place, raw: str | None) -> Printed | None:
    """What the document prints at a place; None if it has no such place. In a paragraph, which may hold a
    whole row, it is the first piece that reads `raw`."""
    if not 0 <= place.block < len(document.blocks):
        return None
    block = document.blocks[place.block]
    if isinstance(block, Paragraph):
        return _torn(document, place.block, raw) if place.row is None else None
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
    found = printed(document, place, raw)
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


def _torn(document: Document, number: int, raw: str | None) -> Printed | None:
    """A piece of a paragraph with the numbers around it, and the words before them that name the row."""
    texts = [block.text.strip() if isinstance(block, Paragraph) else None for block in document.blocks]

    def numeric(place: int) -> bool:
        text = texts[place] if 0 <= place < len(texts) else None
        return text is not None and all(map(is_value, text.split()))

    first, last = number, number
    said = len(_HAN.findall(texts[number] or ""))
    if said < _WORDS:
        while numeric(first - 1):
            first -= 1
        while numeric(last + 1):
            last += 1
        while (
            said < _WORDS and first > 0 and (line := texts[first - 1]) is not None and not numeric(first - 1)
        ):
            first -= 1
            said += len(_HAN.findall(line))
    row = [
        (place, piece)
        for place, text in enumerate(texts[first : last + 1], start=first)
        for line in (text or "").split("\n")
        for piece in ([line.strip()] if line.strip() == raw else line.split())
    ]
    own = [at for at, piece in enumerate(row) if piece == (number, raw)]
    return Printed(tuple(piece for _, piece in row), own[0], ()) if own else None
