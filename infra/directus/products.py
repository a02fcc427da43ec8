"""Sample products: a policy as text, one as an attached file, and one of another line of business."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from infra.directus.ids import model_id, stable_id
from infra.directus.rest import ALL, Rest, Row

SAMPLES = Path(__file__).parents[2] / "samples"


@dataclass(frozen=True, slots=True)
class SampleProduct:
    """A product whose document is a file of ``samples/``: its text where it is one, else attached."""

    key: str
    name: str
    document: str
    taxonomy: str

    @property
    def product_id(self) -> str:
        """The product's id, the same in every Directus."""
        return stable_id("dcm_product", self.key)


WEEKEND = SampleProduct("weekend", "Helvora Weekend", "small.txt", "travel-insurance")
TRAVEL = SampleProduct("travel", "Helvora Reiseversicherung", "helvora-de.pdf", "travel-insurance")
HOUSEHOLD = SampleProduct(
    "household", "Helvora Household Contents", "helvora-household-en.pdf", "household-contents"
)
PRODUCTS = (WEEKEND, TRAVEL, HOUSEHOLD)


def apply(rest: Rest, samples: Path = SAMPLES) -> int:
    """Bring the sample products and their files to Directus; return how many rows changed."""
    rows, changed = [], 0
    files = {row["id"] for row in rest.get("/files", fields="id", limit=ALL)}
    for product in PRODUCTS:
        content = (samples / product.document).read_bytes()
        row: Row = {
            "id": product.product_id,
            "status": "published",
            "product_name": product.name,
            "domain_context_model": model_id(product.taxonomy),
            "document_reference": product.document,
            "full_text_part": None,
            "document_file": None,
        }
        if product.document.endswith(".txt"):
            row["full_text_part"] = content.decode()
        else:
            # By the content: a sample that changed is another file.
            row["document_file"] = stable_id("file", hashlib.sha256(content).hexdigest())
            if row["document_file"] not in files:
                fields = {"id": row["document_file"], "title": product.name}
                rest.upload(fields, product.document, content, "application/pdf")
                changed += 1
        rows.append(row)
    return changed + rest.store("/items/dcm_product", rows)
