"""Documents, and what was understood of them, as items of the one table; see ``job_items``.

All of a document lies under its own key: the record, then one item for each analysis that understood it. By
content it is found under a key made of its owner, the bytes and the recipe, so that nobody's documents are
found by others.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from shared.aws.dynamodb.job_items import (
    DELETED_DOCUMENTS,
    EXPIRED_DOCUMENTS,
    Item,
    due_keys,
    expires_at_of,
    json_text,
    kept_until,
    outlived,
    ttl_of,
)
from shared.clock import from_text, to_text
from shared.documents.model import DocumentRecord, Extraction
from shared.jobs.model import Owner

READING = "UNDERSTOOD#"
_TEXTS = ("document_id", "file_name", "media_type", "version_id", "sha256", "case_id")


def partition_of(document_id: str) -> str:
    """Return the partition key of a document."""
    return f"DOCUMENT#{document_id}"


def document_key(document_id: str) -> Item:
    """Return the primary key of a document's record."""
    return {"pk": {"S": partition_of(document_id)}, "sk": {"S": "DOCUMENT"}}


def document_to_item(document: DocumentRecord) -> Item:
    """Return the item of a document, with the key under which it is found once it has expired."""
    removal = document.remove_at
    due = EXPIRED_DOCUMENTS if document.deleted_at is None else DELETED_DOCUMENTS
    item: Item = {
        **document_key(document.document_id),
        **{name: {"S": getattr(document, name)} for name in _TEXTS},
        "owner": json_text(asdict(document.owner)),
        "created_at": {"S": to_text(document.created_at)},
        "size": {"N": str(document.size)},
        **kept_until(document.expires_at),
        **({} if removal is None else due_keys(due, document.document_id, removal)),
        **ttl_of(outlived(document)),
    }
    if document.product_id:
        # Not by the name that the indexes of jobs know.
        item["of_product"] = {"S": document.product_id}
    if document.deleted_at is not None:
        item["deleted_at"] = {"S": to_text(document.deleted_at)}
    if document.emptied:
        item["emptied"] = {"BOOL": True}
    return item


def published_item(document: DocumentRecord, understood: Extraction) -> Item:
    """Return the item of a product's document, changed by each publication so that none goes unnoticed."""
    said = f"{understood.job_id}#{understood.fence}#{to_text(understood.at)}"
    return {**document_to_item(document), "published": {"S": said}}


def document_from_item(item: Mapping[str, Any], readings: tuple[Extraction, ...] = ()) -> DocumentRecord:
    """Read what ``document_to_item`` wrote."""
    return DocumentRecord(
        owner=Owner(**json.loads(item["owner"]["S"])),
        created_at=from_text(item["created_at"]["S"]),
        size=int(item["size"]["N"]),
        product_id=item.get("of_product", {"S": ""})["S"],
        expires_at=expires_at_of(item),
        deleted_at=from_text(item["deleted_at"]["S"]) if "deleted_at" in item else None,
        emptied="emptied" in item,
        readings=readings,
        **{name: item[name]["S"] for name in _TEXTS},
    )


def reading_key(document_id: str, job_id: str) -> Item:
    """Return the primary key of what one job has understood of a document."""
    return {"pk": {"S": partition_of(document_id)}, "sk": {"S": f"{READING}{job_id}"}}


def reading_to_item(understood: Extraction, document: DocumentRecord) -> Item:
    """Return the item of what a job has understood of a document, with the key of its content."""
    said = asdict(understood) | {"at": to_text(understood.at)}
    return {
        **reading_key(understood.document_id, understood.job_id),
        "understood": json_text(said),
        "content": {"S": content_partition(document.owner, understood.sha256, understood.recipe)},
        **ttl_of(outlived(document)),
    }


def reading_from_item(item: Mapping[str, Any]) -> Extraction:
    """Read what ``reading_to_item`` wrote."""
    said = json.loads(item["understood"]["S"])
    return Extraction(**said | {"at": from_text(said["at"]), "ocr_pages": tuple(said["ocr_pages"])})


def content_partition(owner: Owner, sha256: str, recipe: str) -> str:
    """Return the partition key under which an owner's documents of one content are found."""
    scope = json.dumps([owner.key, sha256, recipe])
    return f"CONTENT#{hashlib.sha256(scope.encode()).hexdigest()}"


def content_key(partition: str, document_id: str, job_id: str) -> Item:
    """Return the primary key of one document of a content; the newest analysis sorts last."""
    return {"pk": {"S": partition}, "sk": {"S": f"{job_id}#{document_id}"}}


def content_to_item(understood: Extraction, document: DocumentRecord) -> Item:
    """Return the item that names a document of a content."""
    partition = content_partition(document.owner, understood.sha256, understood.recipe)
    key = content_key(partition, understood.document_id, understood.job_id)
    return {**key, "document_id": {"S": understood.document_id}, **ttl_of(outlived(document))}
