"""From published cells back to the archived bytes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from crawler.archive import Archive, ArchiveError, Capture
from crawler.digests import Digests
from flows.limits import TooExpensiveError, within_limits
from flows.parse import ParserPool
from parsers import parts
from parsers.model import CellStatus, Document, ReadError
from parsers.places import Place, holding
from warehouse import Flaw, Home, Snapshot

_DOCUMENTS_A_CALL = 10
_COLUMNS = [
    "report_id", "cell", "raw", "status", "corrected_from", "correction", "capture", "block", "grid_row",
    "grid_column",
]  # fmt: skip

Stated = dict[str, dict[Place, str]]
"""What a document states, by report: the printed text at each place."""


def place_of(row: dict[str, Any]) -> Place:
    """The place in the document that a row of `cells` names."""
    return Place(row["block"], row["grid_row"], row["grid_column"])


def documents(data: bytes, capture: Capture) -> list[Document]:
    """The documents in an archived file. Raises TooExpensiveError as `within_limits` does."""
    found = within_limits(data, lambda: parts(data, content_type=capture.content_type))
    return [part.document for part in found if not isinstance(part.document, ReadError)]


async def lost_texts(
    home: Home, archive_root: Path, pool: ParserPool, snapshot: str | None = None
) -> AsyncIterator[Flaw]:
    """The stated cells of a snapshot whose printed text does not stand at its place in the archived bytes.
    Raises WarehouseError."""
    opened = Snapshot(home, snapshot)
    schema = opened.schema("reports", ["digests"])
    digests = {
        digest
        for file in opened.files("reports")
        for of_report in opened.rows(file, schema)["digests"].to_pylist()
        for digest in of_report
    }
    captures = {digest: found[-1] for digest, found in Digests(archive_root).find(digests).items()}
    for file in opened.files("cells"):
        stated, flaws = _stated(opened.rows(file, opened.schema("cells", _COLUMNS)))
        for flaw in flaws:
            yield flaw
        for digest in sorted(stated.keys() - captures.keys()):
            for report_id in stated[digest]:
                yield Flaw(report_id, f"its source {digest} is not in the archive")
        held = [(captures[digest], stated[digest]) for digest in sorted(stated.keys() & captures.keys())]
        batches = [
            held[start : start + _DOCUMENTS_A_CALL] for start in range(0, len(held), _DOCUMENTS_A_CALL)
        ]
        for batch, found in zip(
            batches,
            await asyncio.gather(*(pool.run(_lost, archive_root, batch) for batch in batches)),
            strict=True,
        ):
            for capture, _ in batch if found is None else ():
                yield Flaw(capture.url, "could not be read again: it, or one beside it, ended its process")
            for flaw in found or ():
                yield flaw


def _stated(rows: Any) -> tuple[dict[str, Stated], list[Flaw]]:
    """What is stated in a partition by document, and what is stated without a place."""
    stated: dict[str, Stated] = {}
    flaws = []
    for row in rows.filter(pc.equal(rows["status"], CellStatus.STATED)).to_pylist():
        if row["correction"] is not None and row["corrected_from"] is None:
            continue  # the printed text was uncertain: a person read it
        if row["capture"] is None:
            flaws.append(Flaw(row["report_id"], f"{row['cell']} is stated, but not where"))
        else:
            of_report = stated.setdefault(row["capture"], {}).setdefault(row["report_id"], {})
            of_report[place_of(row)] = row["raw"]
    return stated, flaws


def _lost(archive_root: Path, batch: Sequence[tuple[Capture, Stated]]) -> list[Flaw]:
    """In a parser process: what is not printed at its place in these documents."""
    archive = Archive(archive_root)
    return [flaw for capture, stated in batch for flaw in _lost_in(archive, capture, stated)]


def _lost_in(archive: Archive, capture: Capture, stated: Stated) -> Iterator[Flaw]:
    try:
        found = documents(archive.read(capture), capture)
    except (ArchiveError, TooExpensiveError) as error:
        yield Flaw(capture.url, str(error))
        return
    for report_id, raws in stated.items():
        _, lost = holding(found, raws)
        for place in sorted(lost, key=str):
            where = f"block {place.block}, row {place.row}, column {place.column}"
            yield Flaw(report_id, f"{capture.url} does not print {raws[place]!r} at {where}")
