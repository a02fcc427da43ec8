"""The Lambda handlers of the cleanup image: cleanup jobs from SQS, and the scheduled reconciliation."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from functions.cleanup import bootstrap
from shared.jobs.sqs_handler import Context, flush, job_metrics, process, remaining_seconds


def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    """Execute the jobs that the records name; return the records that have to come back."""
    return process(event, context, bootstrap.runner())


def reconcile(_event: dict[str, Any], context: Context) -> dict[str, int]:
    """Repair the jobs and notifications that are stuck, then remove what has expired; return counts."""

    def remaining() -> float:
        return remaining_seconds(context)

    metrics = job_metrics()
    done: dict[str, int] = {}
    try:
        for part in (bootstrap.reconciler(), bootstrap.expiry(), bootstrap.overdue()):
            report = part.run(remaining)
            done |= report.to_dict()
            for name, value in report.metrics().items():
                metrics.add_metric(name, MetricUnit.Count, value)
    finally:
        flush(metrics)
    return done
