"""Checks what a model claims against the text it was given: the quote, then the number in it.

A quote is found whatever its white space, hyphens at line ends, quotation marks and case; the evidence is
what the page has there, never what the model wrote.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from functions.analyze.document.amounts import Amount, parse_amounts
from functions.analyze.document.model import Document, Page
from functions.analyze.engines.llm.passages import Passage
from shared.findings.model import Evidence, is_currency

MIN_QUOTE = 6
MAX_QUOTE = 800
# How far around a quote the words are that say what an amount holds for.
_AROUND = 90
_MAX_SECTION = 200
_KEY = re.compile(r"p\d{1,6}")

_MARKS = str.maketrans(
    dict.fromkeys("'’‘´`′", "'") | dict.fromkeys('"“”„«»‹›', '"') | dict.fromkeys("–—−", "-")
)
_HYPHENS = frozenset("-\u00ad\u2010\u2011\ufffe\u0002")


@dataclass(frozen=True, slots=True)
class Number:
    """A value that a quote proves: None with the unit ``unlimited``; the scope is that of the text."""

    value: float | None
    unit: str
    scope: str


def find_quote(
    quote: str, passages: Sequence[Passage], first: int | None = None
) -> tuple[int, int, int] | None:
    """Return page, start and end of a quote in one of the passages, the named one first; None for nowhere."""
    wanted, _ = _plain(quote)
    if len(wanted) < MIN_QUOTE or len(quote) > MAX_QUOTE:
        return None
    order = list(range(len(passages)))
    if first is not None:
        order.sort(key=lambda number: number != first)
    for number in order:
        passage = passages[number]
        text, places = _plain(passage.text)
        at = text.find(wanted)
        if at >= 0:
            start, end = places[at], places[at + len(wanted) - 1] + 1
            return passage.page, passage.start + start, passage.start + end
    return None


def evidence_at(page: Page, start: int, end: int) -> Evidence:
    """Return the page's text at a span as evidence."""
    return Evidence(page.number, page.text[start:end], start, end, tuple(page.boxes(start, end)))


def find_number(page: Page, start: int, end: int, value: float | None, unit: str) -> Number | None:
    """Return the amount within a span that a claim means, as the text has it; None where it has none.

    ``value`` None claims "unlimited". A number without its currency counts where the claim names one: in a
    table it stands in the head.
    """
    unit = _unit(unit)
    currency = unit if is_currency(unit) else ""
    first = max(0, start - _AROUND)
    around = page.text[first : end + _AROUND]
    for amount in parse_amounts(around, currency=currency):
        inside = start - first <= amount.start and amount.end <= end - first
        if inside and _means(amount, value, unit):
            scope = ", ".join(part for part in (*amount.scopes, amount.note) if part)
            return Number(value if amount.value is not None else None, amount.unit, scope)
    return None


def _means(amount: Amount, value: float | None, unit: str) -> bool:
    if value is None or amount.value is None:
        return value is None and amount.value is None
    same = any(known is not None and abs(known - value) < 0.005 for known in (amount.value, amount.lower))  # noqa: PLR2004
    return same and unit in {"", amount.unit}


@lru_cache(maxsize=256)
def _unit(unit: str) -> str:
    """Return a unit as the parser of amounts writes it: ``Tage`` is ``days``, ``Fr.`` is ``CHF``."""
    written = unit.strip()
    if not written or written.lower() == "unlimited":
        return ""
    known = parse_amounts(f"5 {written}") or parse_amounts(f"{written} 5")
    return known[0].unit if known else written.upper()


@lru_cache(maxsize=1024)
def _plain(text: str) -> tuple[str, tuple[int, ...]]:
    """Return a text without what extraction and models change, with each character's place in it."""
    kept: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text.translate(_MARKS)):
        if char.isspace() or char in _HYPHENS:
            continue
        for plain in char.casefold():
            kept.append(plain)
            places.append(place)
    return "".join(kept), tuple(places)


@dataclass(frozen=True, slots=True)
class ClaimEvidence:
    """A quote that stands in the text: the evidence, its section, and how sure the model is."""

    evidence: Evidence
    section: str
    confidence: float


def prove(
    document: Document, shown: Sequence[Passage], passage: str, quote: str, confidence: float
) -> ClaimEvidence | None:
    """Return what proves a claim, None where the quote is in none of the passages that were shown.

    ``passage`` is the key that the model names (``p3``); the quote counts where it is, though.
    """
    number = int(passage[1:]) - 1 if _KEY.fullmatch(passage) else None
    place = find_quote(quote, shown, number)
    if place is None:
        return None
    page_number, start, end = place
    page = document.pages[page_number - 1]
    held = next(
        each for each in shown if each.page == page_number and each.start <= start and end <= each.end
    )
    section = " > ".join(held.headings)[:_MAX_SECTION]
    return ClaimEvidence(evidence_at(page, start, end), section, _probability(confidence))


def _probability(confidence: float) -> float:
    """Return a confidence as a probability short of certainty; some models say it in percent."""
    share = confidence / 100 if 1 < confidence <= 100 else confidence  # noqa: PLR2004
    return round(min(max(share, 0.0), 0.99), 3) if share == share else 0.0  # noqa: PLR0124 - NaN
