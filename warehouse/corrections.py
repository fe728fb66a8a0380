"""Reviewed corrections: where a document prints a number that is known to be wrong.

They are YAML files in the home, `corrections/*.yaml`, so that they belong to the dataset they correct and not
to a version of this program. Each file is a list:

    - report: 金昌市工业和信息化局/2023
      cell: applications.new_received.total
      printed: 12
      corrected: 21
      reason: digits swapped; the rows add up to 21 and the text says 21
      who: Li Hua
      source: http://gxj.jcs.gov.cn/zwgk/gzqs.html

A correction is applied at every publication, however often the document is parsed again, as long as the cell
still holds the printed number (or, if it could not be read for certain, the printed text).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from warehouse.errors import WarehouseError
from warehouse.rows import Row, fits
from warehouse.schema import CELLS
from warehouse.store import Store

CORRECTIONS = "corrections"


class Correction(BaseModel):
    """One correction of one cell; numbers in the unit of the cell."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_min_length=1)

    report: str
    cell: str
    printed: int | float | str
    corrected: int | float
    reason: str
    who: str
    source: str

    def explained(self) -> str:
        """The text of the column `correction`."""
        return f"{self.reason} ({self.who}; {self.source})"


class Refused(NamedTuple):
    """A correction that no longer fits, and why, in one line."""

    correction: Correction
    reason: str


Corrections = Mapping[str, tuple[Correction, ...]]
"""Corrections by report."""


def load_corrections(store: Store) -> Corrections:
    """All corrections of a home. Raises WarehouseError, naming file and entry, for one that is malformed."""
    found: dict[str, dict[str, Correction]] = {}
    for name in store.files(CORRECTIONS):
        if not name.endswith((".yaml", ".yml")):
            continue
        path = f"{CORRECTIONS}/{name}"
        for correction in _entries(store.where(path), store.read(path)):
            of_report = found.setdefault(correction.report, {})
            if correction.cell in of_report:
                raise WarehouseError(
                    f"{store.where(path)}: {correction.report} {correction.cell} is corrected twice; "
                    f"keep one of them"
                )
            of_report[correction.cell] = correction
    return {report: tuple(by_cell.values()) for report, by_cell in sorted(found.items())}


def corrections_digest(corrections: Iterable[Correction]) -> int:
    """What changes with any of these corrections."""
    text = repr([correction.model_dump() for correction in corrections])
    return int.from_bytes(sha256(text.encode()).digest()[:8], "big", signed=True)


def refusal(correction: Correction, cell: Row | None) -> str | None:
    """Why a correction does not fit the row of its cell; None if it does."""
    of = f"correction of {correction.report} {correction.cell}"
    if cell is None:
        return f"{of}: the report does not have this cell"
    shown = cell["raw"] if cell["value"] is None else cell["value"]
    number = cell["value"] is not None and not isinstance(correction.printed, str)
    fits = shown == correction.printed if number else str(cell["raw"] or "") == str(correction.printed)
    if not fits:
        return f"{of}: the document prints {cell['raw'] or shown}, not {correction.printed}; review it again"
    return None


def _entries(where: str, data: bytes) -> list[Correction]:
    try:
        entries = yaml.safe_load(data.decode()) or []
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise WarehouseError(f"{where}: is not YAML: {str(error).splitlines()[0]}") from error
    if not isinstance(entries, list):
        raise WarehouseError(f"{where}: is not a list of corrections")
    found = []
    for number, entry in enumerate(entries, 1):
        try:
            correction = Correction.model_validate(entry)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(map(str, first["loc"])) or "entry"
            raise WarehouseError(f"{where}: entry {number}: {field}: {first['msg']}") from error
        if correction.cell not in CELLS:
            raise WarehouseError(f"{where}: entry {number}: no cell {correction.cell!r}")
        if not fits(CELLS[correction.cell], correction.corrected):
            raise WarehouseError(
                f"{where}: entry {number}: {correction.cell} counts; {correction.corrected} is not whole"
            )
        found.append(correction)
    return found
