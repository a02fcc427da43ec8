"""Turns a page so that its lines run from left to right, and tells where a pixel then came from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from functions.analyze.document.model import Box
from functions.analyze.ocr.ink import threshold

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from functions.analyze.extract.bitmap import Grey

    Points = NDArray[np.float32]

_WORKING_SIDE = 1000
_MOST_INK = 150_000
_LEAST_INK = 200
_STEEPEST = 8.0
_COARSE, _MIDDLE, _FINE = 1.0, 0.25, 0.05
_STRAIGHT = 0.1
# A drawn line fills its row; a line of text hardly more than twice what most rows with text hold.
_CAP = 3.0
_CLEARLY = 1.1


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the pixels of an upright image came from.

    The original of ``columns`` by ``rows`` pixels was turned clockwise by ``turn`` degrees (0, 90, 180, 270);
    its lines then still rose or fell by ``skew`` degrees (positive: downwards to the right). ``width`` and
    ``height`` are those of the upright image.
    """

    columns: int
    rows: int
    turn: int
    skew: float
    width: int
    height: int

    def box(self, box: Box) -> Box:
        """Return the box in the original that holds ``box`` of the upright image, both in pixels."""
        x0, top, x1, bottom = box
        corners = [self.point(x, y) for x, y in ((x0, top), (x1, top), (x0, bottom), (x1, bottom))]
        xs, ys = [x for x, _ in corners], [y for _, y in corners]
        return min(xs), min(ys), max(xs), max(ys)

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Return the point of the original that is seen at ``x``, ``y`` of the upright image."""
        wide, high = (self.rows, self.columns) if self.turn % 180 else (self.columns, self.rows)
        cos, sin = math.cos(math.radians(self.skew)), math.sin(math.radians(self.skew))
        right, down = x - self.width / 2, y - self.height / 2
        u, v = wide / 2 + cos * right - sin * down, high / 2 + sin * right + cos * down
        return {
            0: (u, v),
            90: (v, self.rows - u),
            180: (self.columns - u, self.rows - v),
            270: (self.columns - v, u),
        }[self.turn]


def straighten(pixels: Grey, turn: int, skew: float) -> tuple[Grey, Placement]:
    """Return the image turned clockwise by ``turn`` and then by ``-skew`` degrees, and how it was done."""
    rows, columns = pixels.shape
    turned = np.ascontiguousarray(np.rot90(pixels, -turn // 90))
    high, wide = turned.shape
    if abs(skew) < _STRAIGHT:
        return turned, Placement(columns, rows, turn, 0.0, wide, high)
    from PIL import Image

    cos, sin = math.cos(math.radians(skew)), math.sin(math.radians(skew))
    width, height = round(wide * cos + high * abs(sin)), round(high * cos + wide * abs(sin))
    rotation = (
        *(cos, -sin, wide / 2 - cos * width / 2 + sin * height / 2),
        *(sin, cos, high / 2 - sin * width / 2 - cos * height / 2),
    )
    image = Image.fromarray(turned).transform(
        (width, height),
        Image.Transform.AFFINE,
        rotation,
        Image.Resampling.BICUBIC,
        fillcolor=int(np.median(turned)),
    )
    return np.array(image, dtype=np.uint8), Placement(columns, rows, turn, skew, width, height)


def lines_of(pixels: Grey) -> tuple[bool, float]:
    """Return whether the lines run down the page (True) or across it, and their skew in degrees.

    The skew is that of the page turned clockwise by 90 degrees where they run down. The answer is a likely
    one only: which way is up, letters alone can tell.
    """
    xs, ys = _ink(pixels)
    if len(xs) < _LEAST_INK:
        return False, 0.0
    across, skew = _best(xs, ys)
    down, skew_down = _best(-ys, xs)
    return (True, skew_down) if down > _CLEARLY * across else (False, skew)


def inked(pixels: Grey) -> bool:
    """Say whether there is more on the page than a few specks."""
    return len(_ink(pixels)[0]) >= _LEAST_INK


def _ink(pixels: Grey) -> tuple[Points, Points]:
    """Return x and y of the ink of a reduced image, a sample where there is a lot."""
    step = max(1, round(max(pixels.shape) / _WORKING_SIDE))
    reduced = pixels[: pixels.shape[0] // step * step, : pixels.shape[1] // step * step]
    reduced = reduced.reshape(reduced.shape[0] // step, step, -1, step).mean(axis=(1, 3)).astype(np.uint8)
    limit = threshold(reduced)
    ink = reduced < limit
    if ink.mean() > 0.5:  # noqa: PLR2004 - light letters on dark ground
        ink = ~ink
    ys, xs = np.nonzero(ink)
    every = max(1, len(xs) // _MOST_INK)
    return xs[::every].astype(np.float32), ys[::every].astype(np.float32)


def _best(xs: Points, ys: Points) -> tuple[float, float]:
    """Return how sharply the ink falls into rows at the best skew, and that skew in degrees."""
    best = (_sharpness(xs, ys, 0.0), 0.0)
    span = _STEEPEST
    for step in (_COARSE, _MIDDLE, _FINE):
        centre = best[1]
        angles = np.arange(centre - span, centre + span + step / 2, step)
        best = max([best, *((_sharpness(xs, ys, float(angle)), float(angle)) for angle in angles)])
        span = step
    return best


def _sharpness(xs: Points, ys: Points, angle: float) -> float:
    """Return how much neighbouring rows differ when the ink is projected along ``angle``."""
    offsets = ys - xs * math.tan(math.radians(angle))
    counts = np.bincount((offsets - offsets.min()).astype(np.int64)).astype(np.float64)
    filled = counts[counts > 0]
    counts = np.minimum(counts, _CAP * np.median(filled))
    return float((np.diff(counts) ** 2).sum() / (counts**2).sum())
