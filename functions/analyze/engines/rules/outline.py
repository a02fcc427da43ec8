"""The outline of a document: sections by headings and numbering, and the clauses they hold.

A clause is a heading, a sentence, a list item's sentence or a table row. A list item knows its lead
("we pay for:"), a sentence that runs over a page break knows its beginning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from functions.analyze.document.model import Document
from functions.analyze.engines.rules.labels import Label
from functions.analyze.engines.rules.text import Token

_MAX_REFERENCE = 200


class ClauseKind(StrEnum):
    """What a clause is in the layout."""

    HEADING = "heading"
    SENTENCE = "sentence"
    ITEM = "item"
    ROW = "row"


@dataclass(slots=True)
class Section:
    """A heading with everything down to the next heading of its rank; section 0 is the document."""

    index: int
    parent: int | None
    level: int
    label: Label | None
    heading: int | None = None
    title: str = ""
    children: list[int] = field(default_factory=list)
    clauses: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Clause:
    """One passage: ``page`` is the page's index, the span counts characters of its text."""

    index: int
    page: int
    start: int
    end: int
    kind: ClauseKind
    section: int
    block: int
    tokens: list[Token]
    lead: int | None = None
    before: int | None = None
    table: tuple[int, int] | None = None


class Outline:
    """Sections and clauses of one document, in reading order."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.sections: list[Section] = [Section(0, None, 0, None)]
        self.clauses: list[Clause] = []

    def text(self, clause: Clause) -> str:
        """Return the clause as it stands on the page."""
        return self.document.pages[clause.page].text[clause.start : clause.end]

    def path(self, section: int) -> Iterator[Section]:
        """Yield the section and its ancestors, nearest first, without the document itself."""
        at: int | None = section
        while at is not None and at != 0:
            yield self.sections[at]
            at = self.sections[at].parent

    def subtree(self, section: int) -> Iterator[Section]:
        """Yield the section and everything below it, in reading order."""
        yield self.sections[section]
        for child in self.sections[section].children:
            yield from self.subtree(child)

    def titled(self, section: int) -> Section:
        """Return the section itself, or the nearest above that has a heading."""
        for part in self.path(section):
            if part.heading is not None:
                return part
        return self.sections[0]

    def body(self, section: int) -> Iterator[int]:
        """Yield the clauses of a section, with those of its numbered paragraphs that have no title."""
        yield from self.sections[section].clauses
        for child in self.sections[section].children:
            if self.sections[child].heading is None:
                yield from self.body(child)

    def reference(self, section: int) -> str:
        """Return the titles from the top down to the section, up to 200 characters."""
        titles = [part.title for part in self.path(section) if part.title]
        while len(titles) > 1 and len(" > ".join(reversed(titles))) > _MAX_REFERENCE:
            titles.pop()
        return " > ".join(reversed(titles))[:_MAX_REFERENCE]
