"""The answer to a comparison of products."""

from __future__ import annotations

from pydantic import BaseModel, Field

from shared.findings.comparison import Comparison


class ComparedProduct(BaseModel):
    """One of the products that are compared, as its analysis knows it."""

    job_id: str
    product_id: str | None
    document_id: str | None
    file_name: str | None
    product_name: str | None
    engine: str
    completed_at: str | None


class ComparisonView(BaseModel):
    """Products side by side; every row has one entry a product, in the order of ``products``."""

    taxonomy: str = Field(description="Name and version of the taxonomy that all were analysed with.")
    products: list[ComparedProduct]
    comparison: Comparison
