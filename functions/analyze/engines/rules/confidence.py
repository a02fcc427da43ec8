"""Confidence of a finding: its best passage, a little more for each that agrees."""

from __future__ import annotations

from collections.abc import Sequence

from functions.analyze.engines.rules.benefits import Support

_STEP = 0.02
_CEILING = 0.98
_AGREEING = 4


def combined(supports: Sequence[Support]) -> float:
    """Return the confidence of an item with these accepted passages, of which there is at least one."""
    best = max(support.weight for support in supports)
    return round(min(_CEILING, best + _STEP * min(len(supports) - 1, _AGREEING)), 3)
