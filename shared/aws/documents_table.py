"""The records of uploaded documents, in the same table as the jobs."""

from __future__ import annotations

from datetime import datetime

from shared.aws import codec
from shared.aws.clients import translated
from shared.aws.queries import overdue
from shared.aws.table import Table
from shared.documents import Document

_SERVICE = "DynamoDB"


class DynamoDocuments(Table):
    """See DocumentStore for the contract of every method."""

    def put(self, document: Document) -> None:
        """Write the record."""
        with translated(_SERVICE):
            self._dynamodb.put_item(TableName=self._table, Item=codec.document_to_item(document))

    def get(self, document_id: str) -> Document | None:
        """Return the record, read consistently."""
        document = self._read(document_id)
        return None if document is None or document.expired(self._clock()) else document

    def expired(self, document_id: str) -> Document | None:
        """Return a document that has expired and is not removed yet."""
        document = self._read(document_id)
        return document if document is not None and document.expired(self._clock()) else None

    def to_remove(self, now: datetime, limit: int) -> list[str]:
        """Return ids of documents to be removed."""
        keys = overdue(self._dynamodb, self._table, codec.EXPIRED_DOCUMENTS, now, limit)
        return [codec.id_of(key) for key in keys]

    def delete(self, document_id: str) -> None:
        """Remove the record."""
        with translated(_SERVICE):
            self._dynamodb.delete_item(TableName=self._table, Key=codec.document_key(document_id))

    def _read(self, document_id: str) -> Document | None:
        with translated(_SERVICE):
            answer = self._dynamodb.get_item(
                TableName=self._table, Key=codec.document_key(document_id), ConsistentRead=True
            )
        item = answer.get("Item")
        return None if item is None else codec.document_from_item(item)
