"""What the first release left in a table goes on with this one: read, worked on, sent again, removed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from functions.cleanup.reconcile.overdue import NotificationResender
from functions.cleanup.reconcile.reconciler import Reconciler
from functions.cleanup.removal.expiry import Expiry
from infra.local.stack import LocalStack
from shared.aws.dynamodb.audit import DynamoAudit
from shared.aws.dynamodb.documents import DynamoDocuments
from shared.aws.dynamodb.jobs import DynamoJobs
from shared.aws.dynamodb.notifications import DynamoNotifications
from shared.aws.dynamodb.reviews import DynamoReviews
from shared.aws.dynamodb.search_index import DynamoSearchIndex
from shared.aws.dynamodb.webhooks import DynamoWebhooks
from shared.findings.reviews import ReviewSyncState
from shared.jobs import states
from shared.jobs.model import Activity, Kind, Owner, Status
from shared.jobs.outputs import INDEX, follow_up_id
from shared.jobs.store import Idempotency, JobQuery, edit
from shared.memory.files import MemoryFiles
from shared.memory.queue import MemoryMail, MemoryQueue
from shared.notifications.model import parent_of
from shared.notifications.queue import NotificationMessage
from shared.search.index import IndexRemover, VectorsInFiles
from tests.contracts.jobs import FakeClock
from tests.support import first_release
from tests.support.first_release import COMPLETED, DOCUMENT, FAILED, JOBS, NOW
from tests.support.stack.tables import table_of_its_own

ALICE = Owner("directus", "alice")
LEASE = timedelta(seconds=90)


class Left:
    """A table with the items of the first release, and this release's adapters of it."""

    def __init__(self, stack: LocalStack, table: str) -> None:
        dynamodb = stack.client("dynamodb")
        for item in first_release.ITEMS:
            dynamodb.put_item(TableName=table, Item=item)
        self.dynamodb, self.table = dynamodb, table
        self.clock = FakeClock(NOW + timedelta(seconds=30))
        there = (table, stack.deployed.endpoint, self.clock)
        self.jobs = DynamoJobs(*there)
        self.documents = DynamoDocuments(*there)
        self.reviews = DynamoReviews(*there)
        self.notifications = DynamoNotifications(*there)
        self.webhooks = DynamoWebhooks(*there)
        self.index = DynamoSearchIndex(*there)
        self.audit = DynamoAudit(*there)

    def count(self) -> int:
        return int(self.dynamodb.scan(TableName=self.table, Select="COUNT")["Count"])


@pytest.fixture
def left(stack: LocalStack) -> Iterator[Left]:
    with table_of_its_own(stack) as table:
        yield Left(stack, table)


def test_everything_is_read(left: Left) -> None:
    for expected in JOBS.values():
        job = left.jobs.get(expected.job_id)
        assert job is not None
        assert job.state_since is not None
        assert (job.status.value, job.resend_count, job.last_request, job.state_since.isoformat()) == (
            expected.status,
            expected.resend_count,
            expected.last_request,
            expected.state_since,
        )
        assert left.jobs.events(job.job_id)[-1].number == job.version
    mine = left.jobs.list_jobs(JobQuery(ALICE.key, limit=50)).jobs
    assert {job.job_id for job in mine} == {
        *(expected.job_id for expected in JOBS.values()),
        follow_up_id(COMPLETED, INDEX),
    }
    assert [unit.revision for unit in left.jobs.units(COMPLETED)] == [2]
    assert left.jobs.active(Activity.WAITING, Kind.ANALYSIS, 10)[0] == JOBS["waiting"].job_id
    assert left.jobs.waiting(ALICE.key, 10) == 4
    assert len(left.jobs.by_subject(document_id=DOCUMENT)) == len(mine)
    earlier = left.jobs.earlier(Idempotency("directus|alice|waiting", "f00d"))
    assert earlier is not None
    assert earlier.job_id == JOBS["waiting"].job_id
    reviews = left.reviews.of_job(COMPLETED)
    assert [review.sync_state for review in reviews] == [*ReviewSyncState]
    document = left.documents.get(DOCUMENT)
    assert document is not None
    assert [reading.ocr_pages for reading in document.extractions] == [(2,)]
    assert len(left.documents.same_content(ALICE, "ab" * 32, "r1")) == 1
    (entry,) = left.index.entries(ALICE)
    assert (entry.document_id, left.index.version(ALICE)) == (DOCUMENT, 0)
    (webhook,) = left.webhooks.of(ALICE.key)
    assert (webhook.failures, webhook.disabled_reason, len(webhook.secrets)) == (3, "gone", 2)
    log = left.notifications.log(parent_of(FAILED))
    assert sorted(notification.state.value for notification in log.notifications) == ["failed", "pending"]
    assert sorted(len(attempts) for attempts in log.attempts.values()) == [1, 1]
    assert len(left.audit.entries(COMPLETED)) == 1


def test_jobs_go_on(left: Left) -> None:
    """A worker ends a running job; a waiting one is taken, a paused one resumed, a request repeated."""
    now = left.clock()
    running = edit(
        left.jobs, JOBS["running"].job_id, lambda job: states.complete(job, job.fence, now, {"n": 1}, {})
    )
    assert running.status is Status.COMPLETED
    for name in ("waiting", "resent", "resumed", "cancelling"):
        taken = edit(left.jobs, JOBS[name].job_id, lambda job: states.take(job, now, "w", LEASE))
        assert taken.resend_count == JOBS[name].resend_count
        assert left.jobs.renew(taken.job_id, taken.fence, now + 2 * LEASE)
    paused = JOBS["paused"].job_id
    assert edit(left.jobs, paused, lambda job: states.request_resume(job, now, "alice")).status is (
        Status.QUEUED
    )
    with pytest.raises(states.RepeatedError):
        edit(left.jobs, paused, lambda job: states.request_resume(job, now, "alice"))
    stored = left.jobs.get(paused)
    assert stored is not None
    assert (stored.last_request, stored.state_since) == ("resume", now)


def test_the_reconciler_takes_care_of_them(left: Left) -> None:
    left.clock.now = NOW + timedelta(hours=1)
    queue = MemoryQueue(left.clock)
    report = Reconciler(left.jobs, queue, left.clock).run()
    # Four that wait, the one whose worker is gone, and the index to be made.
    assert (report.resent, report.errors) == (6, 0)
    again = left.jobs.get(JOBS["resent"].job_id)
    assert again is not None
    assert again.resend_count == JOBS["resent"].resend_count + 1
    mail: MemoryMail[NotificationMessage] = MemoryMail(left.clock)
    resent = NotificationResender(left.notifications, mail, left.clock).run()
    # What the completed and the failed job announced, and the attempt that is due again.
    assert (resent.notifications_resent, resent.notification_errors) == (3, 0)


def test_what_has_expired_is_removed(left: Left) -> None:
    left.clock.now = NOW + 3 * first_release.KEPT
    Reconciler(left.jobs, MemoryQueue(left.clock), left.clock).run()
    # What ended only now is kept for as long again.
    left.clock.now += 2 * first_release.KEPT
    files = MemoryFiles()
    indexes = IndexRemover(left.index, VectorsInFiles(), files)
    removed = Expiry(left.jobs, left.documents, files, left.clock, indexes=indexes).run()
    assert (removed.removal_errors, removed.in_use) == (0, 0)
    assert removed.expired_jobs == len(JOBS) + 1
    assert removed.expired_documents == 2
    # Webhook, audit trail and the index's counter are no job's: time to live takes them, or nothing.
    assert left.count() == 3
