"""Calls that only read and that a deployment makes itself, to see which of them the caller may not make.

They ask for names that need not exist: that there is no such thing is an answer too, and says that asking is
allowed. For where IAM's own simulation is not allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from infra.aws.preflight.rights import MADE_UP
from infra.aws.preflight.stage import Stage


@dataclass(frozen=True, slots=True)
class Probe:
    """One call: the action that it needs, boto3's names of it, its arguments."""

    action: str
    service: str
    operation: str
    arguments: Mapping[str, Any]

    def run(self, client: Callable[[str], Any]) -> None:
        """Make the call."""
        getattr(client(self.service), self.operation)(**self.arguments)


def probes(stage: Stage) -> list[Probe]:
    """Return the calls for a stage."""
    name = f"{stage.stack}-{MADE_UP}"
    layer = {"repositoryName": name.lower(), "layerDigests": [f"sha256:{'0' * 64}"]}
    return [
        Probe("ecr:GetAuthorizationToken", "ecr", "get_authorization_token", {}),
        Probe("ecr:BatchCheckLayerAvailability", "ecr", "batch_check_layer_availability", layer),
        Probe(
            "cloudformation:DescribeStacks", "cloudformation", "describe_stacks", {"StackName": stage.stack}
        ),
        Probe("lambda:GetFunction", "lambda", "get_function", {"FunctionName": f"{stage.stack}-api"}),
        Probe("iam:GetRole", "iam", "get_role", {"RoleName": name}),
        Probe("dynamodb:DescribeTable", "dynamodb", "describe_table", {"TableName": name}),
        Probe("sqs:GetQueueUrl", "sqs", "get_queue_url", {"QueueName": name}),
        Probe("events:DescribeRule", "events", "describe_rule", {"Name": name}),
        Probe("logs:DescribeLogGroups", "logs", "describe_log_groups", {"logGroupNamePrefix": name}),
        Probe("apigateway:GET", "apigateway", "get_rest_api", {"restApiId": MADE_UP.lower()}),
    ]
