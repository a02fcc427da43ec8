"""What stores of webhooks and notifications have to do: the same tests for those in memory and on DynamoDB.

A test class inherits a contract and offers its fixtures. Ids and owners are new in every test, so that tests
can share a table.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.ids import uuid7
from shared.jobs import states as job_states
from shared.jobs.model import Job, Kind, Owner
from shared.jobs.store import JobStore, VersionConflictError, edit
from shared.notifications import compose, states, webhooks
from shared.notifications.model import (
    JOB_EVENTS,
    DeliveryAttempt,
    EventType,
    Notification,
    NotificationState,
    SigningSecret,
    Webhook,
    parent_of,
)
from shared.notifications.queue import NotificationMessage
from shared.notifications.store import (
    NotificationStore,
    WebhookNotFoundError,
    WebhookStore,
    edit_webhook,
)
from tests.contracts.jobs import FakeClock, new_job, submit

URL = "https://hooks.acme.com/x?y=z"
SECRET = "whsec_" + "A" * 43 + "="


def new_webhook(clock: FakeClock, owner: str = "") -> Webhook:
    """Return a webhook that is not stored yet."""
    return webhooks.new_webhook(Owner("directus", owner or uuid7(), "team"), URL, JOB_EVENTS, clock())


class WebhooksContract:
    """See the module; fixtures ``store`` and ``clock``."""

    def test_what_was_written_is_read(self, store: WebhookStore, clock: FakeClock) -> None:
        webhook = replace(
            webhooks.rotated(new_webhook(clock), clock()),
            description="of § 7",
            disabled_at=clock(),
            disabled_reason="gone",
            failures=3,
            expires_at=clock() + timedelta(days=3),
        )
        assert store.create(webhook)
        assert store.get(webhook.scope, webhook.webhook_id) == webhook

    def test_a_second_one_of_an_id_changes_nothing(self, store: WebhookStore, clock: FakeClock) -> None:
        webhook = new_webhook(clock)
        assert store.create(webhook)
        assert not store.create(replace(webhook, secrets=(SigningSecret(SECRET),)))
        assert store.get(webhook.scope, webhook.webhook_id) == webhook

    def test_lists_are_apart(self, store: WebhookStore, clock: FakeClock) -> None:
        first = new_webhook(clock)
        second = new_webhook(clock, first.owner.subject)
        alone = webhooks.job_webhook(uuid7(), first.owner, URL, SECRET, JOB_EVENTS, clock())
        for one in (second, first, alone, new_webhook(clock)):
            assert store.create(one)
        assert store.of(first.scope) == sorted((first, second), key=lambda one: one.webhook_id)
        assert store.of(alone.scope) == [alone]
        assert store.get(first.scope, alone.webhook_id) is None

    def test_the_slower_of_two_writers_is_told(self, store: WebhookStore, clock: FakeClock) -> None:
        webhook = new_webhook(clock)
        store.create(webhook)
        store.save(webhook, webhooks.rotated(webhook, clock()))
        with pytest.raises(VersionConflictError):
            store.save(webhook, webhooks.failed(webhook, clock()))
        after = edit_webhook(
            store, webhook.scope, webhook.webhook_id, lambda one: webhooks.failed(one, clock())
        )
        assert (len(after.secrets), after.failures) == (2, 1)

    def test_removed(self, store: WebhookStore, clock: FakeClock) -> None:
        webhook = new_webhook(clock)
        store.create(webhook)
        store.delete(webhook.scope, webhook.webhook_id)
        store.delete(webhook.scope, webhook.webhook_id)
        assert store.of(webhook.scope) == []
        with pytest.raises(VersionConflictError):
            store.save(webhook, webhooks.failed(webhook, clock()))
        with pytest.raises(WebhookNotFoundError):
            edit_webhook(store, webhook.scope, webhook.webhook_id, lambda one: one)

    def test_what_has_expired_is_not_there(self, store: WebhookStore, clock: FakeClock) -> None:
        webhook = replace(new_webhook(clock), expires_at=clock() + timedelta(hours=1))
        store.create(webhook)
        clock.advance(hours=1)
        assert store.get(webhook.scope, webhook.webhook_id) is None
        assert store.of(webhook.scope) == []


class NotificationsContract:
    """See the module; fixtures ``store``, ``jobs`` and ``clock``."""

    def test_the_write_that_ends_a_job_announces_it(
        self, store: NotificationStore, jobs: JobStore, clock: FakeClock
    ) -> None:
        job = running(jobs, clock)
        assert not store.log(parent_of(job.job_id)).announced
        end(jobs, job, clock)
        assert store.log(parent_of(job.job_id)).announced
        assert parent_of(job.job_id) not in due(store, clock)
        clock.advance(seconds=61)
        assert parent_of(job.job_id) in due(store, clock)

    def test_what_follows_by_itself_announces_nothing(
        self, store: NotificationStore, jobs: JobStore, clock: FakeClock
    ) -> None:
        job = running(jobs, clock, kind=Kind.OUTPUT)
        end(jobs, job, clock)
        assert not store.log(parent_of(job.job_id)).announced

    def test_an_announcement_is_expanded_once(
        self, store: NotificationStore, jobs: JobStore, clock: FakeClock
    ) -> None:
        job, made = told(jobs, clock)
        assert store.expand(job.job_id, [made])
        assert not store.expand(job.job_id, [replace(made, notification_id="msg_0")])
        log = store.log(made.parent)
        assert (log.announced, log.notifications, log.state) == (False, (made,), "pending")
        assert store.get(made.parent, made.notification_id) == made

    def test_what_was_never_announced_is_not_expanded(
        self, store: NotificationStore, jobs: JobStore, clock: FakeClock
    ) -> None:
        job = running(jobs, clock)
        assert not store.expand(job.job_id, [])
        assert not store.expand(uuid7(), [])

    def test_a_job_that_tells_nobody_is_done_with(
        self, store: NotificationStore, jobs: JobStore, clock: FakeClock
    ) -> None:
        job, _ = told(jobs, clock)
        assert store.expand(job.job_id, [])
        assert store.log(parent_of(job.job_id)).state == "none"
        clock.advance(seconds=61)
        assert parent_of(job.job_id) not in due(store, clock)

    def test_attempts_are_kept_in_order(
        self, store: NotificationStore, jobs: JobStore, clock: FakeClock
    ) -> None:
        job, made = told(jobs, clock)
        store.expand(job.job_id, [made])
        first = DeliveryAttempt(1, clock(), 15_000, None, "timeout")
        second = DeliveryAttempt(2, clock(), 12, 204, "")
        taken = states.take(made, clock())
        store.save(made, taken)
        waiting = states.put_off(taken, clock() + timedelta(seconds=5), "timeout")
        store.save(taken, waiting, first)
        clock.advance(seconds=5)
        again = states.take(waiting, clock())
        store.save(waiting, again)
        store.save(again, states.delivered(again, clock()), second)
        log = store.log(made.parent)
        assert log.attempts == {made.notification_id: (first, second)}
        (after,) = log.notifications
        assert (after.state, after.attempts, after.delivered_at) == (NotificationState.DELIVERED, 2, clock())

    def test_the_slower_of_two_writers_is_told(
        self, store: NotificationStore, jobs: JobStore, clock: FakeClock
    ) -> None:
        job, made = told(jobs, clock)
        store.expand(job.job_id, [made])
        store.save(made, states.take(made, clock()))
        with pytest.raises(VersionConflictError):
            store.save(made, states.take(made, clock()), DeliveryAttempt(1, clock(), 1))
        assert store.log(made.parent).attempts == {}

    def test_what_is_overdue_is_found(
        self, store: NotificationStore, jobs: JobStore, clock: FakeClock
    ) -> None:
        job, made = told(jobs, clock)
        store.expand(job.job_id, [made])
        taken = states.take(made, clock())
        store.save(made, taken)
        assert parent_of(job.job_id) not in due(store, clock)
        clock.advance(seconds=61)
        assert due(store, clock)[parent_of(job.job_id)] == made.notification_id
        store.save(taken, states.given_up(taken, clock(), "http-500"))
        assert parent_of(job.job_id) not in due(store, clock)
        found = store.failed(clock(), 10_000)
        assert made.notification_id in {message.notification_id for message in found}

    def test_a_test_needs_no_job(self, store: NotificationStore, clock: FakeClock) -> None:
        webhook = new_webhook(clock)
        made = compose.for_webhook(webhook, EventType.TEST, compose.trial_body(webhook, clock()), clock())
        store.create(made)
        assert store.log(parent_of("", webhook.webhook_id)).notifications == (made,)
        assert store.get(made.parent, made.notification_id) == made

    def test_it_goes_with_its_job(self, store: NotificationStore, jobs: JobStore, clock: FakeClock) -> None:
        job, made = told(jobs, clock)
        store.expand(job.job_id, [made])
        taken = states.take(made, clock())
        store.save(made, taken)
        store.save(
            taken,
            states.given_up(taken, clock(), "http-500"),
            DeliveryAttempt(1, clock(), 1, 500, "http-500"),
        )
        jobs.remove(job.job_id)
        assert store.get(made.parent, made.notification_id) is None


def running(jobs: JobStore, clock: FakeClock, **fields: Kind) -> Job:
    """Store a job that a worker has."""
    job = submit(jobs, new_job(clock, **fields))
    return edit(jobs, job.job_id, lambda j: job_states.take(j, clock(), "w", timedelta(seconds=90)))


def end(jobs: JobStore, job: Job, clock: FakeClock) -> Job:
    """Complete a job."""
    return edit(jobs, job.job_id, lambda j: job_states.complete(j, job.fence, clock(), {}, {}))


def told(jobs: JobStore, clock: FakeClock) -> tuple[Job, Notification]:
    """Return a job that has ended, and a notification of it that is not stored yet."""
    job = end(jobs, running(jobs, clock), clock)
    webhook = replace(new_webhook(clock), owner=job.owner)
    (made,) = compose.notifications_of(job, [webhook], "", "", clock())
    return job, made


def due(store: NotificationStore, clock: FakeClock) -> dict[str, str]:
    """Return what is overdue: the ids of notifications by what they are kept with."""
    found: list[NotificationMessage] = store.due(clock(), 10_000)
    return {message.parent: message.notification_id for message in found}
