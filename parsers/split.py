"""One document that holds the reports of several agencies or years, cut into one document each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from parsers.forms import load_forms
from parsers.identity import agency_of, year_of
from parsers.labels import normalise
from parsers.model import Document, Paragraph
from parsers.narrative import section_of
from parsers.recognise import TitleKind, classify_title

# Between a report's title and its first section stand a date, a number, an addressee and the opening.
_HEAD = 20
_LONGEST_TITLE = 80


def split_reports(document: Document) -> list[Document]:
    """The document itself, or its parts where it holds several reports: each begins with a title that names
    another agency or year and has a first section below it."""
    starts: list[int] = []
    seen: set[tuple[str, int | None]] = set()
    for place, owner in _titles(document):
        if owner not in seen:
            seen.add(owner)
            starts.append(place)
    if len(starts) < 2:
        return [document]
    ends = [*starts[1:], len(document.blocks)]
    starts[0] = 0
    return [
        replace(document, blocks=document.blocks[start:end], meta={})
        for start, end in zip(starts, ends, strict=True)
    ]


def _titles(document: Document) -> Iterator[tuple[int, tuple[str, int | None]]]:
    """Places of report titles over a first section, with the agency and year that they name."""
    for place, block in enumerate(document.blocks):
        if not isinstance(block, Paragraph) or len(block.text) > _LONGEST_TITLE or "。" in block.text:
            continue
        above = document.blocks[place - 1] if place else None
        candidates = [(place, block.text)]
        if isinstance(above, Paragraph):
            candidates.append((place - 1, above.text + block.text))
        for start, text in candidates:
            title = normalise(text)
            agency = agency_of(title)
            if agency and classify_title(title) is TitleKind.REPORT and _opens_sections(document, place + 1):
                yield start, (agency, year_of(title))
                break


def _opens_sections(document: Document, place: int) -> bool:
    first = {form.sections[0].code for form in load_forms()}
    for block in document.blocks[place : place + _HEAD]:
        if isinstance(block, Paragraph):
            section = section_of(block.text, load_forms()[0].sections)
            if section is not None:
                return section.code in first
    return False
