"""What a page has printed: words and ruled lines, in points from the top left."""

from __future__ import annotations

from dataclasses import dataclass

from functions.analyze.document.model import Box


@dataclass(slots=True)
class Glyphs:
    """A word as printed. Coordinates in points from the top left; ``base`` is the baseline's y.

    ``color`` is the fill as 0xRRGGBB. ``spaced`` tells whether a space stood before the word, ``hyphen``
    whether it ends in a hyphen that the file marks as one of line breaking.
    """

    text: str
    x0: float
    top: float
    x1: float
    bottom: float
    base: float
    size: float
    bold: bool
    color: int = 0
    spaced: bool = True
    hyphen: bool = False
    upright: bool = True


@dataclass(frozen=True, slots=True)
class Rules:
    """Lines of a page in points from the top left: horizontal (y, x0, x1) and vertical (x, y0, y1).

    ``circles`` are those drawn, such as the dots of a table of variants, with True for a filled one.
    """

    horizontal: tuple[tuple[float, float, float], ...]
    vertical: tuple[tuple[float, float, float], ...]
    circles: tuple[tuple[Box, bool], ...] = ()
