"""Scans: two invented reports, printed from a known truth and spoilt as scanners spoil paper.

`report.tif` is a whole report in black and white at 200 dpi; `crooked.jpg` is the middle page of another at
150 dpi, turned, grainy, with specks and a red seal over the table.
"""

import json
from functools import cache
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from parsers.model import CellStatus, Document, GridCell, IssueCode, Paragraph, ReadError, Table
from parsers.parse import read_report
from parsers.readers import scan
from parsers.readers.glyphs import PITCH, InkLine, fits, leaning
from parsers.readers.ruling import RuledBox, find_tables

SCANS = Path(__file__).parent / "scans"
Picture = NDArray[np.uint8]


def page(number: int) -> Picture:
    """A page of report.tif as it is read from the file: red-green-blue."""
    with Image.open(SCANS / "report.tif") as file:
        file.seek(number)
        return np.array(file.convert("RGB"), np.uint8)


def tables(document: Document) -> list[Table]:
    return [block for block in document.blocks if isinstance(block, Table)]


def texts(document: Document) -> list[str]:
    return [block.text for block in document.blocks if isinstance(block, Paragraph)]


def figures(table: Table) -> list[list[GridCell]]:
    """The last seven cells of each row: what stands under the columns of the applications table."""
    return [row[-7:] for row in table.rows() if len(row) > 7]


@cache
def crooked() -> Document:
    return scan.read((SCANS / "crooked.jpg").read_bytes())


def test_scanned_report_gives_every_number_of_its_tables() -> None:
    truth = json.loads((SCANS / "report.json").read_text(encoding="utf-8"))
    report = read_report(scan.read((SCANS / "report.tif").read_bytes()), "report.tif")
    assert (report.agency, report.report_year) == (truth["agency"], truth["report_year"])
    assert {name: cell.value for name, cell in report.cells.items()} == truth["cells"]
    assert {cell.status for cell in report.cells.values()} == {CellStatus.STATED}


def test_no_wrong_number_passes_for_certain_on_a_spoilt_page() -> None:
    rows = json.loads((SCANS / "crooked.json").read_text(encoding="utf-8"))["rows"]
    [table] = tables(crooked())
    read = [
        (cell, value)
        for cells, row in zip(figures(table), rows, strict=True)
        for cell, value in zip(cells, row, strict=True)
    ]
    certain = [(cell.text, str(value)) for cell, value in read if not cell.doubtful]
    assert [pair for pair in certain if pair[0] != pair[1]] == []
    assert len(certain) > 0.9 * len(read)


def test_cells_know_page_and_box() -> None:
    [table] = tables(crooked())
    cell = next(cell for cell in table.cells if cell.text == "76032")
    assert (cell.page, cell.rowspan, cell.colspan) == (1, 1, 1)
    assert cell.box is not None
    assert 0 < cell.box.x0 < cell.box.x1 < 595
    assert 0 < cell.box.top < cell.box.bottom < 842


def pdf_of(*pages: Picture) -> bytes:
    first, *others = (Image.fromarray(picture) for picture in pages)
    file = BytesIO()
    first.save(file, "PDF", save_all=True, append_images=others, resolution=200)
    return file.getvalue()


@pytest.mark.parametrize("quarters", [1, 2])
def test_scanned_pdf_is_read_whichever_way_the_sheet_lay(quarters: int) -> None:
    document = scan.read_pdf(pdf_of(np.rot90(page(2), quarters).copy()))
    assert any("存在的主要问题及改进情况" in text for text in texts(document))
    assert [cell.text for cell in tables(document)[-1].rows()[0]] == ["行政复议", "行政诉讼"]


def inside(cell: GridCell, picture: Picture) -> tuple[slice, slice]:
    """The pixels of a cell within its rules."""
    box = cell.box
    assert box is not None
    x0, top, x1, bottom = (int(v * picture.shape[1] / 595) for v in (box.x0, box.top, box.x1, box.bottom))
    return slice(top + 6, bottom - 6), slice(x0 + 6, x1 - 6)


def test_blot_over_a_figure_is_doubtful_and_an_erased_one_blank() -> None:
    picture = page(2)
    row = tables(scan.read_images([picture]))[-1].rows()[-1]
    picture[inside(row[5], picture)] = 255
    blotted = picture[inside(row[4], picture)]
    for y in range(4, blotted.shape[0] - 4, 7):
        blotted[y : y + 3, 8:-8] = 30
    again = tables(scan.read_images([picture]))[-1].rows()[-1]
    assert again[4].doubtful
    assert (again[5].text, again[5].doubtful) == ("", False)
    assert [cell.text for cell in again[6:]] == [cell.text for cell in row[6:]]


def test_figures_too_small_to_read_are_doubtful() -> None:
    picture = page(2)
    small = cv2.resize(picture, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA).astype(np.uint8)
    found = tables(scan.read_images([small]))
    numbers = [cell for table in found for cell in table.cells if cell.text.replace(",", "").isdigit()]
    assert all(cell.doubtful for cell in numbers)


def png(picture: Image.Image) -> bytes:
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def damaged_files() -> dict[str, bytes]:
    whole = (SCANS / "crooked.jpg").read_bytes()
    return {
        "truncated": whole[: len(whole) // 3],
        "no picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4,
        "decompression bomb": png(Image.new("1", (20_000, 20_000))),
        "banner": png(Image.new("1", (2_000, 10))),
        "too large": png(Image.new("1", (9_000, 9_000))),
    }


@pytest.mark.parametrize("kind", damaged_files())
def test_damage_is_a_typed_error(kind: str) -> None:
    with pytest.raises(ReadError) as error:
        scan.read(damaged_files()[kind])
    assert error.value.code is IssueCode.DAMAGED_FILE


def test_damaged_pdf_is_a_typed_error() -> None:
    with pytest.raises(ReadError) as error:
        scan.read_pdf(b"%PDF-1.4\n" + bytes(range(256)) * 20)
    assert error.value.code is IssueCode.DAMAGED_FILE


def test_white_page_holds_nothing() -> None:
    assert scan.read_images([np.full((2339, 1654, 3), 255, np.uint8)]).blocks == ()


COLUMNS = (200, 500, 900, 1300)
ROWS = (300, 360, 420, 480)


def drawing(grey: int = 0) -> Picture:
    """A table of 3 x 3; the first column is one cell."""
    picture = np.full((1000, 1654), 250, np.uint8)
    for y in ROWS:
        cv2.line(picture, (COLUMNS[1] if y in ROWS[1:3] else COLUMNS[0], y), (COLUMNS[-1], y), (grey,), 1)
    for x in COLUMNS:
        cv2.line(picture, (x, ROWS[0]), (x, ROWS[-1]), (grey,), 1)
    return picture


def shape(cells: list[RuledBox]) -> list[tuple[int, int, int, int]]:
    return [(cell.row, cell.column, cell.rowspan, cell.colspan) for cell in cells]


WHOLE = [(0, 0, 3, 1), (0, 1, 1, 1), (0, 2, 1, 1), (1, 1, 1, 1), (1, 2, 1, 1), (2, 1, 1, 1), (2, 2, 1, 1)]


def test_rules_of_one_faint_pixel_are_found_in_noise() -> None:
    noise = np.random.default_rng(3).normal(0, 4, (1000, 1654))
    [cells] = find_tables(np.clip(drawing(grey=205) + noise, 0, 255).astype(np.uint8))
    assert shape(cells) == WHOLE
    assert not any(cell.doubtful for cell in cells)


def test_table_open_at_the_page_break_keeps_its_rows() -> None:
    picture = drawing()
    picture[ROWS[-1] - 1 : ROWS[-1] + 2, COLUMNS[0] : COLUMNS[-1]] = 250
    for x in COLUMNS:
        cv2.line(picture, (x, ROWS[0]), (x, ROWS[-1]), (0,), 1)
    [cells] = find_tables(picture)
    assert shape(cells) == WHOLE


def test_rule_that_is_half_there_makes_its_cells_doubtful() -> None:
    picture = drawing()
    picture[ROWS[1] + 14 : ROWS[1] + 30, COLUMNS[2] - 3 : COLUMNS[2] + 4] = 250
    [cells] = find_tables(picture)
    doubtful = [(cell.row, cell.column) for cell in cells if cell.doubtful or cell.colspan > 1]
    assert doubtful == [(1, 1)]


def test_frame_around_text_is_no_table() -> None:
    picture = np.full((1000, 1654), 250, np.uint8)
    cv2.rectangle(picture, (200, 200), (1400, 700), (0,), 2)
    assert find_tables(picture) == []


def stroke(top: tuple[int, int], bottom: tuple[int, int]) -> tuple[Picture, InkLine]:
    picture = np.full((60, 60), 250, np.uint8)
    cv2.line(picture, top, bottom, (0,), 3)
    y, x = np.nonzero(picture < 128)
    bounds = (int(x.min()), int(y.min()), int(x.max()) + 1, int(y.max()) + 1)
    return picture, InkLine(bounds, (bounds,), 0)


def test_slash_is_told_from_a_one_by_its_lean() -> None:
    assert leaning(*stroke((34, 15), (24, 40)), 128) > 0.3
    assert abs(leaning(*stroke((30, 15), (30, 40)), 128)) < 0.05


def digits(*x: int, point: tuple[int, int, int, int] | None = None) -> InkLine:
    """A line of digits of 12 x 20 pixels that begin at these places."""
    blots = sorted([(place, 10, place + 12, 30) for place in x] + ([point] if point else []))
    return InkLine((blots[0][0], 10, max(blot[2] for blot in blots), 34), tuple(blots), 0)


def test_glyphs_are_counted() -> None:
    assert fits(digits(0, 15, 30), "385", PITCH, 0.5)
    assert not fits(digits(0, 15), "385", PITCH, 0.5)
    assert not fits(digits(0, 60), "12", PITCH, 0.5)  # two numbers


def test_comma_hangs_below_the_line_and_point_does_not() -> None:
    comma, point = (13, 27, 16, 34), (13, 27, 16, 30)
    assert fits(digits(0, 18, 32, 46, point=comma), "4,401", PITCH, 0.5)
    assert not fits(digits(0, 18, 32, 46, point=comma), "4.401", PITCH, 0.5)
    assert fits(digits(0, 18, 32, 46, point=point), "4.401", PITCH, 0.5)
