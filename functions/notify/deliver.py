"""Deliveries: from a job that has ended to its notifications, and from each of these to an attempt.

A message may come twice, late, or for what is long over; the record decides. A worker that dies between an
attempt and its entry in the log leaves a lease behind: the attempt is made again after it, under the same id,
by which a receiver knows the repetition.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from functions.notify.ports import Mail, Post, UndeliveredError
from shared.clock import Clock, Monotonic, monotonic, utc_now
from shared.errors import PermanentError, TransientError
from shared.jobs.model import Job
from shared.jobs.queue import MAX_DELAY
from shared.jobs.store import JobStore, VersionConflictError
from shared.notifications import compose, schedule, signing, states, webhooks
from shared.notifications.model import Channel, DeliveryAttempt, EventType, Notification, Webhook, job_scope
from shared.notifications.queue import NotificationMessage, NotificationQueue
from shared.notifications.states import NotPendingError, TooEarlyError
from shared.notifications.store import (
    NotificationStore,
    WebhookNotFoundError,
    WebhookStore,
    edit_webhook,
)
from shared.observability import logger
from shared.retry import Rand, retry_after
from shared.sending import send_or_leave

USER_AGENT = "Clauseworks-Webhooks/1"
GONE = 410


class DeliveryEnding(StrEnum):
    """How one message ended."""

    IGNORED = "ignored"
    EXPANDED = "expanded"
    EARLY = "early"
    DELIVERED = "delivered"
    RETRYING = "retrying"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """How an attempt went; ``final`` where another one would change nothing."""

    status: int | None = None
    error: str = ""
    retry_after: timedelta | None = None
    final: bool = False


@dataclass(frozen=True, slots=True)
class Deliverer:
    """Handles the messages of the notifications' queue; ``mail`` is None where there is no e-mail."""

    jobs: JobStore
    webhooks: WebhookStore
    notifications: NotificationStore
    queue: NotificationQueue
    post: Post
    mail: Mail | None = None
    public_url: str = ""
    clock: Clock = utc_now
    rand: Rand = random.random
    monotonic: Monotonic = monotonic

    def handle(self, message: NotificationMessage) -> DeliveryEnding:
        """Do what a message is about; raises TransientError where it has to come back."""
        if not message.notification_id:
            return self._expand(message.job_id)
        return self._deliver(message)

    # --- From a job to its notifications ------------------------------------------------------------

    def _expand(self, job_id: str) -> DeliveryEnding:
        job = self.jobs.get(job_id)
        if job is None or not job.status.terminal:
            return DeliveryEnding.IGNORED
        made = compose.notifications_of(
            job, self._webhooks_of(job), job.notify_email, self.public_url, self.clock()
        )
        if not self.notifications.expand(job_id, made):
            return DeliveryEnding.IGNORED
        for notification in made:
            self._send(notification)
        return DeliveryEnding.EXPANDED

    def _webhooks_of(self, job: Job) -> list[Webhook]:
        receivers = self.webhooks.of(job.owner.key)
        if job.webhook_id:
            own = self.webhooks.get(job_scope(job.webhook_id), job.webhook_id)
            receivers += [own] if own is not None else []
        return receivers

    # --- From a notification to an attempt ----------------------------------------------------------

    def _deliver(self, message: NotificationMessage) -> DeliveryEnding:
        stored = self.notifications.get(message.parent, message.notification_id)
        if stored is None:
            return DeliveryEnding.IGNORED
        try:
            taken = states.take(stored, self.clock())
            self.notifications.save(stored, taken)
        except TooEarlyError as early:
            self._send(stored, early.wait)
            return DeliveryEnding.EARLY
        except (NotPendingError, VersionConflictError):
            return DeliveryEnding.IGNORED
        with logger.append_context_keys(notification_id=taken.notification_id, job_id=taken.job_id):
            began = self.monotonic()
            result = self._safely(taken)
            took = round((self.monotonic() - began) * 1000)
            return self._note(taken, result, took)

    def _safely(self, notification: Notification) -> AttemptResult:
        """Attempt it; a defect of ours is a failed attempt like others: it is noted, and has an end."""
        try:
            return self._attempt(notification)
        except TransientError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not come again without end
            logger.error("Unexpected error", error=type(error).__name__)
            return AttemptResult(error="unexpected-error")

    def _attempt(self, notification: Notification) -> AttemptResult:
        if notification.channel is Channel.EMAIL:
            return self._write_to(notification)
        webhook = self.webhooks.get(notification.scope, notification.webhook_id)
        if webhook is None:
            return AttemptResult(error="webhook-removed", final=True)
        if not webhook.enabled and notification.event is not EventType.TEST:
            return AttemptResult(error="webhook-disabled", final=True)
        now, body = self.clock(), notification.body.encode()
        signed = signing.headers(
            webhooks.signing_secrets(webhook, now), notification.notification_id, now, body
        )
        headers = {"Content-Type": "application/json", "User-Agent": USER_AGENT, **signed}
        try:
            answer = self.post(webhook.url, headers, body)
        except UndeliveredError as error:
            return AttemptResult(error=error.code)
        if 200 <= answer.status < 300:  # noqa: PLR2004 - a success, as HTTP counts them
            return AttemptResult(answer.status)
        seconds = retry_after(answer.retry_after, self.clock, schedule.PERSISTENCE.total_seconds())
        wait = None if seconds is None else timedelta(seconds=seconds)
        return AttemptResult(answer.status, f"http-{answer.status}", wait, final=answer.status == GONE)

    def _write_to(self, notification: Notification) -> AttemptResult:
        if self.mail is None:
            return AttemptResult(error="email-not-configured", final=True)
        try:
            self.mail.send(notification.address, *compose.email_of(notification))
        except TransientError as error:
            return AttemptResult(error=error.code)
        except PermanentError as error:
            return AttemptResult(error=error.code, final=True)
        return AttemptResult()

    def _note(self, taken: Notification, result: AttemptResult, took: int) -> DeliveryEnding:
        """Write how the attempt went; one that lost its lease meanwhile writes nothing."""
        now = self.clock()
        attempt = DeliveryAttempt(taken.attempts, now, took, result.status, result.error)
        if not result.error:
            after, ending = states.delivered(taken, now), DeliveryEnding.DELIVERED
        else:
            until = schedule.next_attempt(taken.tries, now, taken.deadline, result.retry_after, self.rand)
            if result.final or until is None:
                after, ending = states.given_up(taken, now, result.error), DeliveryEnding.FAILED
            else:
                after, ending = states.put_off(taken, until, result.error), DeliveryEnding.RETRYING
        try:
            self.notifications.save(taken, after, attempt)
        except VersionConflictError:
            logger.warning("Notification was taken over")
            return DeliveryEnding.IGNORED
        logger.info(
            "Notification attempted",
            ending=ending.value,
            channel=taken.channel.value,
            webhook_id=taken.webhook_id,
            attempt=attempt.number,
            milliseconds=took,
            http_status=result.status,
            problem=result.error,
        )
        self._count_for_webhook(after, result, ending)
        if ending is DeliveryEnding.RETRYING:
            self._send(after, after.next_at - now)
        return ending

    def _count_for_webhook(
        self, notification: Notification, result: AttemptResult, ending: DeliveryEnding
    ) -> None:
        """Count what was given up in a row, and disable a webhook that wants or takes nothing any more."""
        if notification.channel is not Channel.WEBHOOK or ending is DeliveryEnding.RETRYING:
            return
        now = self.clock()

        def change(webhook: Webhook) -> Webhook | None:
            if ending is DeliveryEnding.DELIVERED:
                return webhooks.succeeded(webhook, now)
            if result.status == GONE:
                return webhooks.disabled(webhook, now, webhooks.GONE)
            # A test that fails says so to its sender; what was not sent is no failure to receive.
            tested = notification.event is EventType.TEST
            return None if tested or result.final else webhooks.failed(webhook, now)

        try:
            after = edit_webhook(self.webhooks, notification.scope, notification.webhook_id, change)
        except WebhookNotFoundError:
            return
        if not after.enabled and after.disabled_at == now:
            logger.warning("Webhook disabled", webhook_id=after.webhook_id, reason=after.disabled_reason)

    def _send(self, notification: Notification, delay: timedelta = timedelta()) -> None:
        message = NotificationMessage.about(notification)
        send_or_leave(self.queue, message, max(timedelta(), min(delay, MAX_DELAY)))
