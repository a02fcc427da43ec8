"""The shelf on DynamoDB, in the same table as the jobs: a partition an owner, an item a document."""

from __future__ import annotations

import json
import random
import time
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from shared.aws.clients import translated
from shared.aws.dynamodb import job_items
from shared.aws.dynamodb.document_items import document_key
from shared.aws.dynamodb.table import DynamoTable, query
from shared.clock import from_text, to_text
from shared.documents.model import DocumentGoneError
from shared.errors import TransientError
from shared.jobs.model import Owner
from shared.jobs.states import FencedError
from shared.search.index import IndexEntry, SupersededError

_SERVICE = "DynamoDB"
_FAILED = "ConditionalCheckFailed"
_TEXTS = (
    "document_id",
    "job_id",
    "source_job_id",
    "model",
    "language",
    "file_name",
    "product_id",
    "case_id",
)
# Indexes of one owner that are finished at the same moment meet at the owner's counter.
_TRIES = 8
_PAUSE = 0.1
_NET = timedelta(days=7)


class DynamoSearchIndex(DynamoTable):
    """See Shelf for the contract of every method."""

    def put(self, entry: IndexEntry) -> IndexEntry | None:
        """Write the entry and count, while the claim holds and the document is there."""
        writes: list[Any] = [
            self._check(
                job_items.job_key(entry.job_id),
                "fence = :fence AND attribute_exists(lease_until)",
                {":fence": {"N": str(entry.fence)}},
            ),
            self._check(
                document_key(entry.document_id),
                "attribute_exists(pk) AND attribute_not_exists(deleted_at)",
            ),
            {
                "Put": {
                    "TableName": self._table,
                    "Item": _to_item(entry),
                    "ConditionExpression": "attribute_not_exists(pk) OR source_job_id <= :source",
                    "ExpressionAttributeValues": {":source": {"S": entry.source_job_id}},
                }
            },
            self._count(entry.owner),
        ]
        earlier = self.find(entry.owner, entry.document_id)
        failed = self._write(writes)
        if failed == 0:
            raise FencedError("another worker has the job")
        if failed == 1:
            raise DocumentGoneError(entry.document_id)
        if failed is not None:
            raise SupersededError(entry.document_id)
        return earlier

    def remove(self, owner: Owner, document_id: str, job_id: str = "") -> None:
        """Remove the item and count."""
        delete: dict[str, Any] = {
            "TableName": self._table,
            "Key": _key(owner, f"DOCUMENT#{document_id}"),
            "ConditionExpression": "attribute_exists(pk)",
        }
        if job_id:
            delete["ConditionExpression"] = "job_id = :job"
            delete["ExpressionAttributeValues"] = {":job": {"S": job_id}}
        self._write([{"Delete": delete}, self._count(owner)])

    def find(self, owner: Owner, document_id: str) -> IndexEntry | None:
        """Read one item consistently."""
        item = self._get(owner, f"DOCUMENT#{document_id}")
        return None if item is None else _from_item(item)

    def version(self, owner: Owner) -> int:
        """Read the counter consistently."""
        item = self._get(owner, "VERSION")
        return 0 if item is None else int(item["number"]["N"])

    def entries(self, owner: Owner) -> list[IndexEntry]:
        """Read the owner's partition."""
        now = self._clock()
        items = query(
            self._dynamodb,
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues={":pk": _key(owner, "")["pk"], ":prefix": {"S": "DOCUMENT#"}},
            ConsistentRead=True,
        )
        return [_from_item(item) for item in items if not job_items.hidden(item, now)]

    def _get(self, owner: Owner, sort_key: str) -> Any:
        with translated(_SERVICE):
            answer = self._dynamodb.get_item(
                TableName=self._table, Key=_key(owner, sort_key), ConsistentRead=True
            )
        return answer.get("Item")

    def _check(
        self, key: job_items.Item, condition: str, values: job_items.Item | None = None
    ) -> dict[str, Any]:
        check: dict[str, Any] = {"TableName": self._table, "Key": key, "ConditionExpression": condition}
        if values:
            check["ExpressionAttributeValues"] = values
        return {"ConditionCheck": check}

    def _count(self, owner: Owner) -> dict[str, Any]:
        return {
            "Update": {
                "TableName": self._table,
                "Key": _key(owner, "VERSION"),
                "UpdateExpression": "ADD #number :one",
                "ExpressionAttributeNames": {"#number": "number"},
                "ExpressionAttributeValues": {":one": {"N": "1"}},
            }
        }

    def _write(self, writes: list[Any]) -> int | None:
        """Write all or nothing; return the position of a write whose condition failed, None for success."""
        for _ in range(_TRIES):
            with translated(_SERVICE):
                try:
                    self._dynamodb.transact_write_items(TransactItems=writes)
                except self._dynamodb.exceptions.TransactionCanceledException as error:
                    reasons = [reason.get("Code") for reason in error.response["CancellationReasons"]]
                    if _FAILED in reasons:
                        return reasons.index(_FAILED)
                    if "TransactionConflict" not in reasons:
                        raise
                else:
                    return None
            time.sleep(random.uniform(0, _PAUSE))  # noqa: S311 - spreads writers, protects nothing
        raise TransientError("aws-unavailable", "DynamoDB answered TransactionConflict.")


def _key(owner: Owner, sort_key: str) -> job_items.Item:
    return {"pk": {"S": f"SHELF#{owner.key}"}, "sk": {"S": sort_key}}


def _to_item(entry: IndexEntry) -> job_items.Item:
    item = {
        **_key(entry.owner, f"DOCUMENT#{entry.document_id}"),
        **{name: {"S": getattr(entry, name)} for name in _TEXTS},
        "owner": {"S": json.dumps(asdict(entry.owner))},
        "fence": {"N": str(entry.fence)},
        "passages": {"N": str(entry.passages)},
    }
    if entry.expires_at is not None:
        item["kept_until"] = {"S": to_text(entry.expires_at)}
        item["expires_at"] = {"N": str(int((entry.expires_at + _NET).timestamp()))}
    return item


def _from_item(item: Any) -> IndexEntry:
    return IndexEntry(
        owner=Owner(**json.loads(item["owner"]["S"])),
        fence=int(item["fence"]["N"]),
        passages=int(item["passages"]["N"]),
        expires_at=from_text(item["kept_until"]["S"]) if "kept_until" in item else None,
        **{name: item[name]["S"] for name in _TEXTS},
    )
