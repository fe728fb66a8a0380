"""What Word computes for a paragraph: its heading level, and the number that it prints before the text.

Word and WPS turn a typed "1." or "一、" into automatic numbering, and then the number is not in the text.
No library at hand computes it: python-docx gives the bare text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from lxml import etree

from parsers.readers.ooxml import attribute, number, val

_T = TypeVar("_T")

BODY_TEXT_LEVEL = 9
"""Outline levels from here on are body text."""


@dataclass(frozen=True, slots=True)
class ListPlace:
    """A paragraph's list and its level in it, counted from 0."""

    list_id: str
    level: int


class Styles:
    """The styles of a document; those of a style's ancestors are its own where it sets nothing."""

    def __init__(self, root: etree._Element | None) -> None:
        styles = [] if root is None else root.findall("{*}style")
        parents = {attribute(style, "styleId"): val(style, "basedOn") for style in styles}
        outlines = {attribute(style, "styleId"): _style_outline(style) for style in styles}
        places = {attribute(style, "styleId"): _list_place(style) for style in styles}
        self._outlines = {style: _inherited(style, outlines, parents) for style in parents}
        self._places = {style: _inherited(style, places, parents) for style in parents}

    def heading_level(self, paragraph: etree._Element) -> int | None:
        """1 to 6 for a heading, None for text."""
        outline = number(paragraph, "pPr/outlineLvl")
        if outline is None:
            outline = self._outlines.get(val(paragraph, "pPr/pStyle"))
        return None if outline is None or outline >= BODY_TEXT_LEVEL else min(outline + 1, 6)

    def list_place(self, paragraph: etree._Element) -> ListPlace | None:
        """The list that numbers a paragraph, None where none does."""
        place = _list_place(paragraph) or self._places.get(val(paragraph, "pPr/pStyle"))
        return None if place is None or place.list_id == "0" else place


def _style_outline(style: etree._Element) -> int | None:
    """The outline level that a style sets, or that its built-in name means."""
    outline = number(style, "pPr/outlineLvl")
    name = val(style, "name").lower()
    if outline is None and (heading := re.fullmatch(r"heading ([1-9])", name)):
        return int(heading[1]) - 1
    return 0 if name == "title" else outline


def _list_place(holder: etree._Element) -> ListPlace | None:
    list_id = val(holder, "pPr/numPr/numId")
    return ListPlace(list_id, number(holder, "pPr/numPr/ilvl") or 0) if list_id else None


def _inherited(style: str, own: Mapping[str, _T | None], parents: Mapping[str, str]) -> _T | None:
    seen: set[str] = set()
    while style in parents and style not in seen:
        if (found := own[style]) is not None:
            return found
        seen.add(style)
        style = parents[style]
    return None


@dataclass(frozen=True, slots=True)
class _Level:
    start: int
    form: str
    template: str
    """The printed text, "%1" for the number of the first level and so on."""


class Numbering:
    """The lists of a document with their counters; `label` must be asked in the order of the text."""

    def __init__(self, root: etree._Element | None) -> None:
        self._levels: dict[str, dict[int, _Level]] = {}
        self._kinds: dict[str, str] = {}
        self._counters: dict[str, dict[int, int]] = {}
        self._restarts: dict[tuple[str, int], int] = {}
        if root is None:
            return
        for kind in root.iterfind("{*}abstractNum"):
            self._levels[attribute(kind, "abstractNumId")] = {
                int(attribute(level, "ilvl") or 0): _Level(
                    start=number(level, "start") or 0,
                    form=val(level, "numFmt") or "decimal",
                    template=val(level, "lvlText"),
                )
                for level in kind.iterfind("{*}lvl")
            }
        for entry in root.iterfind("{*}num"):
            list_id = attribute(entry, "numId")
            self._kinds[list_id] = val(entry, "abstractNumId")
            for override in entry.iterfind("{*}lvlOverride"):
                if (start := number(override, "startOverride")) is not None:
                    self._restarts[list_id, int(attribute(override, "ilvl") or 0)] = start

    def label(self, place: ListPlace) -> str:
        """The number that the next paragraph at this place prints, "" for bullets and unknown lists."""
        kind = self._kinds.get(place.list_id, "")
        levels = self._levels.get(kind, {})
        if place.level not in levels:
            return ""
        counters = self._counters.setdefault(kind, {})
        restart = self._restarts.pop((place.list_id, place.level), None)
        if restart is not None:
            counters[place.level] = restart
        else:
            counters[place.level] = counters.get(place.level, levels[place.level].start - 1) + 1
        for deeper in [level for level in counters if level > place.level]:
            del counters[deeper]
        if levels[place.level].form in {"bullet", "none"}:
            return ""

        def printed(reference: re.Match[str]) -> str:
            level = int(reference[1]) - 1
            if level not in levels:
                return ""
            return _in_form(counters.get(level, levels[level].start), levels[level].form)

        return re.sub(r"%([1-9])", printed, levels[place.level].template)


def _in_form(count: int, form: str) -> str:
    return _FORMS.get(form, str)(count)


def _chinese(count: int) -> str:
    """1 to 99 as 一 to 九十九; what is larger in Arabic digits."""
    if not 1 <= count <= 99:
        return str(count)
    tens, ones = divmod(count, 10)
    digits = " 一二三四五六七八九"
    return (digits[tens] if tens > 1 else "") + ("十" if tens else "") + digits[ones].strip()


def _circled(count: int) -> str:
    return chr(ord("①") + count - 1) if 1 <= count <= 20 else str(count)


_FORMS: dict[str, Callable[[int], str]] = {
    "chineseCounting": _chinese,
    "chineseCountingThousand": _chinese,
    "ideographDigital": _chinese,
    "japaneseCounting": _chinese,
    "taiwaneseCounting": _chinese,
    "taiwaneseCountingThousand": _chinese,
    "decimalEnclosedCircle": _circled,
    "decimalEnclosedCircleChinese": _circled,
}
"""The forms of numbers that reports use beside Arabic digits."""
