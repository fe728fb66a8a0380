"""Where the prose of a report contradicts its tables, its own totals, or its year."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache

from parsers.facts.indicators import load_vocabulary
from parsers.facts.reading import copied_over, plain
from parsers.model import Cell, Fact, Issue, IssueCode

PROSE_ISSUES = (IssueCode.PROSE_CONTRADICTION, IssueCode.PARTS_CONTRADICTION, IssueCode.PROSE_YEAR)
"""What `check_facts` gives."""


def check_facts(
    facts: Sequence[Fact], cells: Mapping[str, Cell], report_year: int | None
) -> tuple[Issue, ...]:
    """Where the prose contradicts the tables (`cells` by id), its own totals, or the report's year."""
    return (*_against_tables(facts, cells), *_against_totals(facts), *_against_year(facts, report_year))


def _against_tables(facts: Sequence[Fact], cells: Mapping[str, Cell]) -> Iterator[Issue]:
    told: dict[str, list[Fact]] = {}
    for fact in facts:
        told.setdefault(fact.indicator, []).append(fact)
    lines = _lines(cells) if told else {}
    for indicator in load_vocabulary().indicators:
        said = told.get(indicator.code, [])
        sums = [_sum(names, lines) for names in indicator.cells] if said else []
        known = [(value, exact) for value, exact in sums if value is not None]
        if not known or any(_agrees(fact, value, exact) for fact in said for value, exact in known):
            continue
        value, exact = known[0]
        tables = f"{'' if exact else 'at least '}{value:.15g}"
        message = f"{indicator.label}: the prose says {_number(said[0])}, the tables {tables}"
        yield Issue(IssueCode.PROSE_CONTRADICTION, f"{message} (“{said[0].sentence}”)")


def _lines(cells: Mapping[str, Cell]) -> dict[str, list[int | float | None]]:
    """The numbers to add up for each row (its total, else its other cells) and each cell without a row."""
    lines: dict[str, list[int | float | None]] = {}
    for cell_id, cell in cells.items():
        lines.setdefault(_line(cell_id), []).append(cell.value)
    for row in lines:
        total = cells.get(f"{row}.total")
        if total is not None and total.value is not None:
            lines[row] = [total.value]
    return lines


@cache
def _line(cell_id: str) -> str:
    """The row of a cell, or the cell itself where it has no row."""
    return cell_id.rpartition(".")[0] if cell_id.count(".") == 2 else cell_id


def _sum(names: Sequence[str], lines: Mapping[str, list[int | float | None]]) -> tuple[float | None, bool]:
    """The sum of the lines named, and whether it is exact.

    With a number missing the sum is a lower bound; with none there it is None.
    """
    numbers: list[int | float | None] = []
    for name in names:
        matching = [values for line, values in lines.items() if fnmatchcase(line, name)]
        numbers += [value for values in matching or [[None]] for value in values]
    known = [value for value in numbers if value is not None]
    return (sum(known) if known else None), len(known) == len(numbers)


def _agrees(fact: Fact, printed: float, exact: bool) -> bool:
    if fact.lower_bound:
        return printed >= fact.value or not exact
    return fact.value == printed if exact else fact.value >= printed


def _against_totals(facts: Sequence[Fact]) -> Iterator[Issue]:
    """Parts against the total of their section; parts that need not be complete, of their sentence."""
    for rule in load_vocabulary().sums:
        for total in facts:
            if total.indicator != rule.total or total.lower_bound:
                continue
            near = [
                f
                for f in facts
                if f.section == total.section and (rule.complete or f.sentence == total.sentence)
            ]
            if sum(fact.indicator == rule.total for fact in near) > 1:
                continue
            parts = [[f for f in near if fnmatchcase(f.indicator, name)] for name in rule.parts]
            if rule.complete and any(len(group) > 1 for group in parts):
                continue
            named = [fact for group in parts for fact in group]
            added = sum(fact.value for fact in named)
            whole = rule.complete and all(parts) and not any(fact.lower_bound for fact in named)
            if added > total.value or (whole and added != total.value):
                numbers = " + ".join(_number(fact) for fact in named)
                message = (
                    f"{rule.total}: its parts {numbers} make {added:.15g}, the total says {total.value:.15g}"
                )
                yield Issue(IssueCode.PARTS_CONTRADICTION, f"{message} (“{total.sentence}”)")


def _against_year(facts: Sequence[Fact], report_year: int | None) -> Iterator[Issue]:
    if report_year is None:
        return
    for sentence in dict.fromkeys(fact.sentence for fact in facts):
        if copied_over(plain(sentence), report_year):
            message = f"the prose of the report on {report_year} counts {report_year - 1} (“{sentence}”)"
            yield Issue(IssueCode.PROSE_YEAR, message)


def _number(fact: Fact) -> str:
    return f"{'at least ' if fact.lower_bound else ''}{fact.value:.15g}"
