"""The words of the pages: Chinese in the markup, English in a script file that the language switch loads.

An element that carries a word has `data-t="<key>"`; the switch puts the English word of that key there.
Keys are those of `words.yaml`, and for the labels of forms `<first year>.<table>.<code>`.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml
from markupsafe import Markup, escape

from parsers.facts import load_vocabulary
from parsers.forms import load_forms
from warehouse.levels import level_cells
from warehouse.panel import chains
from warehouse.schema import CELLS
from warehouse.site.provinces import provinces


@cache
def words() -> dict[str, tuple[str, str]]:
    """Chinese and English by key: `words.yaml`, and the names of forms, rules, indicators, provinces."""
    text = files(__package__).joinpath("words.yaml").read_text("utf-8")
    found = {key: (zh, en) for key, (zh, en) in yaml.safe_load(text).items()}
    for indicator in load_vocabulary().indicators:
        found[f"fact.{indicator.code}"] = (indicator.label, indicator.label_en)
    for province in provinces().values():
        found[f"province.{province.code}"] = (province.name, province.name_en)
    for cell in CELLS.values():
        if cell.table in ("proactive", "review_litigation") or cell.id in level_cells():
            found[f"cell.{cell.id}"] = (cell.label, cell.label_en)
    for chain in chains():
        found[f"check.{chain.id}"] = (chain.label, chain.label_en)
    for form in load_forms():
        for rule in form.rules:
            found.setdefault(f"check.{rule.id}", (rule.label, rule.label_en))
        for section in form.sections:
            english = section.code.replace("_", " ")
            found.setdefault(f"section.{section.code}", (section.label, english.capitalize()))
        for table in form.tables:
            head = f"{form.first_year}.{table.code}"
            found[head] = (table.label, table.label_en)
            for block in table.blocks:
                for label in (*block.rows, *block.columns):
                    if label.code:
                        found[f"{head}.{label.code}"] = (label.label, label.label_en)
    return found


def zh(key: str) -> str:
    """The Chinese word. Raises KeyError for a key that there is not."""
    return words()[key][0]


@cache
def say(key: str) -> Markup:
    """The word as an element that the language switch knows."""
    return Markup('<span data-t="{}">{}</span>').format(key, zh(key))


@cache
def code_word(kind: str, code: str | None) -> Markup:
    """The word of a code (`status`, `verdict`, ...); the code itself where none is known, as data may hold
    codes that are newer than these pages."""
    key = f"{kind}.{code}"
    return say(key) if key in words() else escape(code or "—")


def english() -> dict[str, str]:
    """English by key, for the script file."""
    return {key: en for key, (_, en) in sorted(words().items())}
