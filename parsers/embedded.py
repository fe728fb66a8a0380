"""Text that a page holds as data and shows by script: its readers see it, a parser of HTML does not.

gkmlpt (Guangdong) writes the article into `_CONFIG`: DETAIL: {..., "title": "...", "content": "\\u003Cp..."}.
Others keep the article's markup in a hidden field of a form, a <textarea>, or in what a script writes:
document.write("<table>...").
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator

_STRING = r'"(?:[^"\\]|\\.)*"'
_CONTENT = re.compile(rf"[\"']?\bcontent[\"']?\s*:\s*({_STRING})")
_FIELD_START = re.compile(r"<textarea\b[^<>]{0,2000}>", re.IGNORECASE)
_FIELD_END = re.compile(r"</textarea\b", re.IGNORECASE)
_LITERAL = r""" "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' | `(?:[^`\\$]|\\.)*` """
_WRITTEN = re.compile(
    rf"(?:\bdocument\.write(?:ln)?\s*\(|\.innerHTML\s*\+?=)\s*((?:{_LITERAL})(?:\s*\+\s*(?:{_LITERAL}))*)\s*[;)]",
    re.VERBOSE | re.DOTALL,
)
_LITERALS = re.compile(_LITERAL, re.VERBOSE | re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|(.))", re.DOTALL)
_CONTROL = {"n": "\n", "r": "\n", "t": "\t", "\n": ""}
_TITLE = re.compile(rf"[\"']?\btitle[\"']?\s*:\s*({_STRING})")


def embedded_markup(text: str) -> str:
    """The markup of the article that the page `text` shows by script; "" for any other page."""
    start = text.find("_CONFIG")
    if start < 0:
        fields = (html.unescape(field) for field in _fields(text))
        return "".join(field for field in (*fields, _written(text)) if "<table" in field.lower())
    detail = max(text.find("DETAIL", start), start)
    contents = [body for match in _CONTENT.finditer(text, detail) if "<" in (body := _value(match[1]))]
    if not contents:
        return ""
    title = _TITLE.search(text, detail)
    heading = f"<h1>{html.escape(_value(title[1]))}</h1>" if title else ""
    return f'{heading}<div class="article-content">{max(contents, key=len)}</div>'


def _fields(text: str) -> Iterator[str]:
    """What stands in the fields of forms, each up to its end; a field without one ends the search."""
    place = 0
    while (start := _FIELD_START.search(text, place)) and (end := _FIELD_END.search(text, start.end())):
        yield text[start.end() : end.start()]
        place = end.end()


def _written(text: str) -> str:
    """What the scripts of a page write into it as it stands, in order; what they work out is left out."""
    if "document.write" not in text and ".innerHTML" not in text:
        return ""
    literals = (literal for call in _WRITTEN.finditer(text) for literal in _LITERALS.findall(call[1]))
    written = "".join(_ESCAPE.sub(_character, literal.strip()[1:-1]) for literal in literals)
    return written.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _character(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2]
    return chr(int(code, 16)) if code else _CONTROL.get(escape[3], escape[3])


def _value(literal: str) -> str:
    try:
        value = json.loads(literal, strict=False)
    except ValueError:
        return ""
    return value if isinstance(value, str) else ""
