"""The search: an index of all agencies in script files, of which a query needs few.

The names of an agency and its places are cut into pairs of characters. The pairs are shared out over files by
a number that the browser computes from the pair itself; each file lists the agencies of its pairs. The
agencies stand in other files, so many in each.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from warehouse.site.pages import data_block, edition, page, script, write
from warehouse.site.state import load, remove, save

CHUNK = 400
"""Agencies of one file."""
SHARE = 20_000
"""Entries of one file of pairs, on average."""
_MOST_SHARES = 1024
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Agency:
    """An agency as the search finds it; `years` are those of its reports."""

    province: str
    code: str
    place: str
    agency: str
    key: str
    years: tuple[int, ...]


def write_index(out: Path, agencies: Iterable[Agency], made_of: Iterable[str]) -> int:
    """Write the index below `out/search` and the page; gives the number of files that changed.

    `made_of` is what the agencies were made of: where that is as it was, they are not asked for. The agencies
    stand by place and then by the length of their names, as the results do.
    """
    before = load(out, "search")
    wanted = {"edition": edition(), "agencies": _digest(made_of)}
    if before.items() >= wanted.items():
        return 0
    ordered = sorted(agencies, key=lambda found: (found.code, found.place, len(found.agency), found.agency))
    wanted["names"] = _digest("\t".join((one.code, one.place, one.agency, one.province)) for one in ordered)
    save(out, "search", {})  # until all of it is written
    written = 0
    if before.get("edition") != wanted["edition"] or before.get("names") != wanted["names"]:
        written += remove((out / "search").glob("*.js"))
        written += _write_pairs(out, ordered)
    for start in range(0, len(ordered), CHUNK):
        rows = [
            [found.agency, found.code, found.place, found.key, _years(found.years)]
            for found in ordered[start : start + CHUNK]
        ]
        file = out / "search" / f"a{start // CHUNK}.js"
        written += write(file, script("nianbao.agencies", start // CHUNK, rows))
    save(out, "search", wanted)
    return written


def _digest(texts: Iterable[str]) -> str:
    return blake2b("\n".join(texts).encode(), digest_size=16).hexdigest()


def _write_pairs(out: Path, ordered: Sequence[Agency]) -> int:
    """What follows from names and their order, and not from years: the files of pairs and the page."""
    postings: dict[str, array[int]] = {}
    for number, found in enumerate(ordered):
        for pair in _pairs(found):
            postings.setdefault(pair, array("I")).append(number)
    shares = _shares(sum(map(len, postings.values())))
    by_share: list[dict[str, str]] = [{} for _ in range(shares)]
    for pair in sorted(postings):
        by_share[share(pair, shares)][pair] = _packed(postings[pair])
    written = 0
    for number, pairs in enumerate(by_share):
        written += write(out / "search" / f"p{number}.js", script("nianbao.pairs", pairs))
    names = {found.code: found.province for found in ordered}
    block = data_block({"chunk": CHUNK, "shares": shares, "names": names})
    return written + write(out / "search.html", page("search.html", 0, here="search", block=block))


def share(pair: str, shares: int) -> int:
    """The file of a pair; search.js computes the same."""
    return (ord(pair[0]) * 31 + ord(pair[1])) % shares


def _pairs(found: Agency) -> set[str]:
    texts = (found.province, found.agency, *found.place.split())
    return {
        text[start : start + 2].lower()
        for text in texts
        for start in range(len(text) - 1)
        if max(text[start : start + 2]) <= "\uffff"  # the browser counts in units of 16 bits
    }


def _shares(entries: int) -> int:
    shares = 1
    while shares * SHARE < entries and shares < _MOST_SHARES:
        shares *= 2
    return shares


def _packed(numbers: array[int]) -> str:
    """Ascending numbers as their differences, in base 36."""
    before, words = 0, []
    for number in numbers:
        words.append(_base36(number - before))
        before = number
    return " ".join(words)


def _base36(number: int) -> str:
    digits = ""
    while True:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
        if not number:
            return digits


def _years(years: tuple[int, ...]) -> str:
    """Years as spans: "2019-2023 2025"."""
    spans: list[list[int]] = []
    for year in sorted(years):
        if spans and spans[-1][1] == year - 1:
            spans[-1][1] = year
        else:
            spans.append([year, year])
    return " ".join(str(first) if first == last else f"{first}-{last}" for first, last in spans)
