"""Fixed pages to a `Document`: ruled tables with spans, over page breaks, and everything else as paragraphs.

pdfplumber gives the ruled cells of one page; ours is what it lacks: spans, tables that go over a page break
(see grids.py), frames around text that are no tables, and wrapped lines as paragraphs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from statistics import median
from typing import Any

from pdfplumber.utils.text import chars_to_textmap, dedupe_chars, extract_text

from parsers.model import Block, Box, Document, IssueCode, Paragraph, ReadError
from parsers.narrative import is_date
from parsers.readers.aligned import Aligned, aligned_tables
from parsers.readers.grids import (
    EDGE_TOLERANCE,
    Grid,
    RuledCell,
    append,
    continues,
    distinct_rules,
    join_lines,
    nearest_rule,
    to_table,
)
from parsers.script import without_radicals

Char = dict[str, Any]
"""A character as pdfplumber gives it: text, x0, x1, top, bottom, size, ..."""

_Run = list[Char]
Bounds = tuple[float, float, float, float]
"""Left, top, right and bottom."""

_APART = 2  # left and right pages may have heads of their own
_Y_TOLERANCE, _OF_SIZE = 3.0, 0.25
_HEADING = re.compile("[一二三四五六七八九十]{1,3}、")


@dataclass(slots=True)
class Line:
    """A printed line outside of tables, in points from the top left corner of its page.

    `size` is that of its letters.
    """

    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    size: float
    page: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page as pdfplumber sees it: characters, the ruled boxes of each table, whether there are images."""

    number: int
    chars: list[Char]
    tables: list[list[Bounds]]
    has_image: bool


@dataclass(slots=True)
class Page:
    """The lines, the tables and the tables without rules of a page, each from top to bottom."""

    lines: list[Line]
    grids: list[Grid]
    aligned: list[Aligned] = field(default_factory=list)


def document_of(sheets: Sequence[Sheet], title: str, kind: str) -> Document:
    """Paragraphs and ruled tables of all pages in reading order; `kind` names the format for messages.

    Raises ReadError: UNKNOWN_FORMAT for a scan without a text layer, DAMAGED_FILE for empty pages.
    """
    ruled = any(sheet.tables for sheet in sheets)
    pages = [_page(sheet) for sheet in sheets] if ruled else _unruled(sheets)
    if not any(page.lines or page.grids or page.aligned for page in pages):
        if any(sheet.has_image for sheet in sheets):
            raise ReadError(IssueCode.UNKNOWN_FORMAT, f"scanned {kind} without a text layer")
        raise ReadError(IssueCode.DAMAGED_FILE, f"damaged {kind}: neither text nor images")
    return Document(blocks_of(pages), {"title": title} if title else {})


def blocks_of(pages: list[Page]) -> tuple[Block, ...]:
    """Paragraphs and tables of all pages in reading order, without page numbers and running heads."""
    _drop_running_lines(pages)
    return tuple(_blocks(pages))


def _page(sheet: Sheet) -> Page:
    """The tables of a page, and the lines of text outside them."""
    runs = _runs(_printed_once(sheet.chars))
    grids = []
    for boxes in sheet.tables:
        grid, runs = _grid(boxes, runs, sheet.number)
        if grid is not None:
            grids.append(grid)
    return Page(_lines(runs, sheet.number), sorted(grids, key=lambda grid: grid.top))


def _unruled(sheets: Iterable[Sheet]) -> list[Page]:
    """The tables of pages without rules, and the lines of text outside them."""
    chars = {sheet.number: _printed_once(sheet.chars) for sheet in sheets}
    tables = aligned_tables(chars.items())
    taken = {id(char) for table in tables for char in table.chars}
    pages = []
    for number, printed in chars.items():
        lines = _lines(_runs(char for char in printed if id(char) not in taken), number)
        pages.append(Page(lines, [], [table for table in tables if table.page == number]))
    return pages


def _printed_once(chars: list[Char]) -> list[Char]:
    """The characters without the second print, a hair beside the first, that some writers use for bold."""
    places = {(char["text"], round(char["x0"] / 2), round(char["top"] / 2)) for char in chars}
    if len(places) == len(chars):  # the usual case, and dedupe_chars takes a tenth of the reader's time
        return chars
    return list(dedupe_chars(chars))


def _runs(chars: Iterable[Char]) -> list[_Run]:
    """The characters as they were set in one go: a text wider than its cell is printed over the rule, and
    only as a whole does it lie in the cell that it belongs to."""
    runs: list[_Run] = []
    for char in chars:
        before = runs[-1][-1] if runs else char
        if (
            runs
            and not char["text"].isspace()
            and not before["text"].isspace()
            and abs(char["top"] - before["top"]) < 0.5
            and abs(char["x0"] - before["x1"]) < 0.1 * char["size"]
        ):
            runs[-1].append(char)
        else:
            runs.append([char])
    return runs


def _split(runs: Iterable[_Run], box: Box) -> tuple[list[_Run], list[_Run]]:
    """The runs whose middle is inside the box, and the others."""
    inside: list[_Run] = []
    outside: list[_Run] = []
    for run in runs:
        x, y = (run[0]["x0"] + run[-1]["x1"]) / 2, (run[0]["top"] + run[0]["bottom"]) / 2
        within = box.x0 <= x < box.x1 and box.top <= y < box.bottom
        (inside if within else outside).append(run)
    return inside, outside


def _grid(boxes: list[Bounds], runs: list[_Run], page: int) -> tuple[Grid | None, list[_Run]]:
    """The cells of a ruled table with their rows and texts, and the text that no cell holds.

    There is no grid for a frame of one column and for an empty table. The slit of a double rule is no cell.
    """
    boxes = [box for box in boxes if min(box[2] - box[0], box[3] - box[1]) > EDGE_TOLERANCE]
    columns = distinct_rules(edge for box in boxes for edge in (box[0], box[2]))
    if len(columns) < 3:
        return None, runs
    rows = distinct_rules(edge for box in boxes for edge in (box[1], box[3]))
    cells = []
    for x0, top, x1, bottom in sorted(boxes, key=lambda box: (box[1], box[0])):
        box = Box(x0, top, x1, bottom)
        inside, runs = _split(runs, box)
        printed = without_radicals(extract_text(list(chain(*inside)))) if inside else ""
        text = join_lines(printed.split("\n"))
        row = nearest_rule(rows, top)
        cells.append(RuledCell(text, row, max(nearest_rule(rows, bottom) - row, 1), page, box))
    if not any(cell.text for cell in cells):
        return None, runs
    return Grid(rows[0], cells, page), runs


def _lines(runs: Iterable[_Run], page: int) -> list[Line]:
    if not runs:
        return []
    chars = list(chain(*runs))
    # Digits of a title stand in a font of their own, a little higher than the characters beside them.
    reach = max(_Y_TOLERANCE, _OF_SIZE * max(char["size"] for char in chars))
    lines = []
    for line in chars_to_textmap(chars, y_tolerance=reach).extract_text_lines(strip=True, return_chars=True):
        size = median(char["size"] for char in line["chars"])
        text = without_radicals(line["text"])
        lines.append(Line(text, line["x0"], line["x1"], line["top"], line["bottom"], size, page))
    return [line for line in lines if line.text]


def _drop_running_lines(pages: list[Page]) -> None:
    """Takes out page numbers and running heads: the outermost line of a page, when the next page or the one
    after has the same one there but for its digits. Several reports in a file begin and end alike, further
    apart, and their headings and dates are no running lines."""
    for place in (0, -1):
        shapes = [_outermost(page, place) for page in pages]
        for number, (page, shape) in enumerate(zip(pages, shapes, strict=True)):
            near = shapes[max(number - _APART, 0) : number] + shapes[number + 1 : number + _APART + 1]
            if shape is not None and shape in near:
                del page.lines[place]


def _outermost(page: Page, place: int) -> str | None:
    """The first (0) or last (-1) line of a page without blanks and digits, if no table is beyond it and it is
    no line of the text."""
    if not page.lines:
        return None
    line = page.lines[place]
    if _HEADING.match(line.text) or is_date(line.text):
        return None
    beyond = any(
        grid.top < line.top if place == 0 else max(cell.box.bottom for cell in grid.cells) > line.bottom
        for grid in page.grids
    )
    return None if beyond else re.sub(r"[\d\s]", "", line.text)


def _blocks(pages: list[Page]) -> Iterator[Block]:
    """Paragraphs and tables in reading order, each joined over the page breaks inside it."""
    left, right = _margins(line for page in pages for line in page.lines)
    parts: list[list[Line] | Grid | Aligned] = []
    for item in _items(pages):
        last = parts[-1] if parts else None
        if isinstance(item, Grid):
            if isinstance(last, Grid) and continues(last, item):
                append(last, item)
            else:
                parts.append(item)
        elif isinstance(item, Aligned):
            parts.append(item)
        elif isinstance(last, list) and not _starts_paragraph(last[-1], item, left, right):
            last.append(item)
        else:
            parts.append([item])
    for part in parts:
        if isinstance(part, Aligned):
            yield part.table
        else:
            yield to_table(part) if isinstance(part, Grid) else _paragraph(part)


def _items(pages: list[Page]) -> Iterator[Line | Grid | Aligned]:
    for page in pages:
        items: list[Line | Grid | Aligned] = [*page.lines, *page.grids, *page.aligned]
        yield from sorted(items, key=lambda item: item.top)


def _margins(lines: Iterable[Line]) -> tuple[float, float]:
    """The outermost places where at least two lines begin and end."""
    starts: Counter[int] = Counter()
    ends: Counter[int] = Counter()
    for line in lines:
        starts[round(line.x0)] += 1
        ends[round(line.x1)] += 1
    left = min((start for start, count in starts.items() if count > 1), default=min(starts, default=0))
    right = max((end for end, count in ends.items() if count > 1), default=max(ends, default=0))
    return left, right


def _starts_paragraph(before: Line, line: Line, left: float, right: float) -> bool:
    """Whether a line opens a new paragraph: numbered heading, indented, other size, or after a short line.

    The lines of a centred title are indented and short, but larger and of one size: they stay together.
    """
    if _HEADING.match(line.text) or abs(line.size - before.size) > 1.5:
        return True
    if line.page == before.page and line.top - before.bottom > 2.5 * line.size:
        return True
    middle = (left + right) / 2
    if all(item.x0 > left + item.size and _is_centred(item, middle) for item in (before, line)):
        return False
    return line.x0 > left + 0.8 * line.size or before.x1 < right - 1.5 * before.size


def _is_centred(line: Line, middle: float) -> bool:
    return abs((line.x0 + line.x1) / 2 - middle) < line.size


def _paragraph(lines: list[Line]) -> Paragraph:
    return Paragraph(join_lines([line.text for line in lines]), lines[0].page)
