"""Where the document of a job comes from: an upload, pinned at submission, or a product's text or file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from shared.directus import MAX_DOWNLOAD
from shared.documents.model import safe_file_name
from shared.errors import PermanentError
from shared.files import keys
from shared.jobs.workflow import Run

if TYPE_CHECKING:
    from shared.directus import Directus, Product


@dataclass(frozen=True, slots=True)
class SourceFile:
    """The stored bytes that a job analyses: their place in the file store, name, type and SHA-256."""

    key: str
    version_id: str
    file_name: str
    media_type: str
    sha256: str

    def to_json(self) -> dict[str, Any]:
        """Return the form that a unit's output keeps."""
        return asdict(self)


def read_product(run: Run, directus: Directus | None) -> Product | None:
    """Return the product that a job names, None where it names an upload.

    Raises PermanentError where there is no Directus, no such product, or no model whose taxonomy applies.
    """
    if run.params.get("document_id"):
        return None
    if directus is None:
        raise PermanentError(
            "directus-not-configured", "The job names a product, but DIRECTUS_URL is not configured."
        )
    product = directus.product(str(run.params["product_id"]))
    if not product.domain_context_model:
        raise PermanentError(
            "product-without-model",
            "The product names no domain context model, so that no taxonomy applies. Set its field "
            "domain_context_model in Directus.",
        )
    return product


def locate(run: Run, product: Product | None, directus: Directus | None) -> SourceFile:
    """Find the document of a job; a product's is copied to the file store, so that it stays the same.

    A product's text counts before its attached file. Raises PermanentError where there is neither, or a
    file that cannot be had.
    """
    if product is None or directus is None:
        return _upload(run.params)
    if product.full_text_part.strip():
        return _keep(run, product.full_text_part.encode(), "product.txt", "text/plain")
    if product.document:
        return _attached(run, directus, product.document)
    raise PermanentError(
        "product-without-document",
        "The product has neither a text in full_text_part nor an attached document file.",
    )


def read(run: Run, original: SourceFile) -> bytes:
    """Return the document's bytes; raises PermanentError where they are not those that were submitted."""
    data = run.files.get(original.key, original.version_id)
    if hashlib.sha256(data).hexdigest() != original.sha256:
        raise PermanentError(
            "document-changed", "The stored document is not the one that was submitted. Submit it again."
        )
    return data


def _upload(params: Mapping[str, Any]) -> SourceFile:
    return SourceFile(
        key=params["document_key"],
        version_id=params["document_version"],
        file_name=params["file_name"],
        media_type=params["media_type"],
        sha256=params["document_sha256"],
    )


def _attached(run: Run, directus: Directus, file_id: str) -> SourceFile:
    """Copy the file attached to a product; its size is looked at before it is fetched, and while."""
    file = directus.file(file_id)
    if file.size > MAX_DOWNLOAD:
        raise PermanentError(
            "file-too-large", f"The file attached to the product is over {MAX_DOWNLOAD} bytes."
        )
    return _keep(run, directus.download(file.id), safe_file_name(file.name), file.media_type)


def _keep(run: Run, data: bytes, file_name: str, media_type: str) -> SourceFile:
    info = run.files.put(run.key(keys.SOURCE_FILE), data, media_type or "application/octet-stream")
    # The key carries the fence, so no other version will be written there.
    return SourceFile(info.key, "", file_name, media_type, hashlib.sha256(data).hexdigest())
