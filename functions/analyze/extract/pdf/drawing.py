"""Reads the straight lines drawn on a PDF page: rules, frames and the edges of coloured cells."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any

from functions.analyze.document.model import Box
from functions.analyze.extract.pdf.transform import Transform
from functions.analyze.extract.printed import Rules

_PATH = 2
_THIN = 3.0
_SHORTEST = 12.0
_MOST_OBJECTS = 4000
_MOST_SEGMENTS = 400
_SIMPLE = 6
_CIRCLE_SEGMENTS = (5, 20)
_CIRCLE_SIZE = (4.0, 20.0)


def read_rules(pdfium: Any, page: Any, transform: Transform) -> Rules:
    """Return the lines of a page; of a page with thousands of shapes (a picture), only those of the first."""
    paths = list(_paths(pdfium, page))
    horizontal: list[tuple[float, float, float]] = []
    vertical: list[tuple[float, float, float]] = []
    for x0, top, x1, bottom in (transform.box(*box) for path in paths for box in _path_boxes(pdfium, path)):
        wide, high = x1 - x0, bottom - top
        if high <= _THIN and wide >= _SHORTEST:
            horizontal.append(((top + bottom) / 2, x0, x1))
        elif wide <= _THIN and high >= _SHORTEST / 2:
            vertical.append(((x0 + x1) / 2, top, bottom))
        elif wide >= _SHORTEST and high >= _SHORTEST / 2:
            horizontal += [(top, x0, x1), (bottom, x0, x1)]
            vertical += [(x0, top, bottom), (x1, top, bottom)]
    circles = tuple(circle for path in paths for circle in _circle(pdfium, path, transform))
    return Rules(tuple(_merged(horizontal)), tuple(_merged(vertical)), circles)


def _paths(pdfium: Any, page: Any) -> Iterator[Any]:
    """Yield the visible paths of a page."""
    for index in range(min(_MOST_OBJECTS, pdfium.FPDFPage_CountObjects(page))):
        item = pdfium.FPDFPage_GetObject(page, index)
        if pdfium.FPDFPageObj_GetType(item) == _PATH and any(_draw_mode(pdfium, item)):
            yield item


def _draw_mode(pdfium: Any, path: Any) -> tuple[bool, bool]:
    """Return whether a path is filled, and whether it is stroked."""
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(path, ctypes.byref(fill), ctypes.byref(stroke))
    return bool(fill.value), bool(stroke.value)


def _bounds(pdfium: Any, path: Any) -> Box:
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    refs = (ctypes.byref(left), ctypes.byref(bottom), ctypes.byref(right), ctypes.byref(top))
    pdfium.FPDFPageObj_GetBounds(path, *refs)
    return left.value, bottom.value, right.value, top.value


def _circle(pdfium: Any, path: Any, transform: Transform) -> Iterator[tuple[Box, bool]]:
    """Yield the box of a path that is a small circle: round, and drawn by curves only."""
    count = pdfium.FPDFPath_CountSegments(path)
    if not _CIRCLE_SEGMENTS[0] <= count <= _CIRCLE_SEGMENTS[1]:
        return
    box = transform.box(*_bounds(pdfium, path))
    wide, high = box[2] - box[0], box[3] - box[1]
    if not _CIRCLE_SIZE[0] <= wide <= _CIRCLE_SIZE[1] or abs(wide - high) > 0.1 * wide:
        return
    kinds = [
        pdfium.FPDFPathSegment_GetType(pdfium.FPDFPath_GetPathSegment(path, index)) for index in range(count)
    ]
    if kinds.count(pdfium.FPDF_SEGMENT_BEZIERTO) >= count - 2:
        yield box, _draw_mode(pdfium, path)[0]


def _path_boxes(pdfium: Any, path: Any) -> Iterator[Box]:
    """Yield the boxes of a path's straight parts, in the page's own space."""
    count = pdfium.FPDFPath_CountSegments(path)
    if count <= _SIMPLE:
        yield _bounds(pdfium, path)
    elif count <= _MOST_SEGMENTS:
        yield from _segment_boxes(pdfium, path, count)


def _segment_boxes(pdfium: Any, path: Any, count: int) -> Iterator[Box]:
    """Yield each straight segment of a path that draws many at once, such as a whole grid."""
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFPageObj_GetMatrix(path, ctypes.byref(matrix))
    x, y = ctypes.c_float(), ctypes.c_float()
    before = (0.0, 0.0)
    for index in range(count):
        segment = pdfium.FPDFPath_GetPathSegment(path, index)
        pdfium.FPDFPathSegment_GetPoint(segment, ctypes.byref(x), ctypes.byref(y))
        point = (
            matrix.a * x.value + matrix.c * y.value + matrix.e,
            matrix.b * x.value + matrix.d * y.value + matrix.f,
        )
        if pdfium.FPDFPathSegment_GetType(segment) == pdfium.FPDF_SEGMENT_LINETO:
            yield (*before, *point)
        before = point


def _merged(lines: list[tuple[float, float, float]]) -> Iterator[tuple[float, float, float]]:
    """Join pieces of a line: cells draw their edges one by one, and twice where they meet."""
    lines.sort(key=lambda line: (round(line[0]), line[1]))
    current: tuple[float, float, float] | None = None
    for line in lines:
        if current is not None and abs(line[0] - current[0]) <= _THIN and line[1] <= current[2] + _THIN:
            current = (current[0], current[1], max(current[2], line[2]))
            continue
        if current is not None:
            yield current
        current = line
    if current is not None:
        yield current
