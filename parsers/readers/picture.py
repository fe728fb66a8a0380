"""The picture of a page made fit for reading: grey, without the red of seals, of one size, straight."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from parsers.readers.ocr import Picture

WIDTH = 1654
"""Pixels of the short side of every page: A4 at 200 dpi."""

_STEEPEST = 4.0
"""Degrees of skew that are looked for; a feeder gives one or two."""


def prepare(page: NDArray[np.uint8]) -> tuple[Picture, float]:
    """The page (rows, columns, red-green-blue) in grey, without seals, `WIDTH` pixels wide, straight; and by
    how much it was enlarged."""
    scale = WIDTH / min(page.shape[:2])
    return straightened(_resized(_without_red(page), scale)), scale


def straightened(page: Picture) -> Picture:
    """The page turned by a few degrees, so that its lines run across."""
    angle = _skew(page)
    return page if abs(angle) < 0.08 else _turned(page, angle, cv2.INTER_CUBIC)


def _without_red(page: NDArray[np.uint8]) -> Picture:
    """Grey, with the ink of seals turned to paper; black print under a seal is dark in red light as well."""
    red, green, blue = cv2.split(page)
    grey = cv2.cvtColor(page, cv2.COLOR_RGB2GRAY).astype(np.uint8)
    excess = cv2.subtract(red, cv2.max(green, blue))
    # JPEG keeps colour in blocks of two pixels, so the rim of a seal is grey ink beside red paper.
    seal = cv2.dilate((excess > 40).astype(np.uint8), np.ones((7, 7), np.uint8)).astype(bool)
    faded = np.clip(red.astype(np.int32) * 2 - 130, 0, int(np.median(grey)))
    return np.where(seal, np.maximum(grey, faded), grey).astype(np.uint8)


def _resized(grey: Picture, scale: float) -> Picture:
    if abs(scale - 1) < 0.02:
        return grey
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.resize(grey, None, fx=scale, fy=scale, interpolation=method).astype(np.uint8)


def _skew(grey: Picture) -> float:
    """The angle in degrees by which lines and rules run off the horizontal: turned by it, neighbouring rows
    of pixels differ most."""
    half = cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    ink = cv2.adaptiveThreshold(half, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 25, 20)

    def sharpness(angle: float) -> float:
        rows = _turned(ink.astype(np.uint8), angle, cv2.INTER_NEAREST, 0).sum(axis=1, dtype=np.int64)
        return float(np.square(np.diff(rows)).sum())

    angle = 0.0
    for reach, step in ((_STEEPEST, 0.25), (0.25, 0.05)):
        angles = np.arange(angle - reach, angle + reach + step / 2, step)
        angle = max((float(a) for a in angles), key=sharpness)
    return angle


def _turned(picture: Picture, angle: float, method: int, border: int = 255) -> Picture:
    height, width = picture.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1)
    return cv2.warpAffine(picture, turn, (width, height), flags=method, borderValue=border).astype(np.uint8)
