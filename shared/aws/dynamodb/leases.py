"""Leases in DynamoDB, in the same table as the jobs: conditional writes decide who holds one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from shared.aws.clients import translated
from shared.aws.dynamodb.table import DynamoTable
from shared.clock import from_text, to_text
from shared.errors import TransientError
from shared.leases import Lease, LeaseLostError, LeaseTakenError

_SERVICE = "DynamoDB"
# A fence may start anew once nobody can remember the old one.
_KEPT = timedelta(days=366)
_NAMES = {"#holder": "holder", "#until": "until", "#fence": "fence", "#expires": "expires_at"}


class DynamoLeases(DynamoTable):
    """See Leases for the contract of every method."""

    def acquire(self, name: str, holder: str, until: datetime, *, over: int | None = None) -> Lease:
        """Take a lease."""
        free = "attribute_not_exists(pk) OR #holder = :holder OR #until <= :now"
        with translated(_SERVICE):
            try:
                answer = self._dynamodb.update_item(
                    TableName=self._table,
                    Key=_key(name),
                    UpdateExpression="SET #holder = :holder, #until = :until, #expires = :expires "
                    "ADD #fence :one",
                    ConditionExpression=free if over is None else f"{free} OR #fence = :over",
                    ExpressionAttributeNames=_NAMES,
                    ExpressionAttributeValues={
                        ":holder": {"S": holder},
                        ":until": {"S": to_text(until)},
                        ":now": {"S": to_text(self._clock())},
                        ":expires": _expiry(until),
                        ":one": {"N": "1"},
                        **({} if over is None else {":over": {"N": str(over)}}),
                    },
                    ReturnValues="ALL_NEW",
                )
            except self._dynamodb.exceptions.ConditionalCheckFailedException:
                taken = self._read(name)
            else:
                return _lease(name, answer["Attributes"])
        if taken is None:
            raise TransientError("lease-contended", "The lease changed hands this moment.")
        raise LeaseTakenError(taken)

    def renew(self, lease: Lease, until: datetime, note: str | None = None) -> Lease:
        """Extend a lease."""
        kept = lease.note if note is None else note
        if not self._write(lease, until, kept):
            raise LeaseLostError
        return Lease(lease.name, lease.holder, lease.fence, until, kept)

    def release(self, lease: Lease) -> None:
        """End a lease now; its item stays, for the fence and the note."""
        self._write(lease, self._clock(), lease.note)

    def _write(self, lease: Lease, until: datetime, note: str) -> bool:
        with translated(_SERVICE):
            try:
                self._dynamodb.update_item(
                    TableName=self._table,
                    Key=_key(lease.name),
                    UpdateExpression="SET #until = :until, #expires = :expires, #note = :note",
                    ConditionExpression="#fence = :fence AND #holder = :holder",
                    ExpressionAttributeNames={**_NAMES, "#note": "note"},
                    ExpressionAttributeValues={
                        ":until": {"S": to_text(until)},
                        ":expires": _expiry(until),
                        ":note": {"S": note},
                        ":fence": {"N": str(lease.fence)},
                        ":holder": {"S": lease.holder},
                    },
                )
            except self._dynamodb.exceptions.ConditionalCheckFailedException:
                return False
        return True

    def _read(self, name: str) -> Lease | None:
        answer = self._dynamodb.get_item(TableName=self._table, Key=_key(name), ConsistentRead=True)
        item = answer.get("Item")
        return None if item is None else _lease(name, item)


def _key(name: str) -> dict[str, Any]:
    return {"pk": {"S": f"LEASE#{name}"}, "sk": {"S": "LEASE"}}


def _lease(name: str, item: Mapping[str, Any]) -> Lease:
    return Lease(
        name,
        item["holder"]["S"],
        int(item["fence"]["N"]),
        from_text(item["until"]["S"]),
        item.get("note", {}).get("S", ""),
    )


def _expiry(until: datetime) -> dict[str, str]:
    return {"N": str(int((until + _KEPT).timestamp()))}
