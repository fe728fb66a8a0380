from __future__ import annotations

import string

import pytest

from parsers.script import simplified


@pytest.mark.parametrize(
    ("printed", "plain"),
    [
        ("一、本年新收政府信息公開申請數量", "一、本年新收政府信息公开申请数量"),
        ("複議後起訴 / 結果維持", "复议后起诉 / 结果维持"),
        ("總計", "总计"),
        ("餘姚市財政局", "余姚市财政局"),
        ("1,204.50 萬元", "1,204.50 万元"),
        ("⻓沙市⼈⺠政府⻔户", "长沙市人民政府门户"),
    ],
)
def test_traditional_text_becomes_simplified(printed: str, plain: str) -> None:
    assert simplified(printed) == plain


@pytest.mark.parametrize(
    "text", ["乾县人民政府", "於潜镇著名", "本年度办理结果", "", "12 / — ３４ ①② 二〇二三"]
)
def test_simplified_text_is_left_as_it_is(text: str) -> None:
    assert simplified(text) is text


def test_digits_letters_and_punctuation_never_change() -> None:
    kept = (
        string.digits
        + string.ascii_letters
        + "０１２３４５６７８９①②③〇一二三四五六七八九十百千，。：；（）《》〔〕-—/.%"
    )
    assert simplified(kept + "總計").removesuffix("总计") == kept
