"""What CloudFormation calls the resources of a stack: names, ids and ARNs, at their longest."""

from __future__ import annotations

ACCOUNT = "123456789012"
# None of the regions of the partition "aws" has a longer name.
REGION = "ap-southeast-1"
PARTITION = "aws"
SUFFIX = "amazonaws.com"

# What CloudFormation ends the names with that it makes.
_RANDOM = "X" * 12
_UUID = "00000000-0000-0000-0000-000000000000"

# The property with a resource's name, and the quota of its length.
NAMED = {
    "AWS::Lambda::Function": ("FunctionName", "name_function"),
    "AWS::SQS::Queue": ("QueueName", "name_queue"),
    "AWS::IAM::Role": ("RoleName", "name_role"),
    "AWS::S3::Bucket": ("BucketName", "name_bucket"),
    "AWS::DynamoDB::Table": ("TableName", "name_table"),
    "AWS::CloudWatch::Alarm": ("AlarmName", "name_alarm"),
    "AWS::CloudWatch::Dashboard": ("DashboardName", "name_dashboard"),
    "AWS::Logs::LogGroup": ("LogGroupName", "name_log_group"),
    "AWS::SNS::Topic": ("TopicName", "name_topic"),
    "AWS::Events::Rule": ("Name", "name_rule"),
    "AWS::IAM::Policy": ("PolicyName", "name_policy"),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName", "name_policy"),
}

# What is known by an id that the service gives it.
_IDS = {
    "AWS::ApiGateway::RestApi": "x" * 10,
    "AWS::ApiGatewayV2::Api": "x" * 10,
    "AWS::ApiGateway::Deployment": "x" * 6,
    "AWS::KMS::Key": _UUID,
}

_ARNS = {
    "AWS::Lambda::Function": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{{}}",
    "AWS::SQS::Queue": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{{}}",
    "AWS::IAM::Role": f"arn:aws:iam::{ACCOUNT}:role/{{}}",
    "AWS::S3::Bucket": "arn:aws:s3:::{}",
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{{}}",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{{}}:*",
    "AWS::SNS::Topic": f"arn:aws:sns:{REGION}:{ACCOUNT}:{{}}",
    "AWS::Events::Rule": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{{}}",
    "AWS::KMS::Key": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{{}}",
}


def made_name(stack: str, logical: str, kind: str) -> str:
    """Return the name that CloudFormation makes where the template gives none; uncut."""
    name = f"{stack}-{logical}-{_RANDOM}"
    return name.lower() if kind == "AWS::S3::Bucket" else name


def physical_id(kind: str, name: str) -> str:
    """Return what ``Ref`` stands for."""
    if kind == "AWS::SQS::Queue":
        return f"https://sqs.{REGION}.{SUFFIX}/{ACCOUNT}/{name}"
    if kind == "AWS::SNS::Topic":
        return arn(kind, name)
    return _IDS.get(kind, name)


def arn(kind: str, name: str) -> str:
    """Return the ARN of a resource; of a kind that is not in the table, one as long as a long one."""
    return _ARNS.get(kind, f"arn:aws:service:{REGION}:{ACCOUNT}:kind/{{}}").format(_IDS.get(kind, name))


def attribute(kind: str, name: str, attribute_name: str) -> str:
    """Return what ``Fn::GetAtt`` stands for."""
    if attribute_name == "Arn":
        return arn(kind, name)
    if attribute_name == "StreamArn":
        return f"{arn(kind, name)}/stream/2026-01-01T00:00:00.000"
    return name
