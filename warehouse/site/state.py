"""What the site was made of, a small file a partition and province: a rendering sees what has changed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from warehouse.site.pages import write

FOLDER = ".build"
TRIED = f"{FOLDER}/tried"
"""What `watch` knows of documents."""


@dataclass(slots=True)
class Entry:
    """An agency in a year, as lists and maps need it: a report (`page` is the name of its page), or none
    that it owed (no `verdict`, no `page`). `due` says how it stands with the duty to report."""

    key: str
    agency: str
    division: str
    city: str | None
    county: str | None
    level: str | None
    verdict: str | None
    failed: int
    due: str | None = None
    page: str | None = None


@dataclass(slots=True)
class Finding:
    """One finding: where it stands (`anchor` on the page `key` of a report, or of an agency where
    `on_agency`), what it is (a code with its kind of words) and what it says."""

    kind: str
    key: str
    agency: str
    place: str
    code: str
    text: str
    anchor: str
    on_agency: bool = False


@dataclass(slots=True)
class PartitionState:
    """A rendered partition: what its files were, digests of its reports by the names of their pages, its
    entries (an agency's report on its whole jurisdiction before the one on its office) and findings.

    `waiting` counts the reports whose page images have to wait."""

    signature: list[list[str]] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    waiting: int = 0

    def of_agencies(self) -> dict[str, Entry]:
        """One entry an agency, by its key: that of the report on its whole jurisdiction where it has two."""
        return {entry.key: entry for entry in reversed(self.entries)}


def load_partition(out: Path, name: str) -> PartitionState:
    """The state of a partition; an empty one where it was never rendered, or its file is damaged."""
    found = load(out, name)
    try:
        return PartitionState(
            signature=found["signature"],
            digests=found["digests"],
            entries=[Entry(*entry) for entry in found["entries"]],
            findings=[Finding(*finding) for finding in found["findings"]],
            waiting=found["waiting"],
        )
    except (KeyError, TypeError):
        return PartitionState()


def save_partition(out: Path, name: str, state: PartitionState) -> None:
    save(
        out,
        name,
        {
            "signature": state.signature,
            "digests": state.digests,
            "entries": [_values(entry) for entry in state.entries],
            "findings": [_values(finding) for finding in state.findings],
            "waiting": state.waiting,
        },
    )


def _values(row: Entry | Finding) -> list[Any]:
    """In the order of the fields; dataclasses.asdict takes a tenth of a rendering that changes nothing."""
    return [getattr(row, field.name) for field in fields(row)]


def load(out: Path, name: str) -> dict[str, Any]:
    """A state file, empty where there is none. Whatever was lost is rendered again."""
    try:
        found = json.loads((out / FOLDER / f"{name}.json").read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def save(out: Path, name: str, content: dict[str, Any]) -> None:
    data = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    write(out / FOLDER / f"{name}.json", data)


def names(out: Path, prefix: str) -> set[str]:
    """Names of the state files that begin with `prefix`."""
    return {file.stem for file in (out / FOLDER).glob(f"{prefix}*.json")}


def remove(files: Iterable[Path]) -> int:
    """Remove files that may be gone; tells how many were there."""
    count = 0
    for file in files:
        if file.exists():
            file.unlink()
            count += 1
    return count
