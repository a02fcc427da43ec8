"""Tells ink from paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from functions.analyze.extract.bitmap import Grey

_LEAST_CONTRAST = 40


def threshold(pixels: Grey) -> int:
    """Return the grey below which a pixel is ink, 0 where there is none.

    The value that parts the histogram into the two groups least spread out (N. Otsu, 1979).
    """
    counts = np.bincount(pixels.ravel(), minlength=256).astype(np.float64)
    grey = np.arange(256)
    below, weight = np.cumsum(counts), np.cumsum(counts * grey)
    above = below[-1] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = weight / below, (weight[-1] - weight) / above
        spread = np.nan_to_num(below * above * (low - high) ** 2)
    best = int(spread.argmax())
    if spread[best] <= 0 or high[best] - low[best] < _LEAST_CONTRAST:
        return 0
    return int((low[best] + high[best]) / 2)


def darkness(pixels: Grey) -> NDArray[np.float32]:
    """Return how dark each pixel is, from 0 (paper) to 1 (ink), between the greys of most of either."""
    limit = threshold(pixels)
    if not limit:
        return np.zeros(pixels.shape, np.float32)
    ink, paper = np.median(pixels[pixels < limit]), np.median(pixels[pixels >= limit])
    return np.clip((paper - pixels) / max(paper - ink, 1.0), 0.0, 1.0).astype(np.float32)
