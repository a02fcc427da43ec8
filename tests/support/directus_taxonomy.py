"""Rows of taxonomies as Directus answers them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.support.fakes.directus_server import Row

PRODUCT_TYPE, SEGMENT, BENEFIT, LIMIT, EXCLUSION = (
    f"{kind}_type" for kind in ("product", "segment", "benefit", "limit", "exclusion")
)


def row(item_id: str, category: str, parents: Mapping[str, str] | None = None, **changes: Any) -> Row:
    """Return an item below parents, given as parent by the relationship's id; the name is the id."""
    places = [
        {"id": key, "related_taxonomy_item": {"id": parent} if parent else None}
        for key, parent in (parents or {}).items()
    ]
    empty = dict.fromkeys(("data_type", "description", "unit", "aliases", "examples", "llm_instruction"))
    fixed = {"id": item_id, "status": "published", "taxonomy_item_name": item_id, "category": category}
    return {**empty, **fixed, "parent_relationships": places, **changes}


PRODUCT = row("travel", PRODUCT_TYPE)


LUGGAGE = row("luggage", SEGMENT, {"1": "travel"})
