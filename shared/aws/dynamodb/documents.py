"""The records of documents, in the same table as the jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.aws.dynamodb import document_items as codec
from shared.aws.dynamodb import keys
from shared.aws.dynamodb.table import DynamoTable, check, put
from shared.aws.dynamodb.values import Item
from shared.documents.model import DocumentGoneError, DocumentRecord, Extraction
from shared.jobs.model import Owner
from shared.jobs.states import FencedError

NOT_DELETED = "attribute_not_exists(deleted_at)"
_NOT_DELETED_BY_A_PERSON = f"({NOT_DELETED} OR attribute_exists(emptied))"


class DynamoDocuments(DynamoTable):
    """See DocumentStore for the contract of every method."""

    def put(self, document: DocumentRecord) -> None:
        """Write the record, unless the document is on its way out."""
        if not self._put(codec.document_to_item(document), NOT_DELETED):
            raise DocumentGoneError(document.document_id)

    def get(self, document_id: str) -> DocumentRecord | None:
        """Return the record with what was extracted, read consistently."""
        document = self._read(document_id)
        return None if document is None or document.expired(self._clock()) else document

    def expired(self, document_id: str) -> DocumentRecord | None:
        """Return a document that has expired and is not removed yet."""
        document = self._read(document_id)
        return document if document is not None and document.expired(self._clock()) else None

    def to_remove(self, now: datetime, limit: int) -> list[str]:
        """Return ids of documents that expired."""
        return self._overdue_ids(keys.DueList.EXPIRED_DOCUMENTS, now, limit)

    def deleted(self, now: datetime, limit: int) -> list[str]:
        """Return ids of documents that were deleted."""
        return self._overdue_ids(keys.DueList.DELETED_DOCUMENTS, now, limit)

    def delete(self, document_id: str) -> None:
        """Remove what was extracted, then the record."""
        for item in self._partition(keys.document(document_id)):
            if _is_extraction(item):
                self._remove_extraction(item)
        self._delete(keys.document(document_id))

    def begin_deletion(self, document_id: str, now: datetime) -> None:
        """Write the mark once, on a record that is there."""
        if (document := self._read(document_id)) is not None:
            marked = replace(document, deleted_at=now, expires_at=now, emptied=False)
            self._mark(marked, _NOT_DELETED_BY_A_PERSON)

    def mark_emptied(self, document_id: str, now: datetime) -> bool:
        """Write the mark on the record as it was when nothing was extracted: a publication changes it."""
        record, extractions = self._items_of(document_id)
        if record is None or extractions:
            return False
        document = codec.document_from_item(record)
        marked = replace(document, deleted_at=now, expires_at=now, emptied=True)
        if "published" not in record:
            return self._mark(marked, f"{NOT_DELETED} AND attribute_not_exists(published)")
        unchanged = f"{NOT_DELETED} AND published = :published"
        return self._mark(marked, unchanged, published=record["published"])

    def publish(self, understood: Extraction, product: DocumentRecord | None = None) -> None:
        """Write what was extracted while the job is still its worker's and the document still there."""
        document = product or self._read(understood.document_id)
        if document is None:
            raise DocumentGoneError(understood.document_id)
        if product is None:
            kept = check(keys.document(document.document_id), f"attribute_exists(pk) AND {NOT_DELETED}")
        else:
            kept = put(codec.published_item(document, understood), NOT_DELETED)
        failed = self._transact(
            check(
                keys.job(understood.job_id),
                "fence = :fence AND attribute_exists(lease_until)",
                fence=understood.fence,
            ),
            kept,
            put(codec.extraction_to_item(understood, document)),
            put(codec.content_to_item(understood, document)),
        )
        if failed == 0:
            raise FencedError("another worker has the job")
        if failed is not None:
            raise DocumentGoneError(understood.document_id)

    def withdraw(self, document_id: str, job_id: str) -> None:
        """Remove what a job has published."""
        if (item := self._get(keys.extraction(document_id, job_id))) is not None:
            self._remove_extraction(item)

    def same_content(self, owner: Owner, sha256: str, recipe: str) -> list[Extraction]:
        """Look the content up, and keep what the documents themselves still say."""
        partition = keys.content_partition(owner, sha256, recipe)
        same: list[Extraction] = []
        for item in self._partition(keys.content(partition, "", "")):
            document = self.get(item["document_id"])
            job_id = item["sk"].partition("#")[0]
            same += (
                [reading for reading in document.extractions if reading.job_id == job_id] if document else []
            )
        return same

    def _read(self, document_id: str) -> DocumentRecord | None:
        record, extractions = self._items_of(document_id)
        return None if record is None else codec.document_from_item(record, tuple(extractions))

    def _items_of(self, document_id: str) -> tuple[Item | None, list[Extraction]]:
        """Return the record, and what analyses have extracted, the newest last."""
        record: Item | None = None
        extractions: list[Extraction] = []
        for item in self._partition(keys.document(document_id)):
            if _is_extraction(item):
                extractions.append(codec.extraction_from_item(item))
            else:
                record = item
        return record, extractions

    def _mark(self, marked: DocumentRecord, condition: str, **values: Any) -> bool:
        """Mark a record that is there, and is as the condition wants it, as deleted; return whether."""
        return self._put(codec.document_to_item(marked), f"attribute_exists(pk) AND {condition}", **values)

    def _remove_extraction(self, item: Item) -> None:
        """Remove an item of what was extracted, after the one that finds it by its content."""
        extraction = codec.extraction_from_item(item)
        self._delete(keys.content(item["content"], extraction.job_id, extraction.document_id))
        self._delete(keys.extraction(extraction.document_id, extraction.job_id))


def _is_extraction(item: Mapping[str, Any]) -> bool:
    return str(item["sk"]).startswith(keys.EXTRACTIONS)
