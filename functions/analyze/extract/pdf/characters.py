"""Geometry and type of a PDF page's characters, asked for in bulk through PDFium's C interface.

A call through ctypes takes about a microsecond, and as much again goes into wrapping pointers. So the
functions called for every word get pointers as plain numbers, and run through ``map``, each call writing its
answer behind the one before.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Callable, Sequence
from itertools import repeat
from typing import Any, NamedTuple

from functions.analyze.document.model import Box
from functions.analyze.extract.pdf.transform import Transform

_BOLD_NAME = re.compile(r"bold|black|heavy|semibold|demi|-bd\b", re.IGNORECASE)
_BOLD_WEIGHT = 600
_FORCE_BOLD = 1 << 18
_FILL_AND_STROKE = 2
_POINTER, _INT = ctypes.c_void_p, ctypes.c_int
_FLOAT_BYTES, _DOUBLE_BYTES = 4, 8


class Style(NamedTuple):
    """The type of a text object: size in points, weight, direction, fill as 0xRRGGBB."""

    size: float
    bold: bool
    upright: bool
    color: int


class Characters:
    """The characters of one page by their index; types are looked up once for each text object."""

    def __init__(self, pdfium: Any, text_page: Any, transform: Transform) -> None:
        self._pdfium = pdfium
        self._page = address(text_page)
        self._transform = transform
        self._box = _plain(pdfium.FPDFText_GetLooseCharBox, _INT, _POINTER, _INT, _POINTER)
        self._origin = _plain(pdfium.FPDFText_GetCharOrigin, _INT, _POINTER, _INT, _POINTER, _POINTER)
        self._object = _plain(pdfium.FPDFText_GetTextObject, _POINTER, _POINTER, _INT)
        self._types = _Types(pdfium, self._page, transform)

    def boxes(self, indices: Sequence[int]) -> list[Box]:
        """Return x0, top, x1, bottom of the cell of each character."""
        values = (ctypes.c_float * (4 * len(indices)))()  # left, top, right, bottom of each; zeros on failure
        start, step = ctypes.addressof(values), 4 * _FLOAT_BYTES
        places = range(start, start + step * len(indices), step)
        _run(map(self._box, repeat(self._page), indices, places))
        flat = values[:]
        return self._transform.boxes(flat[0::4], flat[3::4], flat[2::4], flat[1::4])

    def bases(self, indices: Sequence[int]) -> list[float]:
        """Return the y of the baseline at each character."""
        values = (ctypes.c_double * (2 * len(indices)))()
        start, step = ctypes.addressof(values), 2 * _DOUBLE_BYTES
        xs = range(start, start + step * len(indices), step)
        ys = range(start + _DOUBLE_BYTES, start + _DOUBLE_BYTES + step * len(indices), step)
        _run(map(self._origin, repeat(self._page), indices, xs, ys))
        flat, t = values[:], self._transform
        return [t.b * x + t.d * y + t.f for x, y in zip(flat[0::2], flat[1::2], strict=True)]

    def styles(self, indices: Sequence[int]) -> list[Style]:
        """Return the type that each character is set in."""
        objects = map(self._object, repeat(self._page), indices)
        return [self._types.of(item or 0, index) for item, index in zip(objects, indices, strict=True)]


class _Types:
    """Types of text objects and weights of fonts, each looked up once."""

    def __init__(self, pdfium: Any, page: int, transform: Transform) -> None:
        self._page = page
        self._transform = transform
        self._styles: dict[int, Style] = {}
        self._fonts: dict[int, bool] = {}
        self._size = _plain(pdfium.FPDFText_GetFontSize, ctypes.c_double, _POINTER, _INT)
        self._matrix = _plain(pdfium.FPDFText_GetMatrix, _INT, _POINTER, _INT, _POINTER)
        self._mode = _plain(pdfium.FPDFTextObj_GetTextRenderMode, _INT, _POINTER)
        self._font = _plain(pdfium.FPDFTextObj_GetFont, _POINTER, _POINTER)
        self._fill = _plain(pdfium.FPDFPageObj_GetFillColor, _INT, *[_POINTER] * 5)
        self._name = _plain(
            pdfium.FPDFFont_GetBaseFontName, ctypes.c_size_t, _POINTER, _POINTER, ctypes.c_size_t
        )
        self._weight = _plain(pdfium.FPDFFont_GetWeight, _INT, _POINTER)
        self._flags = _plain(pdfium.FPDFFont_GetFlags, _INT, _POINTER)
        self._matrix_values = (ctypes.c_float * 6)()
        self._colors = (ctypes.c_uint * 4)()
        self._matrix_place = ctypes.addressof(self._matrix_values)
        place = ctypes.addressof(self._colors)
        self._color_places = range(place, place + ctypes.sizeof(self._colors), ctypes.sizeof(ctypes.c_uint))

    def of(self, text_object: int, index: int) -> Style:
        """Return the type of a text object, one of whose characters is ``index``."""
        style = self._styles.get(text_object)
        if style is None:
            style = self._styles[text_object] = self._look_up(text_object, index)
        return style

    def _look_up(self, text_object: int, index: int) -> Style:
        size = float(self._size(self._page, index))
        upright = True
        if self._matrix(self._page, index, self._matrix_place):
            a, b, c, d, _, _ = self._matrix_values
            size *= math.hypot(c, d)
            right, down = self._transform.direction(a, b)
            upright = right > abs(down)
        if not text_object:
            return Style(round(size, 2), False, upright, 0)
        return Style(round(size, 2), self._bold(text_object), upright, self._color(text_object))

    def _color(self, text_object: int) -> int:
        self._colors[:] = [0, 0, 0, 0]
        self._fill(text_object, *self._color_places)
        red, green, blue, _ = self._colors
        return red << 16 | green << 8 | blue

    def _bold(self, text_object: int) -> bool:
        if self._mode(text_object) == _FILL_AND_STROKE:
            return True
        font = self._font(text_object) or 0
        bold = self._fonts.get(font)
        if bold is None:
            name = ctypes.create_string_buffer(256)
            self._name(font, ctypes.addressof(name), 256)
            bold = self._fonts[font] = bool(
                _BOLD_NAME.search(name.value.decode("utf-8", "replace"))
                or self._weight(font) >= _BOLD_WEIGHT
                or self._flags(font) & _FORCE_BOLD
            )
        return bold


def address(handle: Any) -> int:
    """Return the address that a handle of PDFium points to."""
    return ctypes.cast(handle, _POINTER).value or 0


def _plain(function: Any, result: Any, *arguments: Any) -> Callable[..., Any]:
    """Return ``function`` with other types at its border: pointers as plain numbers."""
    return ctypes.CFUNCTYPE(result, *arguments)(address(function))


def _run(calls: Any) -> None:
    for _ in calls:
        pass
