"""Wires the wait function: it reads jobs and documents, and nothing else."""

from __future__ import annotations

from functions.api.ports.services import Records
from functions.api.waiting.settings import WaitSettings


def on_aws(settings: WaitSettings) -> Records:
    """Return the records on DynamoDB."""
    from shared.aws.dynamodb.documents import DynamoDocuments
    from shared.aws.dynamodb.jobs import DynamoJobs

    table, endpoint = settings.jobs_table, settings.aws_endpoint_url
    return Records(DynamoJobs(table, endpoint), DynamoDocuments(table, endpoint))
