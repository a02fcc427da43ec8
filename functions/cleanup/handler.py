"""The Lambda handlers of the cleanup image: cleanup jobs from SQS, and the scheduled reconciliation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from aws_lambda_powertools.metrics import MetricUnit

from functions.cleanup import bootstrap
from shared.jobs.runner import Remaining
from shared.jobs.sqs_handler import Context, flush, job_metrics, process, remaining_seconds
from shared.observability import logger


class _PartReport(Protocol):
    def to_dict(self) -> dict[str, int]: ...

    def metrics(self) -> Mapping[str, int]: ...


class _Part(Protocol):
    def run(self, remaining: Remaining) -> _PartReport: ...


def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    """Execute the jobs that the records name; return the records that have to come back."""
    return process(event, context, bootstrap.runner())


def reconcile(_event: dict[str, Any], context: Context) -> dict[str, int]:
    """Repair the jobs and notifications that are stuck, then remove what has expired; return counts.

    No part keeps the later ones from their turn: the first error is raised when all have had theirs. The
    removal comes last, for a backlog of it takes all the time there is.
    """

    def remaining() -> float:
        return remaining_seconds(context)

    metrics = job_metrics()
    done: dict[str, int] = {}
    errors: list[Exception] = []
    parts: list[Callable[[], _Part]] = [bootstrap.reconciler, bootstrap.overdue, bootstrap.expiry]
    try:
        for part in parts:
            try:
                report = part().run(remaining)
            except Exception as error:  # noqa: BLE001 - raised below, once the others have had their turn
                logger.exception("Part of the reconciliation failed")
                errors.append(error)
                continue
            done |= report.to_dict()
            for name, value in report.metrics().items():
                metrics.add_metric(name, MetricUnit.Count, value)
    finally:
        flush(metrics)
    if errors:
        raise errors[0]
    return done
