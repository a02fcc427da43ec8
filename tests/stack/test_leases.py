"""Leases on DynamoDB keep the contract that those in memory keep."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.local.stack import LocalStack
from shared.aws.dynamodb.leases import DynamoLeases
from shared.clock import utc_now
from shared.ids import uuid7
from tests.contracts.jobs import FakeClock
from tests.contracts.leases import LeasesContract


@pytest.fixture(scope="module")
def table(stack: LocalStack) -> Iterator[str]:
    dynamodb = stack.client("dynamodb")
    name = f"leases-{uuid7()}"
    keys = {"pk": "HASH", "sk": "RANGE"}
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys.items()],
    )
    yield name
    dynamodb.delete_table(TableName=name)


class TestDynamoLeases(LeasesContract):
    @pytest.fixture
    def clock(self) -> FakeClock:
        return FakeClock(utc_now())

    @pytest.fixture
    def leases(self, stack: LocalStack, table: str, clock: FakeClock) -> DynamoLeases:
        return DynamoLeases(table, stack.deployed.endpoint, clock)
