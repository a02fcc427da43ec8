"""The Lambda handler of the notify function: messages from SQS in, those to be repeated out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.metrics import Metrics, MetricUnit

from functions.notify import bootstrap
from functions.notify.deliver import Deliverer, DeliveryEnding
from shared.errors import ClauseworksError
from shared.jobs.sqs_handler import flush, job_metrics
from shared.notifications.queue import NotificationMessage
from shared.observability import logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

METRIC_OF = {
    DeliveryEnding.DELIVERED: "NotificationsDelivered",
    DeliveryEnding.RETRYING: "NotificationsRetried",
    DeliveryEnding.FAILED: "NotificationsFailed",
}


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Handle each record; return SQS's partial batch response."""
    return process(event, bootstrap.deliverer(), job_metrics())


def process(event: dict[str, Any], deliverer: Deliverer, metrics: Metrics) -> dict[str, Any]:
    """Handle the messages of a batch; one that could not be read or written for comes back."""
    from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

    def execute(record: SQSRecord) -> str:
        try:
            ending = deliverer.handle(NotificationMessage.from_json(record.body))
        except ClauseworksError as error:
            logger.error("Message could not be handled", message_id=record.message_id, problem=error.code)
            metrics.add_metric("MessagesFailed", MetricUnit.Count, 1)
            raise
        except Exception as error:
            # Without the error's own words: those of foreign libraries may hold what was sent.
            logger.error("Unexpected error", message_id=record.message_id, error=type(error).__name__)
            metrics.add_metric("MessagesFailed", MetricUnit.Count, 1)
            raise
        if ending in METRIC_OF:
            metrics.add_metric(METRIC_OF[ending], MetricUnit.Count, 1)
        return ending.value

    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    try:
        return dict(process_partial_response(event, execute, processor))
    finally:
        flush(metrics)
