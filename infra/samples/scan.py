"""Make scans of a PDF: its pages as a scanner would give them, always the same for the same input."""

from __future__ import annotations

import io
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pypdfium2
from PIL import Image

from infra.samples.pdf import TIMESTAMP

POINTS = 72
_LOOKED_AT = 50
_MOST_APART = 3.0


@dataclass(frozen=True, slots=True)
class Scanner:
    """How pages come out: ``dpi`` dots per inch, ``noise`` as the standard deviation in greys (0 to 255).

    ``skew`` is the angle in degrees by which the sheet lay askew (positive: lines fall to the right),
    ``turn`` the one it was turned by, clockwise. ``quality`` is that of the JPEG.
    """

    dpi: int = 200
    noise: float = 0.0
    skew: float = 0.0
    turn: int = 0
    quality: int = 75

    def scan(self, content: bytes, numbers: Sequence[int]) -> list[Image.Image]:
        """Return the pages ``numbers`` (from 1) of a PDF as grey images."""
        document = pypdfium2.PdfDocument(content)
        try:
            return [self._page(document, number) for number in numbers]
        finally:
            document.close()

    def _page(self, document: pypdfium2.PdfDocument, number: int) -> Image.Image:
        page = document[number - 1]
        image: Image.Image = page.render(scale=self.dpi / POINTS, grayscale=True).to_pil().convert("L")
        page.close()
        if self.skew:
            image = image.rotate(-self.skew, Image.Resampling.BICUBIC, fillcolor=255)
        if self.noise:
            # Grain on a sheet that is not quite white, from a lens that is not quite sharp.
            grain = np.random.default_rng(number).normal(0.0, self.noise, (image.height, image.width))
            blurred = np.asarray(image.resize(image.size, Image.Resampling.BOX), dtype=np.float64)
            grey = 20.0 + blurred * 0.88 + grain
            image = Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8))
        return image.rotate(-self.turn, expand=True) if self.turn else image

    def pdf(self, content: bytes, numbers: Sequence[int]) -> bytes:
        """Return a PDF that holds nothing but the scanned pages."""
        first, *others = self.scan(content, numbers)
        buffer = io.BytesIO()
        edition = time.gmtime(TIMESTAMP)
        first.save(
            buffer,
            "PDF",
            save_all=True,
            append_images=others,
            resolution=float(self.dpi),
            quality=self.quality,
            creationDate=edition,
            modDate=edition,
        )
        return buffer.getvalue()


def alike(content: bytes, other: bytes) -> bool:
    """Tell whether two scans look the same, apart from what another version of a library makes of them."""
    one, two = _looks(content), _looks(other)
    return len(one) == len(two) and all(
        a.shape == b.shape and float(np.abs(a - b).mean()) < _MOST_APART
        for a, b in zip(one, two, strict=True)
    )


def _looks(content: bytes) -> list[np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
    document = pypdfium2.PdfDocument(content)
    try:
        pages = [page.render(scale=_LOOKED_AT / POINTS, grayscale=True).to_numpy() for page in document]
        return [page.astype(np.float64) for page in pages]
    finally:
        document.close()
