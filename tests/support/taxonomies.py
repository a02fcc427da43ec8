"""Taxonomies compared without their ids."""

from __future__ import annotations

from typing import Any

from shared.taxonomy.model import Item


def outline(item: Item) -> tuple[Any, ...]:
    """Return all of an item but its id, and of everything below it."""
    return (
        *(item.name, item.category, item.description, item.data_type, item.unit, item.instruction),
        *(dict(item.labels), dict(item.aliases), dict(item.examples), dict(item.hints)),
        [outline(child) for child in item.children],
    )
