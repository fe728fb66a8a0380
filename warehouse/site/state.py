"""What the site was made of, a small file a partition and province: a rendering sees what has changed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
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
class Summary:
    """What the pages about the whole country need of a rendered partition, and what its files were.

    `tally` is in the order of `places.MEASURES`, `findings` counts them by kind, `agencies` is a digest of
    what the search knows of its agencies; `waiting` counts the reports whose page images have to wait."""

    signature: list[list[str]] = field(default_factory=list)
    reports: int = 0
    waiting: int = 0
    tally: list[int] = field(default_factory=list)
    findings: dict[str, int] = field(default_factory=dict)
    agencies: str = ""


@dataclass(slots=True)
class PartitionState:
    """A rendered partition: digests of its reports by the names of their pages, its entries (an agency's
    report on its whole jurisdiction before the one on its office) and findings."""

    digests: dict[str, str] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def of_agencies(self) -> dict[str, Entry]:
        """One entry an agency, by its key: that of the report on its whole jurisdiction where it has two."""
        return {entry.key: entry for entry in reversed(self.entries)}


def load_summary(out: Path, name: str) -> Summary:
    """The summary of a partition; an empty one where it was never rendered, or its file is damaged."""
    try:
        with _file(out, name).open("rb") as file:
            return Summary(**json.loads(file.readline()))
    except (FileNotFoundError, ValueError, TypeError):
        return Summary()


def load_partition(out: Path, name: str) -> PartitionState:
    """The state of a partition; an empty one where it was never rendered, or its file is damaged."""
    try:
        found = json.loads(_file(out, name).read_bytes().partition(b"\n")[2])
        return PartitionState(
            digests=found["digests"],
            entries=[Entry(*entry) for entry in found["entries"]],
            findings=[Finding(*finding) for finding in found["findings"]],
        )
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return PartitionState()


def save_partition(out: Path, name: str, summary: Summary, state: PartitionState) -> None:
    """Both in one file, so that neither is ever older than the other: a line each, as the first is asked for
    most often."""
    rows = {
        "digests": state.digests,
        "entries": [_values(entry) for entry in state.entries],
        "findings": [_values(finding) for finding in state.findings],
    }
    write(_file(out, name), _json(asdict(summary)) + b"\n" + _json(rows))


def _values(row: Entry | Finding) -> list[Any]:
    """In the order of the fields; dataclasses.asdict takes a tenth of a rendering that changes nothing."""
    return [getattr(row, field.name) for field in fields(row)]


def load(out: Path, name: str) -> dict[str, Any]:
    """A state file, empty where there is none. Whatever was lost is rendered again."""
    try:
        found = json.loads(_file(out, name).read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def save(out: Path, name: str, content: dict[str, Any]) -> None:
    write(_file(out, name), _json(content))


def _file(out: Path, name: str) -> Path:
    return out / FOLDER / f"{name}.json"


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


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
