"""`explain` on real documents: what it shows is found in the original by other means than ours.

The documents lie beside the checkout and are not part of it; without them these tests are skipped.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
from bs4 import BeautifulSoup

from flows.explain import Explanation, explain
from parsers.charset import decode_html, decode_text
from parsers.model import CellStatus
from tests.flows.archived import publish_archived

SHARED = Path(__file__).resolve().parents[3] / "shared"
FOLDERS = ("seeds", "reports")
pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the real documents are not beside this checkout")


def _of_pdf(data: bytes) -> str:
    with pypdfium2.PdfDocument(data) as document:
        return "".join(page.get_textpage().get_text_range() for page in document)


TEXT: dict[str, Callable[[bytes], str]] = {
    ".txt": decode_text,
    ".html": lambda data: BeautifulSoup(decode_html(data, None), "html.parser").get_text(),
    ".pdf": _of_pdf,
}


def documents() -> list[Path]:
    return sorted(path for folder in FOLDERS for path in (SHARED / folder).iterdir() if path.suffix in TEXT)


def solid(text: str) -> str:
    """Without blanks and what else sets lines apart, which every extraction does in its own way."""
    return re.sub(r"[\s|\u200b\ufeff\ufffe]", "", text)


def stands_in(text: str, original: str) -> bool:
    """In one piece, or in two where the break of a page cuts a label."""
    cuts = range(1, len(text))
    return text in original or any(text[:cut] in original and text[cut:] in original for cut in cuts)


def shown_texts(explanation: Explanation) -> list[str]:
    assert explanation.row is not None
    return [solid(text) for text in (*explanation.row.row, *explanation.row.header)]


@pytest.mark.parametrize("path", documents() if SHARED.is_dir() else [], ids=lambda path: path.name)
def test_every_stated_cell_is_shown_as_the_original_prints_it(path: Path, tmp_path: Path) -> None:
    data = path.read_bytes()
    reports = publish_archived(tmp_path, [(data, "")])
    original = solid(TEXT[path.suffix](data))
    if not any(cell.status is CellStatus.STATED for report in reports for cell in report.cells.values()):
        pytest.skip("nothing in it is read with certainty")
    for report in reports:
        assert report.agency is not None
        stated = [name for name, cell in report.cells.items() if cell.status is CellStatus.STATED]
        for found in explain(tmp_path, tmp_path / "archive", report.agency, 2023, stated):
            assert found.row is not None and found.row.text == found.cell["raw"] != ""
            assert found.captures[-1].url == report.source and found.data == data
            lost = [text for text in shown_texts(found) if not stands_in(text, original)]
            assert lost == [], found.cell["cell"]
            # A person finds the number by the words beside and above it.
            assert any(re.search(r"[\u4e00-\u9fff]", text) for text in shown_texts(found)), found.row
