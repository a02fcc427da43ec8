"""Turning clauses into evidence: verbatim, with span and boxes, no longer than a reader wants."""

from __future__ import annotations

from functions.analyze.engines.rules.outline import Clause, Outline
from functions.analyze.engines.rules.text import trim
from shared.findings.model import Evidence

_MAX_QUOTE = 400


def evidence_of(outline: Outline, clause: Clause, around: tuple[int, int] | None = None) -> Evidence:
    """Return the clause as evidence; a long one is cut at words, around the span (page offsets)."""
    page = outline.document.pages[clause.page]
    start, end = clause.start, clause.end
    if end - start > _MAX_QUOTE:
        inner_start, inner_end = around or (start, start)
        start = max(start, min(inner_start - _MAX_QUOTE // 2, end - _MAX_QUOTE))
        end = max(min(clause.end, start + _MAX_QUOTE), min(inner_end, clause.end))
        while start > clause.start and not page.text[start - 1].isspace():
            start -= 1
        while end < clause.end and not page.text[end].isspace():
            end -= 1
    start, end = trim(page.text, start, end)
    return Evidence(page.number, page.text[start:end], start, end, tuple(page.boxes(start, end)))
