"""Traditional characters: mirrors and some regions print the report's pages in them."""

from __future__ import annotations

import re
from functools import cache

from opencc_purepy import OpenCC

# The CJK ideographs of everyday use; rarer planes hold no character of a form or an agency.
_IDEOGRAPHS = "".join(map(chr, range(0x3400, 0xA000)))


def simplified(text: str) -> str:
    """`text` in simplified characters; the same object when it holds no traditional one.

    A character counts as traditional when it has another simplified form and GB 2312 does not hold it:
    what GB 2312 holds stands in simplified text too (乾县, 於潜镇). Digits, Latin letters and punctuation
    never change.
    """
    if text.isascii() or _traditional().search(text) is None:
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
