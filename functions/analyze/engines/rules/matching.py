"""Matching of the taxonomy's words in a document.

A pattern is one line of data, the same for names, aliases and the engine's own cue words:

    lost luggage            words side by side, each in any inflection
    gepäck + verspät*       parts anywhere in one passage, in any order
    flug|bahn + ausfall     alternatives for a word
    *versicherung, anwalt*  end and beginning of a word (compounds); *reise* anywhere in it
    =reise                  this word only: no compound, no inflection
    !ohne + ...             the passage must not hold this part
    ^ and $                 beginning and end of the passage

A plain word also matches as the last part of a German compound (``Gepäck`` in ``Reisegepäck``).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from functions.analyze.engines.rules.outline import Clause
from functions.analyze.engines.rules.text import plain

_INFLECTIONS = (
    "",
    "e",
    "en",
    "er",
    "es",
    "em",
    "ern",
    "n",
    "s",
    "ns",
    "ens",
    "x",
    "ed",
    "ing",
    "ee",
    "ees",
    "aux",
)
_STEM = re.compile(r"^(\w{4,}?)(?:ern|en|er|es|em|e|n|s)$")
_COMPOUND_HEAD = 5
_COMPOUND_FRONT = 2
_INFLECTED = 4


class Form(NamedTuple):
    """One alternative of a word: ``core`` with anything in front of or behind it, or inflected."""

    core: str
    front: bool = False
    back: bool = False
    inflected: bool = False
    compound: bool = False


Term = tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern: every part of ``needed`` must occur, none of ``refused``."""

    needed: tuple[tuple[Term, ...], ...]
    refused: tuple[tuple[Term, ...], ...]
    first: bool = False
    last: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """Where a pattern was found: the clause and the token range of its first part."""

    clause: int
    start: int
    end: int


@lru_cache(maxsize=8192)
def compile_pattern(text: str) -> Pattern:
    """Compile one line of pattern text; raises ValueError where it needs nothing."""
    needed: list[tuple[Term, ...]] = []
    refused: list[tuple[Term, ...]] = []
    first = last = False
    for part in re.split(r"\s+\+\s+", text.strip()):
        words = part.split()
        if words and words[0] == "^":
            first, words = True, words[1:]
        if words and words[-1] == "$":
            last, words = True, words[:-1]
        into = needed
        if words and words[0].startswith("!"):
            into, words[0] = refused, words[0][1:]
        terms = tuple(term for word in words for term in _terms(word))
        if terms:
            into.append(terms)
    if not needed:
        raise ValueError(f"pattern {text!r} names no word")
    return Pattern(tuple(needed), tuple(refused), first, last)


def _terms(word: str) -> list[Term]:
    """Return the terms of one word; a hyphen or apostrophe inside makes it several."""
    alternatives = word.split("|")
    if len(alternatives) == 1:
        pieces = [piece for piece in re.split(r"[^\w*=]+", word) if piece.strip("*=")]
        return [(_form(piece),) for piece in pieces]
    return [tuple(_form(option) for option in alternatives if option.strip("*="))]


def _form(word: str) -> Form:
    core = plain(re.sub(r"[^\w]", "", word))
    if word.startswith("=") or core.isdigit():
        return Form(core)
    front, back = word.startswith("*"), word.endswith("*")
    if front or back:
        return Form(core, front, back, inflected=not back)
    if len(core) < _INFLECTED:
        return Form(core)
    stem = _STEM.match(core)
    base = stem.group(1) if stem else core
    return Form(base, inflected=True, compound=len(base) >= _COMPOUND_HEAD)


class WordIndex:
    """The words of a document's clauses, for finding patterns without reading the text again."""

    def __init__(self, clauses: Sequence[Clause]) -> None:
        self._clauses = clauses
        self._places: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for clause in clauses:
            for position, token in enumerate(clause.tokens):
                self._places[token.plain].append((clause.index, position))
        self._forwards = sorted(self._places)
        self._backwards = sorted(word[::-1] for word in self._places)
        self._terms: dict[Term, dict[int, list[int]]] = {}
        self._found: dict[str, dict[int, Match]] = {}

    def find(self, pattern: str) -> dict[int, Match]:
        """Return the first match of a pattern in each clause that has one, by the clause's index."""
        if pattern not in self._found:
            self._found[pattern] = self._search(compile_pattern(pattern))
        return self._found[pattern]

    def find_any(self, patterns: Iterable[str]) -> dict[int, Match]:
        """Return one match a clause for any of the patterns; earlier patterns win."""
        matches: dict[int, Match] = {}
        for pattern in patterns:
            for clause, match in self.find(pattern).items():
                matches.setdefault(clause, match)
        return matches

    def find_all(self, patterns: Iterable[str]) -> dict[int, list[Match]]:
        """Return the match of every pattern that a clause has, by the clause's index."""
        matches: dict[int, list[Match]] = defaultdict(list)
        for pattern in patterns:
            for clause, match in self.find(pattern).items():
                matches[clause].append(match)
        return matches

    def places(self, word: str) -> set[tuple[int, int]]:
        """Return every place of a single word, as (clause, position among its tokens)."""
        occurrences = self._phrase(compile_pattern(word).needed[0])
        return {(clause, position) for clause, positions in occurrences.items() for position in positions}

    def _search(self, pattern: Pattern) -> dict[int, Match]:
        parts = [self._phrase(terms) for terms in pattern.needed]
        common = set(parts[0]).intersection(*parts[1:])
        for terms in pattern.refused:
            common.difference_update(self._phrase(terms))
        matches: dict[int, Match] = {}
        for clause in sorted(common):
            if pattern.first and parts[0][clause][0] != 0:
                continue
            if pattern.last:
                ends = parts[-1][clause][-1] + len(pattern.needed[-1])
                if ends != len(self._clauses[clause].tokens):
                    continue
            start = parts[0][clause][0]
            matches[clause] = Match(clause, start, start + len(pattern.needed[0]))
        return matches

    def _phrase(self, terms: tuple[Term, ...]) -> dict[int, list[int]]:
        """Return the positions of words side by side, by clause."""
        places = self._term(terms[0])
        if len(terms) == 1:
            return places
        following = [self._term(term) for term in terms[1:]]
        phrases: dict[int, list[int]] = {}
        for clause, positions in places.items():
            hits = [
                position
                for position in positions
                if all(position + step in other.get(clause, ()) for step, other in enumerate(following, 1))
            ]
            if hits:
                phrases[clause] = hits
        return phrases

    def _term(self, term: Term) -> dict[int, list[int]]:
        """Return the positions of a term's words, by clause."""
        if term not in self._terms:
            by_clause: dict[int, list[int]] = defaultdict(list)
            for word in {word for form in term for word in self._words(form)}:
                for clause, position in self._places[word]:
                    by_clause[clause].append(position)
            self._terms[term] = {clause: sorted(positions) for clause, positions in by_clause.items()}
        return self._terms[term]

    def _words(self, form: Form) -> Iterator[str]:
        """Yield the document's words that are this form."""
        if form.front and form.back:
            yield from (word for word in self._forwards if form.core in word)
        elif form.back:
            yield from _beginning(self._forwards, form.core)
        else:
            for ending in _INFLECTIONS if form.inflected else ("",):
                whole = form.core + ending
                if whole in self._places:
                    yield whole
                if form.front or form.compound:
                    yield from self._ending(whole, 0 if form.front else _COMPOUND_FRONT)

    def _ending(self, whole: str, least: int) -> Iterator[str]:
        """Yield the words that end in ``whole`` with at least so many letters before it."""
        for word in _beginning(self._backwards, whole[::-1]):
            if len(word) >= len(whole) + least:
                yield word[::-1]


def _beginning(words: Sequence[str], start: str) -> Iterator[str]:
    """Yield the words of a sorted list that begin with ``start``."""
    for at in range(bisect_left(words, start), len(words)):
        if not words[at].startswith(start):
            return
        yield words[at]
