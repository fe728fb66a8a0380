"""What became of a report after it was first seen: revisions of its sources, reviewed corrections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup, escape
from rapidfuzz.distance import Indel

from warehouse.schema import CELLS
from warehouse.site.pages import number
from warehouse.site.reading import Columns
from warehouse.site.words import code_word, say, words
from warehouse.vocabulary import RevisionKind

_SHOWN = 600
"""Characters of the changed part of a text that are shown, of each version."""
_LONGEST = 100_000_000
"""Product of the lengths of two texts from which on they are not compared letter by letter."""
_AROUND = 30
"""Characters before and after a change."""


@dataclass(frozen=True, slots=True)
class Revision:
    """A change: when it was noticed, what changed (as markup; `what` in plain Chinese), before and after.
    `earlier` is when the version before was archived."""

    anchor: str
    kind: str
    noticed_at: datetime
    what: str
    what_html: Markup
    old: Markup
    new: Markup
    earlier: datetime | None

    @property
    def silent(self) -> bool:
        """Whether the report says something else than before."""
        return self.kind in (RevisionKind.CELL, RevisionKind.SECTION)

    @property
    def says(self) -> str:
        return f"{self.what}: {self.old.striptags()} → {self.new.striptags()}"[:200]


@dataclass(frozen=True, slots=True)
class Correction:
    """A number that was corrected: its cell, the printed number, the number now, and why."""

    cell: str
    label: str
    printed: float | None
    value: float | None
    why: str


def revisions(rows: Sequence[Mapping[str, Any]]) -> list[Revision]:
    """The revisions of a report from its rows of `revisions`, the newest first."""
    found = [_revision(place, row) for place, row in enumerate(rows, 1)]
    return sorted(found, key=lambda revision: revision.noticed_at, reverse=True)


def corrections(cells: Columns) -> list[Correction]:
    """The corrected cells of a report from its rows of `cells`."""
    whys = cells.get("correction", [])
    return [
        Correction(
            cells["cell"][place],
            CELLS[cells["cell"][place]].label if cells["cell"][place] in CELLS else cells["cell"][place],
            cells["corrected_from"][place],
            cells["value"][place],
            why,
        )
        for place, why in enumerate(whys)
        if why
    ]


def _revision(place: int, row: Mapping[str, Any]) -> Revision:
    kind, what = row["revision"], row["what"] or ""
    label, html = what, escape(what)
    old, new = escape(row["old_text"] or "—"), escape(row["new_text"] or "—")
    if kind == RevisionKind.CELL and what in CELLS:
        label = CELLS[what].label
        html = Markup('<a href="#{}">{}</a>').format(what, label)
        old, new = (_cell(row, side) for side in ("old", "new"))
    elif kind == RevisionKind.SECTION:
        key = f"section.{what}"
        if key in words():
            label, html = words()[key][0], say(key)
        old, new = _texts(row["old_text"] or "", row["new_text"] or "")
    elif kind == RevisionKind.MOVED:
        label, html = "", Markup("")
    return Revision(
        f"revision-{place}", kind, row["noticed_at"], label, html, old, new, row["old_fetched_at"]
    )


def _cell(row: Mapping[str, Any], side: str) -> Markup:
    """A cell as it was or is: its number, else what is printed and its status."""
    value, text, status = (row[f"{side}_{name}"] for name in ("value", "text", "status"))
    if value is not None:
        return escape(number(value))
    if status is None:
        return code_word("status", "absent")
    return Markup("{} {}").format(text or "", code_word("status", status))


def _texts(old: str, new: str) -> tuple[Markup, Markup]:
    """Both versions of a text around the first and last difference, what differs marked."""
    if len(old) * len(new) > _LONGEST:
        return escape(old[:_SHOWN]), escape(new[:_SHOWN])
    sides: tuple[list[Markup], list[Markup]] = ([], [])
    for step in Indel.opcodes(old, new):
        before, after = old[step.src_start : step.src_end], new[step.dest_start : step.dest_end]
        for pieces, text, name in ((sides[0], before, "del"), (sides[1], after, "ins")):
            if step.tag == "equal":
                pieces.append(escape(_middle(text)))
            elif text:
                pieces.append(Markup(f"<{name}>{{}}</{name}>").format(text[:_SHOWN]))
    return Markup("").join(sides[0]), Markup("").join(sides[1])


def _middle(text: str) -> str:
    """A text that is the same in both versions, shortened to its ends."""
    return text if len(text) <= 2 * _AROUND + 1 else f"{text[:_AROUND]}…{text[-_AROUND:]}"
