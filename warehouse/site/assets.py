"""The files that all pages share: styles, scripts, English words, and the forms as scripts."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from parsers.forms import load_forms
from warehouse.schema import CELLS
from warehouse.site.pages import script, write
from warehouse.site.words import english

_COPIED = ("site.css", "site.js", "report.js", "findings.js", "search.js", "icon.svg")


def write_assets(out: Path) -> int:
    """Write them below `out`; gives the number of files that are new or other."""
    folder = files(__package__).joinpath("assets")
    contents = {name: folder.joinpath(name).read_bytes() for name in _COPIED}
    contents["en.js"] = script("nianbao.english", english())
    contents["forms.js"] = script("nianbao.forms", _cells(), _rules())
    return sum(write(out / "assets" / name, data) for name, data in contents.items())


def _cells() -> dict[str, list[str]]:
    """Chinese label, English label and unit by cell."""
    return {cell.id: [cell.label, cell.label_en, cell.unit or ""] for cell in CELLS.values()}


def _rules() -> dict[str, list[list[object]]]:
    """The rules by form: id, kind, place, table, left and right cells, label. A rule that no number is
    negative says nothing about a single cell that one would want to read."""
    return {
        form.id: [
            [
                rule.rule.id,
                rule.rule.kind,
                rule.at or "",
                rule.rule.table,
                list(rule.left),
                list(rule.right),
                rule.rule.label,
            ]
            for rule in form.instances
            if rule.rule.kind != "nonnegative"
        ]
        for form in load_forms()
    }
