"""Summaries of the tree's nodes: sentences of the text itself, the most central ones.

For each node the passage nearest to the mean of its passages is looked at, and of that passage the sentences
nearest to the mean (the centroid method of extractive summarisation; Radev et al., "Centroid-based
summarization of multiple documents", 2004). So nothing is said that the document does not say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from functions.analyze.search.index.tree import Node, most_central
from functions.analyze.search.passages import Passage

if TYPE_CHECKING:
    from functions.analyze.search.embeddings.port import Embeddings, Matrix

SENTENCES = 2
MIN_SENTENCE = 30
MAX_SENTENCE = 400
# A passage has about eight sentences; one that is all short items is not read to its end.
MAX_LOOKED_AT = 12
_END = re.compile(r"(?<=[.!?])\s+(?=[A-ZÀ-Þ«„\"(])|\n+")


def summary_of(node: Node, passages: Sequence[Passage], vectors: Matrix, embeddings: Embeddings) -> str:
    """Return up to two sentences that stand for a node; empty where it has no running text."""
    numbers = node.all_passages()
    if not numbers:
        return ""
    central = passages[most_central(numbers, vectors)]
    sentences = _sentences(central.within(node.start, node.end))
    if len(sentences) <= SENTENCES:
        return " ".join(sentences)
    rows = _embed(sentences, embeddings)
    nearness = rows @ vectors[numbers].mean(axis=0)
    best = sorted(sorted(range(len(sentences)), key=lambda index: -nearness[index])[:SENTENCES])
    return " ".join(sentences[index] for index in best)


def _embed(sentences: Sequence[str], embeddings: Embeddings) -> Matrix:
    import numpy as np

    size = embeddings.batch
    parts = [embeddings.passages(sentences[i : i + size]) for i in range(0, len(sentences), size)]
    rows: Matrix = np.concatenate(parts)
    return rows


def _sentences(text: str) -> list[str]:
    parts = [" ".join(part.split()) for part in _END.split(text)]
    return [part for part in parts if MIN_SENTENCE <= len(part) <= MAX_SENTENCE][:MAX_LOOKED_AT]
