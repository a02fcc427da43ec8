"""The notifications of a job with their attempts, and their redelivery."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from functions.api.http.openapi import CHANGE, READ, problem_responses
from functions.api.http.security import GuardedRoute, OperatorDep, OperatorRoute
from functions.api.routes.dependencies import ActingDep, ReadableJob, TaskDep, WebhookServiceDep
from functions.api.schemas import notifications
from functions.api.schemas.notification_requests import FailedFilters
from functions.api.schemas.notifications import FailedList, NotificationList, NotificationView
from functions.api.services.lookup import require_change
from shared.notifications.model import NotificationState, parent_of

router = APIRouter(tags=["Notifications"], route_class=GuardedRoute)
operators = APIRouter(tags=["Operators"], route_class=OperatorRoute)


@router.get("/jobs/{job_id}/notifications", responses=problem_responses(*READ))
def list_notifications(job: ReadableJob, service: WebhookServiceDep) -> NotificationList:
    """List the notifications of a job's end, with every attempt."""
    return notifications.log_view(service.ports.notifications.log(parent_of(job.job_id)))


@router.post(
    "/jobs/{job_id}/notifications/{notification_id}/redeliver",
    status_code=202,
    responses=problem_responses(*CHANGE),
)
def redeliver_notification(
    job: ReadableJob, notification_id: str, service: WebhookServiceDep
) -> NotificationView:
    """Deliver a notification again, with attempts for another day; receivers see the same webhook-id."""
    require_change(service.caller, job)
    return notifications.notification_view(service.deliver_again(parent_of(job.job_id), notification_id))


@operators.get("/admin/notifications", responses=problem_responses(401, 403, 422, 503))
def list_failed_notifications(
    filters: Annotated[FailedFilters, Query()], _operator: OperatorDep, service: WebhookServiceDep
) -> FailedList:
    """List all callers' notifications that were given up, the oldest first."""
    store, failed = service.ports.notifications, []
    for message in store.failed(service.dependencies.clock(), filters.limit):
        notification = store.get(message.parent, message.notification_id)
        # The index follows the records with a delay.
        if notification is not None and notification.state is NotificationState.FAILED:
            attempts = store.log(message.parent).attempts.get(notification.notification_id, ())
            failed.append(notifications.failed_view(notification, attempts))
    return FailedList(notifications=failed)


@operators.post(
    "/admin/tasks/{job_id}/notifications/{notification_id}/redeliver",
    status_code=202,
    responses=problem_responses(401, 403, 404, 409, 503),
)
def redeliver_for_owner(
    job: TaskDep, notification_id: str, service: WebhookServiceDep, operator: ActingDep
) -> NotificationView:
    """Deliver a notification of any caller's job again."""
    with operator.acting("redeliver", job.job_id, notification_id=notification_id):
        after = service.deliver_again(parent_of(job.job_id), notification_id)
    return notifications.notification_view(after)
