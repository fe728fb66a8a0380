"""Scans: pictures of pages to paragraphs and ruled tables, by OCR.

A number that may be wrong never passes for certain: see figures.py for when a cell is `doubtful`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from io import BytesIO
from statistics import median

import numpy as np
import pypdfium2
from numpy.typing import NDArray
from PIL import Image, ImageOps, ImageSequence

from parsers.model import Box, Document, IssueCode, ReadError, Table
from parsers.readers.figures import read_cells
from parsers.readers.grids import Grid, RuledCell
from parsers.readers.ocr import Bounds, Picture, find_lines, recognise, stand_on_their_heads
from parsers.readers.pages import Line, Page, blocks_of
from parsers.readers.picture import WIDTH, prepare, straightened
from parsers.readers.ruling import RuledBox, find_tables

_MAX_PIXELS = 60_000_000
"""A4 at 600 dpi has 35 million; what is much larger is no page, or a decompression bomb."""
_LONGEST = 8
"""Long side of a page by its short side: several pages in one picture still pass, a banner does not."""
_MAX_PAGES = 60
"""An annual report has 3 to 20 pages; at some 5 seconds each, a book would hold up everything else."""
_POINT = 595 / WIDTH
"""Points of a pixel: the short side of every page counts as that of A4, as pictures tell no true size."""
_FEED = 30.0
"""Points by which a sheet may lie farther left or right in the scanner than the one before."""
_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, struct.error, Image.DecompressionBombError)


def read(data: bytes) -> Document:
    """A picture file (PNG, JPEG, TIFF); each picture of a TIFF is a page.

    Raises ReadError (DAMAGED_FILE): broken, too large, too many pages.
    """
    return read_images(_frames(data))


def _frames(data: bytes) -> Iterator[NDArray[np.uint8]]:
    try:
        with Image.open(BytesIO(data)) as file:
            for number, frame in enumerate(ImageSequence.Iterator(file), 1):
                _check_size(frame.width, frame.height, number)
                yield np.asarray(ImageOps.exif_transpose(frame).convert("RGB"), np.uint8)
    except _DAMAGE as error:
        raise ReadError(IssueCode.DAMAGED_FILE, f"damaged picture: {error}") from error


def read_pdf(data: bytes) -> Document:
    """A PDF whose pages are pictures, without regard to a text layer. Raises ReadError as `read`."""
    return read_images(_rendered(data))


def _rendered(data: bytes) -> Iterator[NDArray[np.uint8]]:
    try:
        with pypdfium2.PdfDocument(data) as file:
            for index in range(len(file)):
                page = file[index]
                width, height = page.get_size()
                scale = min(WIDTH / max(min(width, height), 1), _fineness(page))
                _check_size(width * scale, height * scale, index + 1)
                yield np.array(page.render(scale=scale).to_pil().convert("RGB"), np.uint8)
                page.close()
    except pypdfium2.PdfiumError as error:
        raise ReadError(IssueCode.DAMAGED_FILE, f"damaged PDF: {error}") from error


def _fineness(page: pypdfium2.PdfPage) -> float:
    """Pixels in a point of the pictures that the page consists of: finer than that it is not rendered, so
    that what is too small to read stays known as small."""
    width, _ = page.get_size()
    found = []
    for item in page.get_objects(filter=(pypdfium2.raw.FPDF_PAGEOBJ_IMAGE,)):
        left, _, right, _ = item.get_bounds()
        if right - left > width / 2:
            found.append(item.get_px_size()[0] / (right - left))
    return max(found, default=float("inf"))


def _check_size(width: float, height: float, number: int) -> None:
    """Raises ReadError for what is no page, before anything of that size is made of it."""
    short, long = sorted((width, height))
    if short < 1 or long > _LONGEST * short or width * height > _MAX_PIXELS:
        message = f"page {number} is a picture of {width:.0f} x {height:.0f} pixels, which is no page"
        raise ReadError(IssueCode.DAMAGED_FILE, message)
    if number > _MAX_PAGES:
        raise ReadError(IssueCode.DAMAGED_FILE, f"a scan of more than {_MAX_PAGES} pages")


def pages_to_recognise(data: bytes) -> int:
    """How many pages of a picture file or a PDF have to go through OCR; 0 for a PDF with a text layer."""
    try:
        if not data.startswith(b"%PDF-"):
            with Image.open(BytesIO(data)) as file:
                return min(getattr(file, "n_frames", 1), _MAX_PAGES)
        with pypdfium2.PdfDocument(data) as file:
            pages = min(len(file), _MAX_PAGES)
            return 0 if any(file[i].get_textpage().count_chars() for i in range(pages)) else pages
    except (*_DAMAGE, pypdfium2.PdfiumError):
        return 0


def read_images(pictures: Iterable[NDArray[np.uint8]]) -> Document:
    """Pages as pictures (rows, columns, red-green-blue) to paragraphs and ruled tables.

    A cell that may be misread is `doubtful`. Boxes are in points of the page set upright and straight, its
    short side taken for 595 (A4).
    """
    pages = [_page(picture, number) for number, picture in enumerate(pictures, 1)]
    shifts = _align(pages)
    return Document(
        tuple(
            replace(_unaligned(block, shifts), recognised=True) if isinstance(block, Table) else block
            for block in blocks_of(pages)
        )
    )


def _page(picture: NDArray[np.uint8], number: int) -> Page:
    straight, enlarged = prepare(picture)
    page, lines = _upright(straight)
    tables = find_tables(page)
    grids = [_grid(page, table, number, enlarged) for table in tables]
    rows = _rows([line for line in lines if not _in_table(line, tables)])
    texts = recognise([page[top:bottom, x0:x1] for row in rows for x0, top, x1, bottom in row])
    read = iter(text.strip() for text, _ in texts)
    printed = [_line(row, [next(read) for _ in row], number) for row in rows]
    return Page(
        _even([line for line in printed if line.text]),
        [grid for grid in grids if any(cell.text for cell in grid.cells)],
    )


def _upright(page: Picture) -> tuple[Picture, list[Bounds]]:
    """The page turned by quarters until its lines can be read, and its lines."""
    lines = find_lines(page)
    across = sum(x1 - x0 for x0, _, x1, _ in lines)
    if sum(bottom - top for _, top, _, bottom in lines) > across:
        page = straightened(np.rot90(page).copy())
        lines = find_lines(page)
    longest = sorted(lines, key=lambda line: line[0] - line[2])[:9]
    if stand_on_their_heads([page[top:bottom, x0:x1] for x0, top, x1, bottom in longest]):
        page = np.rot90(page, 2).copy()
        lines = find_lines(page)
    return page, lines


def _in_table(line: Bounds, tables: Sequence[Sequence[RuledBox]]) -> bool:
    x, y = (line[0] + line[2]) / 2, (line[1] + line[3]) / 2
    return any(cell.x0 <= x < cell.x1 and cell.top <= y < cell.bottom for cells in tables for cell in cells)


def _rows(lines: Iterable[Bounds]) -> list[list[Bounds]]:
    """Pieces of text on one height, left to right; from top to bottom."""
    rows: list[list[Bounds]] = []
    for line in sorted(lines, key=lambda line: line[1] + line[3]):
        before = rows[-1][-1] if rows else None
        middle = (line[1] + line[3]) / 2
        if before is not None and before[1] < middle < before[3] and line[1] < (before[1] + before[3]) / 2:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row) for row in rows]


def _line(pieces: Sequence[Bounds], texts: Sequence[str], page: int) -> Line:
    x0, top, x1, bottom = (
        min(piece[0] for piece in pieces), min(piece[1] for piece in pieces),
        max(piece[2] for piece in pieces), max(piece[3] for piece in pieces),
    )  # fmt: skip
    box = _box(x0, top, x1, bottom)
    height = box.bottom - box.top
    return Line(" ".join(filter(None, texts)), box.x0, box.x1, box.top, box.bottom, height, page)


def _even(lines: list[Line]) -> list[Line]:
    """The lines with one size for what differs by the accident of the boxes around their letters."""
    usual = median(line.size for line in lines) if lines else 0.0
    return [replace(line, size=usual) if abs(line.size - usual) < 0.25 * usual else line for line in lines]


def _box(x0: int, top: int, x1: int, bottom: int) -> Box:
    return Box(x0 * _POINT, top * _POINT, x1 * _POINT, bottom * _POINT)


def _grid(page: Picture, table: Sequence[RuledBox], number: int, enlarged: float) -> Grid:
    cells = [
        RuledCell(
            read.text, cell.row, cell.rowspan, number,
            _box(cell.x0, cell.top, cell.x1, cell.bottom), read.doubtful,
        )
        for cell, read in zip(table, read_cells(page, table, enlarged), strict=True)
    ]  # fmt: skip
    return Grid(cells[0].box.top, cells, number)


def _align(pages: Sequence[Page]) -> dict[int, float]:
    """Shifts pages sideways so that a table which goes on has its rules under those of the page before.

    Returns the points by which each page number was moved to the right.
    """
    shifts: dict[int, float] = {}
    above: Grid | None = None
    for page in pages:
        if above is not None and page.grids:
            (left, right), (x0, x1) = _sides(above), _sides(page.grids[0])
            if abs(left - x0) < _FEED and abs((right - left) - (x1 - x0)) < _FEED / 3:
                shift = (left + right - x0 - x1) / 2
                shifts[page.grids[0].last_page] = shift
                for grid in page.grids:
                    grid.cells[:] = [replace(cell, box=_moved(cell.box, shift)) for cell in grid.cells]
        above = page.grids[-1] if page.grids else None
    return shifts


def _sides(grid: Grid) -> tuple[float, float]:
    return min(cell.box.x0 for cell in grid.cells), max(cell.box.x1 for cell in grid.cells)


def _moved(box: Box, shift: float) -> Box:
    return replace(box, x0=box.x0 + shift, x1=box.x1 + shift)


def _unaligned(table: Table, shifts: dict[int, float]) -> Table:
    """The table with its boxes where they are on their pages."""
    cells = [
        replace(cell, box=_moved(cell.box, -shifts.get(cell.page, 0.0)))
        if cell.box is not None and cell.page is not None
        else cell
        for cell in table.cells
    ]
    return replace(table, cells=tuple(cells))
