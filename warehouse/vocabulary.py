"""The codes that the columns of the dataset hold beside those of the parsers; the codebook explains each."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """How far the form of one report could be read; the first that applies, in this order."""

    UNREADABLE = "unreadable"
    """The document is known to be the report and cannot be read."""
    SOURCE_CONFLICT = "source_conflict"
    """Two sources of the report print different numbers in at least one cell."""
    NARRATIVE_ONLY = "narrative_only"
    """No cell of the form is in the document: text alone."""
    COMPLETE = "complete"
    """Every cell of the form is stated, blank, not_applicable or deduced."""
    PARTIAL = "partial"
    """At least one cell of the form is uncertain or absent."""


class Body(StrEnum):
    """Kind of a reporting body, told by its name (bodies.yaml)."""

    GOVERNMENT = "government"
    """A people's government of a county or above."""
    DEPARTMENT = "department"
    """A department of such a government, the State Council included."""
    TOWNSHIP = "township"
    """A township or town government, or a street office."""
    VERTICAL = "vertical"
    """A local office of a system that is led from above: taxes, customs, weather, statistics surveys."""
    OTHER = "other"
    """Anything else: development zones, public institutions, enterprises."""


class Level(StrEnum):
    """Level of government that a body belongs to."""

    CENTRAL = "central"
    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    TOWNSHIP = "township"


class RevisionKind(StrEnum):
    """What happened to a report after it was first seen."""

    CELL = "cell"
    """A cell of the form: another number, text or status."""
    SECTION = "section"
    """The text of a section."""
    MOVED = "moved"
    """A source is at another address."""
    WITHDRAWN = "withdrawn"
    """Its portal no longer holds it."""
    RESTORED = "restored"
    """Its portal holds it again."""


class Obligation(StrEnum):
    """Whether an agency met its duty to publish a report; where sites tell differently, the first applies."""

    IN_TIME = "in_time"
    LATE = "late"
    UNREADABLE = "unreadable"
    """It is there, and cannot be read."""
    NOT_JUDGED = "not_judged"
    """No duty with a date, or nothing that proves either way; `basis` says which."""
    WITHDRAWN = "withdrawn"
    """It was published, and its portal no longer holds it."""
    BLOCKED = "blocked"
    """The portal refused to show whether it is there."""
    MISSING = "missing"
    """The portal's column was read whole after the date, and it is not there."""


class Basis(StrEnum):
    """What the judgement of an obligation rests on."""

    PUBLISHED_DATE = "published_date"
    """The date of publication that the portal shows."""
    SIGNED_DATE = "signed_date"
    """The date under the signature: nothing is published before it is signed."""
    ARCHIVED_DATE = "archived_date"
    """The day on which its bytes were first archived."""
    LIST_PAGES = "list_pages"
    """The pages of the portal's column, as archived."""
    DOCUMENT = "document"
    """The archived document."""
    REFUSAL = "refusal"
    """The portal's refusal (a block, or robots.txt)."""
    NO_DUTY = "no_duty"
    """No date of the regulations binds this kind of body."""
    NO_DATE = "no_date"
    """Nothing dates the publication."""
    LATE_DATE = "late_date"
    """The portal's date is over a year late: pages that moved to a new portal carry such dates."""
    COLUMN_NOT_READ = "column_not_read"
    """The column was not read to its end."""
    OTHER_NAME = "other_name"
    """The site holds reports under other names alone; one of them may be this body's."""


class Comparable(StrEnum):
    """Whether a number of one form may be compared with one of another form."""

    SAME = "same"
    """The same count under the same definition."""
    SUM = "sum"
    """The cells of one form add up to the cell of the other."""
    CLOSE = "close"
    """A like count under another definition: compare trends, not numbers."""
    NOT = "not"
    """No counterpart, whatever the labels suggest."""
