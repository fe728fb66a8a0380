"""Plain text as converters leave it, read into paragraphs and tables.

Four layouts carry tables: one cell a line, indented by a tab, with a blank line after each row; rows
with tabs between the cells; with pipes (markdown); with commas (a sheet saved as CSV).
"""

from __future__ import annotations

import re
from html import unescape

from parsers.charset import decode_text
from parsers.forms import load_forms
from parsers.model import Block, Document, Geometry, GridCell, Paragraph, Table
from parsers.narrative import section_of
from parsers.readers.commas import comma_rows, is_alone, is_prose
from parsers.values import is_blank, is_value

_HEADING = re.compile(
    r"\s*(?:[一二三四五六七八九十]{1,2}[、.．]|[（(][一二三四五六七八九十]{1,2}[）)]|\d[、.．])"
)
_MARKDOWN_HEADING = re.compile(r"\s*(#{1,6})\s+(?=\S)")
_LONGEST_CONTINUATION = 20
_BARS = str.maketrans("│┃║｜", "||||")
_BORDER = re.compile(r"\s*[+─━═┄┅┈┉╌╍╭-╰┌-╬][-=+|─━═┄┅┈┉╌╍╭-╰┌-╬\s]{2,}")
"""A line that only draws: +-----+ or ├──┼──┤."""


def read(data: bytes) -> Document:
    """Reads a text file; its charset is found out (see parsers.charset)."""
    return Document(tuple(blocks_of(decode_text(data))))


def blocks_of(text: str) -> list[Block]:
    """Paragraphs and tables of a text in which line breaks and tabs carry the layout."""
    reader = _LineReader()
    for line in comma_rows(text.replace("\r\n", "\n").replace("\r", "\n").split("\n")):
        if isinstance(line, str):
            reader.line(line)
        else:
            reader.cells(line)
    reader.end_table()
    return reader.blocks


class _LineReader:
    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.rows: list[list[str]] = []
        self.geometry = Geometry.LOOSE
        self.row_open = False

    def line(self, line: str) -> None:
        line = line.rstrip("\n\f").translate(_BARS)
        if _BORDER.fullmatch(line):
            return
        if "\t" not in line and is_blank(line):
            self._blank_line()
        elif _is_cell_line(line):
            self._cell(line[1:])
        elif "\t" in line:
            self._row(line.split("\t"))
        elif line.count("|") >= 2:
            cells = unescape(line).strip().removeprefix("|").rstrip("|").split("|")
            self._row([cell.strip() for cell in cells])
        elif self._continues_cell(line):
            self.rows[-1][-1] += "\n" + line
        else:
            self.end_table()
            hashes = _MARKDOWN_HEADING.match(line)
            level = len(hashes[1]) if hashes else None
            self.blocks.append(Paragraph(line[hashes.end() if hashes else 0 :].strip(), level=level))

    def cells(self, cells: list[str]) -> None:
        """Takes a row of a sheet. One cell alone in it is a line of text, or a label in a table."""
        text = cells[0].strip()
        if not is_alone(cells) or (self.rows and not is_prose(text) and not is_section(text)):
            self._row(cells)
            return
        self.end_table()
        self.blocks.append(Paragraph(text))

    def _blank_line(self) -> None:
        self.row_open = False
        if self.geometry is Geometry.LOOSE:
            self.end_table()

    def _cell(self, text: str) -> None:
        if self.geometry is not Geometry.SEQUENCE:
            self.end_table()
            self.geometry = Geometry.SEQUENCE
        if not self.row_open:
            self.rows.append([])
            self.row_open = True
        self.rows[-1].append(text)

    def _row(self, cells: list[str]) -> None:
        if self.geometry is not Geometry.LOOSE:
            self.end_table()
        self.rows.append(cells)

    def _continues_cell(self, line: str) -> bool:
        return (
            self.row_open
            and len(line) <= _LONGEST_CONTINUATION
            and not _HEADING.match(line)
            and not is_value(self.rows[-1][-1])
        )

    def end_table(self) -> None:
        """Closes the table that is being read, if any."""
        cells = tuple(
            GridCell(text, row, column)
            for row, texts in enumerate(self.rows)
            for column, text in enumerate(texts)
        )
        if cells:
            self.blocks.append(Table(cells, self.geometry))
        self.rows, self.geometry, self.row_open = [], Geometry.LOOSE, False


def is_section(text: str) -> bool:
    """Whether a line is the heading of a section of a report."""
    return section_of(text, load_forms()[0]) is not None


def _is_cell_line(line: str) -> bool:
    return line.startswith("\t") and "\t" not in line[1:].rstrip()
