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
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from functions.analyze.rules.outline import Clause
from functions.analyze.rules.text import plain

_INFLECTIONS = r"(?:e|en|er|es|em|ern|n|s|ns|ens|x|ed|ing|ee|ees|aux)?"
_STEM = re.compile(r"^(\w{4,}?)(?:ern|en|er|es|em|e|n|s)$")
_COMPOUND_HEAD = 5
_INFLECTED = 4


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern: every part of ``needed`` must occur, none of ``refused``."""

    needed: tuple[tuple[str, ...], ...]
    refused: tuple[tuple[str, ...], ...]
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
    needed: list[tuple[str, ...]] = []
    refused: list[tuple[str, ...]] = []
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


@lru_cache(maxsize=8192)
def _compiled(term: str) -> re.Pattern[str]:
    return re.compile(rf"^(?:{term})$", re.MULTILINE)


def _terms(word: str) -> list[str]:
    """Return the regular expressions of one word; a hyphen or apostrophe inside makes it several."""
    alternatives = word.split("|")
    if len(alternatives) == 1:
        pieces = [piece for piece in re.split(r"[^\w*=]+", word) if piece.strip("*=")]
        return [_term(piece) for piece in pieces]
    return ["|".join(_term(option) for option in alternatives if option.strip("*="))]


def _term(word: str) -> str:
    exact = word.startswith("=")
    core = plain(re.sub(r"[^\w]", "", word))
    if exact or core.isdigit():
        return core
    front, back = word.startswith("*"), word.endswith("*")
    if front or back:
        return (r"\w*" if front else "") + core + (r"\w*" if back else _INFLECTIONS)
    stem = _STEM.match(core)
    base = stem.group(1) if stem else core
    if len(core) < _INFLECTED:
        return core
    return (r"(?:\w{2,})?" if len(base) >= _COMPOUND_HEAD else "") + base + _INFLECTIONS


class WordIndex:
    """The words of a document's clauses, for finding patterns without reading the text again."""

    def __init__(self, clauses: Sequence[Clause]) -> None:
        self._clauses = clauses
        self._places: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for clause in clauses:
            for position, token in enumerate(clause.tokens):
                self._places[token.plain].append((clause.index, position))
        self._vocabulary = "\n".join(self._places)
        self._terms: dict[str, dict[int, list[int]]] = {}
        self._found: dict[str, dict[int, Match]] = {}

    def find(self, pattern: str) -> dict[int, Match]:
        """Return the first match of a pattern in each clause that has one, by the clause's index."""
        if pattern not in self._found:
            self._found[pattern] = self._search(compile_pattern(pattern))
        return self._found[pattern]

    def find_any(self, patterns: Iterable[str]) -> dict[int, Match]:
        """Return one match a clause for any of the patterns; earlier patterns win."""
        found: dict[int, Match] = {}
        for pattern in patterns:
            for clause, match in self.find(pattern).items():
                found.setdefault(clause, match)
        return found

    def places(self, word: str) -> set[tuple[int, int]]:
        """Return every place of a single word, as (clause, position among its tokens)."""
        found = self._phrase(compile_pattern(word).needed[0])
        return {(clause, position) for clause, positions in found.items() for position in positions}

    def _search(self, pattern: Pattern) -> dict[int, Match]:
        parts = [self._phrase(terms) for terms in pattern.needed]
        common = set(parts[0]).intersection(*parts[1:])
        for terms in pattern.refused:
            common.difference_update(self._phrase(terms))
        found: dict[int, Match] = {}
        for clause in common:
            if pattern.first and parts[0][clause][0] != 0:
                continue
            if pattern.last:
                ends = parts[-1][clause][-1] + len(pattern.needed[-1])
                if ends != len(self._clauses[clause].tokens):
                    continue
            start = parts[0][clause][0]
            found[clause] = Match(clause, start, start + len(pattern.needed[0]))
        return found

    def _phrase(self, terms: tuple[str, ...]) -> dict[int, list[int]]:
        """Return the positions of words side by side, by clause."""
        places = self._term(terms[0])
        if len(terms) == 1:
            return places
        following = [self._term(term) for term in terms[1:]]
        found: dict[int, list[int]] = {}
        for clause, positions in places.items():
            hits = [
                position
                for position in positions
                if all(position + step in other.get(clause, ()) for step, other in enumerate(following, 1))
            ]
            if hits:
                found[clause] = hits
        return found

    def _term(self, term: str) -> dict[int, list[int]]:
        if term not in self._terms:
            by_clause: dict[int, list[int]] = defaultdict(list)
            for match in _compiled(term).finditer(self._vocabulary):
                for clause, position in self._places[match.group()]:
                    by_clause[clause].append(position)
            self._terms[term] = {clause: sorted(positions) for clause, positions in by_clause.items()}
        return self._terms[term]
