"""Items and passages in batches that a request can hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from shared.taxonomy.model import Item

_T = TypeVar("_T")


def pack(parts: Sequence[_T], weight: Callable[[_T], int], most: int) -> list[list[_T]]:
    """Return the parts in order, in groups that weigh at most ``most``; what weighs more is alone."""
    groups: list[list[_T]] = []
    full = most + 1
    for part in parts:
        if full + weight(part) > most:
            groups.append([])
            full = 0
        groups[-1].append(part)
        full += weight(part)
    return groups


def _cut(items: tuple[Item, ...], most: int) -> list[tuple[Item, ...]]:
    return [items[start : start + most] for start in range(0, len(items), most)]
