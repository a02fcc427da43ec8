"""What the head of a table says of its columns: the currency, and the variant an amount holds for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from functions.analyze.document.model import BlockKind
from functions.analyze.engines.rules.outline import Clause, Outline

_CURRENCY = re.compile(r"\b(CHF|EUR|USD|GBP)\b|(€|£)")
_SYMBOLS = {"€": "EUR", "£": "GBP"}
_ONE_VARIANT = 2


class Columns:
    """The heads of all tables of a document."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._heads: dict[tuple[int, int], list[str]] = {}
        self._currencies: dict[tuple[int, int], str] = {}
        for table, text in _heads(outline):
            self._heads.setdefault(table, text.split("\t"))
            match = _CURRENCY.search(text)
            if match:
                self._currencies[table] = _SYMBOLS.get(match.group(), match.group())

    def currency(self, row: Clause) -> str:
        """Return the currency that the head of the row's table names, or an empty string."""
        return self._currencies.get(row.table, "") if row.table else ""

    def head(self, row: Clause, start: int) -> str:
        """Return the head of the column at ``start`` of the row's text, where a table has variants."""
        heads = self._heads.get(row.table, []) if row.table else []
        text = self._outline.text(row)
        cells = text.split("\t")
        if len(heads) != len(cells) or len(cells) <= _ONE_VARIANT:
            return ""
        return heads[text[:start].count("\t")].strip()


def _heads(outline: Outline) -> Iterator[tuple[tuple[int, int], str]]:
    """Yield the head rows of all tables, each with its page and table."""
    for number, page in enumerate(outline.document.pages):
        for block in page.blocks:
            if block.kind is BlockKind.TABLE_ROW and block.header:
                yield (number, block.table or 0), page.text[block.start : block.end]
