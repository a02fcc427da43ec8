"""Which actions a deployment needs, on which names. Pure.

Sources: the permissions of the handlers in CloudFormation's resource schemas, and the SAM CLI's own calls.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from infra.aws.preflight.facts import Identity
from infra.aws.preflight.stage import Stage

# Stands for the part of a name that CloudFormation makes up.
MADE_UP = "PREFLIGHT"

_FUNCTION = "arn:{partition}:lambda:{region}:{account}:function:{stack}-api"
_MAPPING = "arn:{partition}:lambda:{region}:{account}:event-source-mapping:{made_up}"
_RULE = "arn:{partition}:events:{region}:{account}:rule/{stack}-{made_up}"
_QUEUE = "arn:{partition}:sqs:{region}:{account}:{stack}-{made_up}"
_ROLE = "arn:{partition}:iam::{account}:role/{stack}-{made_up}"
_TABLE = "arn:{partition}:dynamodb:{region}:{account}:table/{stack}-{made_up}"
_BUCKET = "arn:{partition}:s3:::{stack}-{made_up}"
_KEY = "arn:{partition}:kms:{region}:{account}:key/{made_up}"
_LOGS = "arn:{partition}:logs:{region}:{account}:log-group:/aws/lambda/{stack}-api"
_TOPIC = "arn:{partition}:sns:{region}:{account}:{stack}-{made_up}"
_STACK = "arn:{partition}:cloudformation:{region}:{account}:stack/{stack}/{made_up}"
_IMAGES = "arn:{partition}:ecr:{region}:{account}:repository/{bare}/{made_up}"
_ARTEFACTS = "arn:{partition}:s3:::aws-sam-cli-managed-default-{made_up}/{made_up}"

Needs = Mapping[str, Sequence[str]]

# By ARN, what the SAM CLI calls for every stage.
_ALWAYS: Needs = {
    "*": ["ecr:GetAuthorizationToken"],
    _IMAGES: [
        "ecr:CreateRepository",
        "ecr:BatchCheckLayerAvailability",
        "ecr:InitiateLayerUpload",
        "ecr:UploadLayerPart",
        "ecr:CompleteLayerUpload",
        "ecr:PutImage",
    ],
    _ARTEFACTS: ["s3:PutObject", "s3:GetObject"],
    _STACK: [
        "cloudformation:CreateChangeSet",
        "cloudformation:DescribeChangeSet",
        "cloudformation:ExecuteChangeSet",
        "cloudformation:DescribeStacks",
        "cloudformation:DescribeStackEvents",
        "cloudformation:GetTemplateSummary",
    ],
    # The monitoring is a nested stack.
    "arn:{partition}:cloudformation:{region}:{account}:stack/{stack}-Monitoring-{made_up}/{made_up}": [
        "cloudformation:CreateStack",
        "cloudformation:UpdateStack",
        "cloudformation:DescribeStacks",
    ],
    "arn:{partition}:cloudformation:{region}:aws:transform/Serverless-2016-10-31": [
        "cloudformation:CreateChangeSet"
    ],
}

# By type of resource, what CloudFormation calls with the caller's rights, by ARN.
BY_TYPE: Mapping[str, Needs] = {
    "AWS::Serverless::Function": {
        _FUNCTION: [
            "lambda:CreateFunction",
            "lambda:GetFunction",
            "lambda:UpdateFunctionCode",
            "lambda:UpdateFunctionConfiguration",
            "lambda:PutFunctionConcurrency",
            "lambda:PutFunctionRecursionConfig",
            "lambda:AddPermission",
            "lambda:TagResource",
        ],
        # No policy can name a mapping that is to be made.
        "*": ["lambda:CreateEventSourceMapping"],
        _MAPPING: ["lambda:GetEventSourceMapping"],
        _RULE: ["events:PutRule", "events:PutTargets", "events:DescribeRule"],
        _ROLE: ["iam:PassRole"],
    },
    "AWS::Serverless::Api": {
        "arn:{partition}:apigateway:{region}::/restapis": ["apigateway:POST"],
        "arn:{partition}:apigateway:{region}::/restapis/{made_up}": [
            "apigateway:GET",
            "apigateway:PUT",
            "apigateway:PATCH",
        ],
    },
    "AWS::ApiGatewayV2::Api": {"arn:{partition}:apigateway:{region}::/apis": ["apigateway:POST"]},
    "AWS::ApiGatewayV2::Stage": {},
    "AWS::ApiGatewayV2::Integration": {},
    "AWS::ApiGatewayV2::Route": {},
    "AWS::Lambda::Permission": {_FUNCTION: ["lambda:AddPermission"]},
    "AWS::SQS::Queue": {
        _QUEUE: [
            "sqs:CreateQueue",
            "sqs:GetQueueUrl",
            "sqs:GetQueueAttributes",
            "sqs:SetQueueAttributes",
            "sqs:TagQueue",
        ]
    },
    "AWS::SQS::QueuePolicy": {_QUEUE: ["sqs:SetQueueAttributes"]},
    "AWS::DynamoDB::Table": {
        _TABLE: [
            "dynamodb:CreateTable",
            "dynamodb:DescribeTable",
            "dynamodb:UpdateTable",
            "dynamodb:UpdateTimeToLive",
            "dynamodb:UpdateContinuousBackups",
            "dynamodb:TagResource",
        ]
    },
    "AWS::S3::Bucket": {
        _BUCKET: [
            "s3:CreateBucket",
            "s3:PutBucketVersioning",
            "s3:PutEncryptionConfiguration",
            "s3:PutLifecycleConfiguration",
            "s3:PutBucketCORS",
            "s3:PutBucketPublicAccessBlock",
            "s3:PutBucketOwnershipControls",
            "s3:PutBucketTagging",
        ]
    },
    "AWS::S3::BucketPolicy": {_BUCKET: ["s3:PutBucketPolicy"]},
    "AWS::KMS::Key": {
        "*": ["kms:CreateKey"],
        _KEY: ["kms:EnableKeyRotation", "kms:DescribeKey", "kms:TagResource"],
    },
    "AWS::KMS::Alias": {"arn:{partition}:kms:{region}:{account}:alias/{stack}": ["kms:CreateAlias"]},
    "AWS::IAM::Role": {
        _ROLE: ["iam:CreateRole", "iam:GetRole", "iam:GetRolePolicy", "iam:PutRolePolicy", "iam:TagRole"]
    },
    "AWS::IAM::Policy": {_ROLE: ["iam:PutRolePolicy"]},
    "AWS::Logs::LogGroup": {
        _LOGS: [
            "logs:CreateLogGroup",
            "logs:DescribeLogGroups",
            "logs:PutRetentionPolicy",
            "logs:TagResource",
        ]
    },
    "AWS::ApiGateway::Account": {
        "arn:{partition}:apigateway:{region}::/account": ["apigateway:PATCH"],
        _ROLE: ["iam:PassRole"],
    },
    "AWS::SNS::Topic": {_TOPIC: ["sns:CreateTopic", "sns:Subscribe", "sns:TagResource"]},
    "AWS::Budgets::Budget": {
        "arn:{partition}:budgets::{account}:budget/{stack}-monthly": [
            "budgets:ModifyBudget",
            "budgets:ViewBudget",
        ]
    },
    "AWS::CloudWatch::Dashboard": {
        "arn:{partition}:cloudwatch::{account}:dashboard/{stack}": ["cloudwatch:PutDashboard"]
    },
    "AWS::CloudWatch::Alarm": {
        "arn:{partition}:cloudwatch:{region}:{account}:alarm:{stack}-{made_up}": [
            "cloudwatch:PutMetricAlarm",
            "cloudwatch:DescribeAlarms",
            "cloudwatch:TagResource",
        ]
    },
}


@dataclass(frozen=True, slots=True)
class Need:
    """Actions on one resource."""

    resource: str
    actions: tuple[str, ...]


def needs(stage: Stage, identity: Identity, region: str) -> list[Need]:
    """Return what deploying a stage needs, each resource once."""
    kinds = {resource["Type"] for resource in stage.resources().values()}
    found: dict[str, dict[str, None]] = {}
    for by_resource in (_ALWAYS, *(BY_TYPE.get(kind, {}) for kind in sorted(kinds))):
        for resource, actions in by_resource.items():
            name = resource.format(
                partition=identity.partition,
                region=region,
                account=identity.account,
                stack=stage.stack,
                bare=re.sub("[^a-z0-9]", "", stage.stack.lower()),
                made_up=MADE_UP,
            )
            found.setdefault(name, {}).update(dict.fromkeys(actions))
    return [Need(name, tuple(actions)) for name, actions in found.items()]
