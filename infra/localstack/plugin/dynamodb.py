"""``PROVIDER_OVERRIDE_DYNAMODB=moto``: DynamoDB from moto's backend, where LocalStack's own needs Java."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from localstack.aws.api.dynamodb import DynamodbApi
from localstack.services.moto import MotoFallbackDispatcher
from localstack.services.plugins import Service, aws_provider

from infra.localstack.plugin import frugal

Operation = Callable[[Any, Any], Any]

# moto checks all conditions of a transaction, then writes: in between another request must not write.
_lock = threading.Lock()


class MotoDynamoDb(DynamodbApi):
    """Implements no operation itself: each falls through to moto."""


def one_at_a_time(provider: DynamodbApi) -> dict[str, Operation]:
    """Return the operations of moto's backend by name; one runs at a time, as each must be atomic."""
    return {name: _locked(operation) for name, operation in MotoFallbackDispatcher(provider).items()}


@aws_provider(api="dynamodb", name="moto")
def dynamodb_moto() -> Service:
    """Return the service that LocalStack registers in place of its own."""
    frugal.install()
    return Service.for_provider(MotoDynamoDb(), dispatch_table_factory=one_at_a_time)


def _locked(operation: Operation) -> Operation:
    def call(context: Any, request: Any) -> Any:
        with _lock:
            return operation(context, request)

    return call
