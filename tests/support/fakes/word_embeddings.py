"""Embeddings that know words: texts that share words are near, the same on every machine."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from functions.analyze.search.embeddings.port import normalised
from functions.analyze.search.keywords import terms

if TYPE_CHECKING:
    from functions.analyze.search.embeddings.port import Matrix

DIMENSIONS = 64


def no_fault(_texts: Sequence[str]) -> None:
    """Let every call pass."""


@dataclass(slots=True)
class WordEmbeddings:
    """See Embeddings; ``fault`` is called before every call and may raise."""

    name: str = "words"
    batch: int = 4
    fault: Callable[[Sequence[str]], None] = no_fault

    def passages(self, texts: Sequence[str]) -> Matrix:
        self.fault(texts)
        assert len(texts) <= self.batch
        return normalised([_bag(text) for text in texts])

    def query(self, text: str) -> Matrix:
        self.fault([text])
        vector: Matrix = normalised([_bag(text)])[0]
        return vector


def _bag(text: str) -> Matrix:
    row = np.zeros(DIMENSIONS, dtype=np.float32)
    for term in terms(text):
        row[hashlib.sha256(term.encode()).digest()[0] % DIMENSIONS] += 1
    return row
