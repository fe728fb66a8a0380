"""Numbers that the prose of a report states, each with its sentence."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache

from parsers.facts.indicators import Indicator, load_vocabulary
from parsers.model import Fact
from parsers.script import simplified

# Plans and shortcomings of the next year, no counts of this one.
_WITHOUT_FACTS = "problems"
_SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?]*")
# A sentence that holds neither a number nor a word for none is not looked into, nor text without full stops.
_MAY_STATE = re.compile(r"[\d未无無没沒零均]")
_LONGEST_SENTENCE = 2000
_BLANK = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]+")
_BLANK_IN_DIGITS = re.compile(r"(?<=\d)\s+(?=\d)")
_TITLE = re.compile(r"《(?![^《》]*公报》)[^《》]*》")
_COMMA_BETWEEN_WORDS = re.compile(r"(?<!\d),|,(?!\d{3}(?!\d))")
_PUNCTUATION = str.maketrans({";": "；", ":": "：", "(": "（", ")": "）"})
_SEPARATORS = "，；：（）"
_SEPARATOR = re.compile(f"[{_SEPARATORS}]")
_COUNT = re.compile(r"\d[余多百千万亿]*(?:[件条项宗份篇则个人名位次期场]|$)")
# 约500, 近500, 20-30 and digits apart are no counts, 第3 and 〔2021〕30 are names.
_NUMBER = (
    r"(?P<over>超过|突破|逾|超)?(?<![\d._A-Za-z\-–—~〔\[第约近足])(?<!\d[,，至到])"
    r"(?P<number>\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)(?!\d|[.,_]\d)(?P<more>[余多])?(?P<scale>(?:百万|千万|[百千万亿])?)(?P<more2>[余多])?"
)
_SCALES = {
    "": 1,
    "百": 100,
    "千": 1_000,
    "万": 10_000,
    "百万": 1_000_000,
    "千万": 10_000_000,
    "亿": 100_000_000,
}
_ELSEWHERE = re.compile(r"其中|通过|利用|依托|在(?!法定)|平台|栏|号")
# The year that a count belongs to is the last one named before it, but for the year requests move from or to.
_YEAR = re.compile(
    r"(?<![转延][至到入])(20\d\d)年(?!度?(?:结转|转结))|(?<![较比与和同])(去年|上一?年度?(?!度?(?:结转|转结)))"
)
_COMPARISON = re.compile(r"去年|上年|上一年|较|同比|相比")
_SPLIT = re.compile(r"其中|包括|包含|分别")


def read_facts(sections: Mapping[str, str], report_year: int | None) -> tuple[Fact, ...]:
    """The numbers that the sections (text by section code) state for `report_year`, in their order.

    A count of another year is left out; one in a sentence that names only the year before the report's
    stays, as `check_facts` tells it from a text that was copied over.
    """
    return tuple(
        fact
        for section, text in sections.items()
        if section != _WITHOUT_FACTS
        for sentence in _SENTENCE.findall(text)
        if len(sentence) <= _LONGEST_SENTENCE and _MAY_STATE.search(sentence)
        for fact in _facts_of(sentence.strip(), section, report_year)
    )


def plain(text: str) -> str:
    """`text` as patterns see it: simplified, without blanks, digits half width, punctuation full width."""
    text = _BLANK.sub("", _BLANK_IN_DIGITS.sub("_", simplified(text))).replace("，", "\0")
    text = unicodedata.normalize("NFKC", text)
    text = _COMMA_BETWEEN_WORDS.sub("，", text).translate(_PUNCTUATION).replace("\0", "，")
    return _TITLE.sub("《》", text)


def copied_over(text: str, report_year: int) -> bool:
    """Whether the sentence speaks of the year before the report's and of that year only."""
    years = {int(match[1]) for match in _YEAR.finditer(text) if match[1]}
    return years == {report_year - 1} and not _COMPARISON.search(text)


class _Rule:
    """An indicator with its patterns compiled; a pattern without a number states none."""

    def __init__(self, indicator: Indicator, words: Mapping[str, str]) -> None:
        self.indicator = indicator
        self.patterns = [re.compile(_spelt_out(p, words)) for p in (*indicator.none, *indicator.patterns)]
        self.needs = re.compile(indicator.needs or "")
        self.unless = re.compile(indicator.unless) if indicator.unless else None


def _spelt_out(pattern: str, words: Mapping[str, str]) -> str:
    """The pattern with its `<words>`, which may hold others defined before them, and its `<n>`."""
    for name, meaning in reversed(list(words.items())):
        pattern = pattern.replace(f"<{name}>", meaning)
    return pattern.replace("<n>", _NUMBER)


@cache
def _rules() -> tuple[_Rule, ...]:
    return tuple(_Rule(indicator, load_vocabulary().words) for indicator in load_vocabulary().indicators)


@cache
def _places_by_mark() -> dict[str, list[int]]:
    """Which rules, by their place in the order of search, a mark calls for."""
    places: dict[str, list[int]] = {}
    for place, rule in enumerate(_rules()):
        for mark in rule.indicator.marks:
            places.setdefault(mark, []).append(place)
    return places


def _rules_for(text: str) -> list[_Rule]:
    """The rules that a sentence calls for by its marks, in the order of search."""
    wanted = {place for mark, places in _places_by_mark().items() if mark in text for place in places}
    return [_rules()[place] for place in sorted(wanted)]


@cache
def _topics() -> dict[str, re.Pattern[str]]:
    return {code: re.compile(pattern) for code, pattern in load_vocabulary().topics.items()}


def _facts_of(sentence: str, section: str, report_year: int | None) -> list[Fact]:
    """The facts of one sentence, in the order of their places."""
    text = plain(sentence)
    found: dict[int, Fact] = {}
    for rule in _rules_for(text):
        indicator = rule.indicator
        if not rule.needs.search(f"{section}:{text}"):
            continue
        for match in _matches(rule, text):
            place = _place(match)
            if place in found or not _fits(rule, match, text, found, report_year):
                continue
            value, lower_bound = _value(match)
            found[place] = Fact(indicator.code, value, indicator.unit, sentence, lower_bound, section)
    return [found[place] for place in sorted(found)]


def _matches(rule: _Rule, text: str) -> Iterator[re.Match[str]]:
    for pattern in rule.patterns:
        yield from pattern.finditer(text)


def _place(match: re.Match[str]) -> int:
    """Where the number stands; for a none in words, where the words end."""
    return match.start("number") if "number" in match.re.groupindex else match.end() - 1


def _fits(
    rule: _Rule,
    match: re.Match[str],
    text: str,
    found: Mapping[int, Fact],
    report_year: int | None,
) -> bool:
    place = _place(match)
    begin = match.start() + (text[match.start()] in _SEPARATORS)
    clause = text[max(text.rfind(mark, 0, begin) for mark in _SEPARATORS) + 1 : match.end()]
    if rule.unless and rule.unless.search(clause):
        return False
    if not _of_year(text, place, report_year):
        return False
    if rule.indicator.part_of:
        return _is_part(rule.indicator, place, text, found)
    return rule.indicator.topic is None or _topic(text, place) == rule.indicator.topic


def _is_part(indicator: Indicator, place: int, text: str, found: Mapping[int, Fact]) -> bool:
    """Whether the number is named as a share (其中) of the indicator's total, no other topic between them."""
    totals = [at for at, fact in found.items() if fact.indicator == indicator.part_of and at < place]
    if not totals:
        return False
    between = text[max(totals) : place]
    return _SPLIT.search(between) is not None and set(_named(between)) <= {indicator.topic}


def _topic(text: str, place: int) -> str | None:
    """The topic of the number at `place`: the only one that its clause names, or that of the last count.

    Left open where a clause names several (网站、微信公众号), where the topic was named without a count, and
    where a clause names a share (其中) or another place (在公示栏).
    """
    clauses = _SEPARATOR.split(text[:place])
    for clause in reversed(clauses):
        named = _named(clause)
        if named:
            counted = clause is clauses[-1] or _COUNT.search(clause) is not None
            return named[0] if counted and len(named) == 1 else None
        if _ELSEWHERE.search(clause):
            return None
    return None


def _named(text: str) -> list[str]:
    return [code for code, pattern in _topics().items() if pattern.search(text)]


def _of_year(text: str, place: int, report_year: int | None) -> bool:
    """Whether the number at `place` is one of the report's year, or of a text copied from the year before."""
    years = list(_YEAR.finditer(text, 0, place))
    if not years or report_year is None:
        return True
    last = years[-1]
    if last[1] is None:
        return False
    year = int(last[1])
    return year == report_year or (year == report_year - 1 and copied_over(text, report_year))


def _value(match: re.Match[str]) -> tuple[float, bool]:
    """The number and whether it is a lower bound (余, 超过, 以上)."""
    if "number" not in match.re.groupindex:
        return 0.0, False
    value = float(match["number"].replace(",", "")) * _SCALES[match["scale"]]
    lower_bound = bool(match["over"] or match["more"] or match["more2"])
    return round(value, 6), lower_bound or match.string.startswith("以上", match.end())
