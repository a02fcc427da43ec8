"""Reads the words of one line: a network gives a character, or none, for every eight pixels of its width."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from functions.analyze.document import Box
from functions.analyze.ocr.ink import threshold
from functions.analyze.ocr.port import ReadWord
from functions.analyze.ocr.ppocr.alphabet import Alphabet
from functions.analyze.ocr.ppocr.models import Network

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from functions.analyze.extract.bitmap import Grey

    Mask = NDArray[np.bool_]

_HEIGHT = 48
_NARROWEST, _WIDEST = 16, 4800


@dataclass(frozen=True, slots=True)
class _Read:
    """A character, the middle of the place where it was read (pixels of the line), and how sure that is."""

    text: str
    x: float
    confidence: float


def read_line(line: Grey, box: Box, number: int, network: Network, alphabet: Alphabet) -> list[ReadWord]:
    """Return the words of a line's image; ``box`` is the line's place in the page, ``number`` its number."""
    from PIL import Image

    rows, columns = line.shape
    width = min(max(_NARROWEST, round(columns * _HEIGHT / rows)), _WIDEST)
    scaled = np.asarray(Image.fromarray(line).resize((width, _HEIGHT), Image.Resampling.BILINEAR))
    tensor = np.repeat((scaled.astype(np.float32) / 127.5 - 1.0)[None, None], 3, axis=1)
    scores = network(tensor)[0]
    step = columns / len(scores)
    read = [
        _Read(text, (place + 0.5) * step, confidence) for text, place, confidence in alphabet.decode(scores)
    ]
    return _words(read, line, box, number)


def _words(read: list[_Read], line: Grey, box: Box, number: int) -> list[ReadWord]:
    """Cut the characters at spaces, and at gaps as wide as one; the ink tells where words begin and end."""
    blank = _blank_columns(line)
    parts: list[list[_Read]] = [[]]
    gaps: list[tuple[int, int]] = []
    before: _Read | None = None
    spaced = False
    for character in read:
        if character.text == " ":
            spaced = True
            continue
        if before is not None and spaced:
            gaps.append(_widest(blank, before.x, character.x))
            parts.append([])
        parts[-1].append(character)
        before, spaced = character, False
    if not parts[0]:
        return []
    left, right = _outer(blank)
    edges = [left, *(x for gap in gaps for x in gap), right]
    words = []
    for position, part in enumerate(parts):
        x0, x1 = edges[2 * position], edges[2 * position + 1]
        words.append(
            ReadWord(
                "".join(character.text for character in part),
                (box[0] + x0, box[1], box[0] + max(x1, x0 + 1), box[3]),
                sum(character.confidence for character in part) / len(part),
                number,
            )
        )
    return words


def _blank_columns(line: Grey) -> Mask:
    """Tell for each column whether it holds no ink; the rows at the very edge may be a neighbour's."""
    rows = line.shape[0]
    inner = line[rows // 8 : rows - rows // 8]
    return np.asarray(~(inner < threshold(inner)).any(axis=0))


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
