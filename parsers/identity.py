"""Who reports on which year: title, agency, report year, statistics period and dates of a document.

Order of trust for the year: the title, then the statistics period (统计期限), then the signature, which
is dated in the year after. The agency is named by the title, else by the signature; never by the host.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from parsers.forms import load_forms
from parsers.labels import normalise
from parsers.model import Document, Issue, IssueCode, Paragraph
from parsers.narrative import DATE, clean, is_date, section_of
from parsers.recognise import TitleKind, classify_title, is_column_title

_YEAR = re.compile(r"(?P<year>20\d\d)(?:年度?|(?=政府信息|政务公开|信息公开))?")
_SUBJECT = re.compile(r"(?:年度)?(?:政府|政务)?(?:信息公开|政务公开|公开工作|公开年)")
_AGENCY = re.compile(
    r"[一-鿿()·、]{2,40}?(?:局|委|委员会|办|办公室|厅|府|街道|镇|乡|苏木|中心|会|队|院|站|所|馆|署|部|处|公司|区|县|市|省|旗|州|海关|银行)"
)
_PERIOD = re.compile(
    r"(20\d\d)年(\d{1,2})月(\d{1,2})日(?:起)?[至到\-—~]+(?:(20\d\d)年)?(\d{1,2})月(\d{1,2})日"
)
_PERIOD_WORDS = re.compile(r"统计|期限|时限|周期|数据")
_PUBLISHED = re.compile(r"(?:发布|发文|公开|信息)(?:时间|日期):?(20\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})")
_NUMBER = re.compile(r"[一-鿿]{2,14}[(\[](20\d\d)[)\]]第?\d{1,5}号")
_DIGITS = {c: i for i, c in enumerate("〇一二三四五六七八九")} | {"○": 0, "零": 0, "O": 0, "0": 0}
_OPENING = 60  # paragraphs before the first section in which a title is looked for
_LONGEST_TITLE = 80


@dataclass
class Identity:
    """What the document says of itself; None where it does not."""

    title: str | None = None
    agency: str | None = None
    report_year: int | None = None
    period: tuple[date, date] | None = None
    signed_date: date | None = None
    published_date: date | None = None
    document_number: str | None = None
    issues: list[Issue] = field(default_factory=list)


def read_identity(document: Document, listed_title: str | None) -> Identity:
    """Reads the identity; `listed_title` is the title under which a list page shows the document."""
    paragraphs = [b.text for b in document.blocks if isinstance(b, Paragraph)]
    opening = _opening(paragraphs)
    identity = Identity()
    identity.title = _title(document, opening, listed_title)
    title = normalise(identity.title or "")
    identity.signed_date, signer = _signature(paragraphs)
    identity.period = _period(paragraphs)
    identity.agency = agency_of(title) or _agency_above(opening, title) or signer
    identity.report_year = _report_year(title, identity)
    identity.published_date = _published(document, opening)
    identity.document_number = _document_number(opening)
    if identity.agency is None:
        identity.issues.append(Issue(IssueCode.NO_AGENCY, "neither title nor signature names the agency"))
    if identity.report_year is None:
        identity.issues.append(
            Issue(IssueCode.NO_REPORT_YEAR, "no report year in title, statistics period or signature")
        )
    return identity


def agency_of(title: str) -> str | None:
    """The agency that a normalised title names: what stands before the subject, without the year."""
    subject = _SUBJECT.search(title)
    if subject is None:
        return None
    head = _YEAR.sub("", title[: subject.start()])
    head = re.sub(r"^(?:关于印发|关于公布|关于)|(?:关于|的|年度|[()]|:)+$", "", head).strip('-_—·,:《》<>"')
    agency = _AGENCY.fullmatch(head)
    return head if agency else None


def _opening(paragraphs: Sequence[str]) -> list[str]:
    """The paragraphs before the first section heading that follows a title, without blank ones."""
    sections = load_forms()[0].sections
    first = next((i for i, text in enumerate(paragraphs) if section_of(text, sections)), len(paragraphs))
    return [clean(text) for text in paragraphs[:first][-_OPENING:]] if first else []


def _title(document: Document, opening: Sequence[str], listed: str | None) -> str | None:
    """The title under which the document goes.

    The page's own title and the list's decide what kind of document it is; a report's title may be set
    more fully in the text, so the fullest wins. Column names (政府信息公开年报) are no titles.
    """
    headings = [b.text for b in document.blocks if isinstance(b, Paragraph) and b.level]
    own = _titles([document.meta.get("articletitle"), *headings, listed])
    others = _titles([*_joined(opening), document.meta.get("title")])
    if own and classify_title(own[0]) is TitleKind.DECOY:
        return own[0]
    reports = [t for t in own + others if classify_title(t) is TitleKind.REPORT]
    return max(reports, key=_fullness, default=next(iter(own + others), None))


def _titles(texts: Sequence[str | None]) -> list[str]:
    titles = [clean(text) for text in texts if text and len(normalise(text)) <= _LONGEST_TITLE]
    return [t for t in titles if classify_title(t) is not TitleKind.OTHER and not is_column_title(t)]


def _joined(opening: Sequence[str]) -> Iterator[str]:
    """Lines of the opening, alone and with the next one or two: titles are set over several lines."""
    short = [text for text in opening if text]
    for i, text in enumerate(short):
        yield text
        for count in (2, 3):
            lines = short[i : i + count]
            if len(lines) == count and all(len(line) <= 40 and not line.endswith("。") for line in lines):
                yield "".join(lines)


def _fullness(title: str) -> tuple[bool, bool, int]:
    """Ranks titles: one that names year and agency first, of those the shortest."""
    text = normalise(title)
    return _YEAR.search(text) is not None, agency_of(text) is not None, -len(text)


def _agency_above(opening: Sequence[str], title: str) -> str | None:
    """The agency in the line right above a title that names none."""
    lines = [normalise(text) for text in opening if text]
    for above, line in pairwise(lines):
        if line and title.startswith(line) and _AGENCY.fullmatch(above):
            return above
    return None


def _signature(paragraphs: Sequence[str]) -> tuple[date | None, str | None]:
    """Date and agency of the signature: a date alone in its paragraph, the agency above it or before it."""
    lines = [normalise(text) for text in paragraphs if normalise(text)]
    for i in range(len(lines) - 1, -1, -1):
        if not is_date(lines[i]):
            continue
        above = lines[i - 1] if i else ""
        if _AGENCY.fullmatch(above) or i == 0 or not any(is_date(line) for line in lines[:i]):
            return _date(lines[i]), above if _AGENCY.fullmatch(above) else None
    return None, None


def _date(text: str) -> date | None:
    match = DATE.search(text)
    if match is None:
        return None
    try:
        return date(_year_number(match["year"]), _number(match["month"]), _number(match["day"]))
    except ValueError:
        return None


def _year_number(text: str) -> int:
    return int(text) if text.isdigit() else int("".join(str(_DIGITS[c]) for c in text))


def _number(text: str) -> int:
    if text.isdigit():
        return int(text)
    tens, _, ones = text.rpartition("十")
    if "十" not in text:
        return _DIGITS[text]
    return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)


def _period(paragraphs: Sequence[str]) -> tuple[date, date] | None:
    for paragraph in paragraphs:
        text = normalise(paragraph)
        match = _PERIOD.search(text)
        if match is None or not _PERIOD_WORDS.search(text):
            continue
        year = int(match[1])
        try:
            start = date(year, int(match[2]), int(match[3]))
            return start, date(int(match[4] or year), int(match[5]), int(match[6]))
        except ValueError:
            continue
    return None


def _report_year(title: str, identity: Identity) -> int | None:
    printed = _YEAR.search(title)
    by_title = int(printed["year"]) if printed else None
    by_period = identity.period[1].year if identity.period else None
    if by_title and by_period and by_title != by_period:
        message = f"the title says {by_title}, the statistics period {by_period}"
        identity.issues.append(Issue(IssueCode.YEAR_CONTRADICTION, message))
    by_signature = identity.signed_date.year - 1 if identity.signed_date else None
    return by_title or by_period or by_signature


def _published(document: Document, opening: Sequence[str]) -> date | None:
    texts = [document.meta.get("pubdate", ""), *opening]
    patterns = [re.compile(r"(20\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})"), *[_PUBLISHED] * len(opening)]
    for text, pattern in zip(texts, patterns, strict=True):
        match = pattern.search(normalise(text))
        if match:
            try:
                return date(int(match[1]), int(match[2]), int(match[3]))
            except ValueError:
                continue
    return None


def _document_number(opening: Sequence[str]) -> str | None:
    return next((text for text in opening if _NUMBER.fullmatch(normalise(text))), None)
