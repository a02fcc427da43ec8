"""Two rankings made one: reciprocal rank fusion.

Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning
Methods" (SIGIR 2009): each ranking gives 1 / (k + rank). Scores of cosine and BM25 do not compare; ranks do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

K = 60

Item = TypeVar("Item", bound=Hashable)


def fuse(rankings: Iterable[tuple[float, Sequence[Item]]]) -> list[tuple[Item, float]]:
    """Return all items with their fused scores, the best first; each ranking comes with its weight.

    A score is 1 at most: that of an item which every ranking puts first.
    """
    rankings = list(rankings)
    scores: defaultdict[Item, float] = defaultdict(float)
    for weight, items in rankings:
        for rank, item in enumerate(items, start=1):
            scores[item] += weight / (K + rank)
    best = sum(weight for weight, _ in rankings) / (K + 1)
    return _sorted({item: score / best for item, score in scores.items()})


def _sorted(scores: Mapping[Item, float]) -> list[tuple[Item, float]]:
    return sorted(scores.items(), key=lambda pair: -pair[1])
