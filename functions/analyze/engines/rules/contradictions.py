"""What a document says in two ways: two sums for the same thing, or a grant that it takes back elsewhere.

Both are found by what is said in the same words. A benefit has several sums for good reasons (each covers
something else), and an exclusion mostly takes out a case: only a passage that speaks of nothing else counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from functions.analyze.document.amounts import AmountKind
from functions.analyze.engines.rules.evidence import evidence_of
from functions.analyze.engines.rules.hints import Rule, read_rule
from functions.analyze.engines.rules.limits import LimitFinder
from functions.analyze.engines.rules.matching import WordIndex
from functions.analyze.engines.rules.outline import Clause, ClauseKind, Outline
from functions.analyze.engines.rules.scopes import Scopes
from functions.analyze.engines.rules.stance import Stance, Stances
from shared.findings.model import Contradiction, Finding, ResultTree, is_currency
from shared.taxonomy.model import Category, Taxonomy

_BARE = 10
_OTHER_WORDS = 2
_LONG = 4


class ContradictionFinder:
    """Compares the findings of one document with each other and with what it excludes."""

    def __init__(
        self,
        taxonomy: Taxonomy,
        outline: Outline,
        index: WordIndex,
        stances: Stances,
        scopes: Scopes,
        limits: LimitFinder,
    ) -> None:
        self._taxonomy = taxonomy
        self._language = outline.document.language
        self._outline = outline
        self._index = index
        self._stances = stances
        self._scopes = scopes
        self._limits = limits
        self._qualified = index.find_any(stances.cues.qualifier)
        self._by_page: dict[int, list[Clause]] = {}
        for clause in outline.clauses:
            self._by_page.setdefault(outline.document.pages[clause.page].number, []).append(clause)

    def find(self, tree: ResultTree) -> Iterator[Contradiction]:
        """Yield the contradictions about the benefits of ``tree``, in its order."""
        rules = {
            (segment.name, benefit.name): read_rule(benefit, self._language)
            for segment in self._taxonomy.segments
            for benefit in segment.of(Category.BENEFIT)
        }
        for segment in tree.segments:
            for benefit in segment.benefits:
                rule = rules.get((segment.item_name, benefit.item_name))
                if rule is not None:
                    path = f"{segment.item_name}/{benefit.item_name}"
                    yield from self._two_sums(path, rule, segment.item_name, benefit)
                    yield from self._taken_back(path, rule, segment.item_name, benefit)

    def _two_sums(self, path: str, rule: Rule, segment: str, benefit: Finding) -> Iterator[Contradiction]:
        """Yield the sums of a summary that differ from all that the sections themselves give for the same."""
        limits = [
            (limit, clause)
            for limit in benefit.limits
            if (clause := self._clause_of(limit)) is not None and clause.kind is not ClauseKind.ROW
        ]
        for row in self._summaries(rule, segment):
            for summed in self._limits.findings(rule.item, self._limits.figures([(row.index, 1.0)])):
                alike = [
                    limit
                    for limit, clause in limits
                    if _key(limit) == _key(summed) and self._speak_of_the_same(rule, row, clause)
                ]
                if is_currency(summed.unit) and alike and all(limit.value != summed.value for limit in alike):
                    yield _amounts(path, summed, alike[0])

    def _summaries(self, rule: Rule, segment: str) -> Iterator[Clause]:
        """Yield the rows of tables that name the benefit, and can mean no other segment's."""
        names = [own.name for own in self._taxonomy.segments]
        for number in sorted(self._index.find_any(rule.names)):
            clause = self._outline.clauses[number]
            near = self._scopes.nearest[clause.section] or frozenset(
                name for name in names if self._scopes.mentions(name, number)
            )
            if self._stances.clauses[number] is Stance.OVERVIEW and near <= {segment}:
                yield clause

    def _speak_of_the_same(self, rule: Rule, first: Clause, second: Clause) -> bool:
        """Whether two passages name the benefit in the same words, and no sum but the one each has."""
        return self._sums(first) == self._sums(second) == 1 and bool(
            self._words(rule, first) & self._words(rule, second)
        )

    def _sums(self, clause: Clause) -> int:
        """Return how many sums a passage names; one for a row, whose columns keep them apart."""
        sums = sum(amount.kind is AmountKind.MONEY for amount in self._limits.amounts(clause))
        return min(sums, 1) if clause.kind is ClauseKind.ROW else sums

    def _words(self, rule: Rule, clause: Clause) -> set[tuple[str, ...]]:
        """Return the words by which a passage names a benefit, or those of its title."""
        own = self._named_by(rule, clause)
        heading = self._outline.titled(clause.section).heading
        return own or (set() if heading is None else self._named_by(rule, self._outline.clauses[heading]))

    def _named_by(self, rule: Rule, clause: Clause) -> set[tuple[str, ...]]:
        return {
            tuple(token.plain for token in clause.tokens[match.start : match.end])
            for pattern in rule.names
            if (match := self._index.find(pattern).get(clause.index)) is not None
        }

    def _taken_back(self, path: str, rule: Rule, segment: str, benefit: Finding) -> Iterator[Contradiction]:
        """Yield the exclusion that names nothing but what the benefit grants, where it holds for it."""
        granted = self._clause_of(benefit)
        if granted is None or self._stances.clauses[granted.index] is Stance.EXCLUSION:
            return
        refused = self._index.find_any(rule.refused)
        for number in self._named_bare(rule):
            clause = self._outline.clauses[number]
            near = self._scopes.nearest[clause.section]
            if number in refused or clause.section == granted.section:
                continue
            if near and not self._in_one_module(segment, granted, clause):
                continue
            if (near and not self._scopes.allows(rule, segment, clause)) or not self._same_words(
                rule, granted, clause
            ):
                continue
            proof = evidence_of(self._outline, clause)
            yield Contradiction(
                "excluded",
                path,
                f"Granted on page {benefit.evidence[0].page}, excluded on page {proof.page}.",
                (benefit.evidence[0], proof),
            )
            return

    def _in_one_module(self, segment: str, first: Clause, second: Clause) -> bool:
        """Whether both stand below a title of the segment: what one module leaves out, another may grant."""
        above = {part.index for part in self._outline.path(first.section)}
        return any(
            part.index in above and segment in self._scopes.named[part.index]
            for part in self._outline.path(second.section)
        )

    def _same_words(self, rule: Rule, first: Clause, second: Clause) -> bool:
        return bool(self._words(rule, first) & self._named_by(rule, second))

    def _named_bare(self, rule: Rule) -> Iterable[int]:
        """Return the exclusions that name the benefit and no case."""
        return [
            number
            for number in sorted(self._index.find_any(rule.names))
            if self._stances.clauses[number] is Stance.EXCLUSION
            and self._outline.clauses[number].kind in {ClauseKind.SENTENCE, ClauseKind.ITEM}
            and number not in self._qualified
            and self._is_bare(rule, self._outline.clauses[number])
        ]

    def _is_bare(self, rule: Rule, clause: Clause) -> bool:
        """Whether a passage says little but the benefit's name and that it is not insured."""
        named = {word for words in self._named_by(rule, clause) for word in words}
        others = [
            token
            for token in clause.tokens
            if len(token.plain) >= _LONG and token.plain not in named | self._stances.cues.refusing
        ]
        return len(clause.tokens) <= _BARE and len(others) <= _OTHER_WORDS

    def _clause_of(self, finding: Finding) -> Clause | None:
        """Return the passage that a finding's first evidence comes from."""
        proof = finding.evidence[0]
        on_page = self._by_page.get(proof.page, ())
        return next((clause for clause in on_page if clause.start <= proof.start < clause.end), None)


def _key(limit: Finding) -> tuple[str, str, str]:
    return limit.item_name, limit.unit, limit.scope


def _amounts(path: str, first: Finding, other: Finding) -> Contradiction:
    return Contradiction(
        "amounts",
        path,
        f"{first.item_name}: {first.value:g} {first.unit} on page {first.evidence[0].page}, "
        f"{other.value:g} {other.unit} on page {other.evidence[0].page}.",
        (first.evidence[0], other.evidence[0]),
    )
