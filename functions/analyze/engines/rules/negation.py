"""Words that take a name out of what is said: without meals, except bicycles."""

from __future__ import annotations

from collections.abc import Iterable

from functions.analyze.engines.rules.matching import Match, WordIndex

_REACH = 3


class Negation:
    """Knows where the negating words of a document stand."""

    def __init__(self, index: WordIndex, words: Iterable[str], rest: Iterable[str]) -> None:
        """``words`` negate what follows at once, ``rest`` all that follows in the passage."""
        self._places = {place for word in words for place in index.places(word)}
        self._rest = index.find_any(rest)

    def covers(self, match: Match) -> bool:
        """Whether a negating word stands directly, or up to two words, before the match, or rules it out."""
        rest = self._rest.get(match.clause)
        if rest is not None and rest.start < match.start:
            return True
        return any((match.clause, match.start - back) in self._places for back in range(1, _REACH + 1))
