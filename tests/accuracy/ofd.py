"""Contents as OFD pages."""

from __future__ import annotations

from tests.accuracy.pages import Sheet, lay_out
from tests.accuracy.printed import Content
from tests.parsers.readers.test_ofd import Writer

_MM = 25.4 / 72


class _OfdSheet(Sheet):
    def __init__(self, writer: Writer) -> None:
        super().__init__(210 / _MM, 297 / _MM)
        self.writer = writer
        self.pages = [""]

    def text(self, x: float, top: float, text: str, size: float) -> None:
        if text:
            self.pages[-1] += self.writer.text(x * _MM, top * _MM, text, size * _MM)

    def rule(self, x: float, top: float, width: float, height: float) -> None:
        x0, y0, x1, y1 = (value * _MM for value in (x, top, x + width, top + height))
        sides = ((x0, y0, x1, y0), (x0, y1, x1, y1), (x0, y0, x0, y1), (x1, y0, x1, y1))
        self.pages[-1] += "".join(self.writer.line(*side) for side in sides)

    def end_page(self) -> None:
        self.pages.append("")


def to_ofd(content: Content, title: str, writer: Writer, *, repeat: bool = False) -> bytes:
    """Ruled pages, in the dialect of `writer` (see pages.lay_out)."""
    sheet = _OfdSheet(writer)
    lay_out(sheet, content, title, repeat=repeat)
    return writer.file(*filter(None, sheet.pages), title=title)
