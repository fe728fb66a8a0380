"""The archived original beside the form: a page of its own that a report's page shows in a frame.

Every original becomes markup without a single script, link or outside reference, under a policy that allows
none. Each place that a cell was read from has a fragment, so that choosing a cell scrolls there and marks it:
`t<table>-r<row>-c<column>` in a document with tables, `p<page>-<left>-<top>-<right>-<bottom>` on an image.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib import import_module
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol, cast

import nh3
from lxml import etree
from markupsafe import Markup

from parsers.model import Document, ReadError, Table
from parsers.readers import format_of, read_document
from parsers.readers.html import Page, read_with_elements
from warehouse.site.pages import template, write
from warehouse.site.watch import has_ended_one, watched

IMAGES = 300
"""Page images that one rendering draws at most, some 60 seconds of one core; the others follow in later ones.
Reports that a person should look at (a failed check, a deduced or uncertain cell) do not count."""

_PAGES = 8
"""Page images of one document: the form takes three."""
_WIDTH = 1000
"""Pixels of a page image's width: the small print of a form can be read."""
_LONGEST = 2 << 20
"""Characters of a page that are shown; reports have some fifty thousand."""
_SHORT_SIDE = 595.0
"""Points of the short side of a scanned page, as the readers count (parsers/readers/scan.py)."""

_TAGS = {
    "abbr", "article", "b", "blockquote", "br", "caption", "center", "code", "col", "colgroup", "dd", "div",
    "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "li", "ol", "p", "pre", "section",
    "small", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {cell: {"id", "colspan", "rowspan"} for cell in ("td", "th")}
_CONTENT = {
    "script", "style", "noscript", "template", "iframe", "object", "embed", "svg", "math", "select",
    "textarea", "button", "nav", "head", "title",
}  # fmt: skip
_SPANNING = {
    name: etree.XPath(f"(//td | //th)[@{name} and @{name} != '1']") for name in ("colspan", "rowspan")
}
_OURS = re.compile(r"t\d+-r\d+-c\d+")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Original:
    """An archived document as it was fetched; `content_type` is the header of its response."""

    data: bytes
    content_type: str | None


class Originals(Protocol):
    """Where archived bytes come from. It goes to other processes, so it must be picklable."""

    def read(self, digest: str) -> Original | None:
        """The document with this digest ("sha256:<hex>"), None where the archive does not hold it."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A source as the report's page shows it: number (from 1), what is said of it, name of its page."""

    number: int
    kind: str
    address: str | None


class Budget:
    """How many page images may still be drawn; shared by the processes that render."""

    def __init__(self, left: Any) -> None:
        self._left = left

    def take(self, images: int) -> bool:
        """Whether so many may be drawn; counts them."""
        with self._left.get_lock():
            if self._left.value < images:
                return False
            self._left.value -= images
            return True


def show(
    page_file: Path,
    digests: Sequence[str],
    originals: Originals,
    boxes: dict[str, set[tuple[int, str]]],
    *,
    budget: Budget | None,
    tried: Path,
) -> Iterator[Shown]:
    """Write the pages of a report's originals beside `page_file`; those that the archive does not hold give
    nothing. `boxes` are pages and boxes of the cells by digest; without a budget every page is drawn.

    A document that ends this process is left out from then on (`watch`, with the folder `tried`).
    """
    for number, digest in enumerate(digests, 1):
        original = originals.read(digest)
        if original is None:
            continue
        if has_ended_one(tried, digest):
            yield Shown(number, "unreadable", None)
            continue
        try:
            with watched(tried, digest):
                kind, body = _body(original, page_file, number, boxes.get(digest, set()), budget)
        except (ReadError, _DrawError, MemoryError):
            yield Shown(number, "unreadable", None)
            continue
        if body is None:
            yield Shown(number, kind, None)
            continue
        name = f"{page_file.stem}-{number}.html"
        style, style_digest = _style()
        page = template("original.html").render(
            body=body, style=style, style_digest=style_digest, number=number
        )
        write(page_file.with_name(name), page.encode())
        yield Shown(number, kind, name)


@cache
def _style() -> tuple[Markup, str]:
    """The style of originals, and its digest as the policy of their pages names it."""
    style = files(__package__).joinpath("assets", "original.css").read_text("utf-8")
    return Markup(style), base64.b64encode(sha256(style.encode()).digest()).decode()


class _DrawError(Exception):
    """A document cannot be drawn."""


def _body(
    original: Original, page_file: Path, number: int, boxes: set[tuple[int, str]], budget: Budget | None
) -> tuple[str, Markup | None]:
    """What is said of an original, and its body; None where its images have to wait."""
    kind = format_of(original.data)
    if kind in ("pdf", "scan"):
        wanted = sorted({on_page for on_page, _ in boxes})[:_PAGES]
        if budget is not None and not budget.take(max(len(wanted), 1)):
            return "pending", None
        drawn = list(_draw(original.data, kind, wanted, page_file, number))
        return "pages", Markup(template("drawn.html").render(pages=drawn, boxes=_rectangles(boxes)))
    charset = _CHARSET.search(original.content_type or "")
    label = charset[1] if charset else None
    page = read_with_elements(original.data, label) if kind == "html" else None
    if page is not None and page.root is not None:
        return "sandbox", sanitised(page.root, page)
    document = page.document if page is not None else read_document(original.data)
    return "as_read", Markup(template("as_read.html").render(blocks=_blocks(document)))


def sanitised(root: etree._Element, page: Page) -> Markup:
    """A page's own markup, with nothing in it that acts, loads or leads anywhere, and with the place of each
    cell of its document."""
    tables = [block for block in page.document.blocks if isinstance(block, Table)]
    spans = [
        (element, name, element.get(name) or "")
        for name, spanning in _SPANNING.items()
        for element in cast(list[etree._Element], spanning(root))
    ]
    # What editors leave is attributes for the most part, which would all be read again.
    etree.strip_attributes(root, "*")
    for element, name, value in spans:
        element.set(name, value)
    for number, (table, elements) in enumerate(zip(tables, page.cells, strict=True)):
        for cell, element in zip(table.cells, elements, strict=elements != []):
            element.set("id", f"t{number}-r{cell.row}-c{cell.column}")
    clean = nh3.clean(
        etree.tostring(root, encoding="unicode", method="html")[:_LONGEST],
        tags=_TAGS,
        clean_content_tags=_CONTENT,
        attributes=_ATTRIBUTES,
        attribute_filter=_only_ours,
        link_rel=None,
    )
    return Markup(_without_empty(clean))


def _only_ours(_tag: str, name: str, value: str) -> str | None:
    """Spans are small numbers; an id is one that was set here."""
    if name == "id":
        return value if _OURS.fullmatch(value) else None
    return value if value.isdigit() and len(value) < 4 else None


_EMPTY = re.compile(r"<(div|p|span|li|ul|section|article|a|b|strong|em|i|u)>\s*</\1>")


def _without_empty(markup: str) -> str:
    """Menus and frames of a portal leave towers of empty elements behind."""
    for _ in range(6):
        fewer = _EMPTY.sub("", markup)
        if len(fewer) == len(markup):
            break
        markup = fewer
    return markup


def _blocks(document: Document) -> list[tuple[str, Any]]:
    """Paragraphs and tables for the template: ("p", text) and ("t", (table number, rows of cells))."""
    shown: list[tuple[str, Any]] = []
    table_number = 0
    for block in document.blocks:
        if isinstance(block, Table):
            shown.append(("t", (table_number, block.rows())))
            table_number += 1
        else:
            shown.append(("p", block.text))
    return shown


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A page image: its number, file name, size in points, and points of a pixel's width."""

    number: int
    file: str
    width: float
    height: float


def _draw(data: bytes, kind: str, wanted: Sequence[int], page_file: Path, number: int) -> Iterator[_Drawn]:
    pictures = _pdf_pages(data, wanted) if kind == "pdf" else _frames(data, wanted)
    for page_number, picture, width in pictures:
        height = width * picture.height / picture.width
        size = (_WIDTH, round(_WIDTH * picture.height / picture.width))
        small = picture.resize(size) if picture.width > _WIDTH else picture
        name = f"{page_file.stem}-{number}-{page_number}.webp"
        out = BytesIO()
        small.convert("RGB").save(out, "WEBP", quality=55, method=2)
        write(page_file.with_name(name), out.getvalue())
        yield _Drawn(page_number, name, width, height)


def _pdf_pages(data: bytes, wanted: Sequence[int]) -> Iterator[tuple[int, Any, float]]:
    """Number, picture and width in points of the wanted pages (the first ones, if none is)."""
    pdfium = import_module("pypdfium2")
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        raise _DrawError(str(error)) from error
    try:
        pages = [number for number in wanted if number <= len(document)] or range(
            1, min(len(document), _PAGES) + 1
        )
        scanned = not any(document[n - 1].get_textpage().count_chars() for n in pages)
        for number in pages:
            page = document[number - 1]
            width, height = page.get_size()
            if min(width, height) <= 0 or max(width, height) / min(width, height) > 8:
                raise _DrawError("no page")
            picture = page.render(scale=_WIDTH / width).to_pil()
            yield number, picture, width * (_SHORT_SIDE / min(width, height) if scanned else 1.0)
    except pdfium.PdfiumError as error:
        raise _DrawError(str(error)) from error
    finally:
        document.close()


def _frames(data: bytes, wanted: Sequence[int]) -> Iterator[tuple[int, Any, float]]:
    """The pages of a picture file, as `_pdf_pages` gives them."""
    image = import_module("PIL.Image")
    ops, sequence = import_module("PIL.ImageOps"), import_module("PIL.ImageSequence")
    try:
        with image.open(BytesIO(data)) as file:
            for number, frame in enumerate(sequence.Iterator(file), 1):
                if number > _PAGES and number not in wanted:
                    break
                if wanted and number not in wanted:
                    continue
                upright = ops.exif_transpose(frame.convert("RGB"))
                yield number, upright, _SHORT_SIDE * upright.width / min(upright.size)
    except (OSError, SyntaxError, ValueError, EOFError, image.DecompressionBombError) as error:
        raise _DrawError(str(error)) from error


def _rectangles(boxes: Iterable[tuple[int, str]]) -> dict[int, list[tuple[str, list[int]]]]:
    """By page: fragment and left, top, width, height of each cell."""
    found: dict[int, list[tuple[str, list[int]]]] = {}
    for on_page, box in sorted(boxes):
        left, top, right, bottom = map(int, box.split())
        fragment = f"p{on_page}-{'-'.join(box.split())}"
        found.setdefault(on_page, []).append(
            (fragment, [left, top, max(right - left, 1), max(bottom - top, 1)])
        )
    return found
