"""A taxonomy as rows for Directus: the opposite of ``shared.directus.taxonomy``, for setting up a model."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from shared.directus.taxonomy import PUBLISHED
from shared.directus.taxonomy_fields import write_instruction
from shared.taxonomy.model import Category, Item, Taxonomy

Row = dict[str, Any]

_NAMESPACE = uuid.UUID("3c0e8e0b-6f53-4c0c-9a37-5f4f3f1c2a90")
_DETAILS = {Category.LIMIT, Category.CONDITION, Category.EXCLUSION}


@dataclass(frozen=True, slots=True)
class TaxonomyRows:
    """Rows of ``taxonomy_items``, and of the collection behind its ``parent_relationships``.

    A relationship has ``id``, ``taxonomy_item`` (the child) and ``related_taxonomy_item`` (the parent).
    Parents come before children. Ids are UUIDs made of the taxonomy's name and the place, the same every
    time; those of relationships sort in the taxonomy's order, which the reader goes by.
    """

    items: list[Row] = field(default_factory=list)
    relationships: list[Row] = field(default_factory=list)


def rows_of(taxonomy: Taxonomy, model_id: str | int) -> TaxonomyRows:
    """Return the rows of a taxonomy for a domain context model.

    A detail that is the same in many places is one item with many relationships.
    """
    writer = _Writer(taxonomy.name, model_id)
    writer.add(taxonomy.root, "", "")
    return writer.rows


class _Writer:
    def __init__(self, name: str, model_id: str | int) -> None:
        self.rows = TaxonomyRows()
        self._name = name
        self._model_id = model_id
        self._written: dict[str, Row] = {}

    def add(self, item: Item, parent_id: str, path: str) -> None:
        """Write an item, its relationship to a parent, and everything below it."""
        place = f"{path}/{item.name}" if path else item.name
        row = self._row(item, item.name if item.category in _DETAILS else place)
        if self._written.get(row["id"], row) != row:
            row = self._row(item, place)
        item_id = row["id"]
        if item_id not in self._written:
            self._written[item_id] = row
            self.rows.items.append(row)
        if parent_id:
            self.rows.relationships.append(
                {
                    "id": self._relationship_id(f"{item.category}/{place}"),
                    "taxonomy_item": item_id,
                    "related_taxonomy_item": parent_id,
                }
            )
        for child in item.children:
            self.add(child, item_id, place)

    def _row(self, item: Item, key: str) -> Row:
        return {
            "id": str(self._uuid(f"item/{item.category}/{key}")),
            "status": PUBLISHED,
            "taxonomy_item_name": item.name,
            "category": item.category.value,
            "data_type": item.data_type,
            "description": item.description,
            "unit": item.unit,
            "aliases": {language: list(words) for language, words in item.aliases.items()},
            "examples": {language: list(texts) for language, texts in item.examples.items()},
            "llm_instruction": write_instruction(item.instruction, item.labels, item.hints),
            "domain_context_model": self._model_id,
        }

    def _relationship_id(self, place: str) -> str:
        """Return a UUID whose first 32 bits count the relationships, so that ids sort by position."""
        position = len(self.rows.relationships)
        return f"{position:08x}{str(self._uuid(f'relationship/{place}'))[8:]}"

    def _uuid(self, name: str) -> uuid.UUID:
        return uuid.uuid5(_NAMESPACE, f"{self._name}/{name}")
