"""Keywords: BM25 over words and the four-letter pieces of longer ones, by tantivy.

German writes compounds in one word, and each language inflects its own way: "Gepäckverspätung" has to be
found by "verspätetes Gepäck". Pieces of four letters do that for all three languages without a dictionary or
a stemmer, and find cognates of other languages besides; decision 27 has the comparison.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

PIECE = 4
MAX_WORD = 60
_WORD = re.compile(r"\w+")
_HEAP = 15_000_000


class Keywords:
    """An index in memory over some texts, made once and then read."""

    def __init__(self, texts: Sequence[str]) -> None:
        import tantivy

        builder = tantivy.SchemaBuilder()
        builder.add_text_field("terms", tokenizer_name="whitespace", index_option="freq")
        builder.add_integer_field("number", fast=True)
        self._schema: Any = builder.build()
        self._index: Any = tantivy.Index(self._schema)
        writer = self._index.writer(_HEAP, 1)
        for number, text in enumerate(texts):
            writer.add_document(tantivy.Document(terms=" ".join(terms(text)), number=number))
        writer.commit()
        self._index.reload()
        self._searcher: Any = self._index.searcher()

    def __len__(self) -> int:
        """Return the number of texts."""
        return int(self._searcher.num_docs)

    def best(self, question: str, limit: int) -> list[tuple[int, float]]:
        """Return numbers and scores of the texts that have any of the question's terms, the best first."""
        import tantivy

        wanted = [
            (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, "terms", term, "freq"))
            for term in dict.fromkeys(terms(question))
        ]
        if not wanted:
            return []
        query = tantivy.Query.boolean_query(wanted)
        hits = self._searcher.search(query, limit, count=False)
        numbers = self._searcher.fast_field_values("number", [address for _, address in hits.hits])
        return [(int(number), float(score)) for number, (score, _) in zip(numbers, hits.hits, strict=True)]


def terms(text: str) -> list[str]:
    """Return the words of a text, without case and accents, and the pieces of those that are longer."""
    words: list[str] = []
    for word in _WORD.findall(_plain(text)):
        words.append(word[:MAX_WORD])
        if len(word) > PIECE:
            words += [f"~{word[i : i + PIECE]}" for i in range(min(len(word), MAX_WORD) - PIECE + 1)]
    return words


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
