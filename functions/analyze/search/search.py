"""A question to the documents of one owner: what is in scope, what is near, what has the words.

The owner comes with the question, and all that is read is read by the owner: the entries of the owner's
index, and the files that those name.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from functions.analyze.search.keywords import Keywords
from functions.analyze.search.library import Library, Place, place_of
from functions.analyze.search.passages import Passage
from functions.analyze.search.ranking import fuse
from shared.errors import TransientError
from shared.files.port import FileMissingError
from shared.jobs.model import Owner
from shared.search.index import IndexEntry, SearchIndexStore
from shared.search.query import MAX_FOUND, SearchAnswer, SearchHit, SearchQuestion, SearchTooWideError

if TYPE_CHECKING:
    from functions.analyze.search.embeddings.port import Embeddings, Matrix
    from functions.analyze.search.vectors import VectorStore

# How deep a ranking is read before both are fused.
DEPTH = 100
# Vectors and keywords. Questions in another language than the document share few pieces of words with it, and
# the wrong ones: with half the weight keywords help in the same language and hardly harm across; the figures
# are in decision 27.
WEIGHTS = (1.0, 0.5)
# Of owners whose index is kept.
KEPT_INDEXES = 100
_TRIES = 3


@dataclass(slots=True)
class _OwnerIndex:
    """A index as it was read; ``gone`` are the prefixes of its entries whose files are missing."""

    version: int
    entries: list[IndexEntry]
    gone: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Search:
    """Answers questions; see SearchService. Kept for the life of the process, with what it has opened.

    ``weights`` are those of vectors and keywords; a ranking of weight 0 is left out.
    """

    embeddings: Embeddings
    index: SearchIndexStore
    vectors: VectorStore
    library: Library
    weights: tuple[float, float] = WEIGHTS
    _indexes: OrderedDict[str, _OwnerIndex] = field(default_factory=OrderedDict)

    def ask(self, question: SearchQuestion) -> SearchAnswer:
        """See SearchService."""
        query: Matrix = self.embeddings.query(question.query)
        changes = 0
        while changes < _TRIES:
            try:
                return self._answer(question, query)
            except FileMissingError as error:
                # Else a document was indexed again, or removed, since the index was read.
                if not self._leave_out(question.owner, error.key):
                    changes += 1
        raise TransientError("index-changing", "The documents are being indexed again. Search again.")

    def _answer(self, question: SearchQuestion, query: Matrix) -> SearchAnswer:
        index = self._index_of(question.owner)
        entries: list[IndexEntry] = []
        skipped: list[str] = []
        for entry in index.entries:
            if not _meant(entry, question):
                continue
            if entry.model == self.embeddings.name and entry.prefix not in index.gone:
                entries.append(entry)
            else:
                skipped.append(entry.document_id)
        near = self._near(entries, query)
        worded = self._worded(entries, question.query, [place for place, _ in near])
        similarity = dict(near)
        rankings = zip(self.weights, ([place for place, _ in near], worded), strict=True)
        ranked = fuse([(weight, places) for weight, places in rankings if weight])[:MAX_FOUND]
        page = ranked[question.offset : question.offset + question.limit]
        hits = self._hits(page, similarity, set(worded))
        return SearchAnswer(hits, len(ranked), len(entries), tuple(skipped))

    def _leave_out(self, owner: Owner, key: str) -> bool:
        """Read the index again, and leave out the entry of a missing file; False where no entry names it now.

        Files are written before their entry, and go after it was replaced: what the index still names and
        cannot be read does not come back, and must not keep the owner from all other documents.
        """
        before = self._indexes.pop(owner.key, None)
        index = self._index_of(owner)
        named = {entry.prefix for entry in index.entries}
        if before is not None:
            index.gone |= before.gone & named
        missing = {prefix for prefix in named if key.startswith(prefix)} - index.gone
        index.gone |= missing
        return bool(missing)

    def _index_of(self, owner: Owner) -> _OwnerIndex:
        """Return the owner's index, read again when its counter has changed."""
        version = self.index.version(owner)
        kept = self._indexes.get(owner.key)
        if kept is None or kept.version != version:
            kept = self._indexes[owner.key] = _OwnerIndex(version, self.index.entries(owner))
        self._indexes.move_to_end(owner.key)
        while len(self._indexes) > KEPT_INDEXES:
            self._indexes.popitem(last=False)
        return kept

    def _near(self, entries: Sequence[IndexEntry], query: Matrix) -> list[tuple[Place, float]]:
        total = sum(entry.passages for entry in entries)
        if self.vectors.whole and total > self.library.most:
            raise SearchTooWideError(total, self.library.most)
        nearest = self.vectors.nearest(entries, query, DEPTH)
        return [((entry, number), similarity) for entry, number, similarity in nearest]

    def _worded(self, entries: Sequence[IndexEntry], query: str, near: Sequence[Place]) -> list[Place]:
        """Return the places that have words of the question, the best first.

        All passages in scope are looked through where they are at hand, else those that are near.
        """
        if self.vectors.whole:
            matches = self.library.keywords(entries).best(query, DEPTH)
            return [place_of(entries, number) for number, _ in matches]
        keywords = Keywords([self._passage(place).in_context for place in near])
        return [near[number] for number, _ in keywords.best(query, DEPTH)]

    def _hits(
        self, page: Sequence[tuple[Place, float]], similarity: dict[Place, float], worded: set[Place]
    ) -> tuple[SearchHit, ...]:
        hits: list[SearchHit] = []
        for place, score in page:
            entry, passage = place[0], self._passage(place)
            hits.append(
                SearchHit(
                    document_id=entry.document_id,
                    file_name=entry.file_name,
                    product_id=entry.product_id,
                    case_id=entry.case_id,
                    passage_id=passage.passage_id,
                    page=passage.page,
                    last_page=passage.spans[-1][0],
                    headings=passage.headings,
                    text=passage.text,
                    spans=passage.spans,
                    score=round(score, 4),
                    similarity=round(similarity[place], 4) if place in similarity else None,
                    found_by=tuple(
                        name
                        for name, has_it in (("vectors", place in similarity), ("keywords", place in worded))
                        if has_it
                    ),
                )
            )
        return tuple(hits)

    def _passage(self, place: Place) -> Passage:
        entry, number = place
        return self.library.passages([entry])[0][number]


def _meant(entry: IndexEntry, question: SearchQuestion) -> bool:
    """Say whether an entry is in the scope of a question."""
    return (
        (not question.document_id or entry.document_id == question.document_id)
        and (not question.product_id or entry.product_id == question.product_id)
        and (not question.case_id or entry.case_id == question.case_id)
    )
