"""The text of a report, with the numbers marked that were taken from it as indicators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from warehouse.site.words import say, words

_DATE = frozenset("年月日")
"""A number before one of these counts nothing."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A fact as the dataset has it: the number that a sentence states for an indicator."""

    indicator: str
    value: float
    unit: str
    lower_bound: bool
    sentence: str


def marked(text: str, mentions: Sequence[Mention]) -> list[Markup]:
    """The paragraphs of a section; each mention's number is marked in its sentence, or the whole sentence
    where the prose does not print the number (none at all, 两千余)."""
    spans: dict[tuple[int, int], list[Mention]] = {}
    for mention in mentions:
        start = text.find(mention.sentence)
        if start < 0:
            continue
        at = _number(mention, text, start, start + len(mention.sentence), spans)
        spans.setdefault(at or (start, start + len(mention.sentence)), []).append(mention)
    # Whole sentences first, so that numbers inside one that is marked as a whole stay plain.
    chosen: list[tuple[int, int]] = []
    for span in sorted(spans, key=lambda span: span[0] - span[1]):
        inside = next((c for c in chosen if c[0] <= span[0] and span[1] <= c[1]), None)
        if inside is None:
            chosen.append(span)
        else:
            spans[inside] = spans[inside] + spans[span]
    pieces, position = [], 0
    for start, end in sorted(chosen):
        if start < position:
            continue
        pieces += [escape(text[position:start]), _mark(text[start:end], spans[start, end])]
        position = end
    pieces.append(escape(text[position:]))
    return [Markup(line) for line in Markup("").join(pieces).split("\n") if line.strip()]


def _number(
    mention: Mention, text: str, start: int, end: int, taken: dict[tuple[int, int], list[Mention]]
) -> tuple[int, int] | None:
    """Where the sentence prints the number, as a number of its own that no other indicator has taken."""
    whole = int(mention.value)
    forms = [f"{whole:,}", str(whole)] if whole == mention.value else [str(mention.value)]
    for printed in dict.fromkeys(forms):
        at = text.find(printed, start, end)
        while at >= 0:
            after = at + len(printed)
            before, behind = text[max(at - 1, 0) : at], text[after : after + 1]
            alone = not (before.isdigit() or behind.isdigit() or behind in _DATE)
            if alone and (at, after) not in taken:
                return at, after
            at = text.find(printed, after, end)
    return None


def _mark(text: str, mentions: Sequence[Mention]) -> Markup:
    """The marked text, and what it was taken for; a mark stays on one line of the source."""
    notes = Markup("；").join(
        say(f"fact.{mention.indicator}")
        if f"fact.{mention.indicator}" in words()
        else escape(mention.indicator)
        for mention in mentions
    )
    return Markup("<mark>{}<small>{}</small></mark>").format(text.replace("\n", " "), notes)
