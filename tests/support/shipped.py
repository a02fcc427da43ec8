"""What the product ships, read once a process; tests do not change it."""

from __future__ import annotations

from functools import cache

from infra.local.paths import CHECKOUT
from infra.local.template import Json, load_template
from shared.directus.taxonomy_rows import TaxonomyRows, rows_of
from shared.taxonomy.model import Taxonomy
from shared.taxonomy.reader import load_taxonomy


@cache
def template() -> Json:
    """Return ``template.yaml`` with its short forms written out."""
    return load_template(CHECKOUT / "template.yaml")


@cache
def taxonomy(name: str) -> Taxonomy:
    """Return a taxonomy that comes with the product."""
    return load_taxonomy(name)


@cache
def taxonomy_rows(name: str, model: str) -> TaxonomyRows:
    """Return a shipped taxonomy as Directus keeps it below one model."""
    return rows_of(taxonomy(name), model)
