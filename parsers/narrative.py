"""The numbered sections of a report as clean text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from parsers.forms import Form, Section
from parsers.labels import normalise, without_number
from parsers.model import Document, Paragraph

_TOP_NUMBER = re.compile(r"([一二三四五六七八]|[1-8])[、.,:]")
_LONGEST_HEADING = 40
_LONGEST_LINE = 160  # of a heading, a date, a signature as printed, with blanks between the characters
_RESIDUE = re.compile(
    r"\[bookmark:[^\]]*\]|\*\*|<(?=https?:)|(?<=/)>|^#{1,6}\s|!\[[^\]]*\]\([^)]*\)|[\u200b-\u200f\u2060\ufeff]"
)
# How the names of bodies end; a name in brackets may follow (国家新闻出版署（国家版权局）).
AGENCY = (
    r"[一-鿿·、]{1,40}?(?:局|委|会|办|室|厅|府|街道|镇|乡|苏木|中心|队|院|站|所|馆|署|部|处|公司|区|县|市|省|旗|州|盟"
    r"|海关|行|兵团|残联|妇联|农场)(?:[(（][一-鿿]{2,24}[)）])?"
)
DATE = re.compile(
    r"(?P<year>20\d\d|二[〇○零O0][一二三四五六七八九〇○零]{2})年"
    r"(?P<month>\d{1,2}|[一二三四五六七八九十]{1,2})月(?P<day>\d{1,2}|[一二三四五六七八九十]{1,3})日"
)
_SIGNED_LINE = re.compile(rf"(?P<agency>{AGENCY}){DATE.pattern}")
# What portals print below an article: none of it belongs to the report.
_PAGE_FOOT = re.compile(
    r"附件\d*[:：]|附件下载|相关附件|扫一扫|打印(?:本页|此页|页面)|关闭(?:窗口|本页)|上一[篇条]|下一[篇条]"
    r"|版权所有|主办单位|网站地图|分享到|责任编辑"
)
# What stands on every page of a printed document.
_PAGE_NUMBER = re.compile(
    r"[-—–－·\s]*(?:\d{1,3}|第\s*\d{1,3}\s*页(?:[，,/\s]*共\s*\d{1,3}\s*页)?)[-—–－·\s]*"
)
_SENTENCE_END = re.compile(r"[。；：？！;:?!…][”’\"』」）)》]*$")
_LIST_START = re.compile(
    r"[（(](?:[一二三四五六七八九十]{1,3}|\d{1,2})[)）]|[一二三四五六七八九十]{1,3}[、.．]|\d{1,2}[、.．)）](?!\d)|[①-⑳]"
)
_LONGEST_SHORT_LINE = 20
# Sections whose matter is a table of the form: beside prose, they hold what converters left of its labels.
_SECTIONS_OF_TABLES = ("proactive", "applications", "review_litigation")


def section_of(text: str, form: Form) -> Section | None:
    """The section of the form that this paragraph is the heading of, if it is one.

    A heading has a top-level number (一、 to 八、 or 1、), or is the bare label.
    """
    return None if len(text) > _LONGEST_LINE else _section_of(text, form)


@lru_cache(maxsize=1 << 12)  # every paragraph is asked for its title, for its signature and for its text
def _section_of(text: str, form: Form) -> Section | None:
    label = normalise(text)
    if len(label) > _LONGEST_HEADING or label.endswith(("。", ";", "；")):
        return None
    numbered = _TOP_NUMBER.match(label) is not None
    bare = without_number(label)
    for section in form.sections:
        if bare == normalise(section.label):
            return section
        if numbered and any(normalise(key) in bare for key in section.keys):
            return section
    return None


def clean(text: str) -> str:
    """A paragraph without converter residue and the blanks around it."""
    return _RESIDUE.sub("", text).strip()


def is_date(text: str) -> bool:
    """Whether the paragraph is a date and nothing else, as below a signature."""
    return (
        len(text) <= _LONGEST_LINE
        and DATE.fullmatch(normalise(text).removesuffix("印发").removesuffix("印")) is not None
    )


def signed_line(text: str) -> re.Match[str] | None:
    """A line that holds a whole signature, agency and date; the groups are those of DATE and `agency`."""
    return _SIGNED_LINE.fullmatch(normalise(text)) if len(text) <= _LONGEST_LINE else None


def read_sections(document: Document, form: Form) -> dict[str, str]:
    """Text by section code, in the form's order; neither tables nor what follows the signature."""
    texts: dict[str, list[str]] = {}
    current: list[str] | None = None
    for paragraph in document.blocks:
        if not isinstance(paragraph, Paragraph):
            continue
        section = section_of(paragraph.text, form)
        if section is not None:
            current = texts.setdefault(section.code, [])
        elif current is None:
            continue
        elif (
            is_date(paragraph.text) or signed_line(paragraph.text) or _PAGE_FOOT.match(paragraph.text.strip())
        ):
            break
        else:
            current += _lines(paragraph.text)
    return {s.code: _text(s.code, texts[s.code]) for s in form.sections if s.code in texts}


def _lines(text: str) -> Iterator[str]:
    for line in clean(text).splitlines():
        if line.strip() and not _PAGE_NUMBER.fullmatch(line):
            yield line.strip()


def _text(section: str, lines: Sequence[str]) -> str:
    joined = _joined(_without_signature(lines))
    return "\n".join(_prose(joined) if section in _SECTIONS_OF_TABLES else joined)


def _without_signature(lines: Sequence[str]) -> Sequence[str]:
    """Drops the agency's name at the end, which stood above the date."""
    return lines[:-1] if len(lines) > 1 and is_name(lines[-1]) else lines


def is_name(line: str) -> bool:
    return len(line) <= _LONGEST_LINE and re.fullmatch(AGENCY, normalise(line)) is not None


def _joined(lines: Sequence[str]) -> list[str]:
    """Lines that a page break or a converter cut within a sentence, put together again."""
    joined: list[list[str]] = []
    for i, line in enumerate(lines):
        if i and _goes_on(lines[i - 1], line):
            blank = " " if lines[i - 1][-1].isascii() and line[0].isascii() else ""
            joined[-1].append(blank + line)
        else:
            joined.append([line])
    return ["".join(pieces) for pieces in joined]


def _goes_on(line: str, following: str) -> bool:
    """Whether `following` continues the sentence of `line`: no sentence ends, no heading or list starts.

    A short line is taken for a heading, which has no full stop either, unless it breaks off in a list.
    """
    if _SENTENCE_END.search(line[-9:]) or _LIST_START.match(following):
        return False
    if line.endswith(("，", ",", "、", "“", "《", "（")):
        return True
    is_heading = _LIST_START.match(line) is not None and not re.search("[。，；]", line)
    return len(line) >= _LONGEST_SHORT_LINE and not is_heading


def _prose(lines: Sequence[str]) -> list[str]:
    """The sentences of a section of tables, with the headings right above them; 无 alone is a sentence."""
    kept: list[str] = []
    above_prose = False
    for line in reversed(lines):
        is_sentence = re.search("[。；]", line) is not None or line.rstrip("。") == "无"
        if is_sentence or (above_prose and _LIST_START.match(line)):
            kept.append(line)
        above_prose = is_sentence
    return kept[::-1]
