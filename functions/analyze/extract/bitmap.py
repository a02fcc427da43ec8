"""What a page looks like, as grey pixels: the form in which text recognition gets it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Grey = NDArray[np.uint8]

# Small print of 6 points is still read at this resolution, and an A4 page has 3.9 million pixels.
RESOLUTION = 200.0
MOST_PIXELS = 16_000_000
POINTS = 72.0


@dataclass(frozen=True, slots=True)
class Bitmap:
    """A page, or a part of one: ``pixels`` are rows by columns, 0 black to 255 white.

    ``scale`` is the size of a pixel in points; ``left`` and ``top`` are the place of the upper left corner on
    the page, in points.
    """

    pixels: Grey
    scale: float
    left: float = 0.0
    top: float = 0.0


def resolution_for(width: float, height: float) -> float:
    """Return the dots per inch at which to show a part of a page of this size in points.

    A poster is shown smaller, so that no page takes more than MOST_PIXELS.
    """
    inches = max(width, 1.0) * max(height, 1.0) / POINTS**2
    return min(RESOLUTION, math.sqrt(MOST_PIXELS / inches))
