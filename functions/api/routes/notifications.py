"""What was told of a job, to whom, and how that went; and telling it again."""

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
from shared.notifications.model import State, parent_of

router = APIRouter(tags=["Notifications"], route_class=GuardedRoute)
operators = APIRouter(tags=["Operators"], route_class=OperatorRoute)


@router.get("/jobs/{job_id}/notifications", responses=problem_responses(*READ))
def list_notifications(job: ReadableJob, desk: WebhookServiceDep) -> NotificationList:
    """Tell who was told that a job has ended, with every attempt."""
    return notifications.log_view(desk.ports.notifications.log(parent_of(job.job_id)))


@router.post(
    "/jobs/{job_id}/notifications/{notification_id}/redeliver",
    status_code=202,
    responses=problem_responses(*CHANGE),
)
def redeliver_notification(
    job: ReadableJob, notification_id: str, desk: WebhookServiceDep
) -> NotificationView:
    """Deliver a notification again, for another day; receivers see the same webhook-id."""
    require_change(desk.caller, job)
    return notifications.notification_view(desk.deliver_again(parent_of(job.job_id), notification_id))


@operators.get("/admin/notifications", responses=problem_responses(401, 403, 422, 503))
def list_failed_notifications(
    filters: Annotated[FailedFilters, Query()], _operator: OperatorDep, desk: WebhookServiceDep
) -> FailedList:
    """List everybody's notifications that were given up, the oldest first."""
    store, found = desk.ports.notifications, []
    for message in store.failed(desk.services.clock(), filters.limit):
        one = store.get(message.parent, message.notification_id)
        # The index follows the records with a delay.
        if one is not None and one.state is State.FAILED:
            attempts = store.log(message.parent).attempts.get(one.notification_id, ())
            found.append(notifications.failed_view(one, attempts))
    return FailedList(notifications=found)


@operators.post(
    "/admin/tasks/{job_id}/notifications/{notification_id}/redeliver",
    status_code=202,
    responses=problem_responses(401, 403, 404, 409, 503),
)
def redeliver_for_owner(
    job: TaskDep, notification_id: str, desk: WebhookServiceDep, operator: ActingDep
) -> NotificationView:
    """Deliver a notification of anybody's job again."""
    with operator.acting("redeliver", job.job_id, notification_id=notification_id):
        after = desk.deliver_again(parent_of(job.job_id), notification_id)
    return notifications.notification_view(after)
