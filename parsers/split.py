"""One document that holds the reports of several agencies or years, cut into one document each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from parsers.forms import load_forms
from parsers.identity import agency_of, year_of
from parsers.labels import normalise
from parsers.model import Block, Document, Paragraph, Table
from parsers.narrative import section_of
from parsers.recognise import TitleKind, classify_title

Owner = tuple[str, int | None]
"""Agency and report year."""

# Between a report's title and its first section stand a date, a number, an addressee and the opening.
_HEAD = 20
_LONGEST_TITLE = 80


def split_reports(document: Document) -> list[Document]:
    """The document itself, or its parts where it holds several reports: each has a first section of its own
    below a title that names another agency or year. The first may name its agency only at its end."""
    owners: dict[Owner, int] = {}
    for start, owner in _titles_by_first_section(document).values():
        owners.setdefault(owner, start)
    following = sorted(owners.values())
    if following and not _is_whole(document.blocks[: following[0]]):
        del following[0]
    if not following:
        return [document]
    starts = [0, *following, len(document.blocks)]
    return [replace(document, blocks=document.blocks[start:end], meta={}) for start, end in pairwise(starts)]


def _is_whole(blocks: Sequence[Block]) -> bool:
    """Whether there is a report from its first section to its last, with a table in between."""
    sections = load_forms()[0].sections
    codes = [
        section.code
        for block in blocks
        if isinstance(block, Paragraph) and (section := section_of(block.text, sections)) is not None
    ]
    ends = {sections[0].code, sections[-1].code}
    return ends <= set(codes) and any(isinstance(block, Table) for block in blocks)


def _titles_by_first_section(document: Document) -> dict[int, tuple[int, Owner]]:
    """For each heading of a first section the place and owner of the title nearest above it."""
    found: dict[int, tuple[int, Owner]] = {}
    for place, block in enumerate(document.blocks):
        if not isinstance(block, Paragraph) or len(block.text) > _LONGEST_TITLE or "。" in block.text:
            continue
        above = document.blocks[place - 1] if place else None
        candidates = [(place, block.text)]
        if isinstance(above, Paragraph):
            candidates.append((place - 1, above.text + block.text))
        for start, text in candidates:
            if "公" not in text:  # no title of a report (信息公开, 公开工作)
                continue
            title = normalise(text)
            agency = agency_of(title)
            if agency and classify_title(title) is TitleKind.REPORT:
                heading = _first_section(document, place + 1)
                if heading is not None:
                    found[heading] = start, (agency, year_of(title))
                break
    return found


def _first_section(document: Document, place: int) -> int | None:
    """The place of a first section's heading, if it is the next heading and not far below."""
    form = load_forms()[0]
    for number in range(place, min(place + _HEAD, len(document.blocks))):
        block = document.blocks[number]
        section = section_of(block.text, form.sections) if isinstance(block, Paragraph) else None
        if section is not None:
            return number if section.code == form.sections[0].code else None
    return None
