"""Pictures of marked passages, cut out of a PDF's pages."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

from shared.findings import Box, Evidence

if TYPE_CHECKING:
    from PIL.Image import Image

DPI = 110
_POINTS = 72
# Points of the page shown above and below the passage, and the most that is shown in all.
_AROUND = 10.0
_MAX_HEIGHT = 150.0
_MARK = (255, 226, 105)

# Returns the picture of a page (from 1) at a scale of pixels a point, None where there is none.
PageImage = Callable[[int, float], "Image | None"]


class Clips:
    """Cuts passages out of page pictures; the last page is kept, as findings come in order."""

    def __init__(self, page_image: PageImage) -> None:
        self._page_image = page_image
        self._kept: tuple[int, Image | None] = (0, None)

    def __call__(self, evidence: Evidence) -> bytes | None:
        """Return the passage as PNG, as wide as its page; None where there are no boxes or no picture."""
        if not evidence.boxes:
            return None
        page = self._page(evidence.page)
        if page is None:
            return None
        out = io.BytesIO()
        _cut(page, evidence.boxes).save(out, "PNG", optimize=True)
        return out.getvalue()

    def _page(self, number: int) -> Image | None:
        if self._kept[0] != number:
            self._kept = (number, self._page_image(number, DPI / _POINTS))
        return self._kept[1]


def _cut(page: Image, boxes: tuple[Box, ...]) -> Image:
    """Mark the boxes (points) on a copy of the strip that holds them."""
    from PIL import Image, ImageChops, ImageDraw

    scale = DPI / _POINTS
    top = max(min(box[1] for box in boxes) - _AROUND, 0.0)
    bottom = min(max(box[3] for box in boxes) + _AROUND, top + _MAX_HEIGHT, page.height / scale)
    strip = page.crop((0, round(top * scale), page.width, max(round(bottom * scale), round(top * scale) + 1)))
    strip = strip.convert("RGB")
    paper = Image.new("RGB", strip.size, (255, 255, 255))
    marker = ImageDraw.Draw(paper)
    for x0, y0, x1, y1 in boxes:
        marker.rectangle(
            (x0 * scale - 2, (y0 - top) * scale - 1, x1 * scale + 2, (y1 - top) * scale + 1), _MARK
        )
    # Multiplied, as a text marker does: the letters stay black.
    return ImageChops.multiply(strip, paper).quantize(64)
