"""What every adapter of the one DynamoDB table has: its name, its client, its clock."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from shared.aws.clients import client, translated
from shared.aws.dynamodb import job_items
from shared.clock import Clock, to_text, utc_now
from shared.ids import shards

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoTable:
    """The table at an endpoint; an empty one is AWS itself. The client is made at its first use."""

    def __init__(self, table: str, endpoint_url: str = "", clock: Clock = utc_now) -> None:
        self._table = table
        self._endpoint_url = endpoint_url
        self._clock = clock

    @property
    def _dynamodb(self) -> DynamoDBClient:
        return client("dynamodb", self._endpoint_url)  # type: ignore[no-any-return]


class TransactingTable(DynamoTable):
    """A table whose adapter writes several items at once."""

    def _write(self, writes: Sequence[dict[str, Any]]) -> bool:
        """Write all or nothing; False where a condition failed or another writer was at it."""
        with translated("DynamoDB"):
            try:
                self._dynamodb.transact_write_items(TransactItems=writes)  # type: ignore[arg-type]
            except self._dynamodb.exceptions.TransactionCanceledException as error:
                reasons = {reason.get("Code") for reason in error.response["CancellationReasons"]}
                if reasons & {"ConditionalCheckFailed", "TransactionConflict"}:
                    return False
                raise
        return True


_SERVICE = "DynamoDB"


def query(dynamodb: DynamoDBClient, **arguments: Any) -> Iterator[Any]:
    """Yield the items of a query, page after page, as they are asked for."""
    while True:
        with translated(_SERVICE):
            answer = dynamodb.query(**arguments)
        yield from answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def count(dynamodb: DynamoDBClient, limit: int, **arguments: Any) -> int:
    """Return how many items a query finds, up to ``limit``; the items themselves do not travel."""
    found = 0
    while found < limit:
        with translated(_SERVICE):
            answer = dynamodb.query(Select="COUNT", Limit=limit - found, **arguments)
        found += answer["Count"]
        if "LastEvaluatedKey" not in answer:
            break
        arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
    return found


def overdue(dynamodb: DynamoDBClient, table: str, what: str, now: datetime, limit: int) -> list[str]:
    """Return the partition keys of what a list of the index ``due`` has up to now, the longest overdue first.

    ``what`` is one of the lists that the codec names.
    """
    return [key for key, _ in overdue_keys(dynamodb, table, what, now, limit)]


def overdue_keys(
    dynamodb: DynamoDBClient, table: str, what: str, now: datetime, limit: int
) -> list[tuple[str, str]]:
    """Return the same as whole primary keys, for lists with several things of one partition."""
    streams = [_partition(dynamodb, table, job_items.due_shard(what, part), now, limit) for part in shards()]
    return [(pk, sk) for _, pk, sk in itertools.islice(heapq.merge(*streams), limit)]


def _partition(
    dynamodb: DynamoDBClient, table: str, shard: str, now: datetime, limit: int
) -> Iterator[tuple[str, str, str]]:
    items = query(
        dynamodb,
        TableName=table,
        IndexName="due",
        KeyConditionExpression="due_shard = :shard AND due_at <= :now",
        ExpressionAttributeValues={":shard": {"S": shard}, ":now": {"S": to_text(now)}},
        Limit=limit,
    )
    return ((item["due_at"]["S"], item["pk"]["S"], item["sk"]["S"]) for item in items)
