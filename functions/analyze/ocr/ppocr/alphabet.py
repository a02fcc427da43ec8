"""Which characters a page can hold: the network knows 18,000, and most pages are in one script."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Scores = NDArray[np.float32]
    Classes = NDArray[np.intp]

# Where fewer than this share of a page's characters are of an East Asian script, none is.
_LEAST_SHARE = 0.3
_WIDE = ("W", "F")


@dataclass(frozen=True, slots=True)
class Character:
    """A character as read: the place (from 0) of the network's output, and how sure it is (0 to 1)."""

    text: str
    place: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Decoded:
    """A line's ``length`` in places, what was read, and how it reads without East Asian characters."""

    length: int
    read: list[Character]
    narrow: list[Character]


class Alphabet:
    """The classes of the recognition network: class 0 is none, the others stand for ``characters``."""

    def __init__(self, characters: Sequence[str]) -> None:
        self._characters = characters
        narrow = [0, *(number for number, text in enumerate(characters, 1) if not _is_wide(text))]
        self._narrow: Classes = np.array(narrow, dtype=np.intp)

    def decode(self, scores: Scores) -> Decoded:
        """Return the characters of a line; ``scores`` are places by classes.

        What is read at neighbouring places is one character, and none parts two equal ones (connectionist
        temporal classification, A. Graves et al., ICML 2006).
        """
        read = narrow = self._read(scores, scores.argmax(axis=1))
        if any(_is_wide(one.text) for one in read):
            narrow = self._read(scores, self._narrow[scores[:, self._narrow].argmax(axis=1)])
        return Decoded(len(scores), read, narrow)

    def _read(self, scores: Scores, classes: Classes) -> list[Character]:
        sure = scores[np.arange(len(classes)), classes]
        return [
            Character(self._characters[number - 1], place, float(sure[place]))
            for place, (before, number) in enumerate(pairwise((0, *classes.tolist())))
            if number and number != before
        ]


def settle(lines: Sequence[Decoded]) -> list[list[Character]]:
    """Return how the lines of a page read: a dash among Latin letters is no Chinese one."""
    letters = [one.text for line in lines for one in line.read if one.text != " "]
    east_asian = sum(map(_is_wide, letters)) >= max(1, _LEAST_SHARE * len(letters))
    return [line.read if east_asian else line.narrow for line in lines]


def _is_wide(text: str) -> bool:
    return any(unicodedata.east_asian_width(character) in _WIDE for character in text)
