"""Wires the api function: which adapters stand behind the ports. Nothing of AWS loads before it is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from functions.api.settings import ApiSettings
from shared.clock import Clock, utc_now
from shared.documents.model import DocumentStore
from shared.files import Files
from shared.jobs.queue import JobQueue
from shared.jobs.store import JobStore

if TYPE_CHECKING:
    from functions.api.login import Logins
    from functions.api.notifications.ports import Notifying
    from functions.api.operators.ports import Operations
    from functions.api.products import Products
    from shared.findings.reviews import ReviewStore
    from shared.search.index import Shelf
    from shared.search.query import SearchService

Check = Callable[[], object]

_NOBODY = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Records:
    """The ports that reading needs."""

    jobs: JobStore
    documents: DocumentStore
    clock: Clock = field(default=utc_now, kw_only=True)


@dataclass(frozen=True, slots=True)
class Services(Records):
    """The ports that the routes use; ``checks`` are probes of readiness, which raise when in trouble.

    ``products`` is None where there is no Directus, ``operations`` where nobody operates, ``notifying`` where
    nobody is told, ``search`` and ``shelf`` where nothing is indexed.
    """

    files: Files
    queue: JobQueue
    products: Products | None = None
    operations: Operations | None = None
    notifying: Notifying | None = None
    search: SearchService | None = None
    shelf: Shelf | None = None
    reviews: ReviewStore | None = None
    logins: Logins | None = None
    checks: Mapping[str, Check] = field(default_factory=dict)


def on_aws(settings: ApiSettings) -> Services:
    """Return the services on DynamoDB, S3 and SQS."""
    from functions.api.login import DirectusLogins
    from functions.api.notifications import ports as notification_ports
    from functions.api.operators import ports
    from functions.api.products import DirectusProducts
    from shared.aws.clients import client
    from shared.aws.dynamodb.documents import DynamoDocuments
    from shared.aws.dynamodb.jobs import DynamoJobs
    from shared.aws.dynamodb.reviews import DynamoReviews
    from shared.aws.dynamodb.search_index import DynamoShelf
    from shared.aws.s3 import S3Files
    from shared.aws.search_function import LambdaSearch
    from shared.aws.sqs import SqsQueue
    from shared.jobs.model import Kind

    endpoint = settings.aws_endpoint_url
    urls = {Kind.ANALYSIS: settings.analysis_queue_url, Kind.CLEANUP: settings.cleanup_queue_url}
    queue = SqsQueue(settings.queue_urls, endpoint)
    jobs = DynamoJobs(settings.jobs_table, endpoint)
    files = S3Files(settings.documents_bucket, endpoint, settings.s3_public_endpoint)

    def queue_check(url: str) -> Check:
        return lambda: client("sqs", endpoint).get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])

    return Services(
        jobs=jobs,
        documents=DynamoDocuments(settings.jobs_table, endpoint),
        files=files,
        queue=queue,
        products=DirectusProducts(settings.directus_url) if settings.directus_url else None,
        operations=ports.on_aws(settings),
        notifying=notification_ports.on_aws(settings),
        search=LambdaSearch(settings.search_function, endpoint) if settings.search_function else None,
        shelf=DynamoShelf(settings.jobs_table, endpoint),
        reviews=DynamoReviews(settings.jobs_table, endpoint),
        logins=DirectusLogins(settings.directus_url) if settings.directus_url else None,
        checks={
            "jobs_table": lambda: jobs.get(_NOBODY),
            "documents_bucket": lambda: files.head(f"documents/{_NOBODY}/original"),
            **{f"{kind}_queue": queue_check(url) for kind, url in urls.items()},
        },
    )
