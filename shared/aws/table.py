"""What every adapter of the one DynamoDB table has: its name, its client, its clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from shared.aws.clients import client, translated
from shared.clock import Clock, utc_now

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Table:
    """The table at an endpoint; an empty one is AWS itself. The client is made at its first use."""

    def __init__(self, table: str, endpoint_url: str = "", clock: Clock = utc_now) -> None:
        self._table = table
        self._endpoint_url = endpoint_url
        self._clock = clock

    @property
    def _dynamodb(self) -> DynamoDBClient:
        return client("dynamodb", self._endpoint_url)  # type: ignore[no-any-return]


class TransactingTable(Table):
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
