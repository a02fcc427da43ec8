"""A product that Directus holds, with its taxonomies."""

from __future__ import annotations

from shared.taxonomy.model import Category, Item, Taxonomy

LUGGAGE = Item("luggage", "baggage", Category.SEGMENT)


TRAVEL = Taxonomy("t", "1", ("en",), Item("t", "t", Category.PRODUCT, children=(LUGGAGE,)))


OF_UPLOADS = Taxonomy("uploads", "1", (), Item("u", "u", Category.PRODUCT))


TEXT = "We cover your baggage."
