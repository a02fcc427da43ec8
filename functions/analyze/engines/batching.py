"""The batches of the three tiers: which items and places an engine gets at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from functions.analyze.engines.port import BatchSizes, Place, Question
from shared.errors import PermanentError
from shared.findings.model import Finding
from shared.taxonomy.model import Category, Item, Taxonomy

_T = TypeVar("_T")


def pack(parts: Sequence[_T], weight: Callable[[_T], int], most: int) -> list[list[_T]]:
    """Return the parts in order, in groups that weigh at most ``most``; what weighs more is alone.

    >>> pack([1, 2, 3, 9, 1], lambda part: part, 5)
    [[1, 2], [3], [9], [1]]
    """
    groups: list[list[_T]] = []
    full = most + 1
    for part in parts:
        if full + weight(part) > most:
            groups.append([])
            full = 0
        groups[-1].append(part)
        full += weight(part)
    return groups


class Batching:
    """The batches of one analysis; each tier's follow from the findings of the tier before it."""

    def __init__(self, taxonomy: Taxonomy, sizes: BatchSizes) -> None:
        self._taxonomy = taxonomy
        self._sizes = sizes

    def segments(self) -> list[list[Item]]:
        """Return the items of the first tier."""
        items = list(self._taxonomy.segments)
        return [items] if self._sizes.segments else pack(items, lambda _item: 1, self._sizes.items)

    def questions(self, segments: Sequence[Finding]) -> list[list[Question]]:
        """Return, for each segment, the questions about its benefits: several where it has many items."""
        return [
            [Question(segment, items) for items in self._pieces(self.item(segment).of(Category.BENEFIT))]
            for segment in segments
        ]

    def benefits(self, questions: Sequence[Question]) -> list[list[Question]]:
        """Return the questions of the second tier."""
        if self._sizes.segments:
            return pack(questions, lambda _question: 1, self._sizes.segments)
        return pack(questions, lambda question: len(question.items), self._sizes.items)

    def places(self, segments: Sequence[Finding], benefits: Sequence[Sequence[Finding]]) -> list[list[Place]]:
        """Return the places of the third tier: each segment, then its benefits; last the product, alone.

        Where no segment is granted there is nothing to look for, not even for the product.
        """
        if not segments:
            return []
        groups = [self._places(*below) for below in zip(segments, benefits, strict=True)]
        if self._sizes.segments:
            packed = pack(groups, lambda _group: 1, self._sizes.segments)
            batches = [[place for group in batch for place in group] for batch in packed]
        else:
            batches = pack([place for group in groups for place in group], lambda _: 1, self._sizes.places)
        return [*batches, [Place(self._taxonomy.root)]]

    def item(self, segment: Finding) -> Item:
        """Return the taxonomy's item of a segment; raises PermanentError where it has none any more."""
        return item_of(self._taxonomy.segments, segment)

    def _pieces(self, items: tuple[Item, ...]) -> list[tuple[Item, ...]]:
        if self._sizes.segments:
            return [items]
        return [items[start : start + self._sizes.items] for start in range(0, len(items), self._sizes.items)]

    def _places(self, segment: Finding, benefits: Sequence[Finding]) -> list[Place]:
        item = self.item(segment)
        below = [Place(item_of(item.children, benefit), segment, benefit) for benefit in benefits]
        return [Place(item, segment), *below]


def item_of(items: Sequence[Item], finding: Finding) -> Item:
    """Return the item that a finding names; raises PermanentError where it is not among ``items``."""
    for item in items:
        if item.item_id == finding.item_id:
            return item
    raise PermanentError("taxonomy-changed", f"The taxonomy no longer has the item {finding.item_name!r}.")
