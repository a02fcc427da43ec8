"""The records of uploaded documents, in the same table as the jobs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from shared.aws import codec
from shared.aws.clients import client, translated
from shared.aws.queries import overdue
from shared.clock import Clock, utc_now
from shared.documents import Document

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_SERVICE = "DynamoDB"


class DynamoDocuments:
    """See DocumentStore for the contract of every method."""

    def __init__(self, table: str, endpoint_url: str = "", clock: Clock = utc_now) -> None:
        self._table = table
        self._endpoint_url = endpoint_url
        self._clock = clock

    @property
    def _dynamodb(self) -> DynamoDBClient:
        return client("dynamodb", self._endpoint_url)  # type: ignore[no-any-return]

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
