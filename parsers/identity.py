"""Who reports on which year: title, agency, report year, statistics period and dates of a document.

Order of trust for the year: the title, then the statistics period (统计期限), then the opening's own words,
then the signature, which is dated in the year after. The agency is named by the title, else by the signature;
never by the host. A name that the document gives only in part (市财政局) is none: the reader of many sites
could not tell whose it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from parsers.forms import load_forms
from parsers.labels import normalise
from parsers.model import Document, Issue, IssueCode, Paragraph, Scope, Table
from parsers.narrative import AGENCY, DATE, clean, is_date, section_of, signed_line
from parsers.recognise import TitleKind, classify_title, is_column_title

_YEAR = re.compile(
    r"(?P<year>20\d\d|二[〇○零O0][一二三四五六七八九〇○零]{2})(?:年度?|(?=政府信息|政务公开|信息公开))?"
)
_SUBJECT = re.compile(r"(?:年度)?(?:政府|政务)?(?:信息公开|政务公开|公开工作|公开年)")
_BEFORE_AGENCY = re.compile(r"^(?:.*[>›»|:]|\([^()]*[)】]|附件\d*|关于(?:印发|公布|发布|报送|编制)?)+")
_AFTER_AGENCY = re.compile(r"(?:关于|的|年度|:)+$")
# A customs district reports under its customs office, and an office may say that it means itself alone.
_PART_OF_NAME = re.compile(r"(?<=海关)关区$|(?<=[局委办厅])机关$")
_RELATIVE_NAME = re.compile(r"省|市(?![北中南])|县|区|州|盟|旗|我|本(?!溪)|该|各|全(?![州南椒])")
# Townships whose own names begin so (省庄镇, 州城街道, 市桥街道, 本号镇): a province has none of its own,
# and one character alone before 镇 is no name.
_TOWNSHIP_NAME = re.compile(
    r"(?:[省州盟][一-鿿]{1,6}?|[市县区旗我本该各全](?![省市县区乡镇街])[一-鿿])(?:镇|乡|街道|苏木)"
    r"(?:(?:人民)?政府(?:办公室)?|办事处|党政.{0,8}办公室)?"
)
_NO_NAME = re.compile(
    r"印发|转发|公布|发布|报送|编制|开展|做好|首页|位置|当前|网站|栏目|来源|作者|情况|工作部署|年度"
)
_PERIOD = re.compile(r"(20\d\d)年(\d{1,2})月(\d{1,2})日起?,?[至到\-—~]+(?:(20\d\d)年)?(\d{1,2})月(\d{1,2})日")
_PERIOD_WORDS = re.compile(r"统计|期限|时限|周期|数据")
_PUBLISHED = re.compile(r"(?:发布|公开|信息)(?:时间|日期):?(20\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})")
_IN_DIGITS = re.compile(r"(20\d\d)[-/.](\d{1,2})[-/.](\d{1,2})")
_DATED = re.compile(r"(?:成文|发文|生成|印发)日期:?(20\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})")
_OWN_WORDS = re.compile(r"(20\d\d)年度?(?:政府|政务)?信息公开(?:工作)?(?:年度)?(?:工作)?(?:报告|年报|情况)")
_NUMBER = re.compile(
    r"(?:(?:发布)?文号|发文字号)?[:：]?([一-鿿]{2,14}?[(（\[〔【［]20\d\d[)）\]〕】］]第?\d{1,5}号)"
)
_BLANKS = re.compile(r"\s+")
_DIGITS = {c: i for i, c in enumerate("〇一二三四五六七八九")} | {"○": 0, "零": 0, "O": 0, "0": 0}
_BREADCRUMB = re.compile(r"(?:当前|所在|您的)位置|首页\s*[>›»/]")
_OPENING = 60  # paragraphs before the first section in which a title is looked for
_LONGEST_TITLE = 80

# Whose requests the numbers count, by the words next to a count of requests or of what was put together.
_REQUESTS = r"(?:受理|收到|新收|接收|办理|答复)[^,。;]{0,14}(?:申请|依申请公开)"
_WHOLE_JURISDICTION = re.compile(
    rf"(?:全[省市县区州盟旗镇乡]|[省市县区州盟旗]级?(?:各|及所属)[^,。;]{{0,8}}(?:部门|机关|单位))[^,。;]{{0,12}}{_REQUESTS}"
    r"|(?:汇总|综合|涵盖|包括|包含)[^。;]{0,20}各(?:县|市|区|镇|乡|旗|部门|单位)[^。;]{0,40}(?:报告|统计|数据|信息公开)"
)
_VERTICAL_SYSTEM = re.compile(
    rf"(?:全系统|系统内|关区|全[国省市县区](?:[一-鿿]{{2,8}})系统)[^,。;]{{0,12}}{_REQUESTS}"
    r"|(?:汇总|综合|涵盖|包括|包含)[^。;]{0,20}(?:直属|隶属|派出)(?:海关|机构|分局|税务局)"
)
_OWN_ORGAN = re.compile(
    r"(?:[我本](?:局|委|办|厅|镇|乡|街道|院|所|站|中心|单位|机关|部门|行|关|署|队|会|处|府)"
    r"|[一-鿿]{2}(?:局|委|厅|镇|乡|街道|办公[室厅]|办事处))"
    rf"[^,。;各]{{0,14}}(?:{_REQUESTS}|(?:未|没有|无)[^,。;]{{0,14}}(?:申请|依申请公开))"
)


@dataclass
class Identity:
    """What the document says of itself; None where it does not."""

    title: str | None = None
    agency: str | None = None
    signer: str | None = None
    """The body under the text, also where the title names another one."""
    report_year: int | None = None
    period: tuple[date, date] | None = None
    signed_date: date | None = None
    published_date: date | None = None
    document_number: str | None = None
    scope: Scope | None = None
    issues: list[Issue] = field(default_factory=list)


def read_identity(document: Document, listed_title: str | None) -> Identity:
    """Reads the identity; `listed_title` is the title under which a list page shows the document."""
    paragraphs = [b.text for b in document.blocks if isinstance(b, Paragraph)]
    start = _start_of_sections(paragraphs)
    opening = [clean(text) for text in paragraphs[:start][-_OPENING:]]
    head = opening + _box(document)
    identity = Identity()
    identity.title = _title(document, opening, listed_title)
    title = normalise(identity.title or "")
    identity.signed_date, identity.signer = _signature(paragraphs, start)
    identity.signed_date = identity.signed_date or _first_date(_DATED, head)
    identity.period = _period([text for text in paragraphs if text.strip()])
    identity.agency = agency_of(title) or _agency_above(opening, title) or identity.signer
    identity.report_year = _report_year(title, opening, identity)
    identity.published_date = _published(document, head)
    identity.document_number = _document_number(head)
    identity.scope = _scope(title, paragraphs)
    if identity.agency is None:
        identity.issues.append(Issue(IssueCode.NO_AGENCY, "neither title nor signature names the agency"))
    if identity.report_year is None:
        identity.issues.append(
            Issue(IssueCode.NO_REPORT_YEAR, "no report year in title, statistics period or signature")
        )
    return identity


def agency_of(title: str) -> str | None:
    """The agency that a normalised title names in full: what stands before the subject, without the year."""
    subject = _SUBJECT.search(title, title.rfind(">") + 1)
    if subject is None:
        return None
    head = _BEFORE_AGENCY.sub("", _YEAR.sub("", title[: subject.start()]).lstrip('《<"'))
    return _name(_AFTER_AGENCY.sub("", head.strip('-_—·,:《》<>"')))


def year_of(title: str) -> int | None:
    """The report year that a normalised title names."""
    printed = _YEAR.search(title)
    return _year_number(printed["year"]) if printed else None


def _name(text: str) -> str | None:
    """`text` as an agency's name, None if it is no name or only part of one (市财政局)."""
    name = _PART_OF_NAME.sub("", re.sub(r"\((?:盖|公)?章\)$", "", text))
    if not re.fullmatch(AGENCY, name) or _NO_NAME.search(name):
        return None
    if _RELATIVE_NAME.match(name) and not _TOWNSHIP_NAME.fullmatch(name):
        return None
    return name.translate({ord("("): "（", ord(")"): "）"})


def _start_of_sections(paragraphs: Sequence[str]) -> int:
    """Where the first section heading stands; behind the last paragraph without one."""
    form = load_forms()[0]
    return next((i for i, text in enumerate(paragraphs) if section_of(text, form)), len(paragraphs))


def _box(document: Document) -> list[str]:
    """The rows of a table above the text, which many portals fill with number and dates."""
    first = next((block for block in document.blocks if isinstance(block, Table)), None)
    rows = first.rows()[:8] if first else []
    return ["".join(cell.text for cell in row) for row in rows]


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
    best = max(reports, key=_fullness, default=None)
    if best is None or year_of(normalise(best)) is None:
        # A decoy that is all but named like a report (一图读懂…2023年…年度报告) is a title; a report without
        # a year may be a column's name on the way to it.
        kinds = {title: classify_title(title) for title in others}
        decoys = (t for t in others if kinds[t] is TitleKind.DECOY and _OWN_WORDS.search(normalise(t)))
        return next(decoys, best or next(iter(own + others), None))
    return best


def _titles(texts: Sequence[str | None]) -> list[str]:
    titles = [clean(text) for text in texts if text and len(normalise(text)) <= _LONGEST_TITLE]
    titles = [title for title in titles if "。" not in title]
    return [t for t in titles if classify_title(t) is not TitleKind.OTHER and not is_column_title(t)]


def _joined(opening: Sequence[str]) -> Iterator[str]:
    """Lines of the opening, alone and with the next one or two: titles are set over several lines."""
    short = [text for text in opening if text and not _BREADCRUMB.search(text)]
    for i, text in enumerate(short):
        yield text
        for count in (2, 3):
            lines = short[i : i + count]
            if len(lines) == count and all(len(line) <= 40 and not line.endswith("。") for line in lines):
                yield "".join(lines)


def _fullness(title: str) -> tuple[bool, bool, int]:
    """Ranks titles: one that names year and agency first, of those the shortest."""
    text = normalise(title)
    return year_of(text) is not None, agency_of(text) is not None, -len(text)


def _agency_above(opening: Sequence[str], title: str) -> str | None:
    """The agency in the line right above a title that names none."""
    lines = [normalise(text) for text in opening if text]
    return next((_name(above) for above, line in pairwise(lines) if line and title.startswith(line)), None)


def _signature(paragraphs: Sequence[str], start: int) -> tuple[date | None, str | None]:
    """Date and agency of the signature: the agency above a date alone in its paragraph, or before it.

    A date above the sections (from `start`) that no agency stands above is the portal's, and so is any in
    digits alone (2024-01-18) but the one right below an agency's name at the end; one that ends in 印发 is
    that of the office which printed the letter.
    """
    lines = [(i, normalise(text)) for i, text in enumerate(paragraphs) if normalise(text)]
    dates = [n for n, (_, line) in enumerate(lines) if not line.endswith(("印", "印发")) and _is_signed(line)]
    for n in reversed(dates):
        whole = signed_line(lines[n][1])
        signer = _name(whole["agency"] if whole else lines[n - 1][1] if n else "")
        if signer or (n == dates[0] and lines[n][0] >= start):
            return _date(lines[n][1]), signer
    for (_, above), (i, line) in reversed(list(pairwise(lines))):
        if i >= start and _IN_DIGITS.fullmatch(line) and (signer := _name(above)) is not None:
            return _first_date(_IN_DIGITS, [line]), signer
    return None, None


def _is_signed(line: str) -> bool:
    return is_date(line) or signed_line(line) is not None


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
    """The dates that a sentence on the statistics names; it may be cut over two lines."""
    for first, second in pairwise([*paragraphs, ""]):
        if "月" not in first and "月" not in second:
            continue
        text = normalise(first) + normalise(second)
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


def _report_year(title: str, opening: Sequence[str], identity: Identity) -> int | None:
    by_title = year_of(title)
    by_period = identity.period[1].year if identity.period else None
    if by_title and by_period and by_title != by_period:
        message = f"the title says {by_title}, the statistics period {by_period}"
        identity.issues.append(Issue(IssueCode.YEAR_CONTRADICTION, message))
    said = next((m for m in map(_OWN_WORDS.search, map(normalise, opening)) if m), None)
    by_words = int(said[1]) if said else None
    by_signature = identity.signed_date.year - 1 if identity.signed_date else None
    return by_title or by_period or by_words or by_signature


def _published(document: Document, head: Sequence[str]) -> date | None:
    meta = _first_date(
        re.compile(r"(20\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})"), [document.meta.get("pubdate", "")]
    )
    return meta or _first_date(_PUBLISHED, head)


def _first_date(pattern: re.Pattern[str], texts: Sequence[str]) -> date | None:
    for match in filter(None, (pattern.search(normalise(text)) for text in texts)):
        try:
            return date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            continue
    return None


def _document_number(head: Sequence[str]) -> str | None:
    """The number (金工信发〔2024〕5号) in a line or a row of the box of its own, with or without 文号."""
    numbers = (_NUMBER.fullmatch(_BLANKS.sub("", text)) for text in head)
    return next((match[1] for match in numbers if match), None)


def _scope(title: str, paragraphs: Sequence[str]) -> Scope | None:
    """Whose activity the report counts, by the rule that `Scope` states."""
    if re.search("关区|系统", title):
        return Scope.VERTICAL_SYSTEM
    texts = [normalise(text) for text in paragraphs if "申" in text or "报" in text]
    told = (
        (_VERTICAL_SYSTEM, Scope.VERTICAL_SYSTEM),
        (_WHOLE_JURISDICTION, Scope.WHOLE_JURISDICTION),
        (_OWN_ORGAN, Scope.OWN_ORGAN),
    )
    return next((scope for pattern, scope in told if any(pattern.search(text) for text in texts)), None)
