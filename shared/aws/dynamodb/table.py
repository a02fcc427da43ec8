"""The one DynamoDB table as its adapters use it: items of plain values, conditions, transactions, lists.

An expression names its values by ``:name``; they are passed by name, without the colon:

    self._put(item, "version = :version", version=3)
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from shared.aws.clients import client, translated
from shared.aws.dynamodb import keys
from shared.aws.dynamodb.values import Item, from_attributes, to_attributes
from shared.clock import Clock, to_text, utc_now
from shared.errors import TransientError
from shared.ids import shards

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_SERVICE = "DynamoDB"


class TransactionConflictError(TransientError):
    """Another writer was at the same items at the same moment: nothing was written."""

    def __init__(self) -> None:
        super().__init__("aws-unavailable", "DynamoDB answered TransactionConflict.")


class DynamoTable:
    """The table at an endpoint; an empty one is AWS itself. The client is made at its first use."""

    def __init__(self, table: str, endpoint_url: str = "", clock: Clock = utc_now) -> None:
        self._table = table
        self._endpoint_url = endpoint_url
        self._clock = clock

    @property
    def _dynamodb(self) -> DynamoDBClient:
        return client("dynamodb", self._endpoint_url)  # type: ignore[no-any-return]

    # --- One item -----------------------------------------------------------------------------------

    def _get(self, key: keys.Key) -> Item | None:
        """Return an item, read consistently, or None."""
        with translated(_SERVICE):
            answer = self._dynamodb.get_item(
                TableName=self._table, Key=to_attributes(key), ConsistentRead=True
            )
        return from_attributes(answer["Item"]) if "Item" in answer else None

    def _put(self, item: Item, condition: str = "", **values: Any) -> bool:
        """Write an item over an earlier one; return False where the condition does not hold."""
        arguments = _arguments(condition, values)
        with translated(_SERVICE):
            try:
                self._dynamodb.put_item(TableName=self._table, Item=to_attributes(item), **arguments)
            except self._dynamodb.exceptions.ConditionalCheckFailedException:
                return False
        return True

    def _update(
        self,
        key: keys.Key,
        change: str,
        condition: str,
        names: Mapping[str, str] | None = None,
        *,
        returning: bool = False,
        **values: Any,
    ) -> Item | None:
        """Change attributes of an item; return None where the condition does not hold.

        Otherwise return the item as it is then with ``returning``, an empty one without.
        """
        arguments = _arguments(condition, values)
        if names:
            arguments["ExpressionAttributeNames"] = names
        with translated(_SERVICE):
            try:
                answer = self._dynamodb.update_item(
                    TableName=self._table,
                    Key=to_attributes(key),
                    UpdateExpression=change,
                    ReturnValues="ALL_NEW" if returning else "NONE",
                    **arguments,
                )
            except self._dynamodb.exceptions.ConditionalCheckFailedException:
                return None
        return from_attributes(answer.get("Attributes", {}))

    def _delete(self, key: keys.Key, condition: str = "", **values: Any) -> bool:
        """Remove an item; return False where the condition does not hold. A missing item is no error."""
        arguments = _arguments(condition, values)
        with translated(_SERVICE):
            try:
                self._dynamodb.delete_item(TableName=self._table, Key=to_attributes(key), **arguments)
            except self._dynamodb.exceptions.ConditionalCheckFailedException:
                return False
        return True

    # --- Several items at once ----------------------------------------------------------------------

    def _transact(self, *writes: dict[str, Any]) -> int | None:
        """Write all or nothing; return None, or the position of the first write whose condition fails.

        Raises TransactionConflictError where another writer was at it.
        """
        items: list[Any] = [
            {action: {"TableName": self._table, **arguments}}
            for write in writes
            for action, arguments in write.items()
        ]
        with translated(_SERVICE):
            try:
                self._dynamodb.transact_write_items(TransactItems=items)
            except self._dynamodb.exceptions.TransactionCanceledException as error:
                reasons = [reason.get("Code") for reason in error.response["CancellationReasons"]]
                if "ConditionalCheckFailed" in reasons:
                    return reasons.index("ConditionalCheckFailed")
                if "TransactionConflict" in reasons:
                    raise TransactionConflictError from error
                raise
        return None

    def _written(self, *writes: dict[str, Any]) -> bool:
        """Write all or nothing; False where a condition fails or another writer was at it."""
        try:
            return self._transact(*writes) is None
        except TransactionConflictError:
            return False

    # --- Lists --------------------------------------------------------------------------------------

    def _query(
        self, condition: str, *, index: str = "", newest_first: bool = False, page: int = 0, **values: Any
    ) -> Iterator[Item]:
        """Yield the items of a query, page after page, as they are asked for.

        Those of the table are read consistently, those of an index as far as it has come. ``page`` is how
        many are read at once, 0 for as many as fit.
        """
        arguments = self._query_arguments(condition, index, values)
        if newest_first:
            arguments["ScanIndexForward"] = False
        if page:
            arguments["Limit"] = page
        while True:
            with translated(_SERVICE):
                answer = self._dynamodb.query(**arguments)
            yield from map(from_attributes, answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _partition(self, key: keys.Key) -> Iterator[Item]:
        """Yield the items that share a key's partition, by sort key."""
        return self._query("pk = :pk", pk=key["pk"])

    def _beginning(self, key: keys.Key, prefix: str) -> Iterator[Item]:
        """Yield the items of a key's partition whose sort keys begin with a text."""
        return self._query("pk = :pk AND begins_with(sk, :prefix)", pk=key["pk"], prefix=prefix)

    def _between(self, partition: str, first: str, last: str) -> Iterator[Item]:
        """Yield the items of a partition whose sort keys lie between two texts, both included."""
        return self._query("pk = :pk AND sk BETWEEN :first AND :last", pk=partition, first=first, last=last)

    def _count(self, limit: int, condition: str, *, index: str, **values: Any) -> int:
        """Return how many items a query of an index has, up to ``limit``; the items do not travel."""
        arguments = self._query_arguments(condition, index, values)
        counted = 0
        while counted < limit:
            with translated(_SERVICE):
                answer = self._dynamodb.query(Select="COUNT", Limit=limit - counted, **arguments)
            counted += answer["Count"]
            if "LastEvaluatedKey" not in answer:
                break
            arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        return counted

    def _overdue(self, due: keys.DueList, now: datetime, limit: int) -> list[tuple[str, str]]:
        """Return the primary keys of what a list has up to now, the longest overdue first."""
        streams = (
            self._query(
                "due_shard = :shard AND due_at <= :now",
                index="due",
                page=limit,
                shard=keys.due_shard(due, part),
                now=to_text(now),
            )
            for part in shards()
        )
        ordered = (((item["due_at"], item["pk"], item["sk"]) for item in items) for items in streams)
        return [(pk, sk) for _, pk, sk in itertools.islice(heapq.merge(*ordered), limit)]

    def _overdue_ids(self, due: keys.DueList, now: datetime, limit: int) -> list[str]:
        """Return the ids of what a list has up to now, the longest overdue first."""
        return [keys.id_of(pk) for pk, _ in self._overdue(due, now, limit)]

    def _query_arguments(self, condition: str, index: str, values: Mapping[str, Any]) -> dict[str, Any]:
        how = {"IndexName": index} if index else {"ConsistentRead": True}
        return {
            "TableName": self._table,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": _named(values),
            **how,
        }


def put(item: Item, condition: str = "", **values: Any) -> dict[str, Any]:
    """Return the write of an item, for a transaction."""
    return {"Put": {"Item": to_attributes(item), **_arguments(condition, values)}}


def update(
    key: keys.Key, change: str, condition: str = "", names: Mapping[str, str] | None = None, **values: Any
) -> dict[str, Any]:
    """Return the change of an item, for a transaction."""
    arguments = _arguments(condition, values)
    if names:
        arguments["ExpressionAttributeNames"] = names
    return {"Update": {"Key": to_attributes(key), "UpdateExpression": change, **arguments}}


def delete(key: keys.Key, condition: str = "", **values: Any) -> dict[str, Any]:
    """Return the removal of an item, for a transaction."""
    return {"Delete": {"Key": to_attributes(key), **_arguments(condition, values)}}


def check(key: keys.Key, condition: str, **values: Any) -> dict[str, Any]:
    """Return the check of an item that stays as it is, for a transaction."""
    return {"ConditionCheck": {"Key": to_attributes(key), **_arguments(condition, values)}}


def _arguments(condition: str, values: Mapping[str, Any]) -> dict[str, Any]:
    arguments: dict[str, Any] = {"ConditionExpression": condition} if condition else {}
    if values:
        arguments["ExpressionAttributeValues"] = _named(values)
    return arguments


def _named(values: Mapping[str, Any]) -> dict[str, Any]:
    return to_attributes({f":{name}": value for name, value in values.items()})
