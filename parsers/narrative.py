"""The numbered sections of a report as clean text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from parsers.forms import Form, Section
from parsers.labels import normalise, without_number
from parsers.model import Document, Paragraph

_TOP_NUMBER = re.compile(r"([一二三四五六七八]|[1-8])[、.,:]")
_LONGEST_HEADING = 40
_RESIDUE = re.compile(r"\[bookmark:[^\]]*\]|\*\*|<(?=https?:)|(?<=/)>")
DATE = re.compile(
    r"(?P<year>20\d\d|二[〇○零O0][一二三四五六七八九〇○零]{2})年"
    r"(?P<month>\d{1,2}|[一二三四五六七八九十]{1,2})月(?P<day>\d{1,2}|[一二三四五六七八九十]{1,3})日"
)
# What portals print below an article: none of it belongs to the report.
_PAGE_FOOT = re.compile(
    r"附件\d*[:：]|附件下载|相关附件|扫一扫|打印(?:本页|此页|页面)|关闭(?:窗口|本页)|上一[篇条]|下一[篇条]"
    r"|版权所有|主办单位|网站地图|分享到|责任编辑"
)


def section_of(text: str, sections: Sequence[Section]) -> Section | None:
    """The section that this paragraph is the heading of, if it is one.

    A heading has a top-level number (一、 to 八、 or 1、), or is the bare label.
    """
    label = normalise(text)
    if len(label) > _LONGEST_HEADING or label.endswith(("。", ";", "；")):
        return None
    numbered = _TOP_NUMBER.match(label) is not None
    bare = without_number(label)
    for section in sections:
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
    return DATE.fullmatch(normalise(text).removesuffix("印发").removesuffix("印")) is not None


def read_sections(document: Document, form: Form) -> dict[str, str]:
    """Text by section code, in the form's order; neither tables nor what follows the signature."""
    texts: dict[str, list[str]] = {}
    current: list[str] | None = None
    for paragraph in _report_paragraphs(document):
        section = section_of(paragraph.text, form.sections)
        if section is not None:
            current = texts.setdefault(section.code, [])
        elif current is not None and _PAGE_FOOT.match(paragraph.text.strip()):
            break
        elif current is not None and clean(paragraph.text):
            current.append(clean(paragraph.text))
    return {s.code: "\n".join(_without_signature(texts[s.code])) for s in form.sections if s.code in texts}


def _report_paragraphs(document: Document) -> Iterator[Paragraph]:
    """The paragraphs up to the signature's date; after it only an unread section goes on."""
    for block in document.blocks:
        if isinstance(block, Paragraph):
            if is_date(block.text):
                return
            yield block


def _without_signature(lines: list[str]) -> list[str]:
    """Drops the agency's name at the end, which stood above the date."""
    if lines and len(lines) > 1 and re.fullmatch(r"[一-鿿（）()]{4,30}[局委办厅府会院部署处所心]", lines[-1]):
        return lines[:-1]
    return lines
