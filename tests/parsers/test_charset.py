"""Bytes to text when labels lie."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.charset import decode_html, decode_text

TEXT = "政府信息公开工作年度报告，镕〇"
META = '<meta charset="{}">'


@pytest.mark.parametrize("label", ["gb2312", "GBK", "gb18030", None])
def test_gb_labels_all_mean_gb18030(label):
    data = ((META.format(label) if label else "") + TEXT).encode("gb18030")
    assert decode_html(data).endswith(TEXT)
    assert decode_html(TEXT.encode("gb18030"), label) == TEXT


def test_label_that_does_not_fit_the_bytes_is_not_believed():
    assert decode_html(TEXT.encode("gb18030"), "utf-8") == TEXT
    assert decode_html(TEXT.encode(), "gbk") == TEXT
    assert decode_html(TEXT.encode(), "iso-8859-1") == TEXT
    assert decode_html((META.format("gb2312") + TEXT).encode()).endswith(TEXT)
    assert decode_html(TEXT.encode("gb18030"), "no-such-charset") == TEXT
    assert decode_html(TEXT.encode("gb18030"), "base64") == TEXT


def test_header_wins_over_meta_and_bom_over_both():
    big5 = "政府資訊公開".encode("big5")
    assert decode_html(META.format("gbk").encode() + big5, "big5").endswith("政府資訊公開")
    assert decode_html(b"\xef\xbb\xbf" + TEXT.encode(), "gbk") == TEXT
    assert decode_text(b"\xff\xfe" + TEXT.encode("utf-16-le")) == TEXT


def test_declaration_behind_the_first_4_kb_does_not_count():
    data = b" " * 5000 + META.format("big5").encode() + TEXT.encode("gb18030")
    assert decode_html(data).endswith(TEXT)


def test_damaged_bytes_lose_as_little_as_possible():
    assert decode_text((TEXT * 3).encode()[:-1] + b"\xff").startswith(TEXT * 2)
    assert decode_text(TEXT.encode("gb18030") + b"\xff").startswith(TEXT)
    assert decode_html((TEXT * 3).encode() + b"\xe6", "utf-8").startswith(TEXT * 3)


@given(st.binary(max_size=200), st.sampled_from([None, "gbk", "utf-8", "utf-16", "latin-1", ""]))
def test_any_bytes_give_text(data, label):
    assert isinstance(decode_html(data, label), str)
    assert isinstance(decode_text(data), str)
