"""The part that every job queue's Lambda handler shares: records in, records to be repeated out."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from aws_lambda_powertools.metrics import Metrics, MetricUnit

from shared.errors import ClauseworksError
from shared.jobs.queue import JobMessage
from shared.jobs.runner import Ending, Outcome, Remaining
from shared.observability import logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

METRIC_OF = {
    Ending.IGNORED: "MessagesIgnored",
    Ending.COMPLETED: "JobsCompleted",
    Ending.FAILED: "JobsFailed",
    Ending.CANCELLED: "JobsCancelled",
    Ending.PAUSED: "JobsPaused",
    Ending.RETRYING: "JobsRetried",
    Ending.CONTINUED: "JobsContinued",
    Ending.FENCED: "JobsFenced",
}


class HandlesMessages(Protocol):
    """What executes a job: ``shared.jobs.runner.Runner``."""

    def handle(self, message: JobMessage, remaining: Remaining) -> Outcome:
        """Execute the job that a message names within ``remaining()`` seconds."""
        ...


class Context(Protocol):
    """What is used of Lambda's context object."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda stops the invocation."""
        ...


@cache
def job_metrics() -> Metrics:
    """Return the metrics of this process: namespace and service from Powertools' variables, and the stage."""
    metrics = Metrics(namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE") or "Clauseworks")
    metrics.set_default_dimensions(stage=os.environ.get("STAGE") or "local")
    return metrics


def process(
    event: dict[str, Any], context: Context, runner: HandlesMessages, metrics: Metrics | None = None
) -> dict[str, Any]:
    """Execute the jobs that a batch of SQS records names; return SQS's partial batch response.

    A record that is no job message, or whose job could not even be written, is reported as failed: it
    comes back and ends in the dead-letter queue, and the records beside it are not held up.
    """
    from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

    metrics = metrics or job_metrics()

    def execute(record: SQSRecord) -> str:
        try:
            outcome = runner.handle(JobMessage.from_json(record.body), lambda: remaining_seconds(context))
        except ClauseworksError as error:
            logger.error("Message could not be handled", message_id=record.message_id, problem=error.code)
            metrics.add_metric("MessagesFailed", MetricUnit.Count, 1)
            raise
        except Exception:
            logger.exception("Message could not be handled", message_id=record.message_id)
            metrics.add_metric("MessagesFailed", MetricUnit.Count, 1)
            raise
        metrics.add_metric(METRIC_OF[outcome.ending], MetricUnit.Count, 1)
        return outcome.ending.value

    # A raised error would cost the process its warm start and say no more than the response does.
    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    try:
        return dict(process_partial_response(event, execute, processor))
    finally:
        flush(metrics)


def remaining_seconds(context: Context) -> float:
    """Return what is left of the invocation, in seconds."""
    return context.get_remaining_time_in_millis() / 1000


def flush(metrics: Metrics) -> None:
    """Print the metrics gathered, where there are any."""
    if metrics.provider.metric_set:
        metrics.flush_metrics()
