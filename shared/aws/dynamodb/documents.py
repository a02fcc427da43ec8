"""The records of documents, in the same table as the jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.aws.clients import translated
from shared.aws.dynamodb import document_items as own
from shared.aws.dynamodb import job_items
from shared.aws.dynamodb.table import DynamoTable, overdue, query
from shared.documents.model import DocumentGoneError, DocumentRecord, Extraction
from shared.errors import TransientError
from shared.jobs.model import Owner
from shared.jobs.states import FencedError

_SERVICE = "DynamoDB"
_NOT_DELETED = "attribute_not_exists(deleted_at)"
_NOT_DELETED_BY_A_PERSON = f"({_NOT_DELETED} OR attribute_exists(emptied))"
_HELD = "fence = :fence AND attribute_exists(lease_until)"
_FAILED = "ConditionalCheckFailed"


class DynamoDocuments(DynamoTable):
    """See DocumentStore for the contract of every method."""

    def put(self, document: DocumentRecord) -> None:
        """Write the record, unless the document is on its way out."""
        with translated(_SERVICE):
            try:
                self._dynamodb.put_item(
                    TableName=self._table,
                    Item=own.document_to_item(document),
                    ConditionExpression=_NOT_DELETED,
                )
            except self._dynamodb.exceptions.ConditionalCheckFailedException:
                raise DocumentGoneError(document.document_id) from None

    def get(self, document_id: str) -> DocumentRecord | None:
        """Return the record with what was understood, read consistently."""
        document = self._read(document_id)
        return None if document is None or document.expired(self._clock()) else document

    def expired(self, document_id: str) -> DocumentRecord | None:
        """Return a document that has expired and is not removed yet."""
        document = self._read(document_id)
        return document if document is not None and document.expired(self._clock()) else None

    def to_remove(self, now: datetime, limit: int) -> list[str]:
        """Return ids of documents that expired."""
        keys = overdue(self._dynamodb, self._table, job_items.EXPIRED_DOCUMENTS, now, limit)
        return [job_items.id_of(key) for key in keys]

    def deleted(self, now: datetime, limit: int) -> list[str]:
        """Return ids of documents that were deleted."""
        keys = overdue(self._dynamodb, self._table, job_items.DELETED_DOCUMENTS, now, limit)
        return [job_items.id_of(key) for key in keys]

    def delete(self, document_id: str) -> None:
        """Remove what was understood, then the record."""
        for item in self._items(document_id):
            if _is_reading(item):
                self._remove_reading(item)
        self._delete(own.document_key(document_id))

    def begin_deletion(self, document_id: str, now: datetime) -> None:
        """Write the mark once, on a record that is there."""
        if (document := self._read(document_id)) is not None:
            self._mark(document, now, _NOT_DELETED_BY_A_PERSON, emptied=False)

    def mark_emptied(self, document_id: str, now: datetime) -> bool:
        """Write the mark on the record as it was when nothing was understood: a publication changes it."""
        record, readings = self._items_of(document_id)
        if record is None or readings:
            return False
        unchanged, values = "attribute_not_exists(published)", {}
        if "published" in record:
            unchanged, values = "published = :published", {":published": record["published"]}
        document = own.document_from_item(record)
        return self._mark(document, now, f"{_NOT_DELETED} AND {unchanged}", values, emptied=True)

    def publish(self, understood: Extraction, product: DocumentRecord | None = None) -> None:
        """Write what was understood while the job is still its worker's and the document still there."""
        document = product or self._read(understood.document_id)
        if document is None:
            raise DocumentGoneError(understood.document_id)
        writes: list[Any] = [
            {
                "ConditionCheck": {
                    "TableName": self._table,
                    "Key": job_items.job_key(understood.job_id),
                    "ConditionExpression": _HELD,
                    "ExpressionAttributeValues": {":fence": {"N": str(understood.fence)}},
                }
            },
            self._keep(document) if product is None else self._put(own.published_item(document, understood)),
            {"Put": {"TableName": self._table, "Item": own.reading_to_item(understood, document)}},
            {"Put": {"TableName": self._table, "Item": own.content_to_item(understood, document)}},
        ]
        with translated(_SERVICE):
            try:
                self._dynamodb.transact_write_items(TransactItems=writes)
            except self._dynamodb.exceptions.TransactionCanceledException as error:
                reasons = [reason.get("Code") for reason in error.response["CancellationReasons"]]
                if reasons[0] == _FAILED:
                    raise FencedError("another worker has the job") from None
                if reasons[1] == _FAILED:
                    raise DocumentGoneError(understood.document_id) from None
                if "TransactionConflict" in reasons:
                    raise TransientError(
                        "aws-unavailable", "DynamoDB answered TransactionConflict."
                    ) from None
                raise

    def withdraw(self, document_id: str, job_id: str) -> None:
        """Remove what a job has published."""
        with translated(_SERVICE):
            answer = self._dynamodb.get_item(
                TableName=self._table, Key=own.reading_key(document_id, job_id), ConsistentRead=True
            )
        if "Item" in answer:
            self._remove_reading(answer["Item"])

    def same_content(self, owner: Owner, sha256: str, recipe: str) -> list[Extraction]:
        """Look the content up, and keep what the documents themselves still say."""
        found = query(
            self._dynamodb,
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": own.content_partition(owner, sha256, recipe)}},
            ConsistentRead=True,
        )
        same: list[Extraction] = []
        for item in found:
            document = self.get(item["document_id"]["S"])
            job_id = item["sk"]["S"].partition("#")[0]
            same += [one for one in document.readings if one.job_id == job_id] if document else []
        return same

    def _read(self, document_id: str) -> DocumentRecord | None:
        record, readings = self._items_of(document_id)
        return None if record is None else own.document_from_item(record, tuple(readings))

    def _items_of(self, document_id: str) -> tuple[job_items.Item | None, list[Extraction]]:
        record: job_items.Item | None = None
        readings: list[Extraction] = []
        for item in self._items(document_id):
            if _is_reading(item):
                readings.append(own.reading_from_item(item))
            else:
                record = item
        return record, readings

    def _mark(
        self,
        document: DocumentRecord,
        now: datetime,
        condition: str,
        values: job_items.Item | None = None,
        *,
        emptied: bool,
    ) -> bool:
        """Write a mark of deletion where the record is there and as the condition wants it; say if so."""
        marked = replace(document, deleted_at=now, expires_at=now, emptied=emptied)
        said: Any = {"ExpressionAttributeValues": values} if values else {}
        with translated(_SERVICE):
            try:
                self._dynamodb.put_item(
                    TableName=self._table,
                    Item=own.document_to_item(marked),
                    ConditionExpression=f"attribute_exists(pk) AND {condition}",
                    **said,
                )
            except self._dynamodb.exceptions.ConditionalCheckFailedException:
                return False
        return True

    def _items(self, document_id: str) -> Iterator[Any]:
        """Yield the record, then what analyses have understood, the newest last."""
        return query(
            self._dynamodb,
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": own.partition_of(document_id)}},
            ConsistentRead=True,
        )

    def _remove_reading(self, item: Any) -> None:
        """Remove an item of what was understood, after the one that finds it by its content."""
        said = own.reading_from_item(item)
        self._delete(own.content_key(item["content"]["S"], said.document_id, said.job_id))
        self._delete(own.reading_key(said.document_id, said.job_id))

    def _delete(self, key: job_items.Item) -> None:
        with translated(_SERVICE):
            self._dynamodb.delete_item(TableName=self._table, Key=key)

    def _keep(self, document: DocumentRecord) -> dict[str, Any]:
        return {
            "ConditionCheck": {
                "TableName": self._table,
                "Key": own.document_key(document.document_id),
                "ConditionExpression": f"attribute_exists(pk) AND {_NOT_DELETED}",
            }
        }

    def _put(self, item: job_items.Item) -> dict[str, Any]:
        return {"Put": {"TableName": self._table, "Item": item, "ConditionExpression": _NOT_DELETED}}


def _is_reading(item: Mapping[str, Any]) -> bool:
    return str(item["sk"]["S"]).startswith(own.READING)
