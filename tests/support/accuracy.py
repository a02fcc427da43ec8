"""How far a text is from what it should be."""

from __future__ import annotations

import numpy as np


def edits(text: str, truth: str) -> int:
    """Return the least number of characters to insert, delete or replace (V. Levenshtein, 1965)."""
    a = np.array([ord(character) for character in text], dtype=np.int64)
    places = np.arange(len(a) + 1)
    row = places.copy()
    for number, character in enumerate(truth, 1):
        best = np.minimum(row[1:] + 1, row[:-1] + (a != ord(character)))
        below = np.concatenate(([number], best))
        # An insertion costs one for each place to the right of where it begins.
        row = np.minimum.accumulate(below - places) + places
    return int(row[-1])


def error_rate(text: str, truth: str) -> float:
    """Return the character error rate; runs of white space count as one space."""
    text, truth = " ".join(text.split()), " ".join(truth.split())
    return edits(text, truth) / max(1, len(truth))
