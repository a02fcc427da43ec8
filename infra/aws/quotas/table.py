"""AWS's quotas that a template can exceed, as of November 2026; those that can be raised say so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_DOCS = "https://docs.aws.amazon.com/"
_CLOUDFORMATION = f"{_DOCS}AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"
_LAMBDA = f"{_DOCS}lambda/latest/dg/gettingstarted-limits.html"
_IAM = f"{_DOCS}IAM/latest/UserGuide/reference_iam-quotas.html"
_CLOUDWATCH = f"{_DOCS}AmazonCloudWatch/latest/APIReference"
_DYNAMODB = f"{_DOCS}amazondynamodb/latest"

KIB, MIB, GIB = 2**10, 2**20, 2**30

# Of the 1,000 of an account (it can be raised) 100 have to stay unreserved.
RESERVABLE = 1000 - 100


@dataclass(frozen=True, slots=True)
class Quota:
    """The most that AWS takes of something; ``source`` is the page of its documentation that says so."""

    name: str
    limit: int
    source: str


# In the order in which they are printed.
QUOTAS: dict[str, Quota] = {
    "template_s3": Quota("template by S3, bytes", MIB, _CLOUDFORMATION),
    "template_inline": Quota("template in the request, bytes", 51_200, _CLOUDFORMATION),
    "resources": Quota("resources of a template", 500, _CLOUDFORMATION),
    "parameters": Quota("parameters of a template", 200, _CLOUDFORMATION),
    "outputs": Quota("outputs of a template", 200, _CLOUDFORMATION),
    "function_policy": Quota("resource policy of a function, bytes", 20 * KIB, _LAMBDA),
    "function_environment": Quota("environment of a function, bytes", 4 * KIB, _LAMBDA),
    "function_layers": Quota("layers of a function", 5, _LAMBDA),
    "function_image": Quota("image of a function, bytes", 10 * GIB, _LAMBDA),
    "function_unzipped": Quota("code of a zip function, unzipped bytes", 250 * MIB, _LAMBDA),
    "reserved": Quota(
        "reserved concurrency of an account (raisable)",
        RESERVABLE,
        f"{_DOCS}lambda/latest/dg/configuration-concurrency.html",
    ),
    "role_inline": Quota("inline policies of a role, characters", 10_240, _IAM),
    "role_trust": Quota("trust policy of a role, characters (raisable)", 2_048, _IAM),
    "managed_policy": Quota("managed policy, characters", 6_144, _IAM),
    "bucket_policy": Quota("policy of a bucket, bytes", 20 * KIB, f"{_DOCS}general/latest/gr/s3.html"),
    "queue_policy": Quota(
        "policy of a queue, bytes",
        8 * KIB,
        f"{_DOCS}AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html",
    ),
    "queue_statements": Quota(
        "statements of a queue's policy",
        20,
        f"{_DOCS}AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html",
    ),
    "key_policy": Quota(
        "policy of a key, bytes", 32 * KIB, f"{_DOCS}kms/latest/developerguide/resource-limits.html"
    ),
    "api_resources": Quota(
        "resources of an API (raisable)",
        300,
        f"{_DOCS}apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html",
    ),
    "table_indexes": Quota(
        "indexes of a table (raisable)", 20, f"{_DYNAMODB}/developerguide/ServiceQuotas.html"
    ),
    "index_changes": Quota(
        "indexes of a table made or removed by an update", 1, f"{_DYNAMODB}/APIReference/API_UpdateTable.html"
    ),
    "name_function": Quota("name of a function", 64, f"{_DOCS}lambda/latest/api/API_CreateFunction.html"),
    "name_queue": Quota(
        "name of a queue",
        80,
        f"{_DOCS}AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html",
    ),
    "name_role": Quota("name of a role", 64, _IAM),
    "name_bucket": Quota("name of a bucket", 63, f"{_DOCS}AmazonS3/latest/userguide/bucketnamingrules.html"),
    "name_table": Quota("name of a table", 255, f"{_DYNAMODB}/developerguide/Constraints.html"),
    "name_alarm": Quota("name of an alarm", 255, f"{_CLOUDWATCH}/API_PutMetricAlarm.html"),
    "name_dashboard": Quota("name of a dashboard", 255, f"{_CLOUDWATCH}/API_PutDashboard.html"),
    "name_log_group": Quota(
        "name of a log group", 512, f"{_DOCS}AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html"
    ),
    "name_topic": Quota("name of a topic", 256, f"{_DOCS}sns/latest/api/API_CreateTopic.html"),
    "name_rule": Quota("name of a rule", 64, f"{_DOCS}eventbridge/latest/APIReference/API_PutRule.html"),
    "name_policy": Quota("name of a policy", 128, _IAM),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """How much ``thing`` takes of a quota, by its key in ``QUOTAS``."""

    quota: str
    thing: str
    value: int

    @property
    def exceeds(self) -> bool:
        """Whether AWS would refuse it."""
        return self.value > QUOTAS[self.quota].limit


def largest(figures: Iterable[Figure]) -> list[Figure]:
    """Return the largest figure of each quota."""
    found: dict[str, Figure] = {}
    for figure in figures:
        if figure.quota not in found or figure.value > found[figure.quota].value:
            found[figure.quota] = figure
    return list(found.values())
