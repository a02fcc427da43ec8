"""Tables like the deployed one, which nothing of the deployed stack reads or writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from infra.local.stack import LocalStack
from shared.ids import uuid7


@contextmanager
def table_of_its_own(stack: LocalStack) -> Iterator[str]:
    """Create a table with the keys and indexes of the deployed one; yield its name, then delete it."""
    dynamodb = stack.client("dynamodb")
    deployed = dynamodb.describe_table(TableName=stack.environment("ApiFunction")["JOBS_TABLE"])["Table"]
    name = f"test-{uuid7()}"
    wanted = ("IndexName", "KeySchema", "Projection")
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=deployed["AttributeDefinitions"],
        KeySchema=deployed["KeySchema"],
        GlobalSecondaryIndexes=[
            {key: index[key] for key in wanted} for index in deployed["GlobalSecondaryIndexes"]
        ],
    )
    try:
        yield name
    finally:
        dynamodb.delete_table(TableName=name)
