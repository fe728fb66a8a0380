"""What the parsers give: the `Document` that every reader makes, and the `Report` read from it.

A `Document` is a list of blocks, paragraphs and tables, whatever the file format was.
A `Report` is one agency's report of one year: cells, checks, narrative sections and metadata.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from operator import attrgetter


class Outcome(StrEnum):
    """What a document turned out to be."""

    REPORT = "report"
    NOT_REPORT = "not_report"
    UNREADABLE = "unreadable"


class CellStatus(StrEnum):
    """How the value of one cell of the form is known."""

    STATED = "stated"
    """The document prints this number in this cell."""
    BLANK = "blank"
    """The cell is printed and empty."""
    NOT_APPLICABLE = "not_applicable"
    """The cell prints "/", "-", "—" or 无."""
    DEDUCED = "deduced"
    """Lost in the document, settled uniquely by the edit rules."""
    UNCERTAIN = "uncertain"
    """Something was read, but which cell or which number is not certain; candidates stand in `raw`."""
    ABSENT = "absent"
    """The document does not hold this cell."""


class CheckOutcome(StrEnum):
    """Result of one edit rule at one place. `not_checkable`: a cell that it needs has no number."""

    PASS = "pass"
    FAIL = "fail"
    NOT_CHECKABLE = "not_checkable"


class Scope(StrEnum):
    """Whose activity a report counts; reports of different scope are never added up.

    Told by the title (关区, 系统) or by the sentence that counts the requests: 全市共受理…申请 is the whole
    jurisdiction, 全系统 or 关区 the system, 我局 or 办公室 the organ itself. Not told: None.
    """

    OWN_ORGAN = "own_organ"
    """The reporting body alone."""
    WHOLE_JURISDICTION = "whole_jurisdiction"
    """A government with its departments and lower governments (全市)."""
    VERTICAL_SYSTEM = "vertical_system"
    """A body with its branches (关区, 全系统)."""


class IssueCode(StrEnum):
    """Everything that the parsers report about a document beside its cells."""

    NO_AGENCY = "no_agency"
    """Neither title nor signature names the agency."""
    NO_REPORT_YEAR = "no_report_year"
    """Neither title, statistics period nor text names the report year."""
    YEAR_CONTRADICTION = "year_contradiction"
    """Title and statistics period name different years; the title's is taken."""
    COLUMN_COUNT = "column_count"
    """A row holds more or fewer values than the form has columns; its cells are uncertain."""
    POSITION_LABEL = "position_label"
    """Values do not stand under the printed column headers; the row's cells are uncertain."""
    ROW_RULE = "row_rule"
    """A row read by order alone breaks its own sum; its cells are uncertain."""
    SUSPECT_READING = "suspect_reading"
    """Sums are broken and the reading of these cells may be why (Fellegi-Holt); they are uncertain."""
    TORN_ROW = "torn_row"
    """Numbers stand behind a row label outside any table, fewer or more than the row has; not read."""
    DUPLICATE_ROW = "duplicate_row"
    """One row of the form is printed twice with different values; its cells are uncertain."""
    UNREADABLE_VALUE = "unreadable_value"
    """A cell holds text that is neither a number nor a mark for none."""
    SUBTOTAL_ROW = "subtotal_row"
    """A group heading of the form carries numbers; the form has no cell for them."""
    SOURCE_CONFLICT = "source_conflict"
    """Two sources of one report print different numbers in a cell; the cell is uncertain."""
    PROSE_CONTRADICTION = "prose_contradiction"
    """The prose states another number than the tables; both stay as printed."""
    PARTS_CONTRADICTION = "parts_contradiction"
    """Parts that the prose names exceed their total, or all of them together do not make it."""
    PROSE_YEAR = "prose_year"
    """A sentence counts the year before the report's: a text copied over, or a slip."""
    TABLES_MISSING = "tables_missing"
    """A table of the form was not found in the document."""
    DECOY = "decoy"
    """The title is that of another kind of document (why an input is `not_report`)."""
    NO_REPORT_TEXT = "no_report_text"
    """Neither title nor section headings of an annual report were found (`not_report`)."""
    BLANK_FORM = "blank_form"
    """The official form without a single value, agency or year (`not_report`)."""
    UNKNOWN_FORMAT = "unknown_format"
    """No reader knows this kind of file (`unreadable`)."""
    DAMAGED_FILE = "damaged_file"
    """The file claims a format and breaks it: truncated, encrypted, not what it says (`unreadable`)."""
    TOO_EXPENSIVE = "too_expensive"
    """Reading it took more time or memory than a document may (`unreadable`)."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page, in points from the top left corner."""

    x0: float
    top: float
    x1: float
    bottom: float


_BY_COLUMN = attrgetter("column")


@dataclass(slots=True)
class GridCell:
    """One printed cell of a table; `row` and `column` count from 0, spans from 1.

    `doubtful`: the reader is not certain of `text` (a scan), so no value of it is certain.
    """

    text: str
    row: int
    column: int
    rowspan: int = 1
    colspan: int = 1
    page: int | None = None
    box: Box | None = None
    doubtful: bool = False


class Geometry(StrEnum):
    """How far the places of a table's cells can be trusted."""

    GRID = "grid"
    """Rows, columns and spans are the document's own (HTML, DOCX, ruled PDF)."""
    SEQUENCE = "sequence"
    """Every printed cell is there, in order, but merged cells stand once (one cell a line)."""
    LOOSE = "loose"
    """Cells were separated by a converter; empty ones may be padding (tabs, pipes)."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A run of text. `level` is 1 to 6 for a heading of the format (h1, Heading 2), else None; `recognised`:
    read in a picture."""

    text: str
    page: int | None = None
    level: int | None = None
    recognised: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A grid of cells in reading order; a merged cell stands once, at its top left place.

    `recognised`: read in a picture, so that any reading may be at fault where sums do not hold.
    """

    cells: tuple[GridCell, ...]
    geometry: Geometry = Geometry.GRID
    recognised: bool = False

    def rows(self) -> list[list[GridCell]]:
        """The cells by the row they start in, left to right; rows without a cell are empty lists."""
        rows: list[list[GridCell]] = []
        for cell in self.cells:
            while len(rows) <= cell.row:
                rows.append([])
            rows[cell.row].append(cell)
        for row in rows:
            row.sort(key=_BY_COLUMN)
        return rows


Block = Paragraph | Table


@dataclass(frozen=True, slots=True)
class Document:
    """A file as every reader gives it: blocks in reading order, and what its head says.

    `meta` holds the head's fields by lower-case name ("title", "articletitle", "pubdate", ...).
    """

    blocks: tuple[Block, ...]
    meta: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Evidence:
    """Where a cell was read. `block` and `table` count from 0 in the document, `row` and `column` in
    the table's grid, `page` from 1."""

    capture: str
    block: int
    table: int | None = None
    row: int | None = None
    column: int | None = None
    page: int | None = None
    box: Box | None = None


@dataclass(slots=True)
class Cell:
    """One number of the form. `value` is a number exactly for `stated` and `deduced`."""

    value: int | float | None
    raw: str | None
    status: CellStatus
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One edit rule at one place: `at` is a column code, a row code or None (see the form file)."""

    id: str
    at: str | None
    outcome: CheckOutcome


@dataclass(frozen=True, slots=True)
class Issue:
    code: IssueCode
    message: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A narrative indicator with its sentence.

    `lower_bound`: the prose says at least so many (20余, 超过500); `section` is the code of its section.
    """

    indicator: str
    value: float
    unit: str
    sentence: str
    lower_bound: bool = False
    section: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What one input says. `cells` holds every cell of the form for a report, nothing otherwise.

    `form` is the form that the document follows (None for free prose), `forms` the form of each table
    found. `sections` maps section codes of the form to clean text.
    """

    source: str
    outcome: Outcome
    agency: str | None = None
    report_year: int | None = None
    form: str | None = None
    forms: dict[str, str] = field(default_factory=dict)
    title: str | None = None
    period_start: date | None = None
    period_end: date | None = None
    signed_date: date | None = None
    published_date: date | None = None
    document_number: str | None = None
    scope: Scope | None = None
    sections: dict[str, str] = field(default_factory=dict)
    cells: dict[str, Cell] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    facts: tuple[Fact, ...] = ()
    issues: tuple[Issue, ...] = ()


class ReadError(Exception):
    """A file cannot be read; `code` says in what way, the message says it to a person."""

    def __init__(self, code: IssueCode, message: str) -> None:
        super().__init__(message)
        self.code = code
