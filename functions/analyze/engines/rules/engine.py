"""The rules engine: deterministic, offline, driven by the taxonomy alone.

It reads the document's outline once, decides for every passage what it does, finds the passages that
grant each benefit, and derives segments, limits, conditions and exclusions from them.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from functions.analyze.document.model import Document
from functions.analyze.engines.offline import OfflineEngine
from functions.analyze.engines.port import Place, Question, Task
from functions.analyze.engines.rules.attribution import Attribution
from functions.analyze.engines.rules.benefits import ACCEPT, BenefitFinder, Support
from functions.analyze.engines.rules.confidence import combined
from functions.analyze.engines.rules.contradictions import ContradictionFinder
from functions.analyze.engines.rules.cues import cues_for
from functions.analyze.engines.rules.details import DetailFinder
from functions.analyze.engines.rules.evidence import evidence_of
from functions.analyze.engines.rules.hints import Rule, lone_benefits, read_rule
from functions.analyze.engines.rules.limits import LimitFinder
from functions.analyze.engines.rules.matching import WordIndex
from functions.analyze.engines.rules.negation import Negation
from functions.analyze.engines.rules.outline import Clause, ClauseKind
from functions.analyze.engines.rules.outlining import build_outline
from functions.analyze.engines.rules.scopes import Scopes
from functions.analyze.engines.rules.stance import Stance, Stances
from shared.findings.model import Contradiction, Details, Finding, ResultTree
from shared.taxonomy.model import Category, Item, Taxonomy

_PASSAGES = 4


class RulesEngine(OfflineEngine):
    """See Engine: the embedded default, which asks no model. Also a Checker."""

    name = "rules"

    def __init__(self) -> None:
        # Only while it is in use: a check right after an analysis reads nothing twice.
        self._latest: weakref.ref[RulesAnalysis] | None = None

    def open(self, task: Task) -> RulesAnalysis:
        """See Engine."""
        analysis = RulesAnalysis(task.document, task.taxonomy)
        self._latest = weakref.ref(analysis)
        return analysis

    def contradictions(self, document: Document, taxonomy: Taxonomy, tree: ResultTree) -> list[Contradiction]:
        """See Checker: any engine may have found what ``tree`` has."""
        if not tree.segments:
            return []
        latest = self._latest() if self._latest is not None else None
        if latest is None or not latest.is_of(document, taxonomy):
            latest = RulesAnalysis(document, taxonomy)
        return latest.find_contradictions(tree)


class RulesAnalysis:
    """See Analysis: one document read with one taxonomy; deterministic."""

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
            self._outline,
            self._index,
            self._stances,
            negation,
            self._root,
            list(self._segments.values()),
            lone_benefits(taxonomy),
        )
        self._finder = BenefitFinder(self._outline, self._index, self._stances, self._scopes, negation)
        finder = LimitFinder(self._outline, self._index, self._stances, self._language, cues)
        self._contradictions = ContradictionFinder(
            taxonomy, self._outline, self._index, self._stances, self._scopes, finder
        )
        self._limits = Attribution(
            taxonomy, self._language, self._outline, self._index, self._scopes, finder, self._granted
        )
        self._details = DetailFinder(self._outline, self._index, self._stances, self._language)
        self._supports: dict[str, list[Support]] = {}

    def is_of(self, document: Document, taxonomy: Taxonomy) -> bool:
        """Whether these very objects were read."""
        return self._outline.document is document and self._taxonomy is taxonomy

    def find_segments(self, items: Sequence[Item]) -> list[Finding]:
        """See Analysis."""
        if not self._is_relevant:
            return []
        return [finding for item in items if (finding := self._segment(item)) is not None]

    def find_benefits(self, questions: Sequence[Question]) -> list[list[Finding]]:
        """See Analysis."""
        return [self._benefits(question) for question in questions]

    def find_details(self, places: Sequence[Place]) -> list[Details]:
        """See Analysis."""
        return [self._details_of(place) for place in places]

    def take_counts(self) -> Mapping[str, int]:
        """See Analysis: there is nothing to count."""
        return {}

    def find_contradictions(self, tree: ResultTree) -> list[Contradiction]:
        """Return what the document says in two ways about the benefits of ``tree``."""
        return list(self._contradictions.find(tree))

    def _benefits(self, question: Question) -> list[Finding]:
        findings = []
        for item in question.items:
            supports = self._granted(item, question.segment.item_name)
            if supports:
                findings.append(self._finding(item, supports, combined(supports)))
        return findings

    def _details_of(self, place: Place) -> Details:
        if place.segment is None:
            return self._product_details(place.item)
        segment = place.segment.item_name
        if place.benefit is None:
            sections = self._sections_of(segment)
            limits = self._limits.of_segment(place.item)
        else:
            supports = self._granted(place.item, segment)
            sections = self._own_sections(supports)
            limits = self._limits.of_benefit(place.item, segment, supports)
        return self._details_where(place.item, lambda clause: clause.section in sections, limits)

    def _product_details(self, item: Item) -> Details:
        """Return the conditions and exclusions that hold for all segments."""
        if not self._is_relevant:
            return Details()
        claimed = set().union(*(self._sections_of(rule.item.name) for rule in self._segments.values()))
        return self._details_where(item, lambda clause: clause.section not in claimed)

    def _details_where(
        self, item: Item, stands_there: Callable[[Clause], bool], limits: tuple[Finding, ...] = ()
    ) -> Details:
        """Return the limits with the conditions and exclusions of the clauses that stand there."""
        return Details(
            limits=limits,
            conditions=self._details.conditions(item.of(Category.CONDITION), stands_there),
            exclusions=self._details.exclusions(item.of(Category.EXCLUSION), stands_there),
        )

    @cached_property
    def _is_relevant(self) -> bool:
        """Whether the document is about the taxonomy's product: by its words, and those of others."""
        if not self._root.terms or not self._root.share:
            return True
        clauses = self._outline.clauses
        running = [clause for clause in clauses if clause.tokens]
        named = [clauses[number] for number in self._index.find_any(self._root.terms)]
        headed = any(clause.kind is ClauseKind.HEADING for clause in named)
        if not headed and any(clause.kind is ClauseKind.HEADING for clause in running):
            return False
        # What is named only to be left out makes no product.
        meant = [clause for clause in named if self._stances.clauses[clause.index] is not Stance.EXCLUSION]
        others = self._index.find_any(self._root.others)
        return len(meant) >= max(self._root.share * len(running), len(others), 1)

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
