"""What a page looks like, as pixels: grey for text recognition, in colour for people."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Grey = NDArray[np.uint8]

POINTS = 72.0
# WebP ends at 16,383 pixels.
_MOST_IN_A_LINE = 16_000


@dataclass(frozen=True, slots=True)
class Look:
    """How a page is to be shown: dots per inch, the most pixels, and whether in colour.

    A poster is shown at fewer dots, so that no page takes more than ``most_pixels``, and none is longer than
    the formats of images can hold.
    """

    resolution: float
    most_pixels: int
    colour: bool

    def resolution_for(self, width: float, height: float) -> float:
        """Return the dots per inch at which to show a part of a page of this size in points."""
        inches = max(width, 1.0) * max(height, 1.0) / POINTS**2
        longest = _MOST_IN_A_LINE * POINTS / max(width, height, 1.0)
        return min(self.resolution, math.sqrt(self.most_pixels / inches), longest)


# Small print of 6 points is still recognised at this resolution, and an A4 page has 3.9 million pixels.
FOR_RECOGNITION = Look(200.0, 16_000_000, colour=False)
# Small print is legible, and an A4 page has 1.4 million pixels and about 100 KB.
FOR_PEOPLE = Look(120.0, 4_000_000, colour=True)


@dataclass(frozen=True, slots=True)
class Bitmap:
    """A page, or a part of one: ``pixels`` are rows by columns, 0 black to 255 white.

    In colour there is a third dimension: red, green, blue.

    ``scale`` is the size of a pixel in points; ``left`` and ``top`` are the place of the upper left corner on
    the page, in points.
    """

    pixels: Grey
    scale: float
    left: float = 0.0
    top: float = 0.0
