"""The products that a caller may see: Directus decides, asked with the caller's own token."""

from __future__ import annotations

from dataclasses import dataclass

from functions.api.http.problems import RequestError
from functions.api.ports.products import DIRECTUS_ISSUER, ListedProduct, Products
from shared.auth import Caller, ForbiddenError


@dataclass(frozen=True, slots=True)
class ProductGate:
    """Lets one caller through to the products that their token shows them.

    Directus does not know tokens of other issuers: the holder of the secret answers for them.
    """

    products: Products | None
    caller: Caller
    token: str

    def require(self, product_id: str) -> str:
        """Return a product's name, empty where it cannot be known.

        Raises what Products does where Directus is set up and has issued the token.
        """
        if self.products is None or self.caller.issuer != DIRECTUS_ISSUER:
            return ""
        return self.products.name_of(product_id, self.token)

    def named(self, query: str, limit: int, offset: int) -> list[ListedProduct]:
        """See Products.named; raises RequestError without a Directus, ForbiddenError for tokens of others."""
        if self.products is None:
            raise RequestError(
                "directus-not-configured", "This deployment knows no Directus (DIRECTUS_URL).", status=404
            )
        if self.caller.issuer != DIRECTUS_ISSUER:
            raise ForbiddenError(
                "Products are listed for tokens that Directus has issued: sign in through POST /auth/login."
            )
        return self.products.named(query, self.token, limit=limit, offset=offset)
