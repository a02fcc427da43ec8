"""A shipped taxonomy brought to Directus, with a domain context model of its own."""

from __future__ import annotations

from infra.directus.ids import model_id
from infra.directus.rest import ALL, Rest, Row
from shared.directus.taxonomy_rows import rows_of
from shared.taxonomy.model import Taxonomy

RELATIONSHIPS = "/items/taxonomy_item_relationships"


def apply(rest: Rest, taxonomy: Taxonomy) -> int:
    """Add the rows that are missing, mend those that differ; return how many rows changed."""
    model = model_id(taxonomy.name)
    rows = rows_of(taxonomy, model)
    described: Row = {"id": model, "status": "published", "name": taxonomy.name}
    changed = rest.store(
        "/items/domain_context_model", [{**described, "description": taxonomy.root.description}]
    )
    changed += rest.store("/items/taxonomy_items", rows.items)
    changed += rest.store(RELATIONSHIPS, rows.relationships)
    return changed + _remove_repeated(rest, rows.relationships)


def _remove_repeated(rest: Rest, relationships: list[Row]) -> int:
    """Remove what an earlier version of the taxonomy placed under another id."""
    fields = ("id", "taxonomy_item", "related_taxonomy_item")
    ours = {row["id"] for row in relationships}
    places = {(row["taxonomy_item"], row["related_taxonomy_item"]) for row in relationships}
    there = rest.get(RELATIONSHIPS, fields=",".join(fields), limit=ALL)
    repeated = [
        row["id"]
        for row in there
        if row["id"] not in ours and (row["taxonomy_item"], row["related_taxonomy_item"]) in places
    ]
    if repeated:
        rest.delete(RELATIONSHIPS, repeated)
    return len(repeated)
