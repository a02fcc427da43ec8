"""The words of a report in the reader's language, and amounts as that language writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from shared.findings.model import Finding, is_currency
from shared.taxonomy.model import Taxonomy
from shared.taxonomy.yaml import safe_load

FALLBACK = "en"
_UNLIMITED = "unlimited"
_NARROW_SPACE = "\u202f"
# Thousands and decimals: Swiss marks for francs in German, as in the policies themselves.
_MARKS = {"en": (",", "."), "de": ("’", "."), "fr": (_NARROW_SPACE, ",")}


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language; ``language`` is the one that they are in, after a fallback."""

    language: str
    table: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        """Return the word for ``name``, which exists in every language."""
        return self.table[name]

    def amount(self, finding: Finding) -> str:
        """Return a finding's number with its unit, as it is written; empty where it carries none."""
        if finding.unit == _UNLIMITED:
            return self["unlimited"]
        if finding.value is None:
            return ""
        number = self.number(finding.value)
        if is_currency(finding.unit):
            return f"{finding.unit}\u00a0{number}"
        unit = self.table.get(finding.unit, finding.unit)
        return f"{number}\u00a0{unit}" if unit else number

    def number(self, value: float) -> str:
        """Return a number with the language's marks; a whole one has no decimals."""
        thousands, decimal = _MARKS[self.language]
        text = f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"
        return text.translate(str.maketrans(",.", thousands + decimal))

    def scope(self, scope: str) -> str:
        """Return a scope (``per person, per event``) in the language; what is unknown stays as it is."""
        parts = [part.strip() for part in scope.split(",")]
        return ", ".join(self.table.get(part.replace(" ", "_"), part) for part in parts if part)


def words(language: str) -> Words:
    """Return the words of a language, English where there are none."""
    tables = _tables()
    chosen = language if language in tables else FALLBACK
    return Words(chosen, tables[chosen])


def labels(taxonomy: Taxonomy, language: str) -> Mapping[str, str]:
    """Return what people call each item of the taxonomy, by its id."""
    return {
        item.item_id: item.labels.get(language) or item.labels.get(FALLBACK) or readable(item.name)
        for item in taxonomy.root.walk()
    }


def readable(name: str) -> str:
    """Return an item's name as people write it (``luggage_loss`` becomes ``Luggage loss``)."""
    text = name.replace("_", " ").strip()
    return text[:1].upper() + text[1:]


@cache
def _tables() -> Mapping[str, Mapping[str, str]]:
    text = Path(__file__).with_name("words.yaml").read_text(encoding="utf-8")
    data: dict[str, dict[str, Any]] = safe_load(text)
    return {language: {name: str(word) for name, word in table.items()} for language, table in data.items()}
