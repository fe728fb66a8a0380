"""Traditional characters, in which mirrors and some regions print the report's pages, and radicals, which
browsers write into PDF files instead of the characters of the same shape (⼀, ⻓)."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from opencc_purepy import OpenCC

# The CJK ideographs of everyday use; rarer planes hold no character of a form or an agency.
_IDEOGRAPHS = "".join(map(chr, range(0x3400, 0xA000)))

# Unicode maps the Kangxi radicals, and of the supplement hardly any of those that are whole characters.
_SUPPLEMENT = "⺟母⺠民⻄西⻅见⻆角⻉贝⻋车⻓长⻔门⻘青⻚页⻛风⻜飞⻝食⻢马⻥鱼⻦鸟⻩黄⻬齐⻮齿⻰龙⻳龟"
_RADICALS = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0x2F00, 0x2FD6)}
_RADICALS |= zip(map(ord, _SUPPLEMENT[::2]), _SUPPLEMENT[1::2], strict=True)
_RADICAL = re.compile(f"[{''.join(map(chr, _RADICALS))}]")


def without_radicals(text: str) -> str:
    """`text` with the characters that its radicals stand for."""
    return text.translate(_RADICALS) if _RADICAL.search(text) else text


def simplified(text: str) -> str:
    """`text` in simplified characters; the same object when it holds no traditional one.

    A character counts as traditional when it has another simplified form and GB 2312 does not hold it:
    what GB 2312 holds stands in simplified text too (乾县, 於潜镇). Digits, Latin letters and punctuation
    never change.
    """
    if text.isascii():
        return text
    text = without_radicals(text)
    if _traditional().search(text) is None:
        return text
    return _converter().t2s(text)


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")


@cache
def _traditional() -> re.Pattern[str]:
    pairs = zip(_IDEOGRAPHS, _converter().ts(_IDEOGRAPHS), strict=True)
    chars = (char for char, plain in pairs if char != plain and not _in_gb2312(char))
    return re.compile(f"[{''.join(chars)}]")


def _in_gb2312(char: str) -> bool:
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True
