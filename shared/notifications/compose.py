"""What is sent, and to whom: from a job that has ended to its notifications.

A notification says which job ended how, in ids, counts and links: no text of a document, no metadata, no
token. A receiver that wants more asks the API with its own token.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from shared.clock import to_text
from shared.ids import uuid7
from shared.jobs.model import Job, Status
from shared.notifications.addresses import parse
from shared.notifications.model import Channel, EventType, Notification, Webhook
from shared.notifications.schedule import PERSISTENCE

EVENT_OF = {
    Status.COMPLETED: EventType.COMPLETED,
    Status.FAILED: EventType.FAILED,
    Status.CANCELLED: EventType.CANCELLED,
}
_IDS = uuid.UUID("5f0b3b0e-3a2d-4c56-8f5e-6b8f0b6f7a10")


def job_body(job: Job, public_url: str) -> str:
    """Return the body of a webhook about a job that has ended; ``public_url`` is where the API is."""
    data: dict[str, Any] = {
        "job_id": job.job_id,
        "kind": job.kind.value,
        "status": job.status.value,
        "document_id": job.document_id or None,
        "product_id": job.product_id or None,
        "case_id": job.case_id or None,
        "retry_of": job.retry_of or None,
        "created_at": to_text(job.created_at),
        "completed_at": to_text(job.completed_at or job.updated_at),
        "counts": counts(job),
        "links": links(job, public_url),
    }
    if job.error is not None:
        data["error"] = {name: job.error.get(name) for name in ("type", "title")}
    return _body(EVENT_OF[job.status], job.completed_at or job.updated_at, data)


def trial_body(webhook: Webhook, now: datetime) -> str:
    """Return the body of a test."""
    return _body(EventType.TEST, now, {"webhook_id": webhook.webhook_id})


def counts(job: Job) -> dict[str, int]:
    """Return the numbers of a job's result."""
    result: Mapping[str, Any] = job.result or {}
    return {name: value for name, value in result.items() if type(value) is int}


def links(job: Job, public_url: str) -> dict[str, str]:
    """Return where the API has more; paths where it is not known under which address it is reached."""
    base = f"{public_url.rstrip('/')}/jobs/{job.job_id}"
    addresses = {"status": f"{base}/status"}
    return {**addresses, "result": f"{base}/result"} if job.status is Status.COMPLETED else addresses


def notifications_of(
    job: Job, webhooks: Iterable[Webhook], address: str, public_url: str, now: datetime
) -> list[Notification]:
    """Return what is to be sent about a job: to the webhooks that want its event, and to an e-mail address.

    Their ids follow from the job and the receiver: made again, they are the same.
    """
    event = EVENT_OF[job.status]
    body = job_body(job, public_url)
    made = [
        for_webhook(webhook, event, body, now, job=job)
        for webhook in webhooks
        if webhook.enabled and event in webhook.events
    ]
    if address:
        made.append(
            Notification(
                notification_id=_id(job.job_id, Channel.EMAIL),
                job_id=job.job_id,
                owner=job.owner.key,
                event=event,
                channel=Channel.EMAIL,
                target=masked(address),
                address=address,
                body=body,
                created_at=now,
                deadline=now + PERSISTENCE,
                next_at=now,
                expires_at=job.expires_at,
            )
        )
    return made


def for_webhook(
    webhook: Webhook, event: EventType, body: str, now: datetime, job: Job | None = None
) -> Notification:
    """Return the notification of a webhook, about a job or to test it."""
    return Notification(
        notification_id=_id(job.job_id, webhook.webhook_id) if job else f"msg_{uuid.UUID(uuid7()).hex}",
        job_id=job.job_id if job else "",
        owner=webhook.owner.key,
        event=event,
        channel=Channel.WEBHOOK,
        # What was let in with another setting is still no reason to fail here.
        target=parse(webhook.url, local=True).origin,
        body=body,
        created_at=now,
        deadline=now + PERSISTENCE,
        next_at=now,
        scope=webhook.scope,
        webhook_id=webhook.webhook_id,
        expires_at=job.expires_at if job else now + 7 * PERSISTENCE,
    )


def masked(address: str) -> str:
    """Return an e-mail address as those may see it who know it: ``a…@example.com``."""
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}…@{domain}"


def email_of(notification: Notification) -> tuple[str, str]:
    """Return subject and text of the e-mail that says what a body says."""
    data = json.loads(notification.body)["data"]
    subject = f"Clauseworks: {data['kind']} {data['status']}"
    named = {"Document": data["document_id"], "Product": data["product_id"], "Case": data["case_id"]}
    named |= {"Reason": (data.get("error") or {}).get("title")}
    named |= {name.replace("_", " "): value for name, value in data["counts"].items()}
    lines = [
        f"The {data['kind']} job {data['job_id']} has ended: {data['status']}.",
        *(f"{name}: {value}" for name, value in named.items() if value is not None),
        "",
        *(f"{name.capitalize()}: {link}" for name, link in data["links"].items()),
        "",
        "You get this message because the job was submitted with your address in notify_email.",
    ]
    return subject, "\n".join(lines) + "\n"


def _body(event: EventType, at: datetime, data: Mapping[str, Any]) -> str:
    return json.dumps(
        {"type": event.value, "timestamp": to_text(at), "data": data},
        separators=(",", ":"),
        ensure_ascii=False,
    )


def _id(job_id: str, receiver: str) -> str:
    return f"msg_{uuid.uuid5(_IDS, f'{job_id}/{receiver}').hex}"
