"""Which segments a section belongs to, by the titles above it and the insured objects it names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

from functions.analyze.engines.rules.hints import Rule
from functions.analyze.engines.rules.matching import WordIndex
from functions.analyze.engines.rules.negation import Negation
from functions.analyze.engines.rules.outline import Clause, ClauseKind, Outline
from functions.analyze.engines.rules.stance import CLOSED, Stance, Stances

_NOT_A_MODULE = frozenset({Stance.EXCLUSION, Stance.DUTY, Stance.GENERAL, Stance.DEFINITION})
_MOST = 0.6
_NEARLY_ALL = 0.9
_SEVERAL = 2


class Scopes:
    """Segments by section: ``nearest`` those of the closest title that names any, ``around`` all above."""

    def __init__(
        self,
        outline: Outline,
        index: WordIndex,
        stances: Stances,
        negation: Negation,
        product: Rule,
        segments: Sequence[Rule],
        lone: Set[str] = frozenset(),
    ) -> None:
        """``lone`` are the ids of benefits that mean one thing wherever a table names them."""
        self._outline = outline
        self._stances = stances
        self._lone = lone
        self._modules: dict[str, list[int]] = {}
        self._joined = index.find_any(stances.cues.joint)
        named: list[set[str]] = [set() for _ in outline.sections]
        titled: list[set[str]] = [set() for _ in outline.sections]
        self._mentions: dict[str, frozenset[int]] = {}
        for segment in segments:
            matches = index.find_any(segment.names)
            self._mentions[segment.item.name] = frozenset(matches)
            for section in outline.sections:
                if section.heading is not None and section.heading in matches:
                    titled[section.index].add(segment.item.name)
            if segment.objects:
                for number, match in matches.items():
                    section_of = self._object_scope(outline.clauses[number])
                    if section_of is not None and not negation.covers(match):
                        named[section_of].add(segment.item.name)
        for title in self._document_titles(titled):
            titled[title] = set()
        self.named = [frozenset(names | own) for names, own in zip(named, titled, strict=True)]
        self._foreign = self._foreign_sections(index, product)
        self.nearest: list[frozenset[str]] = []
        self.around: list[frozenset[str]] = []
        exclusive = frozenset(segment.item.name for segment in segments if segment.exclusive)
        for section in outline.sections:
            path = [self.named[part.index] for part in outline.path(section.index)]
            path.append(self.named[0])
            owner = self._owner(section.index, titled, exclusive)
            if owner:
                path = [owner]
            self.nearest.append(next((names for names in path if names), frozenset()))
            self.around.append(frozenset().union(*path))

    def _owner(self, section: int, titled: list[set[str]], exclusive: frozenset[str]) -> frozenset[str]:
        """Return the exclusive segment that a title above claims the section for, if there is one.

        A title that joins it with others ("car and bicycle") claims nothing.
        """
        for part in self._outline.path(section):
            names = titled[part.index]
            claimed = frozenset(names & exclusive)
            if claimed:
                return frozenset() if part.heading in self._joined and names - claimed else claimed
        return frozenset()

    def _foreign_sections(self, index: WordIndex, product: Rule) -> frozenset[int]:
        """Return the sections under a title about another product, unless a nearer one is about ours."""
        own, others = index.find_any(product.terms), index.find_any(product.others)
        foreign = set()
        for section in self._outline.sections:
            for part in self._outline.path(section.index):
                if self.named[part.index] or part.heading in own:
                    break
                if part.heading in others:
                    foreign.add(section.index)
                    break
        return frozenset(foreign)

    def _document_titles(self, titled: Sequence[set[str]]) -> Iterator[int]:
        """Yield the sections that are the document rather than a module of it.

        Those hold most of the text, and titles below them name several other segments, or nearly all of it.
        """
        for section in self._outline.sections:
            below = [part.index for part in self._outline.subtree(section.index)]
            size = sum(len(self._outline.sections[part].clauses) + 1 for part in below)
            inner = set().union(*(titled[part] for part in below if part != section.index))
            share = size / max(1, len(self._outline.clauses))
            several = share > _MOST and len(inner - titled[section.index]) >= _SEVERAL
            if several or (share > _NEARLY_ALL and inner):
                yield section.index

    def mentions(self, segment: str, clause: int) -> bool:
        """Whether the clause itself uses the segment's words."""
        return clause in self._mentions.get(segment, ())

    def modules(self, segment: str) -> list[int]:
        """Return the sections whose own title names the segment and which are about cover."""
        if segment not in self._modules:
            self._modules[segment] = [
                section.index
                for section in self._outline.sections
                if segment in self.named[section.index]
                and self._stances.sections[section.index] not in _NOT_A_MODULE
            ]
        return self._modules[segment]

    def allows(self, rule: Rule, own: str, clause: Clause) -> bool:
        """Whether a passage counts for the rule, whose own segment is ``own``."""
        if clause.section in self._foreign:
            return False
        allowed = rule.scope | {own}
        nearest = self.nearest[clause.section]
        if nearest & rule.not_scope and not nearest & allowed:
            return False
        if rule.anywhere or allowed & self.around[clause.section]:
            return True
        if nearest:
            return False
        if clause.kind is ClauseKind.ROW and rule.item.item_id in self._lone and self.modules(own):
            return self._stances.clauses[clause.index] is Stance.OVERVIEW
        return any(self.mentions(segment, clause.index) for segment in allowed)

    def _object_scope(self, clause: Clause) -> int | None:
        """Return the section whose insured objects the clause lists: the parent of that list."""
        if clause.kind is ClauseKind.HEADING or self._stances.clauses[clause.index] in CLOSED:
            return None
        outermost = None
        for section in self._outline.path(clause.section):
            if self._stances.own[section.index] is Stance.OBJECT:
                outermost = section.parent
            elif outermost is not None:
                break
        return outermost
