"""Who follows which job, in the same table as the jobs: each entry once by job and once by connection."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from shared.aws.clients import translated
from shared.aws.dynamodb.table import DynamoTable, query

_SERVICE = "DynamoDB"
_JOB = "WATCHED#"
_CONNECTION = "CONNECTION#"


class DynamoWatchers(DynamoTable):
    """See Watchers for the contract of every method."""

    def add(self, job_id: str, connection_id: str, until: datetime) -> None:
        """Write both entries; the one that removal goes by comes first."""
        expiry = {"expires_at": {"N": str(int(until.timestamp()))}}
        for key in (_key(_CONNECTION, connection_id, job_id), _key(_JOB, job_id, connection_id)):
            with translated(_SERVICE):
                self._dynamodb.put_item(TableName=self._table, Item={**key, **expiry})

    def of(self, job_id: str) -> list[str]:
        """Return the connections; those whose time is over are left out."""
        now = self._clock().timestamp()
        items = self._below(f"{_JOB}{job_id}")
        return [item["sk"]["S"] for item in items if int(item["expires_at"]["N"]) > now]

    def remove(self, connection_id: str) -> None:
        """Remove every entry of a connection."""
        for item in self._below(f"{_CONNECTION}{connection_id}"):
            job_id = item["sk"]["S"]
            for key in (_key(_JOB, job_id, connection_id), _key(_CONNECTION, connection_id, job_id)):
                with translated(_SERVICE):
                    self._dynamodb.delete_item(TableName=self._table, Key=key)

    def _below(self, key: str) -> Iterator[Any]:
        return query(
            self._dynamodb,
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": key}},
            ConsistentRead=True,
        )


def _key(prefix: str, one: str, other: str) -> dict[str, Any]:
    return {"pk": {"S": f"{prefix}{one}"}, "sk": {"S": other}}
