"""What a new Directus gets: schema, access, the shipped taxonomies, sample products. May be repeated."""

from __future__ import annotations

from dataclasses import dataclass

from infra.directus import access, products, schema, taxonomy
from infra.directus.rest import Rest
from shared.taxonomy.reader import load_taxonomy, shipped_taxonomies


@dataclass(frozen=True, slots=True)
class Changes:
    """How much was added or mended; all zero where everything was there."""

    schema: int
    access: int
    taxonomy: int
    products: int


def bootstrap(url: str, admin_token: str, worker_token: str) -> Changes:
    """Bring the Directus at ``url`` up to date; rows of others are left alone. Raises LocalError."""
    with Rest(url, admin_token) as rest:
        return Changes(
            schema=schema.apply(rest, schema.load()),
            access=access.apply(rest, worker_token),
            taxonomy=sum(taxonomy.apply(rest, load_taxonomy(name)) for name in shipped_taxonomies()),
            products=products.apply(rest),
        )
