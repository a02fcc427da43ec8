"""Summaries without a model: the sentences that are most like the rest, and least like each other.

Sentences are ranked by PageRank over their similarity (Mihalcea and Tarau, "TextRank: Bringing Order into
Texts", EMNLP 2004), with TF-IDF cosine as similarity (Erkan and Radev, "LexRank", JAIR 22, 2004), and chosen
by maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from functions.analyze.document.model import BlockKind, Document
from functions.analyze.engines.rules.text import sentences, tokens

# A sentence of fewer words is a label, of more a table or a list run together.
MIN_WORDS, MAX_WORDS = 6, 60
# What a chosen sentence may be like one chosen before it, against how central it is.
DIVERSITY = 0.5
# Above this many candidates of one text every second one is left out: similarity is quadratic.
MAX_CANDIDATES = 1500
_SIMILAR = 0.05
_PROSE = frozenset({BlockKind.PARAGRAPH, BlockKind.LIST_ITEM})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of the document: ``text`` on ``page`` (from 1), below the headings of ``section``."""

    text: str
    page: int
    section: tuple[str, ...]
    words: tuple[str, ...]


def candidates(document: Document) -> list[Candidate]:
    """Return the sentences of the running text, in order, without headings, tables and contents."""
    kept: list[Candidate] = []
    path: list[tuple[int, str]] = []
    for page in document.pages:
        for block in page.blocks:
            text = page.text[block.start : block.end]
            if block.kind is BlockKind.HEADING:
                path = [entry for entry in path if entry[0] < block.level]
                path.append((block.level, " ".join(text.split())))
            elif block.kind in _PROSE:
                section = tuple(title for _, title in path)
                for start, end in sentences(page.text, block.start, block.end):
                    words = tuple(token.plain for token in tokens(page.text, start, end))
                    if MIN_WORDS <= len(words) <= MAX_WORDS:
                        sentence = " ".join(page.text[start:end].split())
                        kept.append(Candidate(sentence, page.number, section, words))
    return kept


def choose(sentences: Sequence[Candidate], count: int) -> list[Candidate]:
    """Return up to ``count`` of the sentences that say most, in the order of the document."""
    unique = list({candidate.words: candidate for candidate in sentences}.values())
    while len(unique) > MAX_CANDIDATES:
        unique = unique[::2]
    if len(unique) <= count:
        return unique
    similar = _similarity([candidate.words for candidate in unique])
    ranks = _ranks(similar)
    chosen: list[int] = []
    rest = set(range(len(unique)))
    while len(chosen) < count:
        best = max(
            rest,
            key=lambda index: (
                (1 - DIVERSITY) * ranks[index]
                - DIVERSITY * max((float(similar[index, other]) for other in chosen), default=0.0),
                -index,
            ),
        )
        rest.remove(best)
        chosen.append(best)
    return [unique[index] for index in sorted(chosen)]


def _similarity(sentences: Sequence[tuple[str, ...]]) -> Any:
    """Return the cosine of each two sentences' TF-IDF vectors; a sentence is not like itself."""
    import numpy as np

    frequency = Counter(word for words in sentences for word in set(words))
    # Words of a single sentence make it like no other: they count for its length only.
    index = {word: number for number, word in enumerate(word for word, n in frequency.items() if n > 1)}
    vectors = np.zeros((len(sentences), len(index)), dtype=np.float32)
    lengths = np.zeros(len(sentences), dtype=np.float32)
    for row, words in enumerate(sentences):
        for word, times in Counter(words).items():
            weight = times * math.log(1 + len(sentences) / frequency[word])
            lengths[row] += weight**2
            if word in index:
                vectors[row, index[word]] = weight
    vectors /= np.sqrt(np.maximum(lengths, 1e-9))[:, None]
    similar = vectors @ vectors.T
    np.fill_diagonal(similar, 0.0)
    return similar


def _ranks(similar: Any) -> list[float]:
    """Return the PageRank of each sentence, the highest being 1."""
    import rustworkx

    graph: Any = rustworkx.PyGraph(multigraph=False)
    graph.add_nodes_from(range(len(similar)))
    linked = [(int(a), int(b)) for a, b in zip(*(similar > _SIMILAR).nonzero(), strict=True) if a < b]
    graph.add_edges_from([(a, b, float(similar[a, b])) for a, b in linked])
    ranks = rustworkx.pagerank(graph.to_directed(), weight_fn=float)
    highest = max(ranks.values())
    return [ranks[index] / highest for index in range(len(similar))]
