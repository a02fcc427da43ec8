"""The products of a Directus, asked with the caller's own token."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from functions.api.ports.products import ListedProduct, ProductNotFoundError
from shared.auth import AuthError, ForbiddenError
from shared.directus.rows import VALIDATED
from shared.errors import ClauseworksError, PermanentError
from shared.ids import is_uuid

if TYPE_CHECKING:
    from shared.directus import Directus


TIMEOUT_SECONDS = 5.0
NAME, REFERENCE = "product_name", "document_reference"


class DirectusProducts:
    """The products of the Directus at ``url``; all callers share its connections."""

    def __init__(self, url: str) -> None:
        self._url = url

    def name_of(self, product_id: str, token: str) -> str:
        """See Products."""
        from shared.directus import PRODUCTS, DirectusNotFoundError

        directus = self._directus.speaking_as(token)
        with _refusals(ProductNotFoundError()):
            try:
                row = directus.item(PRODUCTS, product_id, ("id", NAME))
            except DirectusNotFoundError:
                # Or it may be seen, and its name not.
                row = directus.item(PRODUCTS, product_id, ("id",))
        return str(row.get(NAME) or "")

    def named(self, query: str, token: str, *, limit: int, offset: int) -> list[ListedProduct]:
        """See Products."""
        from shared.directus import PRODUCTS

        hidden = ForbiddenError(
            "Directus does not let you read the names of products. Name one by its id, or ask whoever "
            f"runs Directus for the right to read {NAME} and {REFERENCE} of {PRODUCTS}."
        )
        with _refusals(hidden):
            rows = self._directus.speaking_as(token).page(
                PRODUCTS,
                _with_words(query),
                ("id", NAME, REFERENCE),
                sort=(NAME, "id"),
                limit=limit,
                offset=offset,
            )
        return [
            ListedProduct(str(row["id"]), str(row.get(NAME) or ""), str(row.get(REFERENCE) or ""))
            for row in rows
        ]

    def validate(self, collection: str, row_id: str, token: str, *, validated: bool) -> bool:
        """See Products."""
        from shared.directus import DirectusNotFoundError

        directus = self._directus.speaking_as(token)
        with _refusals(ForbiddenError("Directus does not let you change the row.")):
            try:
                directus.item(collection, row_id, ("id",))
            except DirectusNotFoundError:
                return False
            # Directus says of a change that it refuses what it says of a row that is not there: this one is.
            directus.update(collection, [{"id": row_id, VALIDATED: validated}])
        return True

    def close(self) -> None:
        """Close the connections."""
        self._directus.close()

    @cached_property
    def _directus(self) -> Directus:
        """The client; the waits are short, since somebody waits for the answer."""
        from shared.directus import Directus, RetryPolicy

        policy = RetryPolicy(attempts=2, base=0.2, cap=0.2, patience=1.0)
        return Directus(self._url, "", policy=policy, timeout=TIMEOUT_SECONDS)


@contextmanager
def _refusals(hidden: ClauseworksError) -> Iterator[None]:
    """Turn what Directus refuses into our errors: raise ``hidden`` for what it does not show or allow.

    A refused token is AuthError, and whatever the caller could not mend an internal error.
    """
    from shared.directus import DirectusNotFoundError, DirectusTokenError

    try:
        yield
    except DirectusNotFoundError:
        raise hidden from None
    except DirectusTokenError:
        raise AuthError("token-refused", "Directus does not accept the token; get a new one.") from None
    except PermanentError as error:
        # Problems of this very type are shown as internal errors.
        raise PermanentError(error.code, error.detail) from error


def _with_words(query: str) -> dict[str, Any]:
    """Return the filter of Directus for products whose name has these words, or whose id this is."""
    text = query.strip()
    if is_uuid(text.lower()):
        return {"id": {"_eq": text.lower()}}
    return {"_and": [{NAME: {"_icontains": word}} for word in text.split()]} if text else {}
