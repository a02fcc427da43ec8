"""Reads the words of a PDF page: text, box, baseline and type.

Words are cut on the page's text as a whole, and geometry is asked for at the first and last character only.
"""

from __future__ import annotations

import ctypes
import math
import re
import sys
import unicodedata
from bisect import bisect
from itertools import pairwise
from typing import Any

from functions.analyze.document.model import Box
from functions.analyze.extract.pdf.characters import Characters, Style
from functions.analyze.extract.pdf.transform import Transform
from functions.analyze.extract.printed import Glyphs
from shared.errors import PermanentError

# PDFium's own marks for a hyphen: at a line's end, and where the font maps it to nothing.
HYPHEN_MARKS = "\u0002\ufffe\u00ad"
_BREAK = re.compile(rf"[^\s\u0000-\u001f\u00a0\ufffe\u00ad\u200b\ufeff]+[{HYPHEN_MARKS}]?|[{HYPHEN_MARKS}]")
# "17.2Risikoträger": the gap between number and title is a step to the side, not a character.
_SEAM = re.compile(r"(?<=[\d.])(?=[A-Za-zÀ-ÿ])|(?<=[A-Za-z]\.)(?=\d)")
_NUMBER = re.compile(r"\d+(?:\.\d+)+")
# A broadsheet newspaper has some 50,000 on a page.
_MOST_CHARACTERS = 500_000
_LIGATURES = re.compile(r"[\ufb00-\ufb06]")


def read_glyphs(pdfium: Any, text_page: Any, transform: Transform) -> list[Glyphs]:
    """Return the words of a page in the order of the file.

    Raises PermanentError (``pdf-page-too-full``) where there are more than anybody could read.
    """
    count = pdfium.FPDFText_CountChars(text_page)
    if count <= 0:
        return []
    if count > _MOST_CHARACTERS:
        detail = (
            f"A page of the PDF holds {count} characters; the limit is {_MOST_CHARACTERS}. Such a page is a "
            "fault of the program that wrote it: print the PDF to a new one and send that."
        )
        raise PermanentError("pdf-page-too-full", detail)
    text = _read_text(pdfium, text_page, count)
    return _Reader(Characters(pdfium, text_page, transform), text).words()


def _read_text(pdfium: Any, text_page: Any, count: int) -> str:
    """Return the page's characters, one for each character index of PDFium."""
    buffer = (ctypes.c_ushort * (count + 1))()
    written = pdfium.FPDFText_GetText(text_page, 0, count, buffer)
    if written == count + 1:
        text = bytes(buffer)[: count * 2].decode("utf-16-le", "replace")
        if len(text) == count:
            return text
    return "".join(_character(pdfium.FPDFText_GetUnicode(text_page, index)) for index in range(count))


def _character(code: int) -> str:
    surrogate = "\ud800" <= chr(code) <= "\udfff" if code <= sys.maxunicode else True
    return "\ufffd" if surrogate else chr(code)


class _Reader:
    """Cuts a page's text into words and gives each its place and type."""

    def __init__(self, characters: Characters, text: str) -> None:
        self._characters = characters
        self._text = text
        self._ligatures = bool(_LIGATURES.search(text))
        self._seams = [match.start() for match in _SEAM.finditer(text)]

    def words(self) -> list[Glyphs]:
        """Return the words; geometry and type are fetched for all of them at once."""
        spans = [match.span() for match in _BREAK.finditer(self._text)]
        starts, lasts = [start for start, _ in spans], [end - 1 for _, end in spans]
        found = zip(
            spans,
            self._characters.styles(starts),
            self._characters.boxes(starts),
            self._characters.boxes(lasts),
            self._characters.bases(starts),
            strict=True,
        )
        words: list[Glyphs] = []
        end = -1
        for span, style, left, right, base in found:
            cuts = self._cuts(span, style, left, right)
            if not cuts:
                word = self._word(span, style, left, right, base)
                if word is not None:
                    word.spaced = span[0] != end
                    words.append(word)
                    end = span[1]
                continue
            for first, last in pairwise([span[0], *cuts, span[1]]):
                word = self._part(first, last)
                if word is not None:
                    word.spaced = first != end or first > span[0]
                    words.append(word)
                    end = last
        return words

    def _cuts(self, span: tuple[int, int], style: Style, first: Box, last: Box) -> list[int]:
        """Return where a word is none: the file jumps to another place, or leaves a gap, without a space."""
        start, end = span
        if end - start == 1:
            return []
        size = style.size
        straight = abs(first[3] - last[3]) < 0.5 * size
        if style.upright and not (
            straight and last[2] > first[0] and last[2] - first[0] < 1.3 * size * (end - start)
        ):
            return self._jumps(start, end, size)
        place = bisect(self._seams, start)
        if place == len(self._seams) or self._seams[place] >= end or not style.upright:
            return []
        seam = self._seams[place]
        return [seam] if self._parted(self._text[start:seam], seam, size) else []

    def _jumps(self, start: int, end: int, size: float) -> list[int]:
        boxes = self._characters.boxes(range(start, end))
        return [
            start + number
            for number, (before, box) in enumerate(pairwise(boxes), 1)
            if abs(box[3] - before[3]) > 0.6 * size or not -0.8 * size < box[0] - before[2] < 0.8 * size
        ]

    def _parted(self, label: str, index: int, size: float) -> bool:
        """Tell whether a gap, or a clause number such as 17.2, ends before the character ``index``."""
        if _NUMBER.fullmatch(label):
            return True
        before, after = self._characters.boxes([index - 1, index])
        return after[0] - before[2] > 0.1 * size

    def _part(self, start: int, end: int) -> Glyphs | None:
        """Return the word of a part of what stood without a space."""
        (style,) = self._characters.styles([start])
        left, right = self._characters.boxes([start, end - 1])
        (base,) = self._characters.bases([start])
        return self._word((start, end), style, left, right, base)

    def _word(self, span: tuple[int, int], style: Style, left: Box, right: Box, base: float) -> Glyphs | None:
        """Return the word of a span, None where nothing visible is left of it."""
        text = self._text[span[0] : span[1]]
        hyphen = text[-1] in HYPHEN_MARKS
        if hyphen:
            text = text[:-1] + "-"
        if self._ligatures:
            text = _LIGATURES.sub(lambda match: unicodedata.normalize("NFKC", match.group()), text)
        size, bold, upright, color = style
        x0, x1 = min(left[0], right[0]), max(left[2], right[2])
        if not text.strip() or size <= 0 or not math.isfinite(x0 + x1 + base):
            return None
        top, bottom = min(left[1], right[1]), max(left[3], right[3])
        return Glyphs(text, x0, top, x1, bottom, base, size, bold, color, True, hyphen, upright)
