"""What happens to a webhook: pure functions from one record to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from shared.ids import uuid7
from shared.jobs.model import Owner
from shared.notifications.model import EventType, SigningSecret, Webhook
from shared.notifications.signing import new_secret

# How long the secret before signs beside the new one.
GRACE = timedelta(hours=24)
# A secret that is rotated again and again within a day: this many sign, the newest of them.
MAX_SECRETS = 3
# Notifications given up in a row, each after a day of attempts, after which nothing more is sent.
MAX_FAILURES = 5
GONE = "gone"
FAILING = "failing"


def new_webhook(
    owner: Owner, url: str, events: Sequence[EventType], now: datetime, description: str = ""
) -> Webhook:
    """Return an owner's new webhook with a secret of its own."""
    return Webhook(
        webhook_id=uuid7(),
        owner=owner,
        url=url,
        secrets=(SigningSecret(new_secret()),),
        events=tuple(events),
        created_at=now,
        updated_at=now,
        description=description,
    )


def job_webhook(
    webhook_id: str, owner: Owner, url: str, secret: str, events: Sequence[EventType], now: datetime
) -> Webhook:
    """Return the webhook of one job, and of those that try it again."""
    return Webhook(
        webhook_id=webhook_id,
        owner=owner,
        url=url,
        secrets=(SigningSecret(secret),),
        events=tuple(events),
        created_at=now,
        updated_at=now,
        for_job=True,
    )


def signing_secrets(webhook: Webhook, now: datetime) -> list[str]:
    """Return the secrets that sign now, the newest first."""
    return [secret.text for secret in webhook.secrets if secret.valid(now)]


def rotated(webhook: Webhook, now: datetime) -> Webhook:
    """Return the webhook with a new secret; the one before goes on signing for ``GRACE``."""
    until = now + GRACE
    kept = [
        replace(secret, until=min(secret.until or until, until))
        for secret in webhook.secrets
        if secret.valid(now)
    ]
    secrets = (SigningSecret(new_secret()), *kept)[:MAX_SECRETS]
    return _next(webhook, now, secrets=secrets)


def disabled(webhook: Webhook, now: datetime, reason: str) -> Webhook | None:
    """Return the webhook that gets nothing any more; None where it gets nothing already."""
    return _next(webhook, now, disabled_at=now, disabled_reason=reason) if webhook.enabled else None


def enabled(webhook: Webhook, now: datetime) -> Webhook | None:
    """Return the webhook that gets notifications again; None where it does already."""
    if webhook.enabled:
        return None
    return _next(webhook, now, disabled_at=None, disabled_reason="", failures=0)


def succeeded(webhook: Webhook, now: datetime) -> Webhook | None:
    """Return the webhook after a delivery; None where that changes nothing."""
    return _next(webhook, now, failures=0) if webhook.failures else None


def failed(webhook: Webhook, now: datetime) -> Webhook:
    """Return the webhook after a notification that was given up; too many in a row disable it."""
    after = _next(webhook, now, failures=webhook.failures + 1)
    if after.failures >= MAX_FAILURES and after.enabled:
        return replace(after, disabled_at=now, disabled_reason=FAILING)
    return after


def _next(webhook: Webhook, now: datetime, **fields: object) -> Webhook:
    return replace(webhook, version=webhook.version + 1, updated_at=now, **fields)  # type: ignore[arg-type]
