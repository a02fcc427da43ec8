"""Wires the api function: which adapters stand behind the ports. Nothing of AWS loads before it is used."""

from __future__ import annotations

from functions.api.ports.dependencies import ApiDependencies, Check
from functions.api.ports.notifying import NotificationDependencies
from functions.api.ports.operations import OperatorDependencies
from functions.api.settings import ApiSettings

_NO_ID = "00000000-0000-0000-0000-000000000000"


def on_aws(settings: ApiSettings) -> ApiDependencies:
    """Return the services on DynamoDB, S3 and SQS."""
    from functions.api.services.directus_products import DirectusProducts
    from functions.api.services.login import DirectusLogins
    from shared.aws.clients import client
    from shared.aws.dynamodb.documents import DynamoDocuments
    from shared.aws.dynamodb.jobs import DynamoJobs
    from shared.aws.dynamodb.reviews import DynamoReviews
    from shared.aws.dynamodb.search_index import DynamoSearchIndex
    from shared.aws.s3 import S3Files
    from shared.aws.search_function import LambdaSearch
    from shared.aws.sqs import SqsQueue
    from shared.files import keys
    from shared.jobs.model import Kind

    endpoint = settings.aws_endpoint_url
    urls = {Kind.ANALYSIS: settings.analysis_queue_url, Kind.CLEANUP: settings.cleanup_queue_url}
    queue = SqsQueue(settings.queue_urls, endpoint)
    jobs = DynamoJobs(settings.jobs_table, endpoint)
    files = S3Files(settings.documents_bucket, endpoint, settings.s3_public_endpoint)

    def queue_check(url: str) -> Check:
        return lambda: client("sqs", endpoint).get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])

    return ApiDependencies(
        jobs=jobs,
        documents=DynamoDocuments(settings.jobs_table, endpoint),
        files=files,
        queue=queue,
        products=DirectusProducts(settings.directus_url) if settings.directus_url else None,
        operations=_operations(settings),
        notifying=_notifying(settings),
        search=LambdaSearch(settings.search_function, endpoint) if settings.search_function else None,
        search_index=DynamoSearchIndex(settings.jobs_table, endpoint),
        reviews=DynamoReviews(settings.jobs_table, endpoint),
        logins=DirectusLogins(settings.directus_url) if settings.directus_url else None,
        checks={
            "jobs_table": lambda: jobs.get(_NO_ID),
            "documents_bucket": lambda: files.head(keys.original(_NO_ID)),
            **{f"{kind}_queue": queue_check(url) for kind, url in urls.items()},
        },
    )


def _notifying(settings: ApiSettings) -> NotificationDependencies:
    """Return the ports on DynamoDB and SQS."""
    from shared.aws.dead_letters import depth_of
    from shared.aws.dynamodb.notifications import DynamoNotifications
    from shared.aws.dynamodb.webhooks import DynamoWebhooks
    from shared.aws.sqs import SqsNotifications

    endpoint = settings.aws_endpoint_url
    return NotificationDependencies(
        webhooks=DynamoWebhooks(settings.jobs_table, endpoint),
        notifications=DynamoNotifications(settings.jobs_table, endpoint),
        queue=SqsNotifications(settings.notification_queue_url, endpoint),
        depth=lambda: depth_of(settings.notification_queue_url, endpoint),
        dead_depth=lambda: depth_of(settings.notification_dead_letter_queue_url, endpoint),
    )


def _operations(settings: ApiSettings) -> OperatorDependencies:
    """Return the ports on DynamoDB, SQS and CloudWatch Logs."""
    from shared.aws.dead_letters import SqsDeadLetters, SqsDepths
    from shared.aws.dynamodb.audit import DynamoAudit
    from shared.aws.logs import CloudWatchLogs
    from shared.jobs.model import Kind

    endpoint = settings.aws_endpoint_url
    work = {Kind.ANALYSIS: settings.analysis_queue_url, Kind.CLEANUP: settings.cleanup_queue_url}
    dead = {
        Kind.ANALYSIS: settings.analysis_dead_letter_queue_url,
        Kind.CLEANUP: settings.cleanup_dead_letter_queue_url,
    }
    return OperatorDependencies(
        audit=DynamoAudit(settings.jobs_table, endpoint),
        dead_letters=SqsDeadLetters(dead, endpoint),
        depths=SqsDepths(work, endpoint),
        dead_depths=SqsDepths(dead, endpoint),
        logs=CloudWatchLogs(settings.log_groups, endpoint),
    )
