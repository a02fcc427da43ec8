"""Finds the images of a PDF page that text recognition has to look at."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from typing import Any

from functions.analyze.document.model import Box
from functions.analyze.extract.pdf.transform import Transform
from functions.analyze.extract.printed import Glyphs

_PATH = 2
_IMAGE = 3
_FORM = 5
_MOST_OBJECTS = 4000
_DEEPEST = 3
_MOST_PICTURES = 12
# A stamp or a logo is smaller than this share of the page, a scan or a pasted table larger.
_LEAST_SHARE = 0.04
_LEAST_SIDE = 30.0
_COVERED = 0.03
_NEAR = 2.0
# Text drawn as curves: a page of it has hundreds of shapes, a blank form a few lines.
_DRAWN = 40


def shows_something(pdfium: Any, page: Any) -> bool:
    """Tell whether a page without text shows an image, or so many shapes that they may be letters."""
    kinds = [pdfium.FPDFPageObj_GetType(item) for item in _objects(pdfium, page)]
    return any(kind in (_IMAGE, _FORM) for kind in kinds) or kinds.count(_PATH) >= _DRAWN


def find_pictures(
    pdfium: Any, page: Any, transform: Transform, words: Sequence[Glyphs], size: tuple[float, float]
) -> tuple[Box, ...]:
    """Return the boxes of the page's larger images that have hardly any text over them, largest first.

    The strips and layers that scanners cut a page into count as one image.
    """
    width, height = size
    boxes = [
        (max(x0, 0.0), max(top, 0.0), min(x1, width), min(bottom, height))
        for x0, top, x1, bottom in (
            transform.box(*_bounds(pdfium, item))
            for item in _objects(pdfium, page)
            if pdfium.FPDFPageObj_GetType(item) == _IMAGE
        )
    ]
    found = [
        box
        for box in _joined([box for box in boxes if box[2] > box[0] and box[3] > box[1]])
        if _area(box) >= _LEAST_SHARE * width * height
        and min(box[2] - box[0], box[3] - box[1]) >= _LEAST_SIDE
        and _text_over(box, words) < _COVERED * _area(box)
    ]
    return tuple(sorted(found, key=_area, reverse=True)[:_MOST_PICTURES])


def image_sizes(pdfium: Any, page: Any) -> Iterator[tuple[int, int]]:
    """Yield width and height in pixels of every image of a page, those within forms included."""
    width, height = ctypes.c_uint(), ctypes.c_uint()
    for item in _nested(pdfium, list(_objects(pdfium, page)), 0):
        if pdfium.FPDFImageObj_GetImagePixelSize(item, ctypes.byref(width), ctypes.byref(height)):
            yield width.value, height.value


def _objects(pdfium: Any, page: Any) -> Iterator[Any]:
    for index in range(min(_MOST_OBJECTS, pdfium.FPDFPage_CountObjects(page))):
        yield pdfium.FPDFPage_GetObject(page, index)


def _nested(pdfium: Any, items: Sequence[Any], depth: int) -> Iterator[Any]:
    for item in items:
        kind = pdfium.FPDFPageObj_GetType(item)
        if kind == _IMAGE:
            yield item
        elif kind == _FORM and depth < _DEEPEST:
            count = min(_MOST_OBJECTS, max(0, pdfium.FPDFFormObj_CountObjects(item)))
            inner = [pdfium.FPDFFormObj_GetObject(item, index) for index in range(count)]
            yield from _nested(pdfium, inner, depth + 1)


def _bounds(pdfium: Any, item: Any) -> Box:
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    refs = (ctypes.byref(left), ctypes.byref(bottom), ctypes.byref(right), ctypes.byref(top))
    pdfium.FPDFPageObj_GetBounds(item, *refs)
    return left.value, bottom.value, right.value, top.value


def _joined(boxes: list[Box]) -> list[Box]:
    """Join the boxes that overlap or touch."""
    joined: list[Box] = []
    for box in boxes:
        current = box
        apart: list[Box] = []
        for other in joined:
            if _touch(current, other):
                current = (
                    min(current[0], other[0]),
                    min(current[1], other[1]),
                    max(current[2], other[2]),
                    max(current[3], other[3]),
                )
            else:
                apart.append(other)
        joined = [*apart, current]
    return joined


def _touch(a: Box, b: Box) -> bool:
    across = min(a[2], b[2]) - max(a[0], b[0])
    down = min(a[3], b[3]) - max(a[1], b[1])
    return across > -_NEAR and down > -_NEAR


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _text_over(box: Box, words: Sequence[Glyphs]) -> float:
    """Return the area of the words whose middle lies within ``box``."""
    return sum(
        (word.x1 - word.x0) * (word.bottom - word.top)
        for word in words
        if box[0] <= (word.x0 + word.x1) / 2 <= box[2] and box[1] <= (word.top + word.bottom) / 2 <= box[3]
    )
