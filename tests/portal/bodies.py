"""The text of a report as editors write it, and its files. The same report gives the same bytes."""

from __future__ import annotations

import functools
import random
from io import BytesIO

import pypdfium2

from parsers.forms import Form, load_forms
from tests.accuracy.markup import STYLES
from tests.accuracy.pdf import to_pdf
from tests.accuracy.printed import Content, Look
from tests.accuracy.reports import Draft
from tests.accuracy.word import to_docx
from tests.parsers.render import Value, filled
from tests.portal.content import File, Report


def form_of(year: int) -> Form:
    """The official form that reports on `year` follow."""
    by_id = {form.id: form for form in load_forms()}
    if year >= 2021:
        return by_id["cn_ogi_annual_2021"]
    return by_id["cn_ogi_annual_2019_trial" if year >= 2019 else "cn_ogi_statistics_2014"]


def content_of(report: Report) -> Content:
    return _draft(report).content()


def truth_of(report: Report) -> dict[str, Value]:
    """What the report says, by cell of its form."""
    return _draft(report).truth


def _draft(report: Report) -> Draft:
    form = form_of(report.year)
    rng = random.Random(f"{report.agency} {report.year} {report.revision}")
    return Draft(form, Look(rng), rng, filled(form, rng), report.agency, report.year)


def markup_of(report: Report, style: str) -> str:
    """The report's text in the markup of an editor (`tests.accuracy.markup.STYLES`)."""
    return "\n".join(STYLES[style](block) for block in content_of(report))


@functools.lru_cache(maxsize=256)
def file_bytes(report: Report, file: File, revision: int) -> bytes:  # noqa: ARG001 - the cache needs it
    """The bytes of a report's file."""
    if file.kind == "pdf":
        return to_pdf(content_of(report), report.title)
    if file.kind == "docx":
        return to_docx(content_of(report), report.title)
    if file.kind == "jpg":
        return _scanned(report)
    raise ValueError(f"no file of kind {file.kind}")


def _scanned(report: Report) -> bytes:
    """The first page of the report as a picture."""
    page = pypdfium2.PdfDocument(to_pdf(content_of(report), report.title))[0]
    target = BytesIO()
    page.render(scale=1.2).to_pil().convert("L").save(target, "JPEG", quality=60)
    return target.getvalue()
