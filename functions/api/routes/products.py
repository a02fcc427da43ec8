"""Products of Directus, to choose from."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from functions.api.http import cursors
from functions.api.http.openapi import problem_responses
from functions.api.http.security import GuardedRoute
from functions.api.routes.dependencies import ProductGateDep

router = APIRouter(tags=["Jobs"], route_class=GuardedRoute)


class ProductFilters(BaseModel):
    """Which products to list."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    query: str = Field("", max_length=200, description="Words that the name has in it, or a product's id.")
    limit: int = Field(20, ge=1, le=100)
    cursor: str = Field("", max_length=128, description="next_cursor of the page before.")


class ProductView(BaseModel):
    """A product that can be analysed."""

    product_id: str
    product_name: str | None
    document_reference: str | None


class ProductList(BaseModel):
    """One page of products, by name."""

    products: list[ProductView]
    next_cursor: str | None = Field(description="Pass it as cursor to get the next page; null on the last.")


@router.get("/products", responses=problem_responses(401, 403, 404, 422, 503))
def list_products(filters: Annotated[ProductFilters, Query()], gate: ProductGateDep) -> ProductList:
    """List the products of Directus that your token shows you, to be analysed by their product_id."""
    offset = cursors.read_offset(filters.cursor)
    # One more than the page holds shows whether there are more.
    products = gate.named(filters.query, filters.limit + 1, offset)
    shown = products[: filters.limit]
    return ProductList(
        products=[
            ProductView(
                product_id=product.product_id,
                product_name=product.name or None,
                document_reference=product.document_reference or None,
            )
            for product in shown
        ],
        next_cursor=cursors.write_offset(offset + len(shown)) if len(products) > len(shown) else None,
    )
