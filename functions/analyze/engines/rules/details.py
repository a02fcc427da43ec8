"""Conditions and exclusions: passages of the right stance that name one, in the right place."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from functions.analyze.engines.rules.evidence import evidence_of
from functions.analyze.engines.rules.hints import names_of
from functions.analyze.engines.rules.matching import Match, WordIndex
from functions.analyze.engines.rules.outline import Clause, ClauseKind, Outline
from functions.analyze.engines.rules.stance import Stance, Stances
from shared.findings.model import Finding
from shared.taxonomy.model import Item

_PASSAGES = 3
_CONFIDENCE = {
    Stance.EXCLUSION: 0.9,
    Stance.DUTY: 0.9,
    Stance.GRANT: 0.75,
    Stance.EVENT: 0.7,
    Stance.LIMIT: 0.7,
    Stance.NEUTRAL: 0.65,
    Stance.GENERAL: 0.7,
    Stance.OBJECT: 0.65,
}
_CONDITION_STANCES = frozenset(_CONFIDENCE) - {Stance.EXCLUSION}


class DetailFinder:
    """Finds the conditions and exclusions among the clauses that a place allows."""

    def __init__(self, outline: Outline, index: WordIndex, stances: Stances, language: str) -> None:
        self._outline = outline
        self._index = index
        self._stances = stances
        self._language = language

    def exclusions(self, items: Iterable[Item], is_here: Callable[[Clause], bool]) -> tuple[Finding, ...]:
        """Return the exclusions named in passages that exclude."""
        return self._findings(items, is_here, frozenset({Stance.EXCLUSION}))

    def conditions(self, items: Iterable[Item], is_here: Callable[[Clause], bool]) -> tuple[Finding, ...]:
        """Return the conditions and duties named in passages that do not exclude.

        A ``negated`` one may be named by what happens without it ("not without our consent").
        """
        return self._findings(items, is_here, _CONDITION_STANCES)

    def _findings(
        self, items: Iterable[Item], is_here: Callable[[Clause], bool], stances: frozenset[Stance]
    ) -> tuple[Finding, ...]:
        findings = []
        for item in items:
            matches = self._index.find_any(names_of(item, self._language))
            allowed = frozenset(_CONFIDENCE) if item.hints.get("negated") else stances
            passages = [
                self._outline.clauses[number]
                for number in sorted(matches)
                if self._stances.clauses[number] in allowed and is_here(self._outline.clauses[number])
            ]
            passages = [clause for clause in passages if clause.kind is not ClauseKind.HEADING]
            if passages:
                findings.append(self._finding(item, passages, matches))
        return tuple(findings)

    def _finding(self, item: Item, passages: list[Clause], matches: dict[int, Match]) -> Finding:
        passages.sort(key=lambda clause: -_CONFIDENCE[self._stances.clauses[clause.index]])
        best = passages[0]
        return Finding(
            item_name=item.name,
            item_id=item.item_id,
            confidence=_CONFIDENCE[self._stances.clauses[best.index]],
            evidence=tuple(
                evidence_of(self._outline, clause, self._span(clause, matches[clause.index]))
                for clause in passages[:_PASSAGES]
            ),
            section_reference=self._outline.reference(best.section),
            description=item.description,
        )

    def _span(self, clause: Clause, match: Match) -> tuple[int, int]:
        tokens = clause.tokens[match.start : match.end] or clause.tokens[:1]
        return tokens[0].start, tokens[-1].end
