"""`make accuracy`: the parsers against the truth, over a generated set and over real documents.

Prints a line for each format and form, then what went wrong. `%` is the share of the numbers printed legibly
that come back as stated; `% of all` counts the cells printed without a number too, which come back as such.
Exit status 1 if any number is silently wrong.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from parsers import parse
from tests.accuracy.corpus import WRITERS, Case, cases, office_sources, scan_cases, torn_cases
from tests.accuracy.office import convert, converter
from tests.accuracy.real import SHARED, real_cases
from tests.accuracy.score import Score, score

_OLD_FORMATS = ("doc", "rtf")
"""Formats that LibreOffice makes of DOCX."""
_HEAD = (
    "format", "form", "docs", "stated", "right", "%", "wrong", "unsure", "missing", "blanks", "% of all",
    "damaged", "read", "lost", "deduced", "ded.wrong", "checks", "metadata", "decoys",
)  # fmt: skip


def main() -> int:
    options = argparse.ArgumentParser(prog="make accuracy", description=__doc__)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--formats", nargs="*", default=[*WRITERS, *_OLD_FORMATS, "scan", "real"])
    options.add_argument("--keep", type=Path, help="write every document with a fault into this folder")
    options.add_argument("--notes", action="store_true", help="also tell what was missed or marked")
    chosen = options.parse_args()
    totals: dict[tuple[str, str], Score] = defaultdict(Score)
    for case in _all_cases(chosen.seed, chosen.formats):
        result = score(case, parse(case.data, case.name))
        damaged = ", damaged" if case.name.startswith("damage ") else ""
        totals[f"{case.format}{damaged}", case.form] += result
        if chosen.keep and (result.errors or (result.notes and chosen.notes)):
            _keep(chosen.keep, case)
    _print_table(totals)
    for result in totals.values():
        for line in [*result.errors, *(result.notes if chosen.notes else ())]:
            print(line)
    silent = sum(result.silent for result in totals.values())
    print(f"silently wrong: {silent}")
    return 1 if silent else 0


def _all_cases(seed: int, formats: Iterable[str]) -> Iterator[Case]:
    yield from cases(seed, [name for name in formats if name in WRITERS])
    if "text" in formats:
        yield from torn_cases(seed)
    old = [name for name in formats if name in _OLD_FORMATS]
    if old and converter() is None:
        print(f"skipped: {', '.join(old)} (LibreOffice is not installed)")
    elif old:
        yield from _old_cases(list(office_sources(seed)), old)
    if "scan" in formats:
        yield from scan_cases(seed)
    if "real" in formats:
        if not SHARED.is_dir():
            print("skipped: real documents (they are not beside this checkout)")
        yield from real_cases()


def _old_cases(sources: Sequence[Case], formats: Iterable[str]) -> Iterator[Case]:
    """The sources as LibreOffice converts them."""
    for target in formats:
        chosen = {f"{i}.docx": case for i, case in enumerate(sources)}
        made = convert({name: case.data for name, case in chosen.items()}, target)
        if not made:
            print(f"skipped: {target} (this LibreOffice does not convert docx)")
        for name, data in made.items():
            yield replace(chosen[name], format=target, data=data)


def _print_table(totals: dict[tuple[str, str], Score]) -> None:
    rows = [_HEAD, *(_row(format_, form, result) for (format_, form), result in totals.items())]
    everything = Score()
    for result in totals.values():
        everything += result
    rows.append(_row("all", "", everything))
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEAD))]
    for row in rows:
        print(
            "  ".join(
                t.ljust(w) if i < 2 else t.rjust(w) for i, (t, w) in enumerate(zip(row, widths, strict=True))
            )
        )


def _row(format_: str, form: str, s: Score) -> tuple[str, ...]:
    share, share_of_all = _share(s.right, s.cells), _share(s.right + s.blank_right, s.cells + s.blank)
    numbers = (
        s.documents, s.cells, s.right, share, s.wrong, s.uncertain, s.missing, _of(s.blank_right, s.blank),
        share_of_all, s.damaged, s.damaged_right, s.lost, s.deduced, s.deduced_wrong,
        _of(s.checks_right, s.checks), _of(s.metadata_right, s.metadata), _of(s.decoys_right, s.decoys),
    )  # fmt: skip
    return (format_, form.removeprefix("cn_ogi_"), *map(str, numbers))


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f}" if whole else ""


def _of(part: int, whole: int) -> str:
    return f"{part}/{whole}" if whole else ""


def _keep(folder: Path, case: Case) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{case.format} {case.form} {case.name}".replace("/", "_").replace("\n", "")
    (folder / name[:150]).write_bytes(case.data)


if __name__ == "__main__":
    sys.exit(main())
