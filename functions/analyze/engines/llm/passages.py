"""Finds the passages that a model has to read about an item: the best chunks, and in them the best pieces.

A piece is a paragraph, list item or table row. Scores are Okapi BM25 (Robertson and Zaragoza, 2009,
"The Probabilistic Relevance Framework") over pieces; a chunk counts as much as its best pieces. No model,
no network; the same document and terms give the same passages.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from functions.analyze.document.amounts import parse_amounts
from functions.analyze.document.chunking import count_tokens
from functions.analyze.document.model import BlockKind, Chunk, Document
from functions.analyze.engines.llm.terms import Term, words
from shared.findings.model import Evidence

_K1 = 1.2
_B = 0.75
# What a word in the headings above a piece counts, against one in the piece.
_HEADING = 0.5
_BEST_OF_CHUNK = 3
# What a piece with an amount counts where limits are looked for.
_AMOUNT = 2.5
# So many words of an item in one piece make it worth a question.
_TOGETHER = 2


@dataclass(frozen=True, slots=True)
class Piece:
    """A block, or what a chunk has of it: ``text == page.text[start:end]``."""

    number: int
    chunk: int
    page: int
    start: int
    end: int
    text: str
    headings: tuple[str, ...]
    tokens: int
    is_heading: bool


@dataclass(frozen=True, slots=True)
class Passage:
    """Neighbouring pieces of one page, as a model reads them: ``text == page.text[start:end]``."""

    page: int
    start: int
    end: int
    text: str
    headings: tuple[str, ...]
    tokens: int


class Passages:
    """The pieces of one document, searched by terms."""

    def __init__(self, document: Document, chunks: Sequence[Chunk]) -> None:
        self._document = document
        self._pages = {page.number: page for page in document.pages}
        self.pieces = list(_pieces(document, chunks))
        self._counts = [Counter(words(piece.text)) for piece in self.pieces]
        self._titles = [Counter(words(" ".join(piece.headings))) for piece in self.pieces]

    def find(
        self, terms: Mapping[Term, float], most_chunks: int, most_tokens: int, *, amounts: bool = False
    ) -> set[int]:
        """Return the numbers of the best pieces: of so many chunks, together of at most so many tokens.

        With ``amounts`` pieces that hold one count more.
        """
        scores = self._scores(terms)
        if amounts:
            scores = {
                number: score * (_AMOUNT if number in self._with_amount else 1)
                for number, score in scores.items()
            }
        by_chunk: dict[int, list[int]] = defaultdict(list)
        for number in sorted(scores, key=lambda number: (-scores[number], number)):
            by_chunk[self.pieces[number].chunk].append(number)

        def worth(chunk: int) -> float:
            return sum(scores[number] for number in by_chunk[chunk][:_BEST_OF_CHUNK])

        best = sorted(by_chunk, key=lambda chunk: (-worth(chunk), chunk))[:most_chunks]
        candidates = [number for chunk in best for number in by_chunk[chunk]]
        taken: set[int] = set()
        room = most_tokens
        for number in sorted(candidates, key=lambda number: (-scores[number], number)):
            if self.pieces[number].tokens <= room:
                taken.add(number)
                room -= self.pieces[number].tokens
        return taken

    def around(self, evidence: Iterable[Evidence], neighbours: int, most_tokens: int) -> set[int]:
        """Return the pieces that hold a finding's evidence, and some behind each, up to so many tokens."""
        taken: set[int] = set()
        room = most_tokens
        for proof in evidence:
            held = [
                piece.number
                for piece in self.pieces
                if piece.page == proof.page and piece.start < proof.end and proof.start < piece.end
            ]
            if not held:
                continue
            for number in range(held[0] - 1, held[-1] + neighbours + 1):
                if not 0 <= number < len(self.pieces) or number in taken:
                    continue
                if self.pieces[number].chunk in {self.pieces[at].chunk for at in held} and (
                    self.pieces[number].tokens <= room or number in held
                ):
                    taken.add(number)
                    room -= self.pieces[number].tokens
        return taken

    def holds(self, terms: Mapping[Term, float]) -> bool:
        """Say whether a piece holds two of the terms, or the only one that there is."""
        seen: Counter[int] = Counter()
        for term in terms:
            seen.update(number for number in self._frequencies(term))
        return bool(seen) and seen.most_common(1)[0][1] >= min(_TOGETHER, len(terms))

    def has_amount(self, numbers: Iterable[int]) -> bool:
        """Say whether one of the pieces holds an amount."""
        return not self._with_amount.isdisjoint(numbers)

    def join(self, numbers: Iterable[int]) -> list[Passage]:
        """Return the pieces as passages in reading order; neighbours become one."""
        runs: list[list[Piece]] = []
        for number in sorted(set(numbers)):
            piece = self.pieces[number]
            last = runs[-1][-1] if runs else None
            if last is not None and last.number + 1 == number and _same_place(last, piece):
                runs[-1].append(piece)
            else:
                runs.append([piece])
        return [self._passage(run) for run in runs]

    def tokens(self, numbers: Iterable[int]) -> int:
        """Return the tokens of these pieces."""
        return sum(self.pieces[number].tokens for number in set(numbers))

    def _passage(self, run: Sequence[Piece]) -> Passage:
        page, start, end = run[0].page, run[0].start, run[-1].end
        text = self._pages[page].text[start:end]
        return Passage(page, start, end, text, run[0].headings, count_tokens(text))

    def _scores(self, terms: Mapping[Term, float]) -> dict[int, float]:
        """Return the score of every piece that holds a term."""
        scores: dict[int, float] = defaultdict(float)
        for term, weight in terms.items():
            held = self._frequencies(term)
            if not held:
                continue
            rarity = math.log(1 + (len(self.pieces) - len(held) + 0.5) / (len(held) + 0.5))
            for number, frequency in held.items():
                length = 1 - _B + _B * self.pieces[number].tokens / self._mean_tokens
                scores[number] += weight * rarity * frequency * (_K1 + 1) / (frequency + _K1 * length)
        return scores

    def _frequencies(self, term: Term) -> dict[int, float]:
        frequencies: dict[int, float] = defaultdict(float)
        for word in self._vocabulary:
            if term.matches(word):
                for number, frequency in self._vocabulary[word]:
                    frequencies[number] += frequency
        return frequencies

    @cached_property
    def _vocabulary(self) -> dict[str, list[tuple[int, float]]]:
        """Every word of the document with the pieces that hold it, in the text or in the headings above."""
        pieces: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
        for number, (body, titles) in enumerate(zip(self._counts, self._titles, strict=True)):
            for word, count in body.items():
                pieces[word][number] += count
            for word in titles:
                pieces[word][number] += _HEADING
        return {word: list(held.items()) for word, held in pieces.items()}

    @cached_property
    def _with_amount(self) -> frozenset[int]:
        return frozenset(piece.number for piece in self.pieces if parse_amounts(piece.text, currency="XXX"))

    @cached_property
    def _mean_tokens(self) -> float:
        return max(1.0, sum(piece.tokens for piece in self.pieces) / max(1, len(self.pieces)))


def _same_place(first: Piece, other: Piece) -> bool:
    return first.page == other.page and first.headings == other.headings and other.start >= first.end


def _pieces(document: Document, chunks: Sequence[Chunk]) -> Iterable[Piece]:
    """Yield what each chunk has of each block, once: chunks may overlap."""
    pages = {page.number: page for page in document.pages}
    seen: set[tuple[int, int]] = set()
    number = 0
    for index, chunk in enumerate(chunks):
        for page_number, first, last in chunk.spans:
            page = pages[page_number]
            for block in page.blocks:
                start, end = max(first, block.start), min(last, block.end)
                if start >= end or block.kind is BlockKind.TOC_ENTRY or (page_number, start) in seen:
                    continue
                text = page.text[start:end]
                if not text.strip():
                    continue
                seen.add((page_number, start))
                yield Piece(
                    number,
                    index,
                    page_number,
                    start,
                    end,
                    text,
                    chunk.headings,
                    count_tokens(text),
                    block.kind is BlockKind.HEADING,
                )
                number += 1
