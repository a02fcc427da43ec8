"""Who is notified of a single job, beside its owner's webhooks: checked and stored when it is submitted."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from functions.api.http.problems import RequestError
from functions.api.schemas.requests import NotifyOptions
from functions.api.services.webhooks import WebhookService
from shared.auth import ForbiddenError
from shared.ids import uuid7
from shared.jobs.model import Job
from shared.jobs.store import Idempotency
from shared.notifications import signing, webhooks
from shared.notifications.model import JOB_EVENTS, job_scope

_IDS = uuid.UUID("0b0f7c1e-6f0b-4b1e-8a53-3f5d4a7f2c90")
# What a job may take and be kept for after, in its retention times, and a little.
_KEPT_FOR = 3


# Options that are stored apart from the job's parameters.
FIELDS = ("webhook_url", "webhook_secret", "notify_email")


def accept(
    service: WebhookService, options: NotifyOptions, idempotency: Idempotency | None
) -> Mapping[str, Any]:
    """Return the parameters that name the job's receivers, its webhook stored.

    A repetition under an Idempotency-Key finds the webhook that the first request has stored. Raises
    UrlRefusedError, SecretRefusedError, ForbiddenError, RequestError and TransientError.
    """
    params: dict[str, Any] = {}
    if options.notify_email is not None:
        _require_address(service, options.notify_email)
        params["notify_email"] = options.notify_email
    if options.webhook_url is None:
        if options.webhook_secret is not None:
            raise RequestError("webhook-secret-without-url", "webhook_secret goes with webhook_url.")
        return params
    if options.webhook_secret is not None:
        signing.key_of(options.webhook_secret)
    service.require_url(options.webhook_url)
    now = service.dependencies.clock()
    webhook = webhooks.job_webhook(
        _webhook_id(idempotency),
        service.caller.owner,
        options.webhook_url,
        options.webhook_secret or signing.new_secret(),
        JOB_EVENTS,
        now,
    )
    service.ports.webhooks.create(replace(webhook, expires_at=now + _KEPT_FOR * service.settings.retention))
    return {**params, "webhook_id": webhook.webhook_id}


def secret_of(service: WebhookService, options: NotifyOptions, job: Job) -> str | None:
    """Return the secret that was made for a job's webhook; None where the caller brought it, or has none.

    The answer to a repetition has the same secret as the first answer.
    """
    if not job.webhook_id or options.webhook_secret is not None:
        return None
    webhook = service.ports.webhooks.get(job_scope(job.webhook_id), job.webhook_id)
    return None if webhook is None else webhook.secrets[-1].text


def _require_address(service: WebhookService, address: str) -> None:
    """Refuse addresses that are neither the caller's own nor allowed for all: the API is no open relay."""
    if not service.settings.mail_from:
        raise RequestError("email-not-configured", "This deployment sends no e-mail; leave notify_email out.")
    given = address.lower()
    allowed = {entry.lower() for entry in service.settings.mail_allowed}
    domain = "@" + given.rpartition("@")[2]
    if given not in allowed and domain not in allowed and given != service.caller.email.lower():
        raise ForbiddenError(
            "notify_email has to be the address that your token says is verified (email, email_verified), "
            "or one that this deployment allows for all callers."
        )


def _webhook_id(idempotency: Idempotency | None) -> str:
    if idempotency is None:
        return uuid7()
    return str(uuid.uuid5(_IDS, f"{idempotency.key}/{idempotency.fingerprint}"))
