"""May the caller see a product? Directus answers that itself, asked with the caller's own token."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Protocol

from fastapi import Depends, Request

from functions.api.security import CallerDep, ServicesDep, token_of
from shared.auth import AuthError, Caller
from shared.errors import ClauseworksError, PermanentError
from shared.seeded_rows import VALIDATED

if TYPE_CHECKING:
    from shared.directus import Directus

DIRECTUS_ISSUER = "directus"
TIMEOUT_SECONDS = 5.0


class ProductNotFoundError(ClauseworksError):
    """The product is not there, or not for this caller."""

    status = 404

    def __init__(self) -> None:
        super().__init__("product-not-found", "Directus has no such product, or does not show it to you.")


class Products(Protocol):
    """The products of a Directus, as its users see them."""

    def require_visible(self, product_id: str, token: str) -> None:
        """Return where the token's user may read the product.

        Raises ProductNotFoundError, AuthError for a token that Directus refuses, TransientError.
        """
        ...

    def validate(self, collection: str, row_id: str, token: str, *, validated: bool) -> bool:
        """Set or clear ``validated_by_human`` of a seeded row with the token's rights; False without the row.

        Raises AuthError where Directus refuses the token or the change, PermanentError, TransientError.
        """
        ...


class DirectusProducts:
    """The products of the Directus at ``url``; all callers share its connections."""

    def __init__(self, url: str) -> None:
        self._url = url

    def require_visible(self, product_id: str, token: str) -> None:
        """See Products."""
        from shared.directus import PRODUCTS, DirectusNotFoundError, DirectusTokenError

        try:
            self._directus.speaking_as(token).item(PRODUCTS, product_id, ("id",))
        except DirectusNotFoundError:
            raise ProductNotFoundError from None
        except DirectusTokenError:
            raise AuthError("token-refused", "Directus does not accept the token; get a new one.") from None
        except PermanentError as error:
            # Nothing that the caller could mend: problems of this very type are told as internal errors.
            raise PermanentError(error.code, error.detail) from error

    def validate(self, collection: str, row_id: str, token: str, *, validated: bool) -> bool:
        """See Products."""
        from shared.directus import DirectusNotFoundError, DirectusTokenError

        directus = self._directus.speaking_as(token)
        try:
            # A change of a row that is not there would be refused as one that is not allowed.
            directus.item(collection, row_id, ("id",))
            directus.update(collection, [{"id": row_id, VALIDATED: validated}])
        except DirectusNotFoundError:
            return False
        except DirectusTokenError:
            raise AuthError("token-refused", "Directus does not accept the token; get a new one.") from None
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


@dataclass(frozen=True, slots=True)
class ProductGate:
    """Lets one caller through to the products that their token shows them.

    Tokens of other issuers are none that Directus knows: whoever holds the secret answers for them.
    """

    products: Products | None
    caller: Caller
    token: str

    def require(self, product_id: str) -> None:
        """Raise what Products does where Directus is set up and has issued the token."""
        if self.products is not None and self.caller.issuer == DIRECTUS_ISSUER:
            self.products.require_visible(product_id, self.token)


def _gate(request: Request, caller: CallerDep, services: ServicesDep) -> ProductGate:
    return ProductGate(services.products, caller, token_of(request))


ProductGateDep = Annotated[ProductGate, Depends(_gate)]
