"""The taxonomy of a domain context model, as Directus keeps it.

An item's place in the tree is its relationship to a parent: names repeat, so the relationship's id is the
item's id, and an item with several parents has as many places. Segments belong to the product, benefits
to segments, details to any of these. The product type needs no parent; a segment or a detail without one
belongs to the product. Siblings are in the order of their relationships' ids.

What cannot be placed (not published, a parent that is missing, not published or of the wrong category, as
in every cycle) is left out, with a warning where that is a mistake. A field that cannot be read, or a
model without segments, is an error.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.directus.model import reference
from shared.directus.taxonomy_fields import EVERY_LANGUAGE, Texts, invalid, read_instruction, read_texts
from shared.taxonomy.model import Category, Item, Taxonomy

if TYPE_CHECKING:
    from shared.directus.client import Directus

TAXONOMY_ITEMS = "taxonomy_items"
PUBLISHED = "published"

Row = Mapping[str, Any]

_QUERY = Path(__file__).with_name("taxonomy.graphql")
_UNPLACED = "item:"
_MAX_WARNINGS = 20
_MAX_NAME = 80
_HOLDERS = frozenset({Category.PRODUCT, Category.SEGMENT, Category.BENEFIT})
_PARENTS = {
    Category.SEGMENT: frozenset({Category.PRODUCT}),
    Category.BENEFIT: frozenset({Category.SEGMENT}),
    Category.LIMIT: _HOLDERS,
    Category.CONDITION: _HOLDERS,
    Category.EXCLUSION: _HOLDERS,
}


@dataclass(frozen=True, slots=True)
class TaxonomyReading:
    """A taxonomy, and what had to be left out of it."""

    taxonomy: Taxonomy
    warnings: tuple[str, ...]


def read_taxonomy_rows(directus: Directus, model_id: str) -> list[dict[str, Any]]:
    """Return the taxonomy items of a model with their relationships; raises what the client does.

    An item with more relationships than a page holds is a PermanentError: some would be missing.
    """
    query = _QUERY.read_text(encoding="utf-8")
    where = {"filter": {"domain_context_model": {"id": {"_eq": model_id}}}}
    rows = directus.graphql_rows(query, where)[TAXONOMY_ITEMS]
    for row in rows:
        if len(row["parent_relationships"] or ()) >= directus.page_size:
            raise invalid(_label(row), f"has {directus.page_size} relationships or more, too many to read")
    return rows


def build_taxonomy(rows: Sequence[Row]) -> TaxonomyReading:
    """Build the tree of the rows that ``read_taxonomy_rows`` returns.

    The taxonomy's version is a digest of the rows. Raises PermanentError ``invalid-taxonomy``.
    """
    return _Builder(rows).build()


def relationship_of(item_id: str) -> str:
    """Return the relationship's id that an item's id is, empty for an item without parent."""
    return "" if item_id.startswith(_UNPLACED) else item_id


@dataclass(frozen=True, slots=True)
class _TreePlace:
    """A child below a parent; ``relationship`` is empty for the product's own, which have none."""

    child: str
    relationship: str

    @property
    def order(self) -> tuple[bool, int, str]:
        number = int(self.relationship) if self.relationship.isdecimal() else 0
        return not self.relationship, number, self.relationship or self.child


class _Builder:
    def __init__(self, rows: Sequence[Row]) -> None:
        canonical = json.dumps(rows, sort_keys=True, ensure_ascii=False)
        self._version = hashlib.sha256(canonical.encode()).hexdigest()[:12]
        self._rows = {reference(row["id"]): row for row in rows}
        self._warnings: list[str] = []
        self._items = {key: item for key, row in self._rows.items() if (item := self._item(key, row))}
        self._places: dict[str, list[_TreePlace]] = defaultdict(list)

    def build(self) -> TaxonomyReading:
        root = self._root()
        for key, item in self._items.items():
            if item.category is not Category.PRODUCT:
                self._place(key, item, root.item_id)
        tree = replace(root, children=self._children(root.item_id))
        if not tree.of(Category.SEGMENT):
            raise invalid("the model", f"has no published segment below the product.{self._first_warning()}")
        languages = {language for item in tree.walk() for language in (*item.labels, *item.aliases)}
        spoken = tuple(sorted(languages - {EVERY_LANGUAGE}))
        return TaxonomyReading(Taxonomy(tree.name, self._version, spoken, tree), self._bounded_warnings())

    def _item(self, key: str, row: Row) -> Item | None:
        """Return the item of a row, without a place; None for one that takes no part."""
        if row["status"] != PUBLISHED:
            return None
        name = (row["taxonomy_item_name"] or "").strip()
        category = row["category"]
        if not name or category not in set(Category):
            self._warn(row, "has no name" if not name else f"has the unknown category {category!r}")
            return None
        place = _label(row)
        instruction = read_instruction(row["llm_instruction"], f"llm_instruction of {place}")
        labels = dict(instruction.labels or {})
        return Item(
            item_id=key,
            name=name,
            category=Category(category),
            description=(row["description"] or "").strip(),
            data_type=row["data_type"] or "",
            unit=row["unit"] or "",
            labels=labels,
            aliases=_spoken(read_texts(row["aliases"], f"aliases of {place}"), labels),
            # An example is a sentence: its commas separate nothing.
            examples=read_texts(row["examples"], f"examples of {place}", "\n;"),
            instruction=instruction.text,
            hints=dict(instruction.hints or {}),
        )

    def _root(self) -> Item:
        products = [item for item in self._items.values() if item.category is Category.PRODUCT]
        if len(products) > 1:
            names = ", ".join(sorted(item.name[:_MAX_NAME] for item in products))
            raise invalid("the model", f"has several published product types ({names}); keep one")
        if not products:
            return Item(f"{_UNPLACED}product", "product", Category.PRODUCT)
        return products[0]

    def _place(self, key: str, item: Item, root_id: str) -> None:
        """Note every place of an item, or warn of those it cannot have."""
        row = self._rows[key]
        relationships = row["parent_relationships"] or ()
        if not relationships and Category.PRODUCT in _PARENTS[item.category]:
            self._places[root_id].append(_TreePlace(key, ""))
        elif not relationships:
            self._warn(row, "has no parent")
        for relationship in relationships:
            parent_id = reference(relationship["related_taxonomy_item"])
            fault = self._fault(item, parent_id)
            if fault:
                self._warn(row, fault)
            else:
                self._places[parent_id].append(_TreePlace(key, reference(relationship["id"])))

    def _fault(self, item: Item, parent_id: str) -> str:
        """Return why an item cannot be below a parent; empty where it can."""
        if parent_id not in self._rows:
            return "has a parent that is not in the model, or may not be read"
        parent = self._items.get(parent_id)
        above = _label(self._rows[parent_id])
        if parent is None:
            return f"is below {above}, which is not published or takes no part"
        if parent.category not in _PARENTS[item.category]:
            return f"is a {item.category} below {above}, a {parent.category}"
        return ""

    def _children(self, parent_id: str) -> tuple[Item, ...]:
        children: dict[tuple[Category, str], Item] = {}
        for place in sorted(self._places[parent_id], key=lambda place: place.order):
            item = self._items[place.child]
            if (item.category, item.name) in children:
                self._warn(self._rows[place.child], "has a name that its parent already has below it")
                continue
            item_id = place.relationship or f"{_UNPLACED}{place.child}"
            below = self._children(place.child)
            children[item.category, item.name] = replace(item, item_id=item_id, children=below)
        return tuple(children.values())

    def _warn(self, row: Row, problem: str) -> None:
        warning = f"Taxonomy: {_label(row)} {problem}; it is left out there."
        if warning not in self._warnings:
            self._warnings.append(warning)

    def _first_warning(self) -> str:
        return f" {self._warnings[0]}" if self._warnings else ""

    def _bounded_warnings(self) -> tuple[str, ...]:
        more = len(self._warnings) - _MAX_WARNINGS
        rest = [f"Taxonomy: {more} more of its items are left out."] if more > 0 else []
        return (*self._warnings[:_MAX_WARNINGS], *rest)


def _spoken(words: Texts, languages: Iterable[str]) -> Texts:
    """Give words of no language to each language that the item speaks, where it speaks any."""
    if EVERY_LANGUAGE not in words or not (spoken := tuple(languages)):
        return words
    return dict.fromkeys(spoken, words[EVERY_LANGUAGE])


def _label(row: Row) -> str:
    name = (row.get("taxonomy_item_name") or "").strip()[:_MAX_NAME]
    return f"{name!r} (item {reference(row['id'])})"
