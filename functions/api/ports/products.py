"""The products of a Directus, as its users see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from shared.errors import ClauseworksError

DIRECTUS_ISSUER = "directus"


class ProductNotFoundError(ClauseworksError):
    """The product is not there, or not for this caller."""

    status = 404

    def __init__(self) -> None:
        super().__init__("product-not-found", "Directus has no such product, or does not show it to you.")


@dataclass(frozen=True, slots=True)
class ListedProduct:
    """A product as a list shows it; what Directus does not say is empty."""

    product_id: str
    name: str
    document_reference: str


class Products(Protocol):
    """The products of a Directus, as its users see them."""

    def name_of(self, product_id: str, token: str) -> str:
        """Return the name of a product that the token's user may read; empty where it is hidden.

        Raises ProductNotFoundError, AuthError for a token that Directus refuses, TransientError.
        """
        ...

    def named(self, query: str, token: str, *, limit: int, offset: int) -> list[ListedProduct]:
        """Return up to ``limit`` products that the token's user may read, by name, after ``offset`` others.

        Their names have every word of ``query`` in them, whatever its case; or it is a product's id.
        Raises ForbiddenError where that user may not read names, AuthError, PermanentError, TransientError.
        """
        ...

    def validate(self, collection: str, row_id: str, token: str, *, validated: bool) -> bool:
        """Set or clear ``validated_by_human`` of a seeded row with the token's rights; False without the row.

        Raises AuthError where Directus refuses the token, ForbiddenError where it refuses the change,
        PermanentError, TransientError.
        """
        ...
