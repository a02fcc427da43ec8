"""Wires the cleanup function, once a process."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from functions.cleanup.settings import CleanupSettings
from shared.jobs.model import Kind
from shared.jobs.runner import ExecutionLimits, Runner
from shared.notifications.queue import announcer

if TYPE_CHECKING:
    from functions.cleanup.reconcile.overdue import NotificationResender
    from functions.cleanup.reconcile.reconciler import Reconciler
    from functions.cleanup.removal.expiry import Expiry
    from functions.cleanup.removal.seeded import SeededRows
    from shared.aws.dynamodb.jobs import DynamoJobs
    from shared.aws.sqs import SqsNotifications, SqsQueue
    from shared.directus.product_lock import ProductLock
    from shared.search.index import IndexRemover


@cache
def settings() -> CleanupSettings:
    """Return the settings of this process."""
    return CleanupSettings()


@cache
def runner() -> Runner:
    """Return the runner of cleanup jobs, with the adapters that the settings name."""
    from functions.cleanup.removal.workflow import CleanupDependencies, CleanupWorkflow
    from shared.aws.dynamodb.documents import DynamoDocuments
    from shared.aws.s3 import S3Files

    s = settings()
    jobs = _jobs()
    documents = DynamoDocuments(s.jobs_table, s.aws_endpoint_url)
    ports = CleanupDependencies(jobs, documents, _seeded_rows(s), _product_lock(s, jobs), _indexes(s))
    return Runner(
        jobs,
        S3Files(s.documents_bucket, s.aws_endpoint_url),
        _queue(),
        {Kind.CLEANUP: lambda run: CleanupWorkflow(run, ports)},
        limits=ExecutionLimits(timedelta(seconds=s.lease_seconds), timedelta(seconds=s.reserve_seconds)),
        announce=announcer(_notification_queue()),
    )


@cache
def reconciler() -> Reconciler:
    """Return what repairs the jobs of every queue."""
    from functions.cleanup.reconcile.reconciler import Reconciler

    return Reconciler(_jobs(), _queue(), announce=announcer(_notification_queue()))


@cache
def overdue() -> NotificationResender:
    """Return what sends messages about overdue notifications."""
    from functions.cleanup.reconcile.overdue import NotificationResender
    from shared.aws.dynamodb.notifications import DynamoNotifications

    s = settings()
    return NotificationResender(DynamoNotifications(s.jobs_table, s.aws_endpoint_url), _notification_queue())


@cache
def expiry() -> Expiry:
    """Return what removes the jobs and documents whose time is over."""
    from functions.cleanup.removal.expiry import Expiry
    from shared.aws.dynamodb.documents import DynamoDocuments
    from shared.aws.s3 import S3Files

    s = settings()
    documents = DynamoDocuments(s.jobs_table, s.aws_endpoint_url)
    files = S3Files(s.documents_bucket, s.aws_endpoint_url)
    return Expiry(_jobs(), documents, files, indexes=_indexes(s))


def _jobs() -> DynamoJobs:
    from shared.aws.dynamodb.jobs import DynamoJobs

    return DynamoJobs(settings().jobs_table, settings().aws_endpoint_url)


def _queue() -> SqsQueue:
    from shared.aws.sqs import SqsQueue

    return SqsQueue(settings().queue_urls, settings().aws_endpoint_url)


def _notification_queue() -> SqsNotifications:
    from shared.aws.sqs import SqsNotifications

    return SqsNotifications(settings().notification_queue_url, settings().aws_endpoint_url)


def _indexes(s: CleanupSettings) -> IndexRemover:
    from shared.aws.dynamodb.search_index import DynamoSearchIndex
    from shared.aws.s3 import S3Files
    from shared.aws.s3_vectors import S3VectorStore
    from shared.search.index import IndexRemover, Vectors, VectorsInFiles

    vectors: Vectors = VectorsInFiles()
    if s.vector_bucket:
        vectors = S3VectorStore(s.vector_bucket, s.aws_endpoint_url)
    files = S3Files(s.documents_bucket, s.aws_endpoint_url)
    return IndexRemover(DynamoSearchIndex(s.jobs_table, s.aws_endpoint_url), vectors, files)


def _seeded_rows(s: CleanupSettings) -> SeededRows | None:
    if not s.directus_url:
        return None
    from functions.cleanup.removal.seeded import DirectusRows
    from shared.aws.ssm import Secret
    from shared.directus import Directus

    token = Secret(s.directus_token.get_secret_value(), s.directus_token_parameter, s.aws_endpoint_url)
    return DirectusRows(Directus(s.directus_url, token))


def _product_lock(s: CleanupSettings, jobs: DynamoJobs) -> ProductLock | None:
    if not s.directus_url:
        return None
    from shared.aws.dynamodb.leases import DynamoLeases
    from shared.directus.product_lock import ProductLock

    return ProductLock(DynamoLeases(s.jobs_table, s.aws_endpoint_url), jobs, s.directus_url)
