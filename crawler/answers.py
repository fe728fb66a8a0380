"""Answers of the list services that a portal's pages ask by script: JSON, alone or in a call (JSONP)."""

from __future__ import annotations

import json
import re

_CALL = re.compile(r"\s*[\w$.]*\s*\(")
_SCRIPT_FIELD = re.compile(r"""(?<![\w$])['"]?(\w{1,40})['"]?\s*[:=]\s*(?:'([^']*)'|"([^"]*)"|(-?\d+))""")


def json_answer(text: str) -> object:
    """The value that a JSON or JSONP answer holds; None for anything else."""
    text = text.strip().lstrip("\ufeff")
    call = _CALL.match(text)
    if call:
        text = text[call.end() : text.rfind(")")]
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def member(value: object, *names: str) -> object:
    """What lies at a path of member names; None where the path breaks off."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def text_member(value: object, *names: str) -> str:
    """The text or number at a path of member names as text, "" where there is none."""
    found = member(value, *names)
    if isinstance(found, bool) or not isinstance(found, str | int):
        return ""
    return str(found).strip()


def number_member(value: object, *names: str) -> int:
    """The count at a path of member names, 0 where there is none (or none that a list could have)."""
    return count_of(text_member(value, *names))


def count_of(text: str | None) -> int:
    """A page number or total written in `text`, 0 where it is none (or none that a list could have)."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else 0


def script_fields(script: str) -> dict[str, str]:
    """Names with plain text or whole numbers as values in a script's object literals and assignments, in
    whatever quotes; the first of each name."""
    fields: dict[str, str] = {}
    for name, single, double, number in _SCRIPT_FIELD.findall(script):
        fields.setdefault(name, single or double or number)
    return fields
