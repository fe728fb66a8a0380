"""Is this title, is this text, an annual report on government information disclosure?

Rules from titles seen on real portals: the same columns also hold reports on rule of law, website
statistics, budgets, provident funds, and notices about writing the report.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

from parsers.script import simplified


class TitleKind(StrEnum):
    """What a title announces."""

    REPORT = "report"
    """An annual report on government information disclosure (政府信息公开工作年度报告)."""
    DECOY = "decoy"
    """Another kind of document that looks like one: never fetched, never a report."""
    OTHER = "other"
    """Says neither; the place where it stands or its text must decide."""


_SUBJECT = r"(?:信息公开|政务公开|公开工作)"
_REPORT = re.compile(
    rf"{_SUBJECT}.{{0,16}}(?:年度报告|年报|工作报告|情况的?报告|情况年度报告|年度.{{0,8}}报告|报告$)"
    rf"|公开年报|公开年度报告"
    rf"|(?:年度报告|年报)\(?{_SUBJECT}"
)
# Writings about a report, and other things made from it: no report even where its full name stands.
_ABOUT = re.compile(
    r"通知|通报|编制说明|填报说明|模板|格式|报表|解读|读懂|图解|音频|视频|语音"
    r"|(?:大学|学院|学校|中学|小学|幼儿园|医院|卫生院)[\d年度学\-—至]*(?:校务|院务|政府)?信息公开"
)
# Other annual documents of the same agencies. Some of these words are in agencies' names too, so the full
# name of the report overrules them.
_OTHER_DOCUMENT = re.compile(
    r"法治(?:政府|建设)|依法行政|网站.{0,12}(?:年报|年度报告)|政务新媒体|决算|预算|评估|考核"
    r"|企业(?:信息)?(?:年报|年度报告)|事业单位(?:法人)?年度报告|公积金.*(?:年度报告|年报)"
    r"|统计年鉴|统计公报|统计年报|政府工作报告"
    r"|公开(?:工作)?(?:指南|目录|制度|规定|条例|要点|方案|计划|办法|规程)|工作要点|实施方案"
)
_FULL_NAME = re.compile(r"政府信息公开(?:工作)?(?:年度报告|年度工作报告|年报)")

# What titles add where a report is told, drawn or read aloud once more.
_RETOLD = re.compile(
    r"[\[(【]?(?:一图|一张图|图文|文字|文稿|图片|政策|数字|动漫|视频|音频|语音|H5)*"
    r"(?:解读|读懂|看懂|图解|图片版|超链版|手机版|打印版|语音|音频|视频|动漫|漫画|长图|播报)"
    r"(?:版本|版|稿|文件)?[\])】]?[::丨|]?"
)
_NOT_THE_BODY = re.compile(
    r"(?:19|20)\d{2}年?度?|关于|公布|发布|政府信息公开|信息公开|政务公开|公开|工作|情况|年度|年报|报告"
    r"|总结|统计表|附表|附件|全文|的|[^\w]"
)

_YEAR = r"(?:19|20)\d{2}"
_BODY = (
    r"(?:局|委|委员会|(?<![举主承督协])办|办事处|管理处|开发区|新区|办公室|办公厅|厅|政府|街道|镇|乡|苏木|中心|管委会"
    r"|支队|总队|大队|院|站|所|馆|署|公司)"
)
_AGENCY = re.compile(rf"[^,，。：:\d]{{2,24}}{_BODY}")
_PLAUSIBLE = re.compile(
    rf"^{_YEAR}(?:年度?)?$"
    rf"|{_YEAR}年?度?(?:工作)?(?:年度报告|年报|报告)"
    rf"|^[^,，。：:]{{2,24}}{_BODY}(?:\(?{_YEAR}年?度?\)?)?$"
    rf"|{_SUBJECT}.{{0,10}}(?:总结|统计表|附表|工作情况)"
    rf"|{_YEAR}年?度?政府信息公开$|(?:{_YEAR}年?度?|政府信息|信息公).{{0,10}}\.{{2,}}$"
)
_COLUMN = re.compile(
    rf"(?:{_YEAR}年?度?|历年|往年|本级|本机关|本单位|本部门|各?部门|[省市区县镇乡旗]|政府|街道|乡镇)*+"
    r"(?:(?:政府|政务)?(?:信息)?公开(?:工作)?)(?:年度工作报告|年度报告|年报|工作年报|报告)"
    r"(?:专栏|栏目|列表|公示|公开|汇总)?(?:\(.{0,8}\))?(?:更多)?[>»›]*"
)
_ORDINAL = re.compile(r"^[(（]?(?:\d|[一二三四五六七八九十]{1,2})[)）、.．]")
_BARE_COLUMN = re.compile(r"(?:工作)?(?:年度报告|年报)")
# A group of agencies: words for them, in any order, with whatever tells whose they are.
_MEMBERS = (
    r"(?:部门|单位|机构|机关|区县|县区|县市|市县|街道(?:办事处|办)?|乡镇|镇乡|镇街|街镇|镇办|[乡镇]|苏木|园区|开发区"
    r"|功能区|委办局)"
)
_OWNERS = r"(?:本级|(?:人民)?政府(?:办公?[室厅]?)?|办公[室厅]|管委会|[省市州盟区县旗])"
_BETWEEN = r"(?:[各直中驻双]|中央|驻地|直?属|级|工作|组成|派出|垂直|垂管|双管|管理|其他|[和与及、/()])"
_GROUP = rf"(?:{_MEMBERS}|{_OWNERS}|{_BETWEEN})*(?:{_MEMBERS}|{_OWNERS}|[省市州盟区县旗]级)\)?"
_ANNUAL = r"(?:(?:政府)?信息公开)?(?:工作)?(?:年报|年度报告)?"
_SEVERAL_YEARS = rf"(?:{_YEAR}年?[-—至到~]{_YEAR}年?|{_YEAR}年?[及度]?(?:以前|之前|以来)|往年|历年)"
_PART = re.compile(rf"(?:{_SEVERAL_YEARS}|{_YEAR}年?度?)(?:{_GROUP})?{_ANNUAL}|{_GROUP}{_ANNUAL}")
_AGENCIES = re.compile(rf"(?:{_GROUP})(?:政府|政务)?(?:信息)?(?:公开)?(?:目录|平台|专栏|专区|年报)?(?:平台)?")

_WRITTEN_YEAR = re.compile(r"二[〇○零0][〇○零一二三四五六七八九0-9]{2}(?=年)")
_DIGITS = str.maketrans("〇○零一二三四五六七八九", "000123456789")

_HEADING_MARK = r"(?:^|[一二三四五六七八][、.．，,:： ]{1,3}|[（(][一二三四五六七八][)）] ?)"
_HEADINGS = tuple(
    re.compile(_HEADING_MARK + label, re.MULTILINE)
    for label in (
        r"(?:总体情况|概述)",
        r"主动公开政府信息(?:的)?情况",
        r"(?:收到和处理政府信息公开申请|依申请公开政府信息)(?:的)?(?:办理)?情况",
        r"(?:因)?政府信息公开(?:工作)?(?:被)?(?:申请|提起)?行政复议",
        r"(?:政府信息公开工作)?存在的?(?:主要)?问题(?:及|和|与)",
        r"其他需要(?:报告|说明)的(?:事项|情况)",
    )
)
_THIS_REPORT = re.compile(r"本(?:年度|年)?报告")


def plain_title(title: str) -> str:
    """`title` without white space, tags and quotes, full-width forms made plain, 二〇二三年 in digits."""
    text = unicodedata.normalize("NFKC", simplified(re.sub(r"<[^>]*>", "", title)))
    text = _WRITTEN_YEAR.sub(lambda year: year[0].translate(_DIGITS), text)
    return re.sub(r"[\s《》〈〉<>「」\u200b\ufeff]+", "", text).lstrip("·•-[")


def classify_title(title: str) -> TitleKind:
    """What `title` (a link text, a heading) announces. A column of reports is named like a report."""
    text = plain_title(title)
    if _ABOUT.search(text) or (_OTHER_DOCUMENT.search(text) and not _FULL_NAME.search(text)):
        return TitleKind.DECOY
    return TitleKind.REPORT if _REPORT.search(text) else TitleKind.OTHER


def retold_title(title: str) -> str | None:
    """The title of the report that a 解读, 图解, 图片版 or the like was made from; None for other titles."""
    text = plain_title(title)
    base = _RETOLD.sub("", text).removesuffix("的")
    if base == text or _ABOUT.search(base):
        return None
    return base if classify_title(base) is TitleKind.REPORT or is_plausible_title(base) else None


def report_named(title: str) -> tuple[str, int | None]:
    """Whose report a title names ("" for nobody's) and of which year, retold or not: good enough to tell the
    forms of one report in one list from other reports."""
    text = _RETOLD.sub("", plain_title(title))
    year = re.search(_YEAR, text)
    return _NOT_THE_BODY.sub("", text), int(year[0]) if year else None


def is_agency_title(title: str) -> bool:
    """Whether a link text is the name of an agency and nothing else."""
    return bool(_AGENCY.fullmatch(plain_title(title)))


def is_plausible_title(title: str) -> bool:
    """Whether an item with this title may be a report although the title does not say so, standing inside
    a column of reports: a bare year, an agency's name, "2019年度报告"."""
    return classify_title(title) is TitleKind.OTHER and bool(_PLAUSIBLE.search(plain_title(title)))


def is_column_title(title: str) -> bool:
    """Whether a link text names a column of annual reports and no agency (政府信息公开年报, 2023年度报告)."""
    text = _ORDINAL.sub("", plain_title(title))
    return bool(_COLUMN.fullmatch(text) or _BARE_COLUMN.fullmatch(text))


def is_part_title(title: str) -> bool:
    """Whether a link text names a part of a column: years, a group of agencies (市直部门), or both."""
    return bool(_PART.fullmatch(plain_title(title)))


def is_subcolumn_title(title: str) -> bool:
    """Whether a link text inside a column names a part of it, or a column."""
    return is_part_title(title) or is_column_title(title)


def is_group_title(title: str) -> bool:
    """Whether a link text names a group of agencies and no more than what they do (市直部门信息公开)."""
    text = plain_title(title)
    return bool(_AGENCIES.fullmatch(text) and re.search(_MEMBERS, text))


def is_report_text(text: str) -> bool:
    """Whether a document's text is that of an annual report: two of the form's six section headings (or
    their forms before 2019), or the opening formula 本年度报告 with 统计期限. Keep the line breaks."""
    text = simplified(text)
    if "统计期限" in text and _THIS_REPORT.search(text):
        return True
    plain = "\n".join(" ".join(line.split()) for line in text.splitlines() if not line.isspace())
    return sum(1 for heading in _HEADINGS if heading.search(plain)) >= 2
