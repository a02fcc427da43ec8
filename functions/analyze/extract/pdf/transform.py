"""From a PDF page's own space (origin somewhere, y upwards, maybe rotated) to the page as it is shown."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from functions.analyze.document.model import Box

_SCALE = 100
_PROBE = 1000.0


@dataclass(frozen=True, slots=True)
class Transform:
    """An affine map: ``x' = a*x + c*y + e`` and ``y' = b*x + d*y + f``, in points from the top left."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Map a point."""
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f

    def direction(self, x: float, y: float) -> tuple[float, float]:
        """Map a direction."""
        return self.a * x + self.c * y, self.b * x + self.d * y

    def box(self, x0: float, y0: float, x1: float, y1: float) -> Box:
        """Map a box; the result is x0, top, x1, bottom whatever the rotation."""
        px, py = self.a * x0 + self.c * y0 + self.e, self.b * x0 + self.d * y0 + self.f
        qx, qy = self.a * x1 + self.c * y1 + self.e, self.b * x1 + self.d * y1 + self.f
        return (min(qx, px), min(qy, py), max(px, qx), max(py, qy))

    def boxes(
        self, x0s: Sequence[float], y0s: Sequence[float], x1s: Sequence[float], y1s: Sequence[float]
    ) -> list[Box]:
        """Map many boxes: as ``box`` does, and in half the time on a page that is not rotated."""
        rows = zip(x0s, y0s, x1s, y1s, strict=True)
        a, d, e, f = self.a, self.d, self.e, self.f
        if self.b or self.c or a <= 0 or d >= 0:
            return [self.box(*row) for row in rows]
        return [
            (a * x0 + e, d * y1 + f, a * x1 + e, d * y0 + f)
            if x0 <= x1 and y0 <= y1
            else self.box(x0, y0, x1, y1)
            for x0, y0, x1, y1 in rows
        ]


def page_transform(pdfium: Any, page: Any, width: float, height: float) -> Transform:
    """Return the map of a page, found by three probes, so that rotation and crop box are PDFium's concern."""

    def probe(x: float, y: float) -> tuple[float, float]:
        px, py = ctypes.c_int(), ctypes.c_int()
        columns, rows = max(1, round(width * _SCALE)), max(1, round(height * _SCALE))
        pdfium.FPDF_PageToDevice(page, 0, 0, columns, rows, 0, x, y, ctypes.byref(px), ctypes.byref(py))
        return px.value / _SCALE, py.value / _SCALE

    e, f = probe(0, 0)
    ax, ay = probe(_PROBE, 0)
    cx, cy = probe(0, _PROBE)
    return Transform((ax - e) / _PROBE, (ay - f) / _PROBE, (cx - e) / _PROBE, (cy - f) / _PROBE, e, f)
