"""What every adapter of the one DynamoDB table has: its name, its client, its clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.aws.clients import client
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
