"""Where the document of a job comes from: an upload, pinned at submission, or a product's text."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from shared.errors import PermanentError
from shared.jobs.workflow import Run

if TYPE_CHECKING:
    from shared.directus import Directus


@dataclass(frozen=True, slots=True)
class Original:
    """The stored bytes that a job analyses: their place in the file store, name, type and SHA-256."""

    key: str
    version_id: str
    file_name: str
    media_type: str
    sha256: str

    def to_json(self) -> dict[str, Any]:
        """Return the form that a unit's output keeps."""
        return asdict(self)


def locate(run: Run, directus: Directus | None) -> Original:
    """Find the document of a job; a product's text is copied to the file store, so that it stays the same.

    Raises PermanentError where the job names no document that can be read.
    """
    params = run.params
    if params.get("document_id"):
        return _upload(params)
    if directus is None:
        raise PermanentError(
            "directus-not-configured", "The job names a product, but DIRECTUS_URL is not configured."
        )
    return _product(run, directus)


def read(run: Run, original: Original) -> bytes:
    """Return the document's bytes; raises PermanentError where they are not those that were submitted."""
    data = run.files.get(original.key, original.version_id)
    if hashlib.sha256(data).hexdigest() != original.sha256:
        raise PermanentError(
            "document-changed", "The stored document is not the one that was submitted. Submit it again."
        )
    return data


def _upload(params: Mapping[str, Any]) -> Original:
    return Original(
        key=params["document_key"],
        version_id=params["document_version"],
        file_name=params["file_name"],
        media_type=params["media_type"],
        sha256=params["document_sha256"],
    )


def _product(run: Run, directus: Directus) -> Original:
    """Read the product: its text where it has one, else the attached file."""
    product = directus.product(str(run.params["product_id"]))
    if product.full_text_part:
        data, file_name, media_type = product.full_text_part.encode(), "product.txt", "text/plain"
    elif product.document:
        data, file_name, media_type = directus.download(product.document), "product", ""
    else:
        raise PermanentError(
            "product-without-document",
            "The product has neither a text in full_text_part nor an attached document file.",
        )
    info = run.files.put(run.key("original"), data, media_type or "application/octet-stream")
    return Original(info.key, info.version_id, file_name, media_type, hashlib.sha256(data).hexdigest())
