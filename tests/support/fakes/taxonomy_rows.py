"""The rows of a taxonomy as GraphQL answers with them: each item with its relationships."""

from __future__ import annotations

from typing import Any

from shared.directus.taxonomy_rows import TaxonomyRows


def answered(rows: TaxonomyRows) -> list[dict[str, Any]]:
    """Return the items with their ``parent_relationships``."""
    found: list[dict[str, Any]] = [{**item, "parent_relationships": []} for item in rows.items]
    by_id = {item["id"]: item for item in found}
    for row in rows.relationships:
        parent = {"id": row["related_taxonomy_item"]}
        by_id[row["taxonomy_item"]]["parent_relationships"].append(
            {"id": row["id"], "related_taxonomy_item": parent}
        )
    return found
