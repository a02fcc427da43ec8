"""Indexing and searching: passages embedded a second, and searches over 10,000 and 100,000 passages.

The passages are those of the sample policies with their sentences in another order, the vectors are random:
neither matters for the time that a search takes. The peer is the bare product of the vectors with the
question's, in the same process.
"""

from __future__ import annotations

import json
import random
import resource
import time
from typing import TYPE_CHECKING

import numpy as np

from functions.analyze.search.embeddings.local import LocalEmbeddings
from functions.analyze.search.embeddings.port import normalised
from functions.analyze.search.library import Library
from functions.analyze.search.passages import Passage, passages_of, passages_to_json
from functions.analyze.search.search import Search
from functions.analyze.search.vectors import FileVectors
from shared.jobs.model import Owner
from shared.memory.files import MemoryFiles
from shared.search.index import IndexEntry
from shared.search.query import SearchQuestion
from tests.benchmarks.figures import percentile, show
from tests.retrieval.evaluation import read
from tests.support.memory.search_index import MemorySearchIndex
from tests.support.paths import SAMPLES

if TYPE_CHECKING:
    from functions.analyze.search.embeddings.port import Matrix

OWNER = Owner("local", "bench")
PER_DOCUMENT = 50
QUESTIONS = ("Gepäckverspätung Anschaffungen", "Who pays for a rental car?", "Franchise par sinistre") * 10


class _Instant(LocalEmbeddings):
    """The model's questions, each embedded once: what is measured here is the search behind it."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[str, Matrix] = {}

    def query(self, text: str) -> Matrix:
        if text not in self._known:
            self._known[text] = super().query(text)
        return self._known[text]


def run() -> None:
    """Print speed of the model, then times and memory of searches."""
    passages = _passages()
    _embedding(passages)
    for count in (10_000, 100_000):
        _searching(passages, count)
    show("peak memory of all this", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024:6} MB")


def _passages() -> list[Passage]:
    documents = [read(path) for path in sorted(SAMPLES.glob("helvora-*.pdf")) if "scan" not in path.stem]
    return [passage for document in documents for passage in passages_of(document)]


def _embedding(passages: list[Passage]) -> None:
    model = LocalEmbeddings(threads=1)
    model.query("warm")
    texts = [passage.in_context for passage in passages[: 2 * model.batch]]
    began = time.process_time()
    for first in range(0, len(texts), model.batch):
        model.passages(texts[first : first + model.batch])
    show("passages embedded", f"{len(texts) / (time.process_time() - began):6.1f} a second of CPU time")
    began = time.process_time()
    for question in QUESTIONS:
        model.query(question)
    show("questions embedded", f"{1000 * (time.process_time() - began) / len(QUESTIONS):6.1f} ms of CPU time")


def _searching(passages: list[Passage], count: int) -> None:
    files, shelf = MemoryFiles(), MemorySearchIndex()
    vectors = FileVectors(files)
    dice = random.Random(7)  # noqa: S311 - the same texts each time
    numbers = np.random.default_rng(7)
    model = _Instant()
    for number in range(count // PER_DOCUMENT):
        chosen = [_shuffled(dice.choice(passages), dice, f"{number}/{n}") for n in range(PER_DOCUMENT)]
        entry = IndexEntry(OWNER, f"d{number:05d}", "job", 1, "source", model.name, PER_DOCUMENT)
        files.put(f"{entry.prefix}passages.json", json.dumps(passages_to_json(chosen)).encode(), "")
        vectors.put(entry, normalised(numbers.normal(size=(PER_DOCUMENT, 384))))
        shelf.put(entry)
    search = Search(model, shelf, vectors, Library(files, count))
    began = time.perf_counter()
    search.ask(SearchQuestion(OWNER, QUESTIONS[0]))
    show(f"first search over {count} passages (opening them)", f"{time.perf_counter() - began:6.1f} s")
    times = [_timed(search, SearchQuestion(OWNER, question)) for question in QUESTIONS]
    narrow = [_timed(search, SearchQuestion(OWNER, q, document_id="d00007")) for q in QUESTIONS]
    rows = np.concatenate([vectors._rows([entry]) for entry in shelf.entries(OWNER)])
    bare = []
    for question in QUESTIONS:
        began = time.perf_counter()
        np.argsort(rows @ model.query(question))[-10:]
        bare.append(time.perf_counter() - began)
    ratio = percentile(times, 0.5) / percentile(bare, 0.5)
    show(f"search over {count} passages", f"{_p(times)}   ratio to bare product {ratio:.1f}")
    show(f"search in one of {count // PER_DOCUMENT} documents", _p(narrow))


def _timed(search: Search, question: SearchQuestion) -> float:
    began = time.perf_counter()
    search.ask(question)
    return time.perf_counter() - began


def _p(values: list[float]) -> str:
    p50, p95 = (1000 * percentile(values, share) for share in (0.5, 0.95))
    return f"p50 {p50:7.1f} ms   p95 {p95:7.1f} ms"


def _shuffled(passage: Passage, dice: random.Random, identity: str) -> Passage:
    words = passage.text.split()
    dice.shuffle(words)
    return Passage(identity, " ".join(words), passage.spans, passage.headings)


if __name__ == "__main__":
    run()
