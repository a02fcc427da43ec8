"""What stands behind the operators' routes, besides the ports of everybody's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.operations.audit import AuditTrail
from shared.operations.dead_letters import DeadLetters, Depths
from shared.operations.logs import JobLogs

if TYPE_CHECKING:
    from functions.api.settings import ApiSettings


@dataclass(frozen=True, slots=True)
class Operations:
    """The ports: ``depths`` counts the workers' queues, ``dead_depths`` their dead-letter queues."""

    audit: AuditTrail
    dead_letters: DeadLetters
    depths: Depths
    dead_depths: Depths
    logs: JobLogs


def on_aws(settings: ApiSettings) -> Operations:
    """Return the ports on DynamoDB, SQS and CloudWatch Logs."""
    from shared.aws.dead_letters import SqsDeadLetters, SqsDepths
    from shared.aws.dynamodb.audit import DynamoAudit
    from shared.aws.logs import CloudWatchLogs
    from shared.jobs.model import Kind

    endpoint = settings.aws_endpoint_url
    work = {Kind.ANALYSIS: settings.analysis_queue_url, Kind.CLEANUP: settings.cleanup_queue_url}
    dead = {
        Kind.ANALYSIS: settings.analysis_dead_letter_queue_url,
        Kind.CLEANUP: settings.cleanup_dead_letter_queue_url,
    }
    return Operations(
        audit=DynamoAudit(settings.jobs_table, endpoint),
        dead_letters=SqsDeadLetters(dead, endpoint),
        depths=SqsDepths(work, endpoint),
        dead_depths=SqsDepths(dead, endpoint),
        logs=CloudWatchLogs(settings.log_groups, endpoint),
    )
