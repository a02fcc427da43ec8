"""Reads one line: the network gives a character, or none, for every eight pixels of a line 48 pixels high."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from functions.analyze.document.model import Box
from functions.analyze.ocr.ink import threshold
from functions.analyze.ocr.port import ReadWord
from functions.analyze.ocr.ppocr.alphabet import Alphabet, Character, Decoded
from functions.analyze.ocr.ppocr.models import Network

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from functions.analyze.extract.bitmap import Grey

    Mask = NDArray[np.bool_]

_HEIGHT = 48
_NARROWEST, _WIDEST = 16, 4800


def read_line(line: Grey, network: Network, alphabet: Alphabet) -> Decoded:
    """Return the characters of a line's image."""
    from PIL import Image

    rows, columns = line.shape
    width = min(max(_NARROWEST, round(columns * _HEIGHT / rows)), _WIDEST)
    scaled = np.asarray(Image.fromarray(line).resize((width, _HEIGHT), Image.Resampling.BILINEAR))
    tensor = np.repeat((scaled.astype(np.float32) / 127.5 - 1.0)[None, None], 3, axis=1)
    return alphabet.decode(network(tensor)[0])


def words_of(
    characters: Sequence[Character], length: int, line: Grey, box: Box, number: int
) -> list[ReadWord]:
    """Return the words of a line, cut at its spaces; the ink tells where each begins and ends.

    ``length`` is the number of places that characters are counted in, ``box`` the line's place on the page.
    """
    step = line.shape[1] / length
    parts: list[list[Character]] = [[]]
    for one in characters:
        if one.text != " ":
            parts[-1].append(one)
        elif parts[-1]:
            parts.append([])
    parts = [part for part in parts if part]
    if not parts:
        return []
    blank = _blank_columns(line)
    left, right = _outer(blank)
    edges = [left]
    for before, after in pairwise(parts):
        edges += _widest(blank, (before[-1].place + 0.5) * step, (after[0].place + 0.5) * step)
    edges.append(right)
    return [
        ReadWord(
            "".join(one.text for one in part),
            (box[0] + x0, box[1], box[0] + max(x1, x0 + 1), box[3]),
            sum(one.confidence for one in part) / len(part),
            number,
        )
        for part, x0, x1 in zip(parts, edges[::2], edges[1::2], strict=True)
    ]


def _blank_columns(line: Grey) -> Mask:
    """Tell for each column whether it holds no ink; the rows at the very edge may be a neighbour's."""
    rows = line.shape[0]
    inner = line[rows // 8 : rows - rows // 8]
    ink = inner < threshold(inner)
    if ink.mean() > 0.5:  # noqa: PLR2004 - light letters on a dark ground
        ink = ~ink
    return np.asarray(~ink.any(axis=0))


def _widest(blank: Mask, left: float, right: float) -> tuple[int, int]:
    """Return where the widest blank stripe between two places begins and ends; their middle without one."""
    start, end = int(left), max(int(left) + 1, int(right))
    steps = np.diff(np.concatenate(([0], blank[start:end].astype(np.int8), [0])))
    begins, ends = np.nonzero(steps == 1)[0], np.nonzero(steps == -1)[0]
    if not len(begins):
        middle = (start + end) // 2
        return middle, middle
    best = int((ends - begins).argmax())
    return start + int(begins[best]), start + int(ends[best])


def _outer(blank: Mask) -> tuple[int, int]:
    """Return the first column with ink and the last one + 1."""
    inked = np.nonzero(~blank)[0]
    return (int(inked[0]), int(inked[-1]) + 1) if len(inked) else (0, len(blank))
