"""The contract of shelves, on DynamoDB."""

from __future__ import annotations

import pytest

from infra.local.stack import LocalStack
from shared.aws.dynamodb.documents import DynamoDocuments
from shared.aws.dynamodb.jobs import DynamoJobs
from shared.aws.dynamodb.search_index import DynamoSearchIndex
from tests.contracts.jobs import FakeClock
from tests.contracts.search_index import ShelfContract, Shop


class TestDynamoShelf(ShelfContract):
    @pytest.fixture
    def shop(self, stack: LocalStack) -> Shop:
        table, endpoint = stack.environment("ApiFunction")["JOBS_TABLE"], stack.deployed.endpoint
        clock = FakeClock()
        documents = DynamoDocuments(table, endpoint, clock)
        shelf = DynamoSearchIndex(table, endpoint, clock)
        return Shop(shelf, DynamoJobs(table, endpoint, clock), documents.put, documents.delete, clock)
