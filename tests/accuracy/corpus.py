"""The generated set: seeded documents in every format, with the truth of each.

Each document has a random generator of its own, so that one can be made without the others.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Any
from zipfile import ZipFile, ZipInfo

from parsers.forms import Form, load_forms
from tests.accuracy import markup, pdf, plain, sheets, word
from tests.accuracy.alter import (
    DAMAGES,
    SUMMED,
    Need,
    Needs,
    cut_rows,
    goes_on_blank,
    goes_on_halfway,
    goes_on_repeated,
    numbers,
    split_header_row,
    split_label_column,
)
from tests.accuracy.decoys import decoys
from tests.accuracy.ofd import to_ofd
from tests.accuracy.printed import Content, Grid, width_of
from tests.accuracy.reports import AGENCIES, Draft, Expected, Order, contradicting, draft, mixed
from tests.parsers.readers.test_ofd import Writer

NO_FORM = "decoy"


@dataclass(frozen=True)
class Case:
    """A document and what it holds; no reports in it means that it must be refused as `not_report`.

    `form` is the id of the form, or `NO_FORM`.
    """

    name: str
    format: str
    form: str
    data: bytes
    reports: tuple[Expected, ...]


Damage = Callable[[Grid, random.Random], Needs]
Rearrange = Callable[[Grid, random.Random], list[Grid]]
Write = Callable[[Content, str, random.Random], bytes]

LOOKS: tuple[dict[str, Any], ...] = (
    {}, {"blanks": True}, {"full_width": True}, {"breaks": True, "vertical": True}, {"spelling": True},
    {"thousands": True, "padded": True}, {"units": True}, {"remarks": True}, {"zero": ""}, {"zero": "/"},
    {"zero": "-"}, {"zero": "—"}, {"zero": "无"}, {"zero": "0件"}, {"zero": "　0 "}, {"yuan": True},
    {"lead": "blank"}, {"lead": "repeated"}, {"lead": "single"}, {"joined": False},
    {"traditional": True}, {"busy": False}, {"busy": False, "zero": ""},
    {"blanks": True, "full_width": True, "thousands": True, "spelling": True, "breaks": True,
     "joined": False},
)  # fmt: skip
"""Deviations that lose nothing (see printed.Look)."""

_SHIFTS = ("value lost", "columns lost", "cells glued")
"""A sheet has a cell at every place, so a number that is missing there is a blank printed at its end."""


def _html(content: Content, title: str, rng: random.Random) -> bytes:
    charset = rng.choice(markup.CHARSETS)
    return markup.to_html(content, title, rng, charset=charset, layers=rng.choice((0, 0, 1, 2)))


def _docx(content: Content, title: str, rng: random.Random) -> bytes:
    return word.to_docx(content, title, rng.choice(word.LAYOUTS))


def _pdf(content: Content, title: str, rng: random.Random) -> bytes:
    return pdf.to_pdf(
        content, title, wide=rng.random() < 0.3, boxed=rng.random() < 0.3, repeat=rng.random() < 0.3,
        lower=rng.uniform(0, 300),
    )  # fmt: skip


def _text(content: Content, title: str, rng: random.Random) -> bytes:
    return plain.to_text(content, title, rng.choice(plain.LAYOUTS))


def _xlsx(content: Content, title: str, rng: random.Random) -> bytes:
    return sheets.to_xlsx(content, title, one_sheet=rng.random() < 0.5)


def _xls(content: Content, title: str, rng: random.Random) -> bytes:
    return sheets.to_xls(content, title, one_sheet=rng.random() < 0.5)


def _ofd(content: Content, title: str, rng: random.Random) -> bytes:
    writer = Writer(steps=rng.choice(("list", "runs")), areas=rng.random() < 0.5)
    return to_ofd(content, title, writer, repeat=rng.random() < 0.3)


def _zip(content: Content, title: str, rng: random.Random) -> bytes:
    """The report as DOCX or HTML beside a picture, under names in GBK as old programs write them."""
    inside = _docx(content, title, rng) if rng.random() < 0.5 else _html(content, title, rng)
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        for name, data in ((f"{title[:8]}.doc", inside), ("附件/公章.jpg", b"\xff\xd8\xff\xe0JFIF")):
            entry = ZipInfo(name.encode("gbk").decode("cp437"))
            entry.flag_bits = 0
            archive.writestr(entry, data)
    return file.getvalue()


WRITERS: dict[str, tuple[Write, int]] = {
    "html": (_html, 3), "text": (_text, 2), "docx": (_docx, 1), "pdf": (_pdf, 1), "xlsx": (_xlsx, 1),
    "xls": (_xls, 1), "ofd": (_ofd, 1), "zip": (_zip, 1),
}  # fmt: skip
"""By format: what writes it, and how thickly it is covered (1 to 3)."""

Recipe = Callable[[random.Random], Draft]


def cases(seed: int, formats: Iterable[str] = WRITERS, every: int = 1) -> Iterator[Case]:
    """The generated documents of these formats; only one of `every` so many is made."""
    number = 0
    for name in formats:
        write, cover = WRITERS[name]
        for form in load_forms():
            for title, recipe in _recipes(name, form, cover):
                number += 1
                if number % every == 0:
                    yield _case(f"{seed}", name, form, title, recipe=recipe, write=write)
        for kind, heads in _HEADS.items():
            yield _two_reports(name, kind, heads, write, random.Random(f"{seed} {name} {kind}"))
        rng = random.Random(f"{seed} {name} decoys")
        for kind, title, content in decoys(load_forms()[0], rng):
            yield Case(kind, name, NO_FORM, write(content, title, rng), ())


def _case(seed: str, format_: str, form: Form, name: str, *, recipe: Recipe, write: Write) -> Case:
    rng = random.Random(f"{seed} {format_} {form.id} {name}")
    made = recipe(rng)
    state = rng.getstate()

    def written() -> bytes:
        rng.setstate(state)
        return write(made.content(), made.title, rng)

    data = written()
    if format_ == "text":
        made.needs = _unsettled(made, data, written) | made.needs
    return Case(name, format_, form.id, data, (made.expected(),))


def _unsettled(made: Draft, data: bytes, written: Callable[[], bytes]) -> Needs:
    """Numbers that a text does not settle: those of a short row, which has no sum, where the same bytes come
    from a row that has lost a value, so that what stood behind it has moved up and a blank ends the row."""
    needs: Needs = {}
    for grid in (grid for grids in made.tables.values() for grid in grids):
        for row in grid:
            at = numbers(row)
            if not 1 < len(at) < SUMMED or row[at[-1]].text.strip():
                continue
            last = row.pop(at[-1])
            if written() == data:
                needs |= {cell.cell: Need.OPEN for cell in (*row, last) if cell.cell}
            row.insert(at[-1], last)
    return needs


def _recipes(format_: str, form: Form, cover: int) -> Iterator[tuple[str, Recipe]]:
    """Every kind of report that is made in a format, by name."""
    for number, look in enumerate(LOOKS):
        if (number + len(format_)) % 3 < cover:
            yield f"look {_told(look)}", partial(draft, form, **look)
    for order in Order:
        yield f"order {order}", partial(_ordered, form, order)
    for name, change in REARRANGEMENTS.items():
        yield name, partial(_rearranged, form, change)
    yield "contradicts itself", partial(contradicting, form)
    for other in load_forms():
        if other is not form and {t.code for t in other.tables} & {t.code for t in form.tables}:
            yield f"a table of {other.id}", partial(mixed, form, other)
    for number in range(cover):
        for name, kind in DAMAGES.items():
            if not format_.startswith("xls") or name not in _SHIFTS:
                yield f"damage {name} {number}", partial(_damaged, form, kind)


def _told(look: dict[str, Any]) -> str:
    return " ".join(key if value is True else f"{key}={value}" for key, value in look.items()) or "plain"


def _ordered(form: Form, order: Order, rng: random.Random) -> Draft:
    made = draft(form, rng)
    made.order = order
    return made


def _rearranged(form: Form, change: Rearrange, rng: random.Random) -> Draft:
    made = draft(form, rng)
    made.each_grid(lambda grid: change(grid, rng))
    return made


def _damaged(form: Form, kind: Damage, rng: random.Random) -> Draft:
    made = draft(form, rng, busy=rng.random() < 0.7, zero=rng.choice(("0", "0", "", "/")))
    made.damage(kind)
    return made


def _cut(grid: Grid, rng: random.Random) -> list[Grid]:
    if len(grid) < 8:
        return [grid]
    parts = rng.choice((goes_on_blank, goes_on_repeated))
    return list(cut_rows(grid, rng.randrange(5, len(grid) - 2), parts))


def _cut_words(grid: Grid, rng: random.Random) -> list[Grid]:
    return (
        [grid] if len(grid) < 15 else list(cut_rows(grid, rng.randrange(8, len(grid) - 4), goes_on_halfway))
    )


def _split_labels(grid: Grid, rng: random.Random) -> list[Grid]:  # noqa: ARG001 - one signature for all
    return [split_label_column(grid, 2)] if width_of(grid) == 10 else [grid]


def _split_headers(grid: Grid, rng: random.Random) -> list[Grid]:  # noqa: ARG001 - one signature for all
    return [split_header_row(grid, 2)] if width_of(grid) >= 10 else [grid]


REARRANGEMENTS: dict[str, Rearrange] = {
    "tables cut in two": _cut,
    "words cut by the break": _cut_words,
    "list numbers apart": _split_labels,
    "header words over two cells": _split_headers,
}
"""Changes of the grids that keep every number legible."""


_NAMED = "{agency}{year}年政府信息公开工作年度报告"
_NAMELESS = "{year}年政府信息公开工作年度报告"
_HEADS: dict[str, tuple[str, str]] = {
    "two agencies": (_NAMED, _NAMED),
    "two agencies, titles without names": (_NAMELESS, _NAMELESS),
    "two agencies, one title": (_NAMELESS, ""),
    "two agencies, the first by its title": (_NAMED, ""),
    "two agencies, the second by its title": (_NAMELESS, _NAMED),
}
"""What stands above each of two reports in one document; an empty head is none."""


def _two_reports(format_: str, kind: str, heads: tuple[str, str], write: Write, rng: random.Random) -> Case:
    """Two agencies in one document, each with tables and signature."""
    form = load_forms()[0]
    made = [draft(form, rng), draft(form, rng)]
    agencies = rng.sample(AGENCIES, 2)
    content: Content = []
    for one, agency, head in zip(made, agencies, heads, strict=True):
        one.agency = agency
        content += [head.format(agency=agency, year=one.year)] if head else []
        content += one.content()
    data = write(content[1:], str(content[0]), rng)
    return Case(kind, format_, form.id, data, tuple(one.expected() for one in made))


def torn_cases(seed: int) -> Iterator[Case]:
    """Texts without any trace of their tables; nothing is owed of them, but what is read must be right."""
    for form in load_forms():
        rng = random.Random(f"{seed} torn {form.id}")
        made = draft(form, rng)
        made.needs = dict.fromkeys(made.truth, Need.OPEN)
        yield Case(
            "torn apart", "text", form.id, plain.torn(made.content(), made.title, rng), (made.expected(),)
        )


def scan_cases(seed: int) -> Iterator[Case]:
    """Scans, clean at 200 dpi and noisy at 150 dpi, of tables in print of the sizes that offices use."""
    for form in load_forms():
        for dpi, noisy in ((200, False), (150, True)):
            for name, size in (("小五", 9.0), ("五号", 10.5)):
                rng = random.Random(f"{seed} {dpi} {form.id} {size}")
                made = draft(form, rng)
                data = pdf.to_scan(pdf.to_pdf(made.content(), made.title, size=size), dpi, rng, noisy=noisy)
                yield Case(f"scan in {name}", f"scan {dpi} dpi", form.id, data, (made.expected(),))


def office_sources(seed: int) -> Iterator[Case]:
    """Documents for LibreOffice to turn into old formats. It loses tables in text boxes."""

    def write_docx(content: Content, title: str, rng: random.Random) -> bytes:
        return word.to_docx(content, title, rng.choice(("plain", "tracked", "nested")))

    wanted = ("look", "order", "contradicts", "tables cut", "list numbers")
    for form in load_forms():
        for name, recipe in _recipes("docx", form, 1):
            if name.startswith(wanted):
                yield _case(f"{seed} office", "docx", form, name, recipe=recipe, write=write_docx)
