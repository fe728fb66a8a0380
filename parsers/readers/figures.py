"""What the cells of a scanned table print, and whether that is certain.

A figure is certain if the OCR reads the same from two different pictures of its ink, the glyphs fit it, and
nothing before it can be a minus sign.
One picture is the line as printed; the other repeats it, black on white: a lone digit, which the OCR takes
for a letter or for nothing, becomes a word, and a slip seldom comes twice the same way.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

import cv2
import numpy as np

from parsers.readers.glyphs import (
    PITCH,
    InkLine,
    Tones,
    cut_out,
    fits,
    ink_lines,
    is_dash,
    leaning,
    may_be_led_by_a_dash,
    pitch_of,
    reach,
    tones,
    without_dash,
)
from parsers.readers.grids import join_lines
from parsers.readers.ocr import Picture, recognise
from parsers.readers.ruling import RuledBox
from parsers.values import is_value

_CHINESE = re.compile("[\u4e00-\u9fff]")
_NUMBER = re.compile(r"(0|[1-9]\d*|[1-9]\d{0,2}(,\d{3})+)(\.\d+)?")
_BLANK = re.compile(r"\s+")
_SLASH = 0.28
_UPRIGHT = 0.12
"""How far a stroke leans: from here on it is a slash; up to here it can be a digit; between, who knows."""
_DIRT = ".,:;·'`"
"""What the OCR takes specks for at the ends of a figure."""
_LETTERS = str.maketrans("lI|Oo〇", "111000")
"""What the OCR takes digits for; counted as the digit where the other reading gives it."""
_ENOUGH = 5
"""Figures of a table that tell the pitch of its digits."""
_SMALLEST = 11
"""Pixels of the file that a digit must be high: below, the OCR reads 9981 as 0001, and both times."""


@dataclass(frozen=True, slots=True)
class CellText:
    """What a cell prints. `doubtful`: the print, or what the cell is, is not certain."""

    text: str
    doubtful: bool


@dataclass(frozen=True, slots=True)
class _Figure:
    """A line of print that may be a number, as first read, and the unit in the line below it."""

    line: InkLine
    text: str
    unit: str


def read_cells(page: Picture, cells: Sequence[RuledBox], enlarged: float = 1.0) -> list[CellText]:
    """The texts of the cells of a table, in their order; `enlarged`: by how much the file's picture was.

    A cell without ink is blank; one with ink that cannot be read is "" and doubtful. Labels are read once:
    what a row or column means is told from whole words.
    """
    tone = tones(page)
    ink = [ink_lines(page, (cell.x0, cell.top, cell.x1, cell.bottom), tone.ink) for cell in cells]
    lines = [line for cell_lines in ink for line in cell_lines]
    texts = iter(_first_reading(page, lines, tone))
    found = []
    figures: dict[int, _Figure] = {}
    for number, (cell, cell_lines) in enumerate(zip(cells, ink, strict=True)):
        parts = [next(texts) for _ in cell_lines]
        text = join_lines(parts)
        marked = len(cell_lines) == 1 and _mark(page, cell_lines[0], tone) == text
        certain = not cell_lines or _is_label(text) or marked
        found.append(CellText(text, cell.doubtful or not certain))
        one_line = all(_CHINESE.fullmatch(part) for part in parts[1:])
        if not certain and not cell.doubtful and one_line:
            figures[number] = _Figure(cell_lines[0], parts[0], "".join(parts[1:]))
    second = _second_reading(page, [figure.line for figure in figures.values()], tone)
    pitch = _pitch(figures.values(), second)
    for (number, figure), reading in zip(figures.items(), second, strict=True):
        agreed = _agreed(page, figure, tone, reading, pitch)
        small = figure.line.tallest < _SMALLEST * enlarged
        found[number] = CellText(agreed.text + figure.unit, agreed.doubtful or small)
    return found


def _pitch(figures: Iterable[_Figure], second: Iterable[str]) -> float:
    """The pitch of the digits of a table, by the figures that were read the same twice."""
    told = [
        pitch
        for figure, reading in zip(figures, second, strict=True)
        if _plain(figure.text) == reading and (pitch := pitch_of(figure.line, reading)) is not None
    ]
    return median(told) if len(told) >= _ENOUGH else PITCH


def _is_label(text: str) -> bool:
    return len(_CHINESE.findall(text)) > 1 and not is_value(text)


def _plain(text: str) -> str:
    return _BLANK.sub("", unicodedata.normalize("NFKC", text))


def _mark(page: Picture, line: InkLine, tone: Tones) -> str | None:
    """The mark for none that the line is by its shape, whatever the OCR takes it for."""
    if is_dash(line):
        return "—"
    return "/" if leaning(page, line, tone.ink) >= _SLASH else None


def _first_reading(page: Picture, lines: Sequence[InkLine], tone: Tones) -> list[str]:
    read = recognise([cut_out(page, line, tone.paper, max(4, line.height // 3)) for line in lines])
    return [_mark(page, line, tone) or text.strip() for line, (text, _) in zip(lines, read, strict=True)]


def _second_reading(page: Picture, lines: Sequence[InkLine], tone: Tones) -> list[str]:
    """Each line read again, from another picture than the first time.

    Where the repeated line gives no clear answer, it is read once more, larger.
    """
    strips = [_repeated(page, line, tone) for line in lines]
    read = recognise([strip for strip, _ in strips])
    second = [_once(_plain(text), times) for (text, _), (_, times) in zip(read, strips, strict=True)]
    unclear = [number for number, text in enumerate(second) if not text or not is_value(text)]
    larger = recognise([_larger(page, lines[number], tone) for number in unclear])
    for number, (text, _) in zip(unclear, larger, strict=True):
        second[number] = _plain(text)
    return second


def _repeated(page: Picture, line: InkLine, tone: Tones) -> tuple[Picture, int]:
    """The line in full contrast, side by side with itself, and how many times."""
    picture = cut_out(page, line, tone.paper, 2).astype(np.float32)
    black = 2 * tone.ink - tone.paper
    picture = np.clip((picture - black) * 255 / max(tone.paper - black, 1), 0, 255)
    height, width = picture.shape
    times = min(max(9 * height // (width + height // 3), 2), 4)
    gap = np.full((height, max(height // 3, 3)), 255)
    strip = np.hstack([gap, *[picture, gap] * times])
    return np.pad(strip, ((height // 5, height // 5), (0, 0)), constant_values=255).astype(np.uint8), times


def _larger(page: Picture, line: InkLine, tone: Tones) -> Picture:
    picture = cut_out(page, line, tone.paper, max(4, line.height // 5))
    return cv2.resize(picture, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC).astype(np.uint8)


def _once(text: str, times: int) -> str:
    """What stands there when it is repeated so many times; "" if the repetitions differ."""
    once = text[: len(text) // times]
    return once if once * times == text else ""


def _agreed(page: Picture, figure: _Figure, tone: Tones, second: str, pitch: float) -> CellText:
    """The figure that both readings give, or the likelier one as doubtful."""
    first, line = figure.text, figure.line
    text = _plain(first)
    if text != second and text.translate(_LETTERS) == second:
        first = text = second
    if text != second:
        return CellText(second if is_value(second) and not is_value(text) else first.strip(_DIRT), True)
    if _NUMBER.fullmatch(text):
        upright = abs(leaning(page, line, tone.ink)) <= _UPRIGHT
        fitting = upright and fits(line, text, pitch, reach(page, line, tone.ink))
        return CellText(first, not fitting or may_be_led_by_a_dash(page, line, tone))
    if _NUMBER.fullmatch(text.removeprefix("-")):
        rest = without_dash(line)
        return CellText(first, rest is None or not fits(rest, text[1:], pitch, reach(page, rest, tone.ink)))
    if not is_value(text) or text.isdigit():
        return CellText(first.strip(_DIRT), True)
    return CellText(first, not text)
