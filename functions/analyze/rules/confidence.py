"""Confidence of a finding: its best passage, a little more for each that agrees."""

from __future__ import annotations

from collections.abc import Sequence

from functions.analyze.rules.benefits import ACCEPT, Support

_STEP = 0.02
_CEILING = 0.98


def combined(supports: Sequence[Support]) -> float:
    """Return the confidence of an item with these passages, 0 without any."""
    if not supports:
        return 0.0
    best = max(support.weight for support in supports)
    agreeing = sum(1 for support in supports if support.weight >= ACCEPT) - 1
    return round(min(_CEILING, best + _STEP * max(0, min(agreeing, 4))), 3)
