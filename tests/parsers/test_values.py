from __future__ import annotations

import pytest

from parsers.model import CellStatus
from parsers.values import read_value

STATED, BLANK = CellStatus.STATED, CellStatus.BLANK
NONE, UNCERTAIN = CellStatus.NOT_APPLICABLE, CellStatus.UNCERTAIN


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("0", (STATED, 0)),
        (" ３ ", (STATED, 3)),
        ("447,228", (STATED, 447228)),
        ("447，228", (STATED, 447228)),
        ("1 204", (STATED, 1204)),
        ("0件", (STATED, 0)),
        ("22（其中修订16件）", (STATED, 22)),
        ("22\n（其中修订16件）", (STATED, 22)),
        ("5.0", (STATED, 5)),
        ("", (BLANK, None)),
        ("\xa0\u3000", (BLANK, None)),
        ("/", (NONE, None)),
        ("／", (NONE, None)),
        ("-", (NONE, None)),
        ("——", (NONE, None)),
        ("无", (NONE, None)),
        ("2 3", (UNCERTAIN, None)),
        ("1\n2", (UNCERTAIN, None)),
        ("1,2", (UNCERTAIN, None)),
        ("3.5", (UNCERTAIN, None)),
        ("O", (UNCERTAIN, None)),
        ("见附件", (UNCERTAIN, None)),
        ("10余", (UNCERTAIN, None)),
    ],
)
def test_a_count_says_what_is_printed(raw: str, expected: tuple[CellStatus, int | None]) -> None:
    assert read_value(raw, "count", "件") == expected


@pytest.mark.parametrize(
    ("raw", "unit", "expected"),
    [
        ("96171.6", "万元", (STATED, 96171.6)),
        ("59237.2449万元", "万元", (STATED, 59237.2449)),
        ("251000元", "万元", (STATED, 25.1)),
        ("0.0000", "万元", (STATED, 0)),
        ("13 840.7794", "万元", (STATED, 13840.7794)),
        ("251000元", None, (UNCERTAIN, None)),
        ("0", None, (STATED, 0)),
        ("25.1", None, (UNCERTAIN, None)),
    ],
)
def test_an_amount_keeps_the_unit_of_the_form(
    raw: str, unit: str | None, expected: tuple[CellStatus, float | None]
) -> None:
    assert read_value(raw, "amount", unit) == expected
