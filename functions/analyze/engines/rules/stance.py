"""What a passage does: grant, name an event or an object, exclude, oblige, define, or merely mention.

The passage's own words decide first, then the lead of its list, then the headings above it.
"""

from __future__ import annotations

from enum import StrEnum

from functions.analyze.engines.rules.cues import Cues
from functions.analyze.engines.rules.matching import Match, WordIndex
from functions.analyze.engines.rules.outline import Clause, ClauseKind, Outline, Section


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


_EMPTY = frozenset({"x", "n/a", "no", "nein", "non"})
CLOSED = frozenset({Stance.EXCLUSION, Stance.DUTY, Stance.DEFINITION})


class Stances:
    """The stances of all sections and clauses of one document, by index."""

    def __init__(self, outline: Outline, index: WordIndex, cues: Cues) -> None:
        self._outline = outline
        self.cues = cues
        self._grant = index.find_any(cues.grant)
        self._insure = index.find_any(cues.insure)
        self._proviso = index.find_any(cues.proviso)
        self._refuse = {
            number: match
            for number, match in index.find_any(cues.refuse).items()
            if not self._is_aside(match) and not self._asks(number) and not self._is_proviso(match)
        }
        self._exception = index.find_any(cues.exception)
        self._shares = index.find_any(cues.share)
        titles = (
            (Stance.EXCLUSION, cues.refuse_title),
            (Stance.DEFINITION, cues.definition_title),
            (Stance.OVERVIEW, cues.overview_title),
            (Stance.LIMIT, cues.limit_title),
            (Stance.GRANT, cues.grant_title),
            (Stance.OBJECT, cues.object_title),
            (Stance.EVENT, cues.event_title),
            (Stance.DUTY, cues.duty_title),
            (Stance.GENERAL, cues.general_title),
        )
        self._titles = [(stance, index.find_any(patterns)) for stance, patterns in titles]
        self.own = [self._own_title(section) for section in outline.sections]
        self.sections = [self._section(section) for section in outline.sections]
        self.clauses: list[Stance] = []
        for clause in outline.clauses:
            self.clauses.append(self._clause(clause))

    def limits_whole(self, section: int) -> bool:
        """Whether a title above the section, or its own, is about limits (sums, deductible, duration)."""
        return any(self.own[part.index] is Stance.LIMIT for part in self._outline.path(section))

    def _own_title(self, section: Section) -> Stance:
        if section.heading is None:
            return Stance.NEUTRAL
        return next(
            (stance for stance, headings in self._titles if section.heading in headings), Stance.NEUTRAL
        )

    def _section(self, section: Section) -> Stance:
        """Return the nearest title's stance; a title about limits within a grant still grants.

        A title about general matters colours no more than the sections directly below: it often heads
        the whole document.
        """
        limiting = False
        for depth, part in enumerate(self._outline.path(section.index)):
            stance = self.own[part.index]
            if stance is Stance.GENERAL and depth > 1:
                continue
            if stance is Stance.LIMIT:
                limiting = True
            elif stance is not Stance.NEUTRAL and not (limiting and stance not in {Stance.GRANT, *CLOSED}):
                return stance
        return Stance.LIMIT if limiting else Stance.NEUTRAL

    def _clause(self, clause: Clause) -> Stance:
        section = self.sections[clause.section]
        if clause.kind is ClauseKind.HEADING:
            return section
        if clause.kind is ClauseKind.ROW:
            return self._row(clause, section)
        if clause.index in self._exception and self._is_excluded(clause, section):
            return Stance.GRANT
        refused = clause.index in self._refuse
        if refused or self._leads(clause, Stance.EXCLUSION):
            is_share = refused and section not in CLOSED and self._takes_share(clause)
            return Stance.LIMIT if is_share else Stance.EXCLUSION
        if section in CLOSED:
            return section
        return self._open(clause, section)

    def _open(self, clause: Clause, section: Stance) -> Stance:
        """Return the stance of a clause that nothing excludes."""
        insured = clause.index in self._insure or self._leads(clause, Stance.GRANT)
        if section is Stance.EVENT:
            return Stance.GRANT if clause.index in self._grant else Stance.EVENT
        if section is Stance.OBJECT and clause.index not in self._grant:
            return Stance.OBJECT
        if insured or clause.index in self._grant:
            return Stance.GRANT
        return section

    def _row(self, clause: Clause, section: Stance) -> Stance:
        """Return the stance of a table row: excluded where every variant's cell says so."""
        cells = self._outline.text(clause).split("\t")[1:]
        if cells and not any(_says_something(cell) for cell in cells):
            return Stance.EXCLUSION
        if clause.index in self._refuse and len({cell.strip() for cell in cells}) == 1:
            return Stance.EXCLUSION
        return section if section in CLOSED else Stance.OVERVIEW

    def _leads(self, clause: Clause, stance: Stance) -> bool:
        """Whether what the clause depends on, a lead or its own beginning, has the stance."""
        earlier = (clause.lead, clause.before)
        return any(number is not None and self.clauses[number] is stance for number in earlier)

    def _is_excluded(self, clause: Clause, section: Stance) -> bool:
        """Whether an exception here turns an exclusion: by section, lead, or the sentence before."""
        if section is Stance.EXCLUSION or self._leads(clause, Stance.EXCLUSION):
            return True
        return clause.index > 0 and self.clauses[clause.index - 1] is Stance.EXCLUSION

    def _takes_share(self, clause: Clause) -> bool:
        """Whether the insured bears a stated share of what is paid ("you bear an excess of £50")."""
        return clause.index in self._shares and any(token.plain.isdigit() for token in clause.tokens)

    def _asks(self, number: int) -> bool:
        """Whether the passage is a question ("Your bags did not arrive?"): it refuses nothing."""
        clause = self._outline.clauses[number]
        return clause.kind is not ClauseKind.HEADING and self._outline.text(clause).endswith("?")

    def _is_proviso(self, match: Match) -> bool:
        """Whether the words stand in a proviso of a promise ("we pay ..., as far as others do not")."""
        proviso, promise = self._proviso.get(match.clause), self._grant.get(match.clause)
        return proviso is not None and promise is not None and promise.start < proviso.start < match.start

    def _is_aside(self, match: Match) -> bool:
        """Whether the words stand in brackets: a remark, which decides nothing about the whole."""
        clause = self._outline.clauses[match.clause]
        text = self._outline.document.pages[clause.page].text
        before = text[clause.start : clause.tokens[match.start].start]
        return before.rfind("(") > before.rfind(")")


def _says_something(cell: str) -> bool:
    """Whether a table cell holds more than a dash or a cross."""
    return any(char.isalnum() for char in cell) and cell.strip().casefold() not in _EMPTY
