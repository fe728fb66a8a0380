"""Real documents with a truth file, kept beside the checkout; where they are absent nothing is read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from parsers.forms import load_forms
from tests.accuracy.alter import Need
from tests.accuracy.corpus import NO_FORM, Case
from tests.accuracy.reports import Expected, Owed

SHARED = Path(__file__).parents[3] / "shared"
_NO_REPORTS = ("pages", "portals")


def real_cases() -> Iterator[Case]:
    """Every document with a truth file, and pages that are no reports."""
    for truth in sorted(SHARED.glob("*/*.truth.json")):
        name = truth.name.removesuffix(".truth.json")
        for document in sorted(truth.parent.glob(f"{name}.*")):
            if document != truth:
                expected = _expected(json.loads(truth.read_text("utf-8")))
                format_ = f"real {document.suffix[1:]}"
                yield Case(document.name, format_, expected.form or "", document.read_bytes(), (expected,))
    pages = [path for folder in _NO_REPORTS for path in sorted((SHARED / folder).rglob("*.html"))]
    for document in [*pages, SHARED / "reports" / "blank_2021_form.docx"]:
        if document.exists():
            yield Case(document.name, f"real {document.suffix[1:]}", NO_FORM, document.read_bytes(), ())


def _expected(truth: dict[str, object]) -> Expected:
    """What the truth file says: numbers stated, numbers that follow from them, cells that nothing settles."""
    cells = truth["cells"]
    never = truth.get("must_not_state", [])
    deducible = truth.get("deducible", {})
    assert isinstance(cells, dict) and isinstance(never, list) and isinstance(deducible, dict)
    no_unit = {
        cell.id
        for form in load_forms()
        for cell in form.cells.values()
        if cell.kind == "amount" and cell.unit is None
    }

    def owed(name: str, value: int | float | None) -> Owed:
        if value is not None:
            return Owed(value, Need.OPEN if name in no_unit else Need.STATED)
        if name in deducible or name not in never:
            return Owed(deducible.get(name), Need.LOST)
        return Owed(None, Need.CONFLICT)

    signed = truth.get("signed_date")
    return Expected(
        str(truth["agency"]),
        int(str(truth["report_year"])),
        str(truth["form"]),
        date.fromisoformat(signed) if isinstance(signed, str) else None,
        {name: owed(name, value) for name, value in cells.items()},
    )
