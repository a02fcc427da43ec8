"""Joins the rows of a summary of cover to the sections they sum up, by number or by title.

A row "B1 | Medical expenses | £5 million" speaks of section B1, and a row "Luggage, per family" of the
section with that title, wherever the table stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set

from functions.analyze.engines.rules.labels import parse_label
from functions.analyze.engines.rules.outline import Clause, ClauseKind, Outline, Section

_REFERENCE = re.compile(
    r"(?:§|\b(?:Art|Ziff|Ziffer|Artikel|Article|Section|Clause|Abschnitt|Chapitre|Kapitel)\b\.?)\s*"
    r"(?P<label>[A-Z]?\s?\d{1,3}(?:\.\d{1,3})*)"
)
_LABEL_CELL = re.compile(r"\s*[A-Z]?\s?\d{0,3}(?:\.\d{1,3})*\s*")
_MARK = re.compile(r"[A-Z]?\d{1,3}|[A-Z]")
_ALIKE = 0.5
_SAME = 0.75
_LETTERS = 4


class TableJoin:
    """The rows of tables elsewhere that speak of a section, by the section's index."""

    def __init__(self, outline: Outline, named: Mapping[int, Set[str]]) -> None:
        """``named`` says which benefits a row names itself: it speaks of no others but by its title."""
        self._outline = outline
        self._named = named
        self._titles = {
            section.index: words
            for section in outline.sections
            if section.heading is not None and (words := self._words(outline.clauses[section.heading]))
        }
        self._labels: dict[tuple[str, ...], int] = {}
        for section in outline.sections:
            if section.label is not None and section.index in self._titles:
                self._labels.setdefault(section.label.parts, section.index)
        self._rows: dict[int, list[tuple[int, bool]]] = {}
        for clause in outline.clauses:
            if clause.kind is ClauseKind.ROW:
                self._join(clause)

    def of(self, sections: Iterable[int], benefit: str) -> list[int]:
        """Return the rows that speak of any of the sections and hold for a benefit granted there."""
        rows = {
            row
            for section in sections
            for row, alike in self._rows.get(section, ())
            if alike or not self._named.get(row) or benefit in self._named[row]
        }
        return sorted(rows)

    def _join(self, row: Clause) -> None:
        words = self._words(row)
        targets = self._labelled(row)
        if not targets:
            likely = max(self._titles, key=lambda section: self._likeness(words, section), default=None)
            targets = [likely] if likely is not None and self._alike(words, likely) else []
        for target in targets:
            if not self._is_inside(row, self._outline.sections[target]):
                self._rows.setdefault(target, []).append((row.index, self._likeness(words, target) >= _SAME))

    def _labelled(self, row: Clause) -> list[int]:
        """Return the sections that the row refers to by their numbers."""
        text = self._outline.text(row)
        first = text.partition("\t")[0]
        sources = [match.group("label").strip() for match in _REFERENCE.finditer(text)]
        if not sources and first.strip() and _LABEL_CELL.fullmatch(first):
            sources = [first.strip()]
        labels = [parse_label(f"{source} X" if source.isalpha() else source)[0] for source in sources]
        return [self._labels[label.parts] for label in labels if label and label.parts in self._labels]

    def _is_inside(self, row: Clause, section: Section) -> bool:
        return any(part.index == section.index for part in self._outline.path(row.section))

    def _alike(self, words: frozenset[str], section: int) -> bool:
        return self._likeness(words, section) >= _ALIKE

    def _likeness(self, words: frozenset[str], section: int) -> float:
        """Return the share of words that a row's name and a title have in common, 0 to 1."""
        title = self._titles[section]
        return len(words & title) / max(1, len(words | title))

    def _words(self, clause: Clause) -> frozenset[str]:
        """Return the words of a title, or of a row before its first figure."""
        text = self._outline.text(clause)
        end = len(text)
        if clause.kind is ClauseKind.ROW:
            cells = text.split("\t")
            named = next((cell for cell in cells if not _MARK.fullmatch(cell.strip())), "")
            end = text.find(named) + len(named)
        return frozenset(
            token.plain
            for token in clause.tokens
            if token.start - clause.start < end and len(token.plain) >= _LETTERS and token.plain.isalpha()
        )
