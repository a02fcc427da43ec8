"""The words by which passages about a taxonomy item are found: of its name, labels, aliases and examples.

Aliases are patterns of the rules engine (alternatives, parts, wildcards); here only their words count, as the
beginning, the end or the middle of a word of the text, without their order.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from shared.taxonomy.model import Item

_T = TypeVar("_T")

_WORD = re.compile(r"[^\W_]+")
_STEM = 5
_SHORT = 3

# The words of each source count so much.
_LABEL, _ALIAS, _EXAMPLE, _DESCRIPTION = 1.0, 1.0, 0.5, 0.4


@dataclass(frozen=True, slots=True)
class Term:
    """Words that begin with ``stem``, or hold it anywhere (``inside``)."""

    stem: str
    inside: bool = False

    def matches(self, word: str) -> bool:
        """Say whether a plain word of the text is meant."""
        return self.stem in word if self.inside else word.startswith(self.stem)


def words(text: str) -> list[str]:
    """Return the words of a text in plain form: lower case, no diacritics."""
    return [_plain(word) for word in _WORD.findall(text)]


def terms_of(item: Item, language: str) -> dict[Term, float]:
    """Return the terms of an item with their weights; of several languages the document's counts."""
    terms: dict[Term, float] = {}

    def add(text: str, weight: float, *, patterns: bool = False) -> None:
        for term in _of_pattern(text) if patterns else _of_text(text):
            terms[term] = max(terms.get(term, 0.0), weight)

    for text in _in(item.labels, language):
        add(text, _LABEL)
    for aliases in _in(item.aliases, language):
        for alias in aliases:
            add(alias, _ALIAS, patterns=True)
    for examples in _in(item.examples, language):
        for example in examples:
            add(example, _EXAMPLE)
    if not terms:
        # Names and descriptions are in the taxonomy's own language: a last resort for a document in another.
        add(item.name.replace("_", " "), _LABEL)
        add(item.description, _DESCRIPTION)
    return terms


def _in(texts: Mapping[str, _T], language: str) -> list[_T]:
    """Return the value of the language, else those of all."""
    return [texts[language]] if language in texts else list(texts.values())


def _of_text(text: str) -> Iterator[Term]:
    for word in words(text):
        if len(word) > _SHORT:
            yield Term(_stemmed(word), inside=len(word) > _STEM)


def _of_pattern(pattern: str) -> Iterator[Term]:
    for part in re.split(r"[\s+|]+", pattern):
        # "!" names what must not be there.
        if part.startswith(("!", "^", "$")) or not part:
            continue
        for word in words(part):
            if part.endswith("*") or part.startswith(("*", "=")):
                yield Term(word, inside=part.startswith("*"))
            elif len(word) > _SHORT:
                yield Term(_stemmed(word), inside=len(word) > _STEM)


def _stemmed(word: str) -> str:
    """Return the word without an ending that inflection may change."""
    return word[:-2] if len(word) > _STEM + 2 else word[:-1] if len(word) > _STEM else word


@lru_cache(maxsize=65536)
def _plain(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def merged(groups: Iterable[dict[Term, float]]) -> dict[Term, float]:
    """Return the terms of several groups, each with its greatest weight."""
    terms: dict[Term, float] = {}
    for group in groups:
        for term, weight in group.items():
            terms[term] = max(terms.get(term, 0.0), weight)
    return terms
