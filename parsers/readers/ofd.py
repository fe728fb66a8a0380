"""OFD (GB/T 33190-2016), the fixed pages of Chinese offices: a zip of XML, read like a PDF with a text layer.

Own code, as no free library reads it: easyofd and its kin need PyMuPDF, which is AGPL. pdfplumber finds the
tables among the ruled lines; from there on the way of a page is that of pages.py.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from io import BytesIO
from posixpath import dirname, join, normpath

from lxml import etree
from pdfplumber.table import cells_to_tables, edges_to_intersections, intersections_to_cells, merge_edges

from parsers.model import Document, IssueCode, ReadError
from parsers.readers.ofd_page import MOST_OBJECTS, Drawn, PageContent
from parsers.readers.ooxml import read_part
from parsers.readers.pages import Bounds, Sheet, document_of

MOST_PAGES = 2000

# A page with more lines, or more crossings of them, shows a drawing; a page of the form has about 300.
_MOST_LINES, _MOST_CROSSINGS = 2000, 2000
_TOLERANCE = 3.0  # points within which lines are one, go on and cross
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, LookupError, ArithmeticError,
)  # fmt: skip


def read(data: bytes) -> Document:
    """Paragraphs and ruled tables in reading order, each cell with its page and box, as for a PDF.

    Pages are read with their templates and composite objects, without annotations, seals and attached files.
    `meta["title"]` is the title of the file's properties, where it has one.
    Raises ReadError: DAMAGED_FILE (broken, encrypted), UNKNOWN_FORMAT (a scan without a text layer).
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            package = _Package(archive)
            title, sheets = package.title(), list(package.sheets())
    except _DAMAGE as error:
        raise ReadError(IssueCode.DAMAGED_FILE, f"damaged OFD: {error}") from error
    return document_of(sheets, title, "OFD")


class _Package:
    """The parts of an OFD file and the way from one to the next."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        # Some writers do not keep to the case and the slashes of their own references.
        self.names = {_plain(name): name for name in archive.namelist()}
        self.root = self._needed("", "OFD.xml")

    def title(self) -> str:
        return (self.root.findtext("{*}DocBody/{*}DocInfo/{*}Title") or "").strip()

    def sheets(self) -> Iterator[Sheet]:
        """The pages of all documents in the file, counted from 1."""
        number = size = 0
        for location in self.root.iterfind("{*}DocBody/{*}DocRoot"):
            for content in self._pages((location.text or "").strip()):
                number, size = number + 1, size + content.size
                if number > MOST_PAGES or size > MOST_OBJECTS:
                    raise ReadError(IssueCode.DAMAGED_FILE, "an OFD file larger than any report")
                yield Sheet(number, content.chars, _tables(content.edges), content.has_image)

    def _pages(self, name: str) -> Iterator[PageContent]:
        document, folder = self._needed("", name), dirname(_plain(name))
        composites = dict(self._composites(document, folder))
        templates = {
            template.get("ID"): self._part(folder, template.get("BaseLoc", ""))
            for template in document.iterfind("{*}CommonData/{*}TemplatePage")
        }
        for entry in document.iterfind("{*}Pages/{*}Page"):
            page = self._needed(folder, entry.get("BaseLoc", ""))
            used = [templates.get(element.get("TemplateID")) for element in page.iterfind("{*}Template")]
            drawn = PageContent(composites)
            for root in (*used, page):
                content = None if root is None else root.find("{*}Content")
                if content is not None:
                    drawn.draw(content)
            yield drawn

    def _composites(self, document: etree._Element, folder: str) -> Iterator[tuple[str, etree._Element]]:
        """The composite objects of the document's resources with their ids."""
        for kind in ("PublicRes", "DocumentRes"):
            for location in document.iterfind(f"{{*}}CommonData/{{*}}{kind}"):
                resources = self._part(folder, (location.text or "").strip())
                if resources is not None:
                    for unit in resources.iterfind("{*}CompositeGraphicUnits/{*}CompositeGraphicUnit"):
                        yield unit.get("ID", ""), unit

    def _part(self, folder: str, location: str) -> etree._Element | None:
        """The part at a location that a part in `folder` names; a leading slash means the file's root."""
        name = self.names.get(_plain(join(folder, location))) or self.names.get(_plain(location))
        return read_part(self.archive, name) if name else None

    def _needed(self, folder: str, location: str) -> etree._Element:
        """A part without which the file cannot be read. Raises ReadError."""
        root = self._part(folder, location)
        if root is None:
            encrypted = any("encrypt" in name for name in self.names)
            reason = "encrypted OFD" if encrypted else f"damaged OFD: no {location} in it"
            raise ReadError(IssueCode.DAMAGED_FILE, reason)
        return root


def _plain(name: str) -> str:
    """A part's name, however a reference writes it."""
    return normpath(join("/", name.replace("\\", "/"))).lstrip("/").lower()


def _tables(edges: Sequence[Drawn]) -> list[list[Bounds]]:
    """The cells of each table that the ruled lines draw."""
    lines = merge_edges(list(edges), *[_TOLERANCE] * 4)
    if len(lines) > _MOST_LINES:
        return []
    crossings = edges_to_intersections(lines, _TOLERANCE, _TOLERANCE)
    if len(crossings) > _MOST_CROSSINGS:
        return []
    tables: list[list[Bounds]] = cells_to_tables(intersections_to_cells(crossings))
    return tables
