"""The webhooks of a caller, which are notified of all the caller's jobs."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Response

from functions.api.http.links import RootDep
from functions.api.http.openapi import READ, problem_responses
from functions.api.http.problems import RequestError
from functions.api.http.security import GuardedRoute
from functions.api.routes.dependencies import WebhookServiceDep
from functions.api.schemas import notifications
from functions.api.schemas.notification_requests import WebhookRequest
from functions.api.schemas.notifications import (
    NotificationList,
    NotificationView,
    WebhookList,
    WebhookView,
    WebhookWithSecret,
)
from functions.api.services.webhooks import WebhookService
from shared.notifications import compose, webhooks
from shared.notifications.model import EventType, Webhook, parent_of
from shared.notifications.store import edit_webhook
from shared.observability import logger

MAX_WEBHOOKS = 20

router = APIRouter(tags=["Notifications"], route_class=GuardedRoute)


@router.post("/webhooks", status_code=201, responses=problem_responses(400, 401, 409, 413, 415, 422, 503))
def create_webhook(
    body: WebhookRequest, service: WebhookServiceDep, response: Response, root: RootDep
) -> WebhookWithSecret:
    """Register an address that is notified of your jobs as they end.

    The answer brings the secret that messages are signed with, this once. Messages follow the Standard
    Webhooks specification: their libraries verify them.
    """
    service.require_url(body.url)
    if len(service.ports.webhooks.of(service.scope)) >= MAX_WEBHOOKS:
        raise RequestError(
            "too-many-webhooks", f"You have {MAX_WEBHOOKS} webhooks; remove one first.", status=409
        )
    now = service.dependencies.clock()
    events = tuple(map(EventType, body.events))
    webhook = webhooks.new_webhook(service.caller.owner, body.url, events, now, body.description)
    service.ports.webhooks.create(webhook)
    logger.info("Webhook created", webhook_id=webhook.webhook_id)
    response.headers["Location"] = f"{root}/webhooks/{webhook.webhook_id}"
    return notifications.with_secret(webhook, now)


@router.get("/webhooks", responses=problem_responses(401, 503))
def list_webhooks(service: WebhookServiceDep) -> WebhookList:
    """List your webhooks, without their secrets."""
    now = service.dependencies.clock()
    return WebhookList(
        webhooks=[
            notifications.webhook_view(webhook, now) for webhook in service.ports.webhooks.of(service.scope)
        ]
    )


@router.get("/webhooks/{webhook_id}", responses=problem_responses(*READ))
def get_webhook(webhook_id: str, service: WebhookServiceDep) -> WebhookView:
    """Show a webhook and its state."""
    return notifications.webhook_view(service.webhook(webhook_id), service.dependencies.clock())


@router.delete("/webhooks/{webhook_id}", status_code=204, responses=problem_responses(*READ))
def delete_webhook(webhook_id: str, service: WebhookServiceDep) -> None:
    """Remove a webhook; what is on its way to it is given up."""
    webhook = service.webhook(webhook_id)
    service.ports.webhooks.delete(webhook.scope, webhook.webhook_id)
    logger.info("Webhook removed", webhook_id=webhook_id)


@router.post("/webhooks/{webhook_id}/rotate", responses=problem_responses(*READ))
def rotate_webhook(webhook_id: str, service: WebhookServiceDep) -> WebhookWithSecret:
    """Get a new secret; for a day messages carry signatures by the one before, too."""
    now = service.dependencies.clock()
    after = _edited(service, webhook_id, lambda webhook: webhooks.rotated(webhook, now))
    return notifications.with_secret(after, now)


@router.post("/webhooks/{webhook_id}/enable", responses=problem_responses(*READ, 422))
def enable_webhook(webhook_id: str, service: WebhookServiceDep) -> WebhookView:
    """Enable a webhook that was disabled; what it missed can be delivered again job by job."""
    now = service.dependencies.clock()
    service.require_url(service.webhook(webhook_id).url)
    return notifications.webhook_view(
        _edited(service, webhook_id, lambda webhook: webhooks.enabled(webhook, now)), now
    )


@router.post("/webhooks/{webhook_id}/test", status_code=202, responses=problem_responses(*READ))
def send_test(webhook_id: str, service: WebhookServiceDep) -> NotificationView:
    """Send a message of the type ``webhook.test``; its log is at .../notifications."""
    webhook, now = service.webhook(webhook_id), service.dependencies.clock()
    made = compose.for_webhook(webhook, EventType.TEST, compose.trial_body(webhook, now), now)
    service.ports.notifications.create(made)
    service.send(made)
    return notifications.notification_view(made)


@router.get("/webhooks/{webhook_id}/notifications", responses=problem_responses(*READ))
def list_webhook_notifications(webhook_id: str, service: WebhookServiceDep) -> NotificationList:
    """List the tests of a webhook with their attempts; notifications of a job are with the job."""
    webhook = service.webhook(webhook_id)
    return notifications.log_view(service.ports.notifications.log(parent_of("", webhook.webhook_id)))


def _edited(service: WebhookService, webhook_id: str, change: Callable[[Webhook], Webhook | None]) -> Webhook:
    webhook = service.webhook(webhook_id)
    return edit_webhook(service.ports.webhooks, webhook.scope, webhook.webhook_id, change)
