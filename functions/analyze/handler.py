"""The Lambda handler of the analyze function: job messages from SQS, one a batch."""

from __future__ import annotations

from typing import Any

from functions.analyze import bootstrap
from shared.jobs.sqs_handler import process


def handler(event: dict[str, Any], context: Any) -> Any:
    """Execute the jobs that the records name; return the records that have to come back."""
    return process(event, context, bootstrap.runner())
