"""The rules engine: deterministic, offline, driven by the taxonomy alone.

It reads the document's outline once, decides for every passage what it does, finds the passages that
grant each benefit, and derives segments, limits, conditions and exclusions from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from functions.analyze.amounts import AmountKind
from functions.analyze.document import Document
from functions.analyze.rules.benefits import ACCEPT, BenefitFinder, Support
from functions.analyze.rules.confidence import combined
from functions.analyze.rules.cues import cues_for
from functions.analyze.rules.details import DetailFinder
from functions.analyze.rules.evidence import evidence_of
from functions.analyze.rules.hints import Rule, read_rule
from functions.analyze.rules.limits import CAP, Figure, LimitFinder
from functions.analyze.rules.matching import WordIndex
from functions.analyze.rules.negation import Negation
from functions.analyze.rules.outline import Clause, ClauseKind
from functions.analyze.rules.outlining import build_outline
from functions.analyze.rules.scopes import Scopes
from functions.analyze.rules.stance import Stances
from functions.analyze.rules.tables import TableJoin
from shared.findings import Details, Finding
from shared.taxonomy import Category, Item, Taxonomy

_PASSAGES = 4


class RulesEngine:
    """The embedded default engine."""

    name = "rules"

    def open(self, document: Document, taxonomy: Taxonomy) -> RulesAnalysis:
        """Prepare ``document`` for the questions of ``taxonomy``."""
        return RulesAnalysis(document, taxonomy)


class RulesAnalysis:
    """One document read with one taxonomy."""

    def __init__(self, document: Document, taxonomy: Taxonomy) -> None:
        self._taxonomy = taxonomy
        self._language = document.language
        cues = cues_for(document.language)
        self._outline = build_outline(document)
        self._index = WordIndex(self._outline.clauses)
        self._stances = Stances(self._outline, self._index, cues)
        self._root = read_rule(taxonomy.root, self._language)
        self._segments = {item.item_id: read_rule(item, self._language) for item in taxonomy.segments}
        negation = Negation(self._index, cues.negation, cues.rest)
        self._scopes = Scopes(
            self._outline, self._index, self._stances, negation, self._root, list(self._segments.values())
        )
        self._finder = BenefitFinder(self._outline, self._index, self._stances, self._scopes, negation)
        self._limits = LimitFinder(self._outline, self._index, self._stances, self._language, cues)
        self._details = DetailFinder(self._outline, self._index, self._stances, self._language)
        self._supports: dict[str, list[Support]] = {}
        self._paths = {
            f"{segment.name}/{benefit.name}": (segment.name, benefit)
            for segment in taxonomy.segments
            for benefit in segment.of(Category.BENEFIT)
        }

    def find_segments(self, items: Sequence[Item]) -> list[Finding]:
        """Return the segments of ``items`` that the document grants."""
        if not self._is_relevant:
            return []
        return [finding for item in items if (finding := self._segment(item)) is not None]

    def find_benefits(self, segment: Finding, items: Sequence[Item]) -> list[Finding]:
        """Return the benefits of ``items`` that the document grants within ``segment``."""
        findings = []
        for item in items:
            supports = self._granted(item, segment.item_name)
            if supports:
                findings.append(self._finding(item, supports, combined(supports)))
        return findings

    def find_details(self, segment: Finding, benefit: Finding | None, item: Item) -> Details:
        """Return limits, conditions and exclusions of a benefit, or of the segment itself."""
        if benefit is None:
            sections = self._sections_of(segment.item_name)
            return Details(
                limits=self._limits_of_module(item),
                conditions=self._details.conditions(
                    item.of(Category.CONDITION), lambda c: c.section in sections
                ),
                exclusions=self._details.exclusions(
                    item.of(Category.EXCLUSION), lambda c: c.section in sections
                ),
            )
        supports = self._granted(item, segment.item_name)
        own = self._own_sections(supports)
        return Details(
            limits=self._limits_of(item, segment.item_name, supports),
            conditions=self._details.conditions(item.of(Category.CONDITION), lambda c: c.section in own),
            exclusions=self._details.exclusions(item.of(Category.EXCLUSION), lambda c: c.section in own),
        )

    def find_product_details(self, item: Item) -> Details:
        """Return the conditions and exclusions that hold for all segments."""
        claimed = set().union(*(self._sections_of(rule.item.name) for rule in self._segments.values()))

        def is_general(clause: Clause) -> bool:
            return clause.section not in claimed

        if not self._is_relevant:
            return Details()
        return Details(
            conditions=self._details.conditions(item.of(Category.CONDITION), is_general),
            exclusions=self._details.exclusions(item.of(Category.EXCLUSION), is_general),
        )

    @cached_property
    def _is_relevant(self) -> bool:
        """Whether the document is about the taxonomy's product: by its words, and those of others."""
        if not self._root.terms or not self._root.share:
            return True
        running = [clause for clause in self._outline.clauses if clause.tokens]
        found = self._index.find_any(self._root.terms)
        others = self._index.find_any(self._root.others)
        return len(found) >= max(self._root.share * len(running), len(others), 1)

    def _segment(self, item: Item) -> Finding | None:
        rule = self._segments[item.item_id]
        benefits = item.of(Category.BENEFIT)
        granted = {benefit.name: self._granted(benefit, item.name) for benefit in benefits}
        wanted = [granted[name] for name in rule.requires if granted.get(name)]
        if not rule.requires:
            wanted = [supports for supports in granted.values() if supports]
            wanted += [supports] if (supports := self._accepted(rule, item.name)) else []
        if not wanted:
            return None
        supports = sorted(
            {support.clause: support for group in wanted for support in group}.values(),
            key=lambda support: (-support.weight, support.clause),
        )
        return self._finding(item, supports, combined(supports))

    def _granted(self, item: Item, segment: str) -> list[Support]:
        if item.item_id not in self._supports:
            rule = read_rule(item, self._language)
            self._supports[item.item_id] = self._accepted(rule, segment)
        return self._supports[item.item_id]

    def _accepted(self, rule: Rule, segment: str) -> list[Support]:
        return [support for support in self._finder.supports(rule, segment) if support.weight >= ACCEPT]

    def _finding(self, item: Item, supports: Sequence[Support], confidence: float) -> Finding:
        clauses = [self._outline.clauses[support.clause] for support in supports[:_PASSAGES]]
        return Finding(
            item_name=item.name,
            item_id=item.item_id,
            confidence=confidence,
            evidence=tuple(evidence_of(self._outline, clause) for clause in clauses),
            section_reference=self._outline.reference(clauses[0].section),
            description=item.description,
        )

    def _limits_of(self, item: Item, segment: str, supports: Sequence[Support]) -> tuple[Finding, ...]:
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

    def _limits_of_module(self, item: Item) -> tuple[Finding, ...]:
        """Return what titles about limits say for the whole of the segment."""
        zone = {
            entry for section in self._scopes.modules(item.name) for entry in self._caps(section, item.name)
        }
        return self._limits.findings(item, self._limits.figures(sorted(zone)))

    def _figures(self, item: Item, segment: str, supports: Sequence[Support]) -> list[Figure]:
        main = read_rule(item, self._language).main
        supports = self._at_home(supports, segment)
        modules = [self._module_of(support.clause, segment) for support in supports]

        def is_swept(clause: Clause) -> bool:
            return main and self._module_of(clause.index, segment) == modules[0]

        zone = self._limits.zone(supports, self._taken_by_others(item), is_swept)
        seen = {number for number, _ in zone}
        for section in sorted(set(modules)):
            caps = [entry for entry in self._caps(section, segment) if entry[0] not in seen]
            zone += caps if main else [entry for entry in caps if self._limits.holds_for_all(entry[0])]
        figures = [figure for figure in self._limits.figures(zone) if self._is_for(item, figure)]
        if main or not any(figure.amount.kind is AmountKind.MONEY for figure in figures):
            seen = {number for number, _ in zone}
            figures += self._limits.figures(
                [(row, CAP) for row in self._summed_up(item, supports) if row not in seen]
            )
        return figures

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

        An amount belongs to what was named since the amount before it, else to the same as that.
        """
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

    def _sections_of(self, segment: str) -> set[int]:
        """Return the sections about a segment, without those whose nearest title names another."""
        return {
            part.index
            for section in self._scopes.modules(segment)
            for part in self._outline.subtree(section)
            if segment in self._scopes.nearest[part.index]
        }

    def _own_sections(self, supports: Sequence[Support]) -> set[int]:
        return {
            self._outline.clauses[support.clause].section for support in supports if support.weight >= ACCEPT
        }
