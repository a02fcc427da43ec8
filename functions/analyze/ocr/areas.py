"""Connected areas of a mask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]
    Weights = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Area:
    """A connected area: its box in pixels (right and bottom not included), its pixels and their weight."""

    box: tuple[int, int, int, int]
    pixels: int
    weight: float


def areas(mask: Mask, weights: Weights) -> list[Area]:
    """Return the connected areas of ``mask``: runs along rows, joined where they touch one above."""
    runs = _runs(mask)
    parent = list(range(len(runs)))

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    above: list[int] = []
    current: list[int] = []
    row = -2
    for number, (y, x0, x1) in enumerate(runs):
        if y != row:
            above, current, row = (current if y == row + 1 else []), [], y
        current.append(number)
        for other in above:
            if runs[other][1] < x1 and x0 < runs[other][2]:
                parent[root(number)] = root(other)
    found: dict[int, tuple[int, int, int, int, int, float]] = {}
    for number, (y, x0, x1) in enumerate(runs):
        left, top, right, bottom, pixels, weight = found.get(root(number), (x0, y, x1, y + 1, 0, 0.0))
        found[root(number)] = (
            *(min(left, x0), min(top, y), max(right, x1), max(bottom, y + 1)),
            pixels + x1 - x0,
            weight + float(weights[y, x0:x1].sum()),
        )
    return [
        Area((left, top, right, bottom), pixels, weight)
        for left, top, right, bottom, pixels, weight in found.values()
    ]


def _runs(mask: Mask) -> list[tuple[int, int, int]]:
    """Return row, first column and last column + 1 of every run, row by row."""
    padded = np.zeros((mask.shape[0], mask.shape[1] + 2), np.int8)
    padded[:, 1:-1] = mask
    steps = np.diff(padded, axis=1)
    ys, begins = np.nonzero(steps == 1)
    _, ends = np.nonzero(steps == -1)
    return list(zip(ys.tolist(), begins.tolist(), ends.tolist(), strict=True))
