"""A small part of `make accuracy`: whatever a document looks like, no number in it is read wrong."""

from __future__ import annotations

import pytest

from parsers import parse
from tests.accuracy.corpus import Case, cases, torn_cases
from tests.accuracy.score import Score, score

SEED = 7


def total(documents: list[Case]) -> Score:
    result = Score()
    for case in documents:
        result += score(case, parse(case.data, case.name))
    return result


@pytest.mark.parametrize("format_", ["html", "text", "docx", "xlsx", "xls"])
def test_no_number_is_silently_wrong_and_no_decoy_passes(format_: str) -> None:
    result = total(list(cases(SEED, [format_], every=12)))
    assert result.errors == []
    assert result.decoys_right == result.decoys


def test_text_without_any_trace_of_its_tables_gives_no_wrong_number() -> None:
    assert total(list(torn_cases(SEED))).errors == []


@pytest.mark.parametrize("format_", ["html", "docx"])
def test_every_legible_number_and_every_identity_comes_back(format_: str) -> None:
    legible = [case for case in cases(SEED, [format_], every=5) if case.name.startswith(("look", "order"))]
    result = total(legible)
    assert result.cells > 500
    assert (result.right, result.blank_right) == (result.cells, result.blank)
    assert result.metadata_right == result.metadata
    assert result.checks_right == result.checks
