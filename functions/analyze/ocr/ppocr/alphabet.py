"""Which characters a line can hold: the network knows 18,000, and one line is in one script."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Scores = NDArray[np.float32]
    Classes = NDArray[np.intp]

# Where fewer than this share of a line's letters are of an East Asian script, none is.
_LEAST_SHARE = 0.3
_WIDE = ("W", "F")


class Alphabet:
    """The classes of the recognition network: class 0 is none, the others stand for ``characters``."""

    def __init__(self, characters: Sequence[str]) -> None:
        self._characters = characters
        narrow = [0, *(number for number, text in enumerate(characters, 1) if not _is_wide(text))]
        self._narrow: Classes = np.array(narrow, dtype=np.intp)

    def decode(self, scores: Scores) -> list[tuple[str, int, float]]:
        """Return the characters of a line with their places and confidences.

        ``scores`` are places by classes. What is read at neighbouring places is one character, and none
        parts two equal ones (connectionist temporal classification, A. Graves et al., ICML 2006).
        """
        read = self._read(scores, scores.argmax(axis=1))
        letters = [text for text, _, _ in read if text != " "]
        wide = sum(map(_is_wide, letters))
        if 0 < wide < _LEAST_SHARE * len(letters):
            read = self._read(scores, self._narrow[scores[:, self._narrow].argmax(axis=1)])
        return read

    def _read(self, scores: Scores, classes: Classes) -> list[tuple[str, int, float]]:
        sure = scores[np.arange(len(classes)), classes]
        read = []
        for place, (before, number) in enumerate(pairwise((0, *classes.tolist()))):
            if number and number != before:
                read.append((self._characters[number - 1], place, float(sure[place])))
        return read


def _is_wide(text: str) -> bool:
    return any(unicodedata.east_asian_width(character) in _WIDE for character in text)
