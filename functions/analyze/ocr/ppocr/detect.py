"""Finds the lines of text in an upright image: a network marks their cores, which are then grown to boxes.

The method is differentiable binarization (M. Liao et al., AAAI 2020); the page is upright already, so that a
box is a plain rectangle.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from functions.analyze.ocr.areas import areas
from functions.analyze.ocr.ppocr.models import Network

if TYPE_CHECKING:
    from functions.analyze.extract.bitmap import Grey

# An A4 page at 200 dpi is looked at in one piece of 900 x 1280; what is larger, in bands of as many pixels.
_LONG_SIDE = 1280
_SMALLEST_RATIO = 0.55
_BAND_PIXELS = 1_250_000
_MULTIPLE = 32
_CORE = 0.3
_LEAST_SCORE = 0.5
_GROWTH = 1.6
_LEAST_SIDE = 3


@dataclass(frozen=True, slots=True)
class LineBox:
    """A line's box in pixels of the image, right and bottom not included."""

    x0: int
    top: int
    x1: int
    bottom: int


def find_lines(pixels: Grey, network: Network) -> list[LineBox]:
    """Return the boxes of the lines of text, from top to bottom."""
    longest = max(pixels.shape)
    ratio = 1.0 if longest <= _LONG_SIDE else max(_SMALLEST_RATIO, _LONG_SIDE / longest)
    found: list[LineBox] = []
    for top, bottom in _bands(pixels, ratio):
        found += _lines_of_band(pixels[top:bottom], top, ratio, network)
    return sorted(found, key=lambda box: (box.top, box.x0))


def _bands(pixels: Grey, ratio: float) -> Iterator[tuple[int, int]]:
    """Cut a tall or wide image across, each time at the emptiest row of the last quarter of a band."""
    rows, columns = pixels.shape
    most = max(64, int(_BAND_PIXELS / (columns * ratio) / ratio))
    top = 0
    while rows - top > most:
        near = pixels[top + most * 3 // 4 : top + most]
        cut = top + most * 3 // 4 + int(near.std(axis=1).argmin())
        yield top, cut
        top = cut
    yield top, rows


def _lines_of_band(band: Grey, offset: int, ratio: float, network: Network) -> list[LineBox]:
    from PIL import Image

    rows, columns = band.shape
    width, height = max(1, round(columns * ratio)), max(1, round(rows * ratio))
    small = np.asarray(Image.fromarray(band).resize((width, height), Image.Resampling.BILINEAR))
    paper = int(np.median(small))
    padded = np.full((_up(height), _up(width)), paper, np.uint8)
    padded[:height, :width] = small
    tensor = np.repeat((padded.astype(np.float32) / 127.5 - 1.0)[None, None], 3, axis=1)
    scores = network(tensor)[0, 0, :height, :width]
    lines = []
    for core in areas(scores > _CORE, scores):
        x0, top, x1, bottom = core.box
        wide, high = x1 - x0, bottom - top
        if core.weight / core.pixels < _LEAST_SCORE or min(wide, high) < _LEAST_SIDE:
            continue
        grow = wide * high * _GROWTH / (2 * (wide + high))
        lines.append(
            LineBox(
                max(0, round((x0 - grow) / ratio)),
                offset + max(0, round((top - grow) / ratio)),
                min(columns, round((x1 + grow) / ratio)),
                offset + min(rows, round((bottom + grow) / ratio)),
            )
        )
    return lines


def _up(side: int) -> int:
    return -(-side // _MULTIPLE) * _MULTIPLE
