"""The taxonomy: the names of what a document can grant, and the words it uses for them.

A taxonomy is data (``shared/taxonomies/*.yaml`` or the customer's Directus), and drives the analysis
alone: another file gives another analysis. Items form a tree of segments, benefits and details. The
file's form is described by ``shared/schemas/taxonomy.v1.json``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Category(StrEnum):
    """The customer's categories of taxonomy items."""

    PRODUCT = "product_type"
    SEGMENT = "segment_type"
    BENEFIT = "benefit_type"
    LIMIT = "limit_type"
    CONDITION = "condition_type"
    EXCLUSION = "exclusion_type"


@dataclass(frozen=True, slots=True)
class Item:
    """One taxonomy item in its place in the tree.

    ``item_id`` identifies the place (names repeat below different parents): the relationship's id
    in Directus, else the path ``segment/benefit``. ``aliases`` and ``examples`` are by language
    (ISO 639-1). ``instruction`` is free text for a language model; ``hints`` are the rules engine's
    keys, which an item may do without.
    """

    item_id: str
    name: str
    category: Category
    description: str = ""
    data_type: str = ""
    unit: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    examples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    instruction: str = ""
    hints: Mapping[str, object] = field(default_factory=dict)
    children: tuple[Item, ...] = ()

    def of(self, category: Category) -> tuple[Item, ...]:
        """Return the children of one category, in the taxonomy's order."""
        return tuple(child for child in self.children if child.category is category)

    def walk(self) -> Iterator[Item]:
        """Yield this item and everything below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """A named tree; ``root`` is the product type whose children are the segments."""

    name: str
    version: str
    languages: tuple[str, ...]
    root: Item

    @property
    def segments(self) -> tuple[Item, ...]:
        """The segments, in the taxonomy's order."""
        return self.root.of(Category.SEGMENT)
