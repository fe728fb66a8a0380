"""Contents as ruled PDF pages with a text layer, and as scans of them."""

from __future__ import annotations

import random
from io import BytesIO

import numpy as np
import pypdfium2
from PIL import Image
from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from tests.accuracy.pages import SIZE, Sheet, lay_out
from tests.accuracy.printed import Content

FONT = "STSong-Light"
"""A CID font that every PDF reader knows; nothing is embedded."""


class _PdfSheet(Sheet):
    def __init__(self, *, wide: bool, title: str, size: float) -> None:
        super().__init__(*(landscape(A4) if wide else A4), size)
        pdfmetrics.registerFont(UnicodeCIDFont(FONT))
        self.file = BytesIO()
        self.canvas = Canvas(self.file, pagesize=(self.width, self.height), invariant=1)
        self.canvas.setTitle(title)
        self.number = 1

    def text(self, x: float, top: float, text: str, size: float) -> None:
        self.canvas.setFont(FONT, size)
        self.canvas.drawString(x, self.height - top - size, text)

    def rule(self, x: float, top: float, width: float, height: float) -> None:
        self.canvas.setLineWidth(0.5)
        self.canvas.rect(x, self.height - top - height, width, height)

    def end_page(self) -> None:
        self.canvas.setFont(FONT, 9)
        self.canvas.drawCentredString(self.width / 2, 25, f"- {self.number} -")
        self.canvas.showPage()
        self.number += 1


def to_pdf(
    content: Content,
    title: str,
    *,
    wide: bool = False,
    boxed: bool = False,
    repeat: bool = False,
    lower: float = 0,
    size: float = SIZE,
) -> bytes:
    """Pages upright or `wide`, from `lower` points below the top margin on, tables in print of `size` points
    (see pages.lay_out)."""
    sheet = _PdfSheet(wide=wide, title=title, size=size)
    sheet.top += lower
    lay_out(sheet, content, title, boxed=boxed, repeat=repeat)
    sheet.canvas.save()
    return sheet.file.getvalue()


def to_scan(pdf: bytes, dpi: int, rng: random.Random, *, noisy: bool) -> bytes:
    """The pages as pictures without text. `noisy`: slightly turned, grainy, speckled, strongly compressed."""
    images = []
    noise = np.random.default_rng(rng.randrange(2**32))
    for page in pypdfium2.PdfDocument(pdf):
        image = page.render(scale=dpi / 72).to_pil().convert("L")
        if noisy:
            image = image.rotate(rng.uniform(-0.7, 0.7), resample=Image.Resampling.BICUBIC, fillcolor=255)
            grain = np.asarray(image, dtype=np.float32) + noise.normal(0, 12, (image.height, image.width))
            specks = noise.random(grain.shape) < 0.0005
            grain[specks] = 0
            image = Image.fromarray(grain.clip(0, 255).astype(np.uint8))
        images.append(image)
    file = BytesIO()
    images[0].save(
        file, "PDF", save_all=True, append_images=images[1:], resolution=dpi, quality=60 if noisy else 92
    )
    return file.getvalue()
