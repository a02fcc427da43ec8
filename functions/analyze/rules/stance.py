"""What a passage does: grant, name an event or an object, exclude, oblige, define, or merely mention.

The passage's own words decide first, then the lead of its list, then the headings above it.
"""

from __future__ import annotations

from enum import StrEnum

from functions.analyze.rules.cues import Cues
from functions.analyze.rules.matching import WordIndex
from functions.analyze.rules.outline import Clause, ClauseKind, Outline, Section


class Stance(StrEnum):
    """The role of a passage or a section."""

    GRANT = "grant"
    EVENT = "event"
    OBJECT = "object"
    OVERVIEW = "overview"
    LIMIT = "limit"
    EXCLUSION = "exclusion"
    DUTY = "duty"
    DEFINITION = "definition"
    GENERAL = "general"
    NEUTRAL = "neutral"


_CLOSED = frozenset({Stance.EXCLUSION, Stance.DUTY, Stance.DEFINITION})


class Stances:
    """The stances of all sections and clauses of one document."""

    def __init__(self, outline: Outline, index: WordIndex, cues: Cues) -> None:
        self._outline = outline
        self._grant = index.find_any(cues.grant)
        self._refuse = index.find_any(cues.refuse)
        self._exception = index.find_any(cues.exception)
        self._titles = [
            (stance, index.find_any(patterns))
            for stance, patterns in (
                (Stance.EXCLUSION, cues.refuse_title),
                (Stance.DEFINITION, cues.definition_title),
                (Stance.OVERVIEW, cues.overview_title),
                (Stance.LIMIT, cues.limit_title),
                (Stance.OBJECT, cues.object_title),
                (Stance.EVENT, cues.event_title),
                (Stance.GRANT, cues.grant_title),
                (Stance.DUTY, cues.duty_title),
                (Stance.GENERAL, cues.general_title),
            )
        ]
        self.sections = [self._section(section) for section in outline.sections]
        self.clauses: list[Stance] = []
        for clause in outline.clauses:
            self.clauses.append(self._clause(clause))

    def own_title(self, section: Section) -> Stance:
        """Return what the section's own heading says, NEUTRAL where it says nothing."""
        if section.heading is None:
            return Stance.NEUTRAL
        for stance, found in self._titles:
            if section.heading in found:
                return stance
        return Stance.NEUTRAL

    def _section(self, section: Section) -> Stance:
        for part in self._outline.path(section.index):
            stance = self.own_title(part)
            if stance is not Stance.NEUTRAL:
                return stance
        return Stance.NEUTRAL

    def _clause(self, clause: Clause) -> Stance:
        section = self.sections[clause.section]
        if clause.kind is ClauseKind.HEADING:
            return section
        if clause.before is not None and clause.before < len(self.clauses):
            inherited = self.clauses[clause.before]
            if inherited is Stance.EXCLUSION:
                return inherited
        if clause.index in self._exception and self._is_excluded(clause, section):
            return Stance.GRANT
        if clause.index in self._refuse:
            return Stance.EXCLUSION
        if section in _CLOSED:
            return section
        if clause.lead is not None:
            lead = self.clauses[clause.lead]
            if lead is Stance.EXCLUSION:
                return lead
            if lead is Stance.GRANT:
                return Stance.EVENT if section is Stance.EVENT else lead
        if clause.index in self._grant:
            return Stance.EVENT if section is Stance.EVENT else Stance.GRANT
        if clause.kind is ClauseKind.ROW and section is Stance.NEUTRAL:
            return Stance.OVERVIEW
        return section

    def _is_excluded(self, clause: Clause, section: Stance) -> bool:
        """Whether an exception here turns an exclusion: by section, lead, or the sentence before."""
        if section is Stance.EXCLUSION:
            return True
        if clause.lead is not None and self.clauses[clause.lead] is Stance.EXCLUSION:
            return True
        earlier = clause.index - 1
        return earlier >= 0 and self.clauses[earlier] is Stance.EXCLUSION
