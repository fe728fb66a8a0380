"""Spreadsheets, XLSX and XLS: what each sheet prints, as tables between paragraphs.

XLSX is read with lxml, part by part: calamine (MIT) ends the whole process, uncatchably, on a file of 5 KB
whose last cell stands in the last row and column; openpyxl gives a workbook up for one style it does not
know, and spends seconds on blank formatted rows. XLS is read by xlrd (BSD).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

from parsers.model import Block, Document, Geometry, GridCell, IssueCode, Paragraph, ReadError, Table

MOST_CELLS = 200_000
"""Most printed cells of a workbook, merged ones counted whole; one form has about 320."""

_LONGEST_LABEL = 200  # a cell with more characters holds an article, not a label or a number of a form


@dataclass(frozen=True, slots=True)
class SheetCell:
    """A cell as the sheet prints it. `ruled`: it has borders, so it is part of a table even if blank."""

    text: str
    ruled: bool


@dataclass(slots=True)
class Sheet:
    """A visible sheet: cells by (row, column), and merged ranges (top, left, bottom, right), inclusive."""

    name: str
    cells: dict[tuple[int, int], SheetCell] = field(default_factory=dict)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
