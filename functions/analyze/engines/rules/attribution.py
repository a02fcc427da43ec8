"""Which amounts of a document limit which benefit.

Those of the passages that grant it, of what stands with them, of titles about limits, and of the rows
of a summary elsewhere; without what belongs to other benefits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from functions.analyze.document.amounts import AmountKind
from functions.analyze.engines.rules.benefits import Support
from functions.analyze.engines.rules.hints import Rule, read_rule
from functions.analyze.engines.rules.limits import CAP, Figure, LimitFinder
from functions.analyze.engines.rules.matching import WordIndex
from functions.analyze.engines.rules.outline import Clause, ClauseKind, Outline
from functions.analyze.engines.rules.scopes import Scopes
from functions.analyze.engines.rules.tables import TableJoin
from shared.findings.model import Finding, is_currency
from shared.taxonomy.model import Category, Item, Taxonomy


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
        if any(self._is_sum(item, limit) for limit in limits):
            inherited = tuple(limit for limit in inherited if not self._is_sum(item, limit))
        return (*limits, *(limit for limit in inherited if limit.item_name not in own))

    def _is_sum(self, item: Item, limit: Finding) -> bool:
        """Whether a limit says how much is paid at most: a sum of its own replaces an inherited one."""
        limit_type = next(kind for kind in item.of(Category.LIMIT) if kind.item_id == limit.item_id)
        return is_currency(limit.unit) and not limit_type.hints.get("floor")

    def of_segment(self, item: Item) -> tuple[Finding, ...]:
        """Return what titles about limits say for the whole of the segment."""
        zone = {
            entry for section in self._scopes.modules(item.name) for entry in self._caps(section, item.name)
        }
        return self._limits.findings(item, self._limits.figures(sorted(zone)))

    def _figures(self, item: Item, segment: str, supports: Sequence[Support]) -> list[Figure]:
        rule = read_rule(item, self._language)
        supports = self._at_home(item, supports, segment)
        homes = [self._home(rule, segment, support.clause) for support in supports]
        modules = [
            self._module_of(support.clause, home) for support, home in zip(supports, homes, strict=True)
        ]

        def is_swept(clause: Clause) -> bool:
            return rule.main and self._module_of(clause.index, homes[0]) == modules[0]

        taken = self._taken_by_others(item)
        siblings = self._taken_by_others(item, segment)
        own = {support.clause for support in supports if not support.title or support.clause not in siblings}
        zone = self._limits.zone(supports, own, taken, is_swept)
        seen = {number for number, _ in zone}
        for section, home in sorted(set(zip(modules, homes, strict=True))):
            caps = [
                entry
                for entry in self._caps(section, home)
                if entry[0] not in seen and not self._is_titled_for_others(item, entry[0])
            ]
            seen |= {number for number, _ in caps}
            zone += caps if rule.main else [entry for entry in caps if self._is_shared(rule, entry[0])]
        figures = [figure for figure in self._limits.figures(zone) if self._is_for(item, figure)]
        figures += self._limits.waits(supports, {number for number, _ in zone})
        if rule.main or not any(figure.amount.kind is AmountKind.MONEY for figure in figures):
            seen = {number for number, _ in zone}
            figures += self._limits.figures(
                [(row, CAP) for row in self._summed_up(item, segment, supports) if row not in seen]
            )
        return figures

    def _is_shared(self, rule: Rule, clause: int) -> bool:
        """Whether a clause takes a share of everything the section pays, and does not exempt the item.

        It exempts an item by naming it, or one that is paid for in the same passages.
        """
        return self._limits.holds_for_all(clause) and not (
            self._naming.get(clause, frozenset()) & self._companions(rule.item)
        )

    @cached_property
    def _naming(self) -> dict[int, frozenset[str]]:
        """Return which benefits (item ids) each clause names."""
        naming: dict[int, set[str]] = {}
        for segment in self._taxonomy.segments:
            for item in segment.of(Category.BENEFIT):
                for number in self._index.find_any(read_rule(item, self._language).names):
                    naming.setdefault(number, set()).add(item.item_id)
        return {number: frozenset(names) for number, names in naming.items()}

    def _is_titled_for_others(self, item: Item, clause: int) -> bool:
        """Whether a clause stands under a title that names other benefits of the item's level only."""
        heading = self._outline.titled(self._outline.clauses[clause].section).heading
        named = self._naming.get(heading, frozenset()) if heading is not None else frozenset()
        return bool(named) and item.item_id not in named

    def _companions(self, item: Item) -> frozenset[str]:
        """Return the item and the benefits of its segment that some passage grants together with it."""
        segment = next(segment for segment in self._taxonomy.segments if item in segment.children)
        own = {support.clause for support in self._granted(item, segment.name)}
        return frozenset(
            {item.item_id}
            | {
                other.item_id
                for other in segment.of(Category.BENEFIT)
                if not read_rule(other, self._language).main
                and own & {support.clause for support in self._granted(other, segment.name)}
            }
        )

    def _summed_up(self, item: Item, segment: str, supports: Sequence[Support]) -> list[int]:
        """Return the rows of tables elsewhere that speak of the sections where a benefit is granted."""
        sections = {
            part.index
            for support in supports
            for part in self._outline.path(self._outline.clauses[support.clause].section)
        }
        rows = self._tables.of(sections, item.name)
        return rows or [row for row in self._segment_rows if self._scopes.mentions(segment, row)]

    @cached_property
    def _segment_rows(self) -> list[int]:
        """Return the rows of tables that name one segment and no benefit."""
        names = [segment.name for segment in self._taxonomy.segments]
        return [
            clause.index
            for clause in self._outline.clauses
            if clause.kind is ClauseKind.ROW
            and clause.index not in self._naming
            and not self._scopes.nearest[clause.section]
            and sum(self._scopes.mentions(name, clause.index) for name in names) == 1
        ]

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
            near = [at for at in self._limits.breaks(figure.clause) if since <= at < amount.start]
            last = max(near, default=since)
            named = {name for at, name in marks if last <= at < amount.start}
            owners = named or {name for at, name in marks if since <= at < amount.start} or owners
            if amount.kind is not AmountKind.DURATION or amount.bound != "min":
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
                matches = self._index.find_any(read_rule(item, self._language).names)
                for support in self._granted(item, segment.name):
                    if not support.title and support.clause in matches:
                        clause = self._outline.clauses[support.clause]
                        token = clause.tokens[matches[support.clause].start]
                        marks.setdefault(clause.index, []).append((token.start - clause.start, item.name))
        return marks

    def _namesakes(self, item: Item) -> frozenset[str]:
        """Return the segments that have a benefit of the item's name."""
        return frozenset(
            segment.name
            for segment in self._taxonomy.segments
            if any(other.name == item.name for other in segment.of(Category.BENEFIT))
        )

    def _at_home(self, item: Item, supports: Sequence[Support], segment: str) -> Sequence[Support]:
        """Return the passages that are not a namesake's in another segment, if one is in the own."""
        places = {
            support.clause: self._scopes.nearest[self._outline.clauses[support.clause].section]
            for support in supports
        }
        if not any(segment in names for names in places.values()):
            return supports
        rule, rivals = read_rule(item, self._language), self._namesakes(item) - {segment}
        return [
            support
            for support in supports
            if segment in (names := places[support.clause])
            or not names
            or (rule.anywhere and not names & rivals)
        ]

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

    def _taken_by_others(self, item: Item, within: str = "") -> frozenset[int]:
        """Return the clauses that name and grant other benefits: all, or those at home in one segment."""
        return frozenset(
            support.clause
            for segment in self._taxonomy.segments
            for other in segment.of(Category.BENEFIT)
            if within in {"", segment.name, *read_rule(other, self._language).scope}
            if other.item_id != item.item_id
            for support in self._granted(other, segment.name)
            if not support.title
        )

    def _home(self, rule: Rule, segment: str, clause: int) -> str:
        """Return the segment in whose section a clause stands: the own one, else one of the rule's scope."""
        near = self._scopes.nearest[self._outline.clauses[clause].section]
        return segment if segment in near else min(near & rule.scope, default=segment)

    def _module_of(self, clause: int, segment: str) -> int:
        """Return the outermost section of the segment around a clause, else the clause's own."""
        section = self._outline.clauses[clause].section
        named = [
            part.index for part in self._outline.path(section) if segment in self._scopes.named[part.index]
        ]
        return named[-1] if named else section
