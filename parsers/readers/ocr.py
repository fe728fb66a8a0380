"""Text in pictures: where lines of text are, and what they say. RapidOCR with the models of its own wheel.

The engine is loaded at the first use and works on one core, as documents are parsed side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from rapidocr import RapidOCR

Picture = NDArray[np.uint8]
"""A grey picture, rows by columns, from 0 (black) to 255 (white)."""

Bounds = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels."""


@cache
def _engine() -> RapidOCR:
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


def find_lines(page: Picture) -> list[Bounds]:
    """The upright rectangles around the lines of text of a page, unordered."""
    height, width = page.shape
    found: Any = _engine()(_coloured(page), use_det=True, use_cls=False, use_rec=False)
    lines = []
    for box in [] if found.boxes is None else found.boxes:
        (x0, top), (x1, bottom) = np.floor(box.min(axis=0)), np.ceil(box.max(axis=0))
        bounds = (max(int(x0), 0), max(int(top), 0), min(int(x1), width), min(int(bottom), height))
        if bounds[0] < bounds[2] and bounds[1] < bounds[3]:
            lines.append(bounds)
    return lines


def stand_on_their_heads(lines: Sequence[Picture]) -> bool:
    """Whether most of these pictures of lines are upside down."""
    if not lines:
        return False
    _, turned = _engine().cls_and_rotate([_coloured(line) for line in lines])
    return sum(label == "180" and score > 0.9 for label, score in turned.cls_res or ()) * 2 > len(lines)


def recognise(lines: Sequence[Picture]) -> list[tuple[str, float]]:
    """What each picture of a line says, with a score from 0 to 1; "" where nothing was read."""
    if not lines:
        return []
    read = _engine().recognize_txt([_coloured(line) for line in lines])
    return list(zip(read.txts or (), read.scores, strict=True))


def _coloured(picture: Picture) -> NDArray[np.uint8]:
    return cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR).astype(np.uint8)
