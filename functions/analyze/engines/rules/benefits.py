"""Which benefits a document grants: passages that name one, weighed by what they do."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from functions.analyze.engines.rules.hints import Rule
from functions.analyze.engines.rules.matching import Match, WordIndex
from functions.analyze.engines.rules.negation import Negation
from functions.analyze.engines.rules.outline import Clause, ClauseKind, Outline
from functions.analyze.engines.rules.scopes import Scopes
from functions.analyze.engines.rules.stance import Stance, Stances

_WEIGHTS = {
    Stance.GRANT: 0.9,
    Stance.OVERVIEW: 0.85,
    Stance.LIMIT: 0.55,
    Stance.EVENT: 0.5,
    Stance.OBJECT: 0.5,
    Stance.NEUTRAL: 0.5,
    Stance.GENERAL: 0.3,
}
_PROVEN = 0.85
_TITLE = 0.88
_TITLE_REACH = 2
ACCEPT = 0.6


@dataclass(frozen=True, slots=True)
class Support:
    """A passage that speaks for an item, between 0 and 1; ``title`` where the heading named it."""

    clause: int
    weight: float
    title: bool = False


class BenefitFinder:
    """Finds the passages that grant an item."""

    def __init__(
        self, outline: Outline, index: WordIndex, stances: Stances, scopes: Scopes, negation: Negation
    ) -> None:
        self._outline = outline
        self._index = index
        self._stances = stances
        self._scopes = scopes
        self._negation = negation

    def supports(self, rule: Rule, own: str) -> list[Support]:
        """Return the passages for a benefit of segment ``own``, the strongest first."""
        matches = self._index.find_any(rule.names)
        refused = self._index.find_any(rule.refused)
        within = self._index.find_any(rule.within) if rule.within else None
        best: dict[int, Support] = {}
        for number, match in matches.items():
            clause = self._outline.clauses[number]
            if number in refused or (
                within is not None and number not in within and not self._is_title(clause)
            ):
                continue
            if not self._scopes.allows(rule, own, clause) or self._negation.covers(match):
                continue
            if self._has_refused_title(rule, clause) or not self._has_context(rule, clause):
                continue
            for support in self._weigh(rule, clause, refused):
                known = best.get(support.clause)
                if known is None or support.weight > known.weight:
                    best[support.clause] = support
        return sorted(best.values(), key=lambda support: (-support.weight, support.clause))

    def _weigh(self, rule: Rule, clause: Clause, refused: dict[int, Match]) -> list[Support]:
        if self._is_title(clause):
            return self._below_title(rule, clause, refused)
        weight = self._weight(rule, clause)
        return [Support(clause.index, weight)] if weight > 0 else []

    def _weight(self, rule: Rule, clause: Clause) -> float:
        stance = self._stances.clauses[clause.index]
        weight = _WEIGHTS.get(stance, 0.0)
        if stance.value in rule.proof:
            weight = max(weight, _PROVEN)
        return weight

    def _below_title(self, rule: Rule, title: Clause, refused: dict[int, Match]) -> list[Support]:
        """Return the granting passages of a title's section: a heading proves nothing by itself."""
        if self._stances.sections[title.section] in {Stance.EXCLUSION, Stance.DUTY, Stance.DEFINITION}:
            return []
        supports = []
        for number in self._outline.body(title.section):
            if number in refused:
                continue
            weight = self._weight(rule, self._outline.clauses[number])
            if weight >= ACCEPT:
                supports.append(Support(number, _TITLE, title=True))
            elif weight >= _WEIGHTS[Stance.NEUTRAL]:
                supports.append(Support(number, weight, title=True))
        return supports[:3]

    def _is_title(self, clause: Clause) -> bool:
        return clause.kind is ClauseKind.HEADING

    def _has_refused_title(self, rule: Rule, clause: Clause) -> bool:
        if not rule.refused_title:
            return False
        matches = self._index.find_any(rule.refused_title)
        near = islice(self._outline.path(clause.section), _TITLE_REACH)
        return any(part.heading in matches for part in near)

    def _has_context(self, rule: Rule, clause: Clause) -> bool:
        if not rule.context:
            return True
        matches = self._index.find_any(rule.context)
        near = {clause.index, *self._around(clause)}
        if any(number in matches for number in near):
            return True
        return any(part.heading in matches for part in self._outline.path(clause.section))

    def _around(self, clause: Clause) -> set[int]:
        """Return what a clause is read with: its leads, its beginning, and the rest of its block."""
        near = {number for number in (clause.lead, clause.before) if number is not None}
        near |= {self._outline.clauses[number].lead or number for number in near}
        for step in (-1, 1):
            at = clause.index + step
            while 0 <= at < len(self._outline.clauses) and self._outline.clauses[at].block == clause.block:
                near.add(at)
                at += step
        return near
