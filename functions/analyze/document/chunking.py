"""Cuts a document into passages for retrieval: by structure first, by size where that is not enough.

A token here is an estimate that needs no model: up to five letters or digits, or one other sign. On German,
French and English conditions this is about 3.8 characters, close to what the usual tokenizers count.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from functions.analyze.document.model import Block, BlockKind, Chunk, Document, Page

_TOKEN = re.compile(r"\w{1,5}|[^\w\s]")
_SENTENCE_END = re.compile(r"[.!?;:][)»”\"']*\s+(?=[\"«„(]?[A-ZÀ-Þ0-9–•-])")

_MOST_CARRIED = 6


@dataclass(frozen=True, slots=True)
class _Piece:
    """A passage that is never cut: a block, or a part of one too long for a chunk."""

    page: int
    start: int
    end: int
    tokens: int
    block: Block
    headings: tuple[str, ...]
    table: tuple[int, int] | None


@dataclass(slots=True)
class _Draft:
    """A chunk in the making; the first ``repeated`` pieces stand in the chunk before it, too."""

    pieces: list[_Piece] = field(default_factory=list)
    repeated: int = 0

    @property
    def tokens(self) -> int:
        return sum(piece.tokens for piece in self.pieces)

    @property
    def fresh(self) -> bool:
        return len(self.pieces) > self.repeated


def count_tokens(text: str) -> int:
    """Return the estimated number of tokens of ``text``."""
    return sum(1 for _ in _TOKEN.finditer(text))


def chunk(document: Document, size_tokens: int = 800, overlap: int = 80) -> list[Chunk]:
    """Return the chunks of ``document`` in reading order; together they hold all of its text.

    No chunk has more than ``size_tokens`` tokens. Where only size forces a cut, the next chunk repeats up to
    ``overlap`` tokens from the end of the one before; a table's rows come with its header row instead. Ids
    depend on text and place alone. Raises ValueError unless ``0 <= overlap < size_tokens``.
    """
    if not 0 <= overlap < size_tokens:
        raise ValueError("overlap must be at least 0 and less than size_tokens")
    pages = {page.number: page for page in document.pages}
    pieces = list(_pieces(document, max(1, size_tokens - overlap)))
    return [_finish(draft, pages) for draft in _pack(pieces, size_tokens, overlap)]


def _pieces(document: Document, most: int) -> Iterator[_Piece]:
    path: list[tuple[int, str]] = []
    for page in document.pages:
        for block in page.blocks:
            text = page.text[block.start : block.end]
            if block.kind is BlockKind.HEADING:
                path = [(level, title) for level, title in path if level < block.level]
                path.append((block.level, " ".join(text.split())))
            headings = tuple(title for _, title in path)
            table = None if block.table is None else (page.number, block.table)
            for start, end in _cut(page, block, most):
                tokens = count_tokens(page.text[start:end])
                yield _Piece(page.number, start, end, tokens, block, headings, table)


def _cut(page: Page, block: Block, most: int) -> Iterator[tuple[int, int]]:
    """Yield the parts of a block, each of at most ``most`` tokens: at sentence ends, else at word borders."""
    text = page.text[block.start : block.end]
    tokens = list(_TOKEN.finditer(text))
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    start = number = 0
    while len(tokens) - number > most:
        furthest = tokens[number + most].start()
        cut = max((end for end in ends if start < end <= furthest), default=0)
        cut = cut or max(text.rfind(" ", start + 1, furthest) + 1, 0) or furthest
        yield block.start + start, block.start + cut
        start = cut
        while number < len(tokens) and tokens[number].start() < cut:
            number += 1
    if text[start:].strip():
        yield block.start + start, block.end


def _pack(pieces: Sequence[_Piece], size: int, overlap: int) -> Iterator[_Draft]:
    draft = _Draft()
    for piece in pieces:
        full = draft.tokens + piece.tokens > size
        if draft.fresh and (full or _new_section(draft, piece, size)):
            trailing = _trailing_headings(draft)
            yield draft
            draft = _Draft(trailing) if trailing else _continued(draft, piece, size, overlap if full else 0)
        if draft.tokens + piece.tokens > size:
            if draft.fresh:
                yield draft
            draft = _Draft()
        draft.pieces.append(piece)
    if draft.fresh:
        yield draft


def _new_section(draft: _Draft, piece: _Piece, size: int) -> bool:
    """Say whether a heading opens a new chunk: a higher section always, an equal one if there is enough."""
    if piece.block.kind is not BlockKind.HEADING or draft.pieces[-1].block.kind is BlockKind.HEADING:
        return False
    levels = [item.block.level for item in draft.pieces if item.block.kind is BlockKind.HEADING]
    return draft.tokens >= size // 2 or bool(levels and piece.block.level < levels[0])


def _trailing_headings(draft: _Draft) -> list[_Piece]:
    """Take the headings off the end of a chunk, at most one for each level: they belong to what follows."""
    taken: list[_Piece] = []
    while (
        len(draft.pieces) - draft.repeated > 1
        and draft.pieces[-1].block.kind is BlockKind.HEADING
        and len(taken) < _MOST_CARRIED
    ):
        taken.insert(0, draft.pieces.pop())
    return taken


def _continued(before: _Draft, piece: _Piece, size: int, overlap: int) -> _Draft:
    """Return the next chunk with what it repeats: a table's header rows, or the last running text."""
    room = min(overlap, size - piece.tokens)
    if piece.table is not None:
        taken = [item for item in before.pieces if item.table == piece.table and item.block.header]
    else:
        taken = []
        for item in reversed(before.pieces):
            if (
                item.block.kind is BlockKind.HEADING
                or item.tokens + sum(repeated.tokens for repeated in taken) > room
            ):
                break
            taken.insert(0, item)
    if sum(item.tokens for item in taken) > size - piece.tokens or len(taken) == len(before.pieces):
        return _Draft()
    return _Draft(taken, len(taken))


def _finish(draft: _Draft, pages: dict[int, Page]) -> Chunk:
    spans: list[tuple[int, int, int]] = []
    for piece in draft.pieces:
        if spans and spans[-1][0] == piece.page:
            page, start, end = spans[-1]
            if not pages[page].text[end : piece.start].strip() and end <= piece.start:
                spans[-1] = (page, start, piece.end)
                continue
        spans.append((piece.page, piece.start, piece.end))
    text = "\n".join(pages[page].text[start:end] for page, start, end in spans)
    identity = hashlib.sha256(f"{spans}\n{text}".encode()).hexdigest()[:24]
    body = next((p for p in draft.pieces if p.block.kind is not BlockKind.HEADING), draft.pieces[0])
    return Chunk(identity, text, tuple(spans), body.headings, count_tokens(text))
