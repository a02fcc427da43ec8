"""Documents, and what was extracted of them, as items of the one table.

All of a document lies under its own key: the record, then one item for each analysis that has extracted it.
By content it is found under a key made of its owner, the bytes and the recipe, so that no owner finds
another's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from shared.aws.dynamodb import expiry, keys
from shared.aws.dynamodb.job_items import json_text
from shared.aws.dynamodb.values import Item
from shared.clock import from_text, to_text
from shared.documents.model import DocumentRecord, Extraction
from shared.jobs.model import Owner

_TEXTS = ("document_id", "file_name", "media_type", "version_id", "sha256", "case_id")


def document_to_item(document: DocumentRecord) -> Item:
    """Return the item of a document, with the key under which it is found once it has expired."""
    item: Item = {
        **keys.document(document.document_id),
        **{name: getattr(document, name) for name in _TEXTS},
        "owner": json_text(asdict(document.owner)),
        "created_at": to_text(document.created_at),
        "size": document.size,
        # Not by the name that the indexes of jobs know.
        "of_product": document.product_id or None,
        "deleted_at": expiry.optional_text(document.deleted_at),
        "emptied": document.emptied or None,
        "kept_until": expiry.optional_text(document.expires_at),
        "expires_at": expiry.outlived(document),
    }
    if document.remove_at is not None:
        deleted = document.deleted_at is not None
        due = keys.DueList.DELETED_DOCUMENTS if deleted else keys.DueList.EXPIRED_DOCUMENTS
        item |= expiry.due_keys(due, document.document_id, document.remove_at)
    return item


def published_item(document: DocumentRecord, extraction: Extraction) -> Item:
    """Return the item of a product's document, changed by each publication so that none goes unnoticed."""
    published = f"{extraction.job_id}#{extraction.fence}#{to_text(extraction.at)}"
    return {**document_to_item(document), "published": published}


def document_from_item(item: Mapping[str, Any], extractions: tuple[Extraction, ...] = ()) -> DocumentRecord:
    """Read what ``document_to_item`` wrote."""
    return DocumentRecord(
        owner=Owner(**json.loads(item["owner"])),
        created_at=from_text(item["created_at"]),
        size=item["size"],
        product_id=item.get("of_product", ""),
        expires_at=expiry.kept_until(item),
        deleted_at=expiry.optional_time(item, "deleted_at"),
        emptied="emptied" in item,
        extractions=extractions,
        **{name: item[name] for name in _TEXTS},
    )


def extraction_to_item(extraction: Extraction, document: DocumentRecord) -> Item:
    """Return the item of what a job has extracted of a document, with the key of its content."""
    fields = asdict(extraction) | {"at": to_text(extraction.at)}
    return {
        **keys.extraction(extraction.document_id, extraction.job_id),
        "understood": json_text(fields),
        "content": keys.content_partition(document.owner, extraction.sha256, extraction.recipe),
        "expires_at": expiry.outlived(document),
    }


def extraction_from_item(item: Mapping[str, Any]) -> Extraction:
    """Read what ``extraction_to_item`` wrote."""
    fields = json.loads(item["understood"])
    return Extraction(**fields | {"at": from_text(fields["at"]), "ocr_pages": tuple(fields["ocr_pages"])})


def content_to_item(extraction: Extraction, document: DocumentRecord) -> Item:
    """Return the item that names a document of a content."""
    partition = keys.content_partition(document.owner, extraction.sha256, extraction.recipe)
    return {
        **keys.content(partition, extraction.job_id, extraction.document_id),
        "document_id": extraction.document_id,
        "expires_at": expiry.outlived(document),
    }
