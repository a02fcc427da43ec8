"""The port of seeded rows, and its adapter for Directus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from shared.directus import PRODUCTS, Directus, DirectusNotFoundError
from shared.directus.model import reference
from shared.directus.rows import BENEFITS, SEGMENTS, VALIDATED, ProductRows, SeededRow, of_product

_QUERY = Path(__file__).with_name("product_rows.graphql")


class SeededRows(Protocol):
    """Where analyses were seeded to. Every method may raise TransientError and PermanentError."""

    def exists(self, product_id: str) -> bool:
        """Say whether the product is there."""
        ...

    def read(self, product_id: str) -> ProductRows:
        """Return every row of the product, as it is now."""
        ...

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Remove rows; those already gone are no error."""
        ...


class DirectusRows:
    """Seeded rows in Directus: one query reads a product, one request a batch removes rows."""

    def __init__(self, directus: Directus) -> None:
        self._directus = directus

    def exists(self, product_id: str) -> bool:
        """See SeededRows; a product that the token may not see counts as missing."""
        try:
            self._directus.item(PRODUCTS, product_id, ("id",))
        except DirectusNotFoundError:
            return False
        return True

    def read(self, product_id: str) -> ProductRows:
        """See SeededRows."""
        lists = self._directus.graphql_rows(_QUERY.read_text(encoding="utf-8"), of_product(product_id))
        return ProductRows({name: [_seeded_row(row) for row in rows] for name, rows in lists.items()})

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """See SeededRows."""
        self._directus.delete(collection, ids)


def _seeded_row(row: Mapping[str, Any]) -> SeededRow:
    return SeededRow(
        id=reference(row["id"]),
        validated=bool(row.get(VALIDATED)),
        segment=reference(row.get(SEGMENTS)),
        benefit=reference(row.get(BENEFITS)),
    )
