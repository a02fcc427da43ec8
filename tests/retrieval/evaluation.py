"""Asks every question by vectors alone, keywords alone and both, and tells how high the answers come.

Each question goes to one document, as from a product's page. Recall at 1 and 5 is the share of questions
whose answer is among the first 1 and 5 hits, MRR the mean of 1 / rank (0 where the answer is not found).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from functions.analyze.document.model import Document
from functions.analyze.extract import open_source
from functions.analyze.search.embeddings.port import Embeddings
from functions.analyze.search.library import Library
from functions.analyze.search.passages import passages_of, passages_to_json
from functions.analyze.search.search import WEIGHTS, Search
from functions.analyze.search.vectors import FileVectors
from shared.jobs.model import Owner
from shared.memory.files import MemoryFiles
from shared.search.index import IndexEntry
from shared.search.query import MAX_LIMIT, SearchQuestion
from tests.retrieval.questions import Case
from tests.support.memory.search_index import MemorySearchIndex

METHODS: Mapping[str, tuple[float, float]] = {
    "vectors": (1.0, 0.0),
    "keywords": (0.0, 1.0),
    "hybrid": WEIGHTS,
}
OWNER = Owner("local", "evaluation")


@dataclass(frozen=True, slots=True)
class Figures:
    """How well some questions were answered."""

    questions: int
    recall_1: float
    recall_5: float
    mrr: float

    @classmethod
    def of(cls, ranks: Sequence[int]) -> Figures:
        """Count ranks, 0 for an answer that was not found."""
        count = len(ranks)
        return cls(
            count,
            sum(rank == 1 for rank in ranks) / count,
            sum(0 < rank <= 5 for rank in ranks) / count,
            sum(1 / rank for rank in ranks if rank) / count,
        )


@dataclass
class Shelves:
    """Indexed documents in memory."""

    embeddings: Embeddings

    def __post_init__(self) -> None:
        self.files, self.shelf = MemoryFiles(), MemorySearchIndex()
        self.vectors = FileVectors(self.files)
        self.languages: dict[str, str] = {}

    def add(self, path: Path, progress: Callable[[str], object] = lambda _text: None) -> None:
        """Read, embed and shelve a document."""
        document = read(path)
        passages = passages_of(document)
        texts = [passage.in_context for passage in passages]
        size = self.embeddings.batch
        rows = [self.embeddings.passages(texts[i : i + size]) for i in range(0, len(texts), size)]
        entry = IndexEntry(OWNER, path.name, "job", 1, "source", self.embeddings.name, len(passages))
        self.files.put(f"{entry.prefix}passages.json", json.dumps(passages_to_json(passages)).encode(), "")
        self.vectors.put(entry, np.concatenate(rows))
        self.shelf.put(entry)
        self.languages[path.name] = document.language
        progress(f"{path.name}: {len(passages)} passages")

    def rank(self, case: Case, weights: tuple[float, float]) -> int:
        """Return at which place the answer comes, 0 where it is not among the first 50."""
        search = Search(self.embeddings, self.shelf, self.vectors, Library(self.files, 100_000), weights)
        question = SearchQuestion(OWNER, case.question, MAX_LIMIT, document_id=case.document)
        for place, hit in enumerate(search.ask(question).hits, start=1):
            if case.answered_by(hit.text, range(hit.page, hit.last_page + 1)):
                return place
        return 0


def evaluate(shelves: Shelves, cases: Sequence[Case]) -> dict[str, dict[str, Figures]]:
    """Return the figures by method: of all questions, and of those in the document's language or another."""
    figures: dict[str, dict[str, Figures]] = {}
    for method, weights in METHODS.items():
        ranks: defaultdict[str, list[int]] = defaultdict(list)
        for case in cases:
            rank = shelves.rank(case, weights)
            same = shelves.languages[case.document] == case.language
            for group in ("all", "same language" if same else "across languages"):
                ranks[group].append(rank)
        figures[method] = {group: Figures.of(found) for group, found in ranks.items()}
    return figures


def read(path: Path) -> Document:
    """Return a document as the analysis reads it."""
    source = open_source(path.read_bytes(), path.name, None)
    return source.assemble(list(source.pages(1, source.page_count)))
