"""What changed in the reports of a site because their sources did.

Everything is told from two versions of a site's rows, so a site that is staged again from the same captures
adds nothing, and a run that was killed before its rows were staged adds it when it runs again. A report whose
sources are the same bytes was only read anew: that is no revision.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from warehouse.observed import Move, Observed
from warehouse.rows import Row
from warehouse.schema import CELLS, SECTIONS
from warehouse.vocabulary import RevisionKind

_BLANKS = re.compile(r"\s+")
_IDENTITY = ("report_id", "agency", "report_year", "site")

Version = tuple[Row, Sequence[Row]]
"""A report's row and the rows of its cells."""


def revisions(
    old: Mapping[str, Version], new: Mapping[str, Version], former: Mapping[str, Version], observed: Observed
) -> list[Row]:
    """The revisions between two versions of a site's reports by id, in the order of their ids.

    `former` are the versions before of reports whose sources changed, as today's parser reads them.
    """
    rows: list[Row] = []
    for report_id in sorted(old.keys() & new.keys()):
        before, after = old[report_id], new[report_id]
        rows += _of_report(before, former.get(report_id, before), after, observed)
    return rows


def renamed(rows: Sequence[Row], old: Mapping[str, Version], new: Mapping[str, Version]) -> list[Row]:
    """The revisions staged before, those of a report that today's parser calls by another name under it."""
    found: list[Row] = []
    for row in rows:
        report_id = row["report_id"]
        if report_id not in new and report_id in old:
            urls = set(old[report_id][0]["urls"])
            heirs = [head for head, _ in new.values() if urls & set(head["urls"])]
            if len(heirs) == 1:
                row = row | {name: heirs[0][name] for name in _IDENTITY}  # noqa: PLW2901
        found.append(row)
    return found


def _of_report(staged: Version, before: Version, after: Version, observed: Observed) -> Iterator[Row]:
    was, now = staged[0], after[0]
    seen_at = observed.view.observed_at if observed.view else now["fetched_at"]
    common = {
        **{name: now[name] for name in _IDENTITY},
        "old_digests": was["digests"],
        "new_digests": now["digests"],
        "old_fetched_at": was["fetched_at"],
        "new_fetched_at": now["fetched_at"],
    }
    if was["withdrawn_at"] is None and now["withdrawn_at"] is not None:
        yield {**common, "noticed_at": now["withdrawn_at"], "revision": RevisionKind.WITHDRAWN}
    if was["withdrawn_at"] is not None and now["withdrawn_at"] is None:
        yield {**common, "noticed_at": seen_at, "revision": RevisionKind.RESTORED}
    for old_url, new_url, noticed_at in _moves(was, now, observed.moved, seen_at):
        yield {
            **common,
            "noticed_at": noticed_at,
            "revision": RevisionKind.MOVED,
            "what": old_url,
            "old_text": old_url,
            "new_text": new_url,
        }
    if set(was["digests"]) == set(now["digests"]):
        return
    changed = {**common, "noticed_at": now["fetched_at"]}
    yield from ({**changed, **row} for row in _cells(before[1], after[1]))
    yield from ({**changed, **row} for row in _sections(before[0], now))


def _moves(
    was: Row, now: Row, moved: Mapping[str, Move], seen_at: datetime
) -> Iterator[tuple[str, str, datetime]]:
    """Addresses that are no longer a source, each with the one that its document has now."""
    same_bytes = {
        digest: url for url, digest in zip(now["urls"], now["digests"], strict=True) if url not in was["urls"]
    }
    for url, digest in zip(was["urls"], was["digests"], strict=True):
        if url in now["urls"]:
            continue
        if url in moved and moved[url].url in now["urls"]:
            yield url, moved[url].url, moved[url].noticed_at
        elif digest in same_bytes:
            yield url, same_bytes[digest], seen_at


def _cells(before: Sequence[Row], after: Sequence[Row]) -> Iterator[Row]:
    old, new = ({row["cell"]: row for row in rows} for rows in (before, after))
    for cell in CELLS:
        one, other = old.get(cell), new.get(cell)
        if _shown(one) != _shown(other):
            yield {
                "revision": RevisionKind.CELL,
                "what": cell,
                **dict(zip(("old_value", "old_text", "old_status"), _shown(one), strict=True)),
                **dict(zip(("new_value", "new_text", "new_status"), _shown(other), strict=True)),
            }


def _shown(cell: Row | None) -> tuple[float | None, str | None, str | None]:
    """What a cell says; a cell of a form that the report does not follow is not there, like an absent one."""
    if cell is None or cell["status"] == "absent":
        return None, None, None
    return cell["value"], cell["raw"], str(cell["status"])


def _sections(before: Row, after: Row) -> Iterator[Row]:
    for code in SECTIONS:
        old, new = before[f"section_{code}"], after[f"section_{code}"]
        if _BLANKS.sub("", old or "") != _BLANKS.sub("", new or ""):
            yield {"revision": RevisionKind.SECTION, "what": code, "old_text": old, "new_text": new}
