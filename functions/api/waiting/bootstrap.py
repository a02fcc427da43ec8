"""Wires the wait function: it reads jobs and documents, and nothing else."""

from __future__ import annotations

from functions.api.ports.dependencies import RecordDependencies
from functions.api.waiting.settings import WaitSettings


def on_aws(settings: WaitSettings) -> RecordDependencies:
    """Return the records on DynamoDB."""
    from shared.aws.dynamodb.documents import DynamoDocuments
    from shared.aws.dynamodb.jobs import DynamoJobs

    table, endpoint = settings.jobs_table, settings.aws_endpoint_url
    return RecordDependencies(DynamoJobs(table, endpoint), DynamoDocuments(table, endpoint))
