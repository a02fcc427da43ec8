"""Pictures of marked passages, cut out of pictures of their pages."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from functions.analyze.outputs.report.highlight import highlight
from shared.findings.model import Box, Evidence

if TYPE_CHECKING:
    from functions.analyze.extract.bitmap import Bitmap

# Points of the page shown above and below the passage, and the most that is shown in all.
_AROUND = 10.0
_MAX_HEIGHT = 150.0
# Enough for print on paper with a marker, and a third of the bytes.
_COLOURS = 64

# Returns the picture of a page (from 1), or None.
PageImage = Callable[[int], "Bitmap | None"]


class Clips:
    """Cuts passages out of page pictures; the last page is kept, as findings come in order."""

    def __init__(self, page_image: PageImage) -> None:
        self._page_image = page_image
        self._kept: tuple[int, Bitmap | None] = (0, None)

    def __call__(self, evidence: Evidence) -> bytes | None:
        """Return the passage as PNG, as wide as its page; None where there are no boxes or no picture."""
        if not evidence.boxes:
            return None
        page = self._page(evidence.page)
        return None if page is None else _png(_cut(page, evidence.boxes))

    def _page(self, number: int) -> Bitmap | None:
        if self._kept[0] != number:
            self._kept = (number, self._page_image(number))
        return self._kept[1]


def _cut(page: Bitmap, boxes: tuple[Box, ...]) -> Bitmap:
    """Mark the boxes (points) on the strip of the page that holds them."""
    top = max(min(box[1] for box in boxes) - _AROUND, 0.0)
    bottom = min(max(box[3] for box in boxes) + _AROUND, top + _MAX_HEIGHT)
    first = round(top / page.scale)
    last = max(round(bottom / page.scale), first + 1)
    return highlight(replace(page, pixels=page.pixels[first:last], top=first * page.scale), boxes)


def _png(bitmap: Bitmap) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(bitmap.pixels).quantize(_COLOURS).save(out, "PNG", optimize=True)
    return out.getvalue()
