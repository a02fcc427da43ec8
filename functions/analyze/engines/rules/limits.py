"""Limits of a benefit: the amounts of the passages that grant it, typed by the taxonomy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass

from functions.analyze.document.amounts import Amount, AmountKind, parse_amounts
from functions.analyze.engines.rules.benefits import Support
from functions.analyze.engines.rules.columns import Columns
from functions.analyze.engines.rules.cues import Cues
from functions.analyze.engines.rules.evidence import evidence_of
from functions.analyze.engines.rules.hints import names_of
from functions.analyze.engines.rules.matching import WordIndex
from functions.analyze.engines.rules.outline import Clause, ClauseKind, Outline
from functions.analyze.engines.rules.stance import Stance, Stances
from shared.findings.model import Finding
from shared.taxonomy.model import Category, Item

_USABLE = frozenset(
    {Stance.GRANT, Stance.OVERVIEW, Stance.LIMIT, Stance.EVENT, Stance.NEUTRAL, Stance.OBJECT}
)
_CAPS = frozenset({Stance.LIMIT, Stance.GRANT, Stance.OVERVIEW})
_STEP = re.compile(
    r"\b(?:each|every|per|pro|je|jede[rnms]?|chaque|par|toutes\s+les)\s+(?:(?:complete|full|further|volle[rnms]?|weitere[rnms]?)\s+)?$",
    re.IGNORECASE,
)
# What amounts are worth by where they stand: shares that proved right on labelled documents.
_IN_ROW = 0.95
_IN_PASSAGE = 0.88
_NEARBY = 0.9
CAP = 0.75
_THRESHOLD_REACH = 45
_CUE_REACH = 90
_CUE_BEHIND = 20


@dataclass(frozen=True, slots=True)
class Figure:
    """An amount in a clause; its span counts characters of the page."""

    amount: Amount
    clause: int
    confidence: float


class LimitFinder:
    """Reads the amounts of a document once, and attaches them on request."""

    def __init__(
        self, outline: Outline, index: WordIndex, stances: Stances, language: str, cues: Cues
    ) -> None:
        self._outline = outline
        self._index = index
        self._stances = stances
        self._language = language
        self._thresholds = index.find_all(cues.threshold)
        self._cap_words = index.find_any(cues.cap)
        self._shares = index.find_any(cues.share)
        self._breaks = {place for word in cues.apart for place in index.places(word)}
        self._columns = Columns(outline)
        self._amounts: dict[int, list[Amount]] = {}

    def amounts(self, clause: Clause) -> list[Amount]:
        """Return the amounts of a clause; spans count from the clause's start."""
        if clause.index not in self._amounts:
            currency = self._columns.currency(clause)
            self._amounts[clause.index] = parse_amounts(self._outline.text(clause), currency=currency)
        return self._amounts[clause.index]

    def breaks(self, clause: int) -> list[int]:
        """Return where in a clause, in characters, its list takes up something apart ("as well as")."""
        passage = self._outline.clauses[clause]
        return [
            passage.tokens[position].start - passage.start
            for number, position in self._breaks
            if number == clause
        ]

    def figures(self, clauses: Sequence[tuple[int, float]]) -> list[Figure]:
        """Return the amounts of the clauses, each with its clause's weight."""
        return [
            Figure(amount, number, weight)
            for number, weight in clauses
            for amount in self.amounts(self._outline.clauses[number])
        ]

    def zone(
        self,
        supports: Sequence[Support],
        own: Set[int],
        taken: Set[int],
        is_swept: Callable[[Clause], bool],
    ) -> list[tuple[int, float]]:
        """Return the clauses whose amounts limit what the supports grant, each with its weight.

        Those are the passages themselves, what follows them in their block, the leads they depend on
        (unless they name sums of their own), the rows below a table row without a sum, and the whole
        section where its title named the benefit or ``is_swept`` says so. ``taken`` clauses speak of
        another benefit and are left out, unless they are the benefit's ``own``.
        """
        zone: dict[int, float] = {}

        def add(number: int, weight: float) -> None:
            usable = self._stances.clauses[number] in _USABLE
            if usable and (number in own or number not in taken):
                zone[number] = max(zone.get(number, 0.0), weight)

        for support in supports:
            clause = self._outline.clauses[support.clause]
            is_row = clause.kind is ClauseKind.ROW
            add(clause.index, _IN_ROW if is_row else min(support.weight, _IN_PASSAGE))
            near = [other for other in self._same_block(clause) if other > clause.index]
            if not self._has_money(clause):
                near += [*self._same_block(clause), *self._depends_on(clause)]
            if is_row:
                near = [*self._rows_below(clause)]
            else:
                whole = support.title or is_swept(clause)
                caps = not self._has_money(clause)
                near += [
                    other for other in self._running(clause) if whole or (caps and self._caps_all(other))
                ]
            for other in near:
                add(other, support.weight * _NEARBY)
        return sorted(zone.items())

    def waits(self, supports: Sequence[Support], seen: Set[int]) -> list[Figure]:
        """Return what must have passed ("if it takes more than 3 days, we pay:") in the leads of supports."""
        leads = {
            number: support.weight * _NEARBY
            for support in supports
            for number in self._leads(self._outline.clauses[support.clause])
            if number not in seen and self._stances.clauses[number] in _USABLE
        }
        figures = self.figures(sorted(leads.items()))
        return [f for f in figures if f.amount.kind is AmountKind.DURATION and f.amount.bound == "min"]

    def caps(self, section: int) -> list[tuple[int, float]]:
        """Return the clauses below a section that limit all of it: those under titles about limits."""
        return [
            (number, CAP)
            for part in self._outline.subtree(section)
            if self._stances.limits_whole(part.index)
            for number in part.clauses
            if self._stances.clauses[number] in _CAPS
        ]

    def holds_for_all(self, clause: int) -> bool:
        """Whether the clause takes a share of the loss from whatever the section pays."""
        return (
            clause in self._shares
            or self._outline.sections[self._outline.clauses[clause].section].heading in self._shares
        )

    def findings(self, item: Item, figures: Sequence[Figure]) -> tuple[Finding, ...]:
        """Type the figures by the item's limit types; one finding a type, value, unit and scope.

        Where the same amount is found with a scope and without, the one with the scope stays.
        """
        types = item.of(Category.LIMIT)
        findings: dict[tuple[str, float | None, str, str], Finding] = {}
        for figure in figures:
            finding = self._typed(types, figure)
            if finding is None:
                continue
            key = (finding.item_name, finding.value, finding.unit, finding.scope)
            known = findings.get(key)
            if known is None or finding.confidence > known.confidence:
                findings[key] = finding
        scoped = {key[:3] for key in findings if key[3]}
        return tuple(finding for key, finding in findings.items() if key[3] or key[:3] not in scoped)

    def _typed(self, types: Sequence[Item], figure: Figure) -> Finding | None:
        clause = self._outline.clauses[figure.clause]
        limit_type = next((item for item in types if self._fits(item, figure.amount, clause)), None)
        if limit_type is None:
            return None
        amount = figure.amount
        unlimited = amount.kind is AmountKind.UNLIMITED
        span = (clause.start + amount.start, clause.start + amount.end)
        remarks = (*amount.scopes, amount.note, self._columns.head(clause, amount.start))
        return Finding(
            item_name=limit_type.name,
            item_id=limit_type.item_id,
            confidence=round(figure.confidence, 3),
            evidence=(evidence_of(self._outline, clause, span),),
            section_reference=self._outline.reference(clause.section),
            description=limit_type.description,
            value=None if unlimited else amount.value,
            unit=amount.unit,
            scope=", ".join(remark for remark in remarks if remark),
        )

    def _fits(self, item: Item, amount: Amount, clause: Clause) -> bool:
        hints = item.hints
        if amount.kind is AmountKind.MONEY and not self._is_ceiling(amount, clause, bool(hints.get("floor"))):
            return False
        if amount.kind.value not in _list(hints.get("kinds")):
            return False
        if amount.kind is AmountKind.DURATION and not self._is_limiting(amount, clause):
            return False
        scopes, bounds = _list(hints.get("scopes")), _list(hints.get("bounds"))
        cued = self._has_cue(item, amount, clause)
        if hints.get("cue") == "required" and not cued:
            return False
        if scopes and not set(scopes) & set(amount.scopes):
            return False
        return not bounds or amount.bound in bounds or (cued and amount.bound != "max")

    def _is_ceiling(self, amount: Amount, clause: Clause, floor: bool) -> bool:
        """Whether a sum limits something: it measures nothing else, and is no minimum (but for ``floor``)."""
        if amount.bound == "below" or self._is_threshold(amount, clause):
            return False
        return floor or amount.bound != "min"

    def _is_limiting(self, amount: Amount, clause: Clause) -> bool:
        """Return whether a duration is a limit: by its bound, else by what stands around it."""
        before = self._outline.text(clause)[max(0, amount.start - 40) : amount.start]
        if amount.bound == "below" or _STEP.search(before):
            return False
        if amount.bound:
            return True
        if clause.kind is ClauseKind.ROW or self._stances.sections[clause.section] is Stance.LIMIT:
            return True
        return bool(
            amount.unit != "years"
            and re.search(r"(?:während|pendant|durant|\bfor|für|auf)\s+(?:\w+\s)?$", before)
        )

    def _has_cue(self, item: Item, amount: Amount, clause: Clause) -> bool:
        """Whether a limit type's words stand before the amount, or close behind it, or in the title."""
        matches = self._index.find_any(names_of(item, self._language)) if item.aliases else {}
        if clause.index not in matches:
            return self._outline.sections[clause.section].heading in matches
        match = matches[clause.index]
        start = clause.tokens[match.start].start - clause.start
        end = clause.tokens[match.end - 1].end - clause.start
        if start <= amount.start:
            return amount.start - end <= _CUE_REACH or clause.end - clause.start <= 2 * _CUE_REACH
        same_kind = (other for other in self.amounts(clause) if other.kind is amount.kind)
        return start - amount.end <= _CUE_BEHIND and all(other.start < start for other in same_kind)

    def _running(self, clause: Clause) -> list[int]:
        """Return the clauses under the same heading that are no table rows."""
        body = self._outline.body(self._outline.titled(clause.section).index)
        return [number for number in body if self._outline.clauses[number].kind is not ClauseKind.ROW]

    def _caps_all(self, number: int) -> bool:
        """Whether a clause says that its sum holds for everything under the heading."""
        clause = self._outline.clauses[number]
        is_own = clause.kind is ClauseKind.ITEM and clause.lead is not None
        return number in self._cap_words and not is_own and self._has_money(clause)

    def _rows_below(self, clause: Clause) -> Iterator[int]:
        """Yield the rows that belong to a row without an amount: those with one that follow at once."""
        # A row that says something of its own is complete, also without a sum.
        if "".join(self._outline.text(clause).split("\t")[1:]).strip() or self.amounts(clause):
            return
        for other in self._outline.clauses[clause.index + 1 :]:
            if other.table != clause.table or not self.amounts(other):
                break
            yield other.index

    def _is_threshold(self, amount: Amount, clause: Clause) -> bool:
        """Whether the amount measures something else: a value in dispute, a premium, a fine."""
        for match in self._thresholds.get(clause.index, ()):
            distance = clause.start + amount.start - clause.tokens[match.start].start
            if 0 < distance <= _THRESHOLD_REACH:
                return True
        return False

    def _has_money(self, clause: Clause) -> bool:
        return any(amount.kind is AmountKind.MONEY for amount in self.amounts(clause))

    def _depends_on(self, clause: Clause) -> Iterator[int]:
        """Yield the leads and beginnings of a clause, and what stands with them in their block."""
        seen = {clause.index}
        queue = [clause.lead, clause.before]
        while queue:
            number = queue.pop()
            if number is None or number in seen:
                continue
            seen.add(number)
            other = self._outline.clauses[number]
            yield number
            yield from self._same_block(other)
            queue += [other.lead, other.before]

    def _leads(self, clause: Clause) -> Iterator[int]:
        """Yield the leads of a clause, the nearest first."""
        number = clause.lead
        while number is not None and number < clause.index:
            yield number
            clause = self._outline.clauses[number]
            number = clause.lead

    def _same_block(self, clause: Clause) -> Iterator[int]:
        """Yield the other clauses of the clause's block, those behind it first."""
        clauses = self._outline.clauses
        for step in (1, -1):
            at = clause.index + step
            while 0 <= at < len(clauses) and clauses[at].block == clause.block:
                yield at
                at += step


def _list(value: object) -> Sequence[str]:
    return value if isinstance(value, list | tuple) else ()
