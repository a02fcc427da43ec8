"""Tells receivers: from a job that has ended to its notifications, and from each of these to an attempt.

A message may come twice, late, or for what is long over; the record decides. Whoever dies between an attempt
and its entry in the log leaves a lease behind: the attempt is made again after it, under the same id, by
which a receiver knows the repetition.
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
from shared.notifications.model import Attempt, Channel, EventType, Notification, Webhook, job_scope
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


class Ending(StrEnum):
    """How one message ended."""

    IGNORED = "ignored"
    EXPANDED = "expanded"
    EARLY = "early"
    DELIVERED = "delivered"
    RETRYING = "retrying"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Result:
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

    def handle(self, message: NotificationMessage) -> Ending:
        """Do what a message is about; raises TransientError where it has to come back."""
        if not message.notification_id:
            return self._expand(message.job_id)
        return self._deliver(message)

    # --- From a job to its notifications ------------------------------------------------------------

    def _expand(self, job_id: str) -> Ending:
        job = self.jobs.get(job_id)
        if job is None or not job.status.terminal:
            return Ending.IGNORED
        made = compose.notifications_of(
            job, self._webhooks_of(job), job.notify_email, self.public_url, self.clock()
        )
        if not self.notifications.expand(job_id, made):
            return Ending.IGNORED
        for notification in made:
            self._send(notification)
        return Ending.EXPANDED

    def _webhooks_of(self, job: Job) -> list[Webhook]:
        found = self.webhooks.of(job.owner.key)
        if job.webhook_id:
            own = self.webhooks.get(job_scope(job.webhook_id), job.webhook_id)
            found += [own] if own is not None else []
        return found

    # --- From a notification to an attempt ----------------------------------------------------------

    def _deliver(self, message: NotificationMessage) -> Ending:
        stored = self.notifications.get(message.parent, message.notification_id)
        if stored is None:
            return Ending.IGNORED
        try:
            taken = states.take(stored, self.clock())
            self.notifications.save(stored, taken)
        except TooEarlyError as early:
            self._send(stored, early.wait)
            return Ending.EARLY
        except (NotPendingError, VersionConflictError):
            return Ending.IGNORED
        with logger.append_context_keys(notification_id=taken.notification_id, job_id=taken.job_id):
            began = self.monotonic()
            result = self._safely(taken)
            took = round((self.monotonic() - began) * 1000)
            return self._note(taken, result, took)

    def _safely(self, notification: Notification) -> Result:
        """Attempt it; a defect of ours is a failed attempt like others: it is noted, and has an end."""
        try:
            return self._attempt(notification)
        except TransientError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not come again without end
            logger.error("Unexpected error", error=type(error).__name__)
            return Result(error="unexpected-error")

    def _attempt(self, notification: Notification) -> Result:
        if notification.channel is Channel.EMAIL:
            return self._write_to(notification)
        webhook = self.webhooks.get(notification.scope, notification.webhook_id)
        if webhook is None:
            return Result(error="webhook-removed", final=True)
        if not webhook.enabled and notification.event is not EventType.TEST:
            return Result(error="webhook-disabled", final=True)
        now, body = self.clock(), notification.body.encode()
        signed = signing.headers(
            webhooks.signing_secrets(webhook, now), notification.notification_id, now, body
        )
        headers = {"Content-Type": "application/json", "User-Agent": USER_AGENT, **signed}
        try:
            answer = self.post(webhook.url, headers, body)
        except UndeliveredError as error:
            return Result(error=error.code)
        if 200 <= answer.status < 300:  # noqa: PLR2004 - a success, as HTTP counts them
            return Result(answer.status)
        seconds = retry_after(answer.retry_after, self.clock, schedule.PERSISTENCE.total_seconds())
        wait = None if seconds is None else timedelta(seconds=seconds)
        return Result(answer.status, f"http-{answer.status}", wait, final=answer.status == GONE)

    def _write_to(self, notification: Notification) -> Result:
        if self.mail is None:
            return Result(error="email-not-configured", final=True)
        try:
            self.mail.send(notification.address, *compose.email_of(notification))
        except TransientError as error:
            return Result(error=error.code)
        except PermanentError as error:
            return Result(error=error.code, final=True)
        return Result()

    def _note(self, taken: Notification, result: Result, took: int) -> Ending:
        """Write how the attempt went; whoever lost the lease meanwhile writes nothing."""
        now = self.clock()
        attempt = Attempt(taken.attempts, now, took, result.status, result.error)
        if not result.error:
            after, ending = states.delivered(taken, now), Ending.DELIVERED
        else:
            until = schedule.next_attempt(taken.tries, now, taken.deadline, result.retry_after, self.rand)
            if result.final or until is None:
                after, ending = states.given_up(taken, now, result.error), Ending.FAILED
            else:
                after, ending = states.put_off(taken, until, result.error), Ending.RETRYING
        try:
            self.notifications.save(taken, after, attempt)
        except VersionConflictError:
            logger.warning("Notification was taken over")
            return Ending.IGNORED
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
        self._tell_webhook(after, result, ending)
        if ending is Ending.RETRYING:
            self._send(after, after.next_at - now)
        return ending

    def _tell_webhook(self, notification: Notification, result: Result, ending: Ending) -> None:
        """Count what was given up in a row, and disable a webhook that wants or takes nothing any more."""
        if notification.channel is not Channel.WEBHOOK or ending is Ending.RETRYING:
            return
        now = self.clock()

        def change(webhook: Webhook) -> Webhook | None:
            if ending is Ending.DELIVERED:
                return webhooks.succeeded(webhook, now)
            if result.status == GONE:
                return webhooks.disabled(webhook, now, webhooks.GONE)
            # A test that fails says so to who asked for it; what was not sent is no failure to receive.
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
