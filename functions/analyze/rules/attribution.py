"""Which amounts of a document limit which benefit.

Those of the passages that grant it, of what stands with them, of titles about limits, and of the rows
of a summary elsewhere; without what belongs to other benefits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from functions.analyze.amounts import AmountKind
from functions.analyze.rules.benefits import Support
from functions.analyze.rules.hints import Rule, read_rule
from functions.analyze.rules.limits import CAP, Figure, LimitFinder
from functions.analyze.rules.matching import WordIndex
from functions.analyze.rules.outline import Clause, ClauseKind, Outline
from functions.analyze.rules.scopes import Scopes
from functions.analyze.rules.tables import TableJoin
from shared.findings import Finding
from shared.taxonomy import Category, Item, Taxonomy


class Attribution:
    """Gives the amounts of one document to the benefits and segments of a taxonomy."""

    def __init__(
        self,
        taxonomy: Taxonomy,
        language: str,
        outline: Outline,
        index: WordIndex,
        scopes: Scopes,
        limits: LimitFinder,
        granted: Callable[[Item, str], Sequence[Support]],
    ) -> None:
        """``granted`` returns the accepted passages of a benefit within a segment, by its name."""
        self._taxonomy = taxonomy
        self._language = language
        self._outline = outline
        self._index = index
        self._scopes = scopes
        self._limits = limits
        self._granted = granted
        self._paths = {
            f"{segment.name}/{benefit.name}": (segment.name, benefit)
            for segment in taxonomy.segments
            for benefit in segment.of(Category.BENEFIT)
        }

    def of_benefit(self, item: Item, segment: str, supports: Sequence[Support]) -> tuple[Finding, ...]:
        """Return the item's limits; those of ``limits_of`` fill in the types it has none of."""
        limits = self._limits.findings(item, self._figures(item, segment, supports))
        path = read_rule(item, self._language).limits_of
        if path not in self._paths:
            return limits
        other_segment, other = self._paths[path]
        figures = self._figures(other, other_segment, self._granted(other, other_segment))
        own = {limit.item_name for limit in limits}
        inherited = self._limits.findings(item, figures)
        return (*limits, *(limit for limit in inherited if limit.item_name not in own))

    def of_segment(self, item: Item) -> tuple[Finding, ...]:
        """Return what titles about limits say for the whole of the segment."""
        zone = {
            entry for section in self._scopes.modules(item.name) for entry in self._caps(section, item.name)
        }
        return self._limits.findings(item, self._limits.figures(sorted(zone)))

    def _figures(self, item: Item, segment: str, supports: Sequence[Support]) -> list[Figure]:
        rule = read_rule(item, self._language)
        supports = self._at_home(supports, segment)
        modules = [self._module_of(support.clause, segment) for support in supports]

        def is_swept(clause: Clause) -> bool:
            return rule.main and self._module_of(clause.index, segment) == modules[0]

        zone = self._limits.zone(supports, self._taken_by_others(item), is_swept)
        seen = {number for number, _ in zone}
        for section in sorted(set(modules)):
            caps = [entry for entry in self._caps(section, segment) if entry[0] not in seen]
            zone += caps if rule.main else [entry for entry in caps if self._is_shared(rule, entry[0])]
        figures = [figure for figure in self._limits.figures(zone) if self._is_for(item, figure)]
        if rule.main or not any(figure.amount.kind is AmountKind.MONEY for figure in figures):
            seen = {number for number, _ in zone}
            figures += self._limits.figures(
                [(row, CAP) for row in self._summed_up(item, supports) if row not in seen]
            )
        return figures

    def _is_shared(self, rule: Rule, clause: int) -> bool:
        """Whether a clause takes a share of everything the section pays, and does not exempt the item."""
        return self._limits.holds_for_all(clause) and clause not in self._index.find_any(rule.names)

    def _summed_up(self, item: Item, supports: Sequence[Support]) -> list[int]:
        """Return the rows of tables elsewhere that speak of the sections where a benefit is granted."""
        sections = {
            part.index
            for support in supports
            for part in self._outline.path(self._outline.clauses[support.clause].section)
        }
        return self._tables.of(sections, item.name)

    @cached_property
    def _tables(self) -> TableJoin:
        named: dict[int, set[str]] = {}
        for segment in self._taxonomy.segments:
            for item in segment.of(Category.BENEFIT):
                for number in self._index.find_any(read_rule(item, self._language).names):
                    named.setdefault(number, set()).add(item.name)
        return TableJoin(self._outline, named)

    def _is_for(self, item: Item, figure: Figure) -> bool:
        """Whether an amount is the item's in a passage that names several benefits, each with its own.

        An amount belongs to what was named since the amount before it, else to the same as that. A delay
        that must be exceeded is a condition of all.
        """
        if figure.amount.kind is AmountKind.DURATION and figure.amount.bound == "min":
            return True
        marks = self._marks.get(figure.clause, ())
        if not any(name == item.name for _, name in marks):
            return True
        owners: set[str] = set()
        since = 0
        for amount in self._limits.amounts(self._outline.clauses[figure.clause]):
            owners = {name for at, name in marks if since <= at < amount.start} or owners
            since = amount.end
            if amount.start == figure.amount.start:
                break
        return not owners or item.name in owners

    @cached_property
    def _marks(self) -> dict[int, list[tuple[int, str]]]:
        """Return where each passage names the benefits it grants: offset within the clause, and name."""
        marks: dict[int, list[tuple[int, str]]] = {}
        for segment in self._taxonomy.segments:
            for item in segment.of(Category.BENEFIT):
                found = self._index.find_any(read_rule(item, self._language).names)
                for support in self._granted(item, segment.name):
                    if not support.title and support.clause in found:
                        clause = self._outline.clauses[support.clause]
                        token = clause.tokens[found[support.clause].start]
                        marks.setdefault(clause.index, []).append((token.start - clause.start, item.name))
        return marks

    def _at_home(self, supports: Sequence[Support], segment: str) -> Sequence[Support]:
        """Return the passages outside the sections of other segments, if one is in the segment's own."""
        places = {
            support.clause: self._scopes.nearest[self._outline.clauses[support.clause].section]
            for support in supports
        }
        if not any(segment in names for names in places.values()):
            return supports
        return [support for support in supports if not (names := places[support.clause]) or segment in names]

    def _caps(self, section: int, segment: str) -> list[tuple[int, float]]:
        """Return what limits a whole section, without what is another segment's.

        A row of a table outside the segment's own sections speaks of the cover it names only.
        """
        caps = []
        for number, weight in self._limits.caps(section):
            clause = self._outline.clauses[number]
            is_own = clause.section == section and clause.kind is not ClauseKind.ROW
            if is_own or segment in self._scopes.nearest[clause.section]:
                caps.append((number, weight))
        return caps

    def _taken_by_others(self, item: Item) -> frozenset[int]:
        """Return the clauses that name and grant other benefits."""
        return frozenset(
            support.clause
            for segment in self._taxonomy.segments
            for other in segment.of(Category.BENEFIT)
            if other.item_id != item.item_id
            for support in self._granted(other, segment.name)
            if not support.title
        )

    def _module_of(self, clause: int, segment: str) -> int:
        """Return the outermost section of the segment around a clause, else the clause's own."""
        section = self._outline.clauses[clause].section
        named = [
            part.index for part in self._outline.path(section) if segment in self._scopes.named[part.index]
        ]
        return named[-1] if named else section
