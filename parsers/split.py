"""One document that holds the reports of several agencies or years, cut into one document each.

A report begins below the title that names its owner; or, where titles name nobody, where the sections of a
report begin anew after its signature or its last section. The signature then tells whose it is. A line
that may be the signature of one report or the name of the next is given to neither.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from parsers.forms import load_forms
from parsers.identity import agency_of, read_identity, year_of
from parsers.labels import normalise
from parsers.model import Block, Document, IssueCode, Paragraph, ReadError, Table
from parsers.narrative import is_date, is_name, section_of, signed_line
from parsers.recognise import TitleKind, classify_title
from parsers.values import is_number

Owner = tuple[str | None, int | None]
"""Agency and report year; None where nothing names it."""

# Between a report's title and its first section stand a date, a number, an addressee and the opening.
_HEAD = 20
_LONGEST_TITLE = 80
_MOST_REPORTS = 500
_NOBODYS = IssueCode.NO_AGENCY, "one of several reports in a document, and nothing in it names its agency"
_ANOTHERS = IssueCode.NO_AGENCY, "first of several reports: its title and its signature name two bodies"


@dataclass(frozen=True)
class _Title:
    """A title right above a first section: its owner, its place, and the place where the name begins, which
    may be the line above."""

    owner: Owner
    place: int
    start: int


def split_reports(document: Document) -> list[Document | ReadError]:
    """The document itself, or its parts where it holds several reports: each is another agency's or year's.

    A part that does not say whose it is stands as the reason why it is not read, as whoever published the
    document could not be taken for its owner: unless no part does, and each is of another year.
    """
    starts = _starts(document.blocks)
    if len(starts) == 1:
        return [document]
    if len(starts) > _MOST_REPORTS:
        return [ReadError(IssueCode.TOO_EXPENSIVE, f"more than {_MOST_REPORTS} reports in one document")]
    parts: list[tuple[Block, ...]] = []
    for start, end in pairwise([*starts, len(document.blocks)]):
        part = document.blocks[start:end]
        if parts and not starts[start] and _belongs_to(parts[-1], part):
            parts[-1] += part
        else:
            parts.append(part)
    if len(parts) == 1:
        return [document]
    owners = [_owner(part) for part in parts]
    years = {year for agency, year in owners if agency is None and year is not None}
    of_one_agency = len(years) == len(parts)
    found: list[Document | ReadError] = [
        replace(document, blocks=part, meta={}) if agency or of_one_agency else ReadError(*_NOBODYS)
        for part, (agency, _) in zip(parts, owners, strict=True)
    ]
    if _is_under_a_collections_title(parts[0]):
        found[0] = ReadError(*_ANOTHERS)
    return found


def _is_under_a_collections_title(part: tuple[Block, ...]) -> bool:
    """Whether the first of several reports is signed by another body than the title above it names: that may
    be the title of them all. An office signs for its government, and signatures shorten names."""
    identity = read_identity(Document(part), None)
    agency, signer = identity.agency or "", identity.signer or ""
    return bool(agency and signer) and not (agency in signer or signer in agency)


def _starts(blocks: Sequence[Block]) -> dict[int, bool]:
    """Where a report may begin, and whether it surely does: titles before it and at it name two owners."""
    first, last = (load_forms()[0].sections[i].code for i in (0, -1))
    headings = _headings(blocks)
    titles = _titles(blocks, headings)
    tables = [place for place, block in enumerate(blocks) if isinstance(block, Table)]
    starts = {0: True}
    owners: set[Owner] = set()
    codes: set[str] = set()
    above = start = 0
    for place, code in headings:
        title = titles.get(place)
        is_new = title is not None and title.owner not in owners
        is_whole = {first, last} <= codes and bisect(tables, place) > bisect(tables, start - 1)
        again = code in codes and code in (first, last) and (is_whole or _signed(blocks, above, place))
        if title is not None and is_new and (owners or is_whole or again):
            # A name below blocks that do not say whose report they are may be their signature.
            is_named = title.start == title.place or _owner(tuple(blocks[start : title.start]))[0] is not None
            start = title.start if is_named else title.place
            starts[start] = is_named and bool(owners)
            codes = set()
        elif again:
            start = _end_of_report(blocks, above, place)
            starts[start] = False
            codes = set()
        if title is not None:
            owners.add(title.owner)
        codes.add(code)
        above = place
    return starts


def _headings(blocks: Sequence[Block]) -> list[tuple[int, str]]:
    """Place and code of each section heading."""
    form = load_forms()[0]
    return [
        (place, section.code)
        for place, block in enumerate(blocks)
        if isinstance(block, Paragraph) and (section := section_of(block.text, form)) is not None
    ]


def _titles(blocks: Sequence[Block], headings: Sequence[tuple[int, str]]) -> dict[int, _Title]:
    """For each heading of a first section the title nearest above it that names an agency."""
    first = load_forms()[0].sections[0].code
    found: dict[int, _Title] = {}
    before = -1
    for heading, code in headings:
        if code == first:
            for place in range(heading - 1, max(before, heading - _HEAD - 1), -1):
                title = _title_at(blocks, place)
                if title is not None and not _is_attached(blocks, title.start, heading):
                    found[heading] = title
                    break
        before = heading
    return found


def _title_at(blocks: Sequence[Block], place: int) -> _Title | None:
    """The title of a report in this line, alone or with the line above, if it names an agency."""
    text = _title_text(blocks[place])
    if text is None:
        return None
    above = blocks[place - 1] if place else None
    candidates = [(place, text)]
    if isinstance(above, Paragraph):
        candidates.append((place - 1, above.text + text))
    for start, words in candidates:
        if "公" not in words:  # no title of a report (信息公开, 公开工作)
            continue
        title = normalise(words)
        agency = agency_of(title)
        if agency and classify_title(title) is TitleKind.REPORT:
            return _Title((agency, year_of(title)), place, start)
    return None


def _is_attached(blocks: Sequence[Block], place: int, heading: int) -> bool:
    """Whether the line names a file above a signature (附件：…年度报告.doc), which is no title."""
    block = blocks[place]
    is_annex = isinstance(block, Paragraph) and block.text.lstrip().startswith("附件")
    return is_annex and _signed(blocks, place, heading) is not None


def _title_text(block: Block) -> str | None:
    """The text of a paragraph that may be a title by its length."""
    if not isinstance(block, Paragraph) or len(block.text) > _LONGEST_TITLE or "。" in block.text:
        return None
    return block.text


def _signed(blocks: Sequence[Block], above: int, below: int) -> int | None:
    """The place of the first signature, agency and date, between two headings."""
    name = False
    for place in range(above + 1, below):
        block = blocks[place]
        if not isinstance(block, Paragraph) or not block.text.strip():
            continue
        if signed_line(block.text) or (name and is_date(block.text)):
            return place
        name = is_name(block.text)
    return None


def _end_of_report(blocks: Sequence[Block], above: int, below: int) -> int:
    """Where the next report begins between the last heading of one and the first of the next: behind the
    signature, else at the title, else at its first heading."""
    titles = (
        place
        for place in range(above + 1, below)
        if (text := _title_text(blocks[place]))
        and classify_title(normalise(text)) is TitleKind.REPORT
        and not _is_attached(blocks, place, below)
    )
    title = next(titles, below)
    signed = _signed(blocks, above, title)
    return title if signed is None else signed + 1


def _belongs_to(before: tuple[Block, ...], part: tuple[Block, ...]) -> bool:
    """Whether a part goes on with, or repeats, the report before it."""
    (agency, year), (other, other_year) = _owner(before), _owner(part)
    if agency and other:
        return agency == other and (year == other_year or not year or not other_year)
    return _figures(part) in ([], _figures(before))


def _owner(part: tuple[Block, ...]) -> Owner:
    identity = read_identity(Document(part), None)
    return identity.agency, identity.report_year


def _figures(part: tuple[Block, ...]) -> list[str]:
    """The numbers in tables and alone in a line, in reading order."""
    texts = (
        text
        for block in part
        for text in ([block.text] if isinstance(block, Paragraph) else [cell.text for cell in block.cells])
    )
    return [normalise(text) for text in texts if is_number(text)]
