"""What is read from Directus, as typed values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PRODUCTS = "dcm_product"

_FILE_FIELD = "document_file"


@dataclass(frozen=True, slots=True)
class Product:
    """A row of ``dcm_product``; a field that is null in Directus is an empty string here.

    ``document`` names the attached document below ``/assets``, ``domain_context_model`` is the id of the
    model whose taxonomy applies.
    """

    id: str
    product_name: str
    full_text_part: str
    document: str
    domain_context_model: str
    document_reference: str

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Product:
        """Read a row, whether its relations came as ids or as nested rows."""
        return cls(
            id=reference(row["id"]),
            product_name=reference(row.get("product_name")),
            full_text_part=reference(row.get("full_text_part")),
            document=reference(row.get(_FILE_FIELD)),
            domain_context_model=reference(row.get("domain_context_model")),
            document_reference=reference(row.get("document_reference")),
        )


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What Directus knows of a file: the name it was uploaded under, its type, its size in bytes.

    The size is 0 where Directus does not know it.
    """

    id: str
    name: str
    media_type: str
    size: int

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> StoredFile:
        """Read a row of ``/files``."""
        return cls(
            id=reference(row["id"]),
            name=reference(row.get("filename_download")),
            media_type=reference(row.get("type")),
            size=int(row.get("filesize") or 0),
        )


def reference(value: object) -> str:
    """Return a scalar as text, a nested row as its id, and null as an empty string."""
    if isinstance(value, Mapping):
        value = value.get("id")
    return "" if value is None else str(value)
