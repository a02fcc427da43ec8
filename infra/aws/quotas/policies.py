"""How long the policies are that a template makes or adds to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.aws.quotas import identities
from infra.aws.quotas.resolve import Stack, compact
from infra.aws.quotas.table import Figure, largest
from infra.local.template import Json

FUNCTION = "AWS::Lambda::Function"
ROLE = "AWS::IAM::Role"
# Of what the template has none.
NONE = "none"


def policies(stack: Stack) -> list[Figure]:
    """Return the figures of all policies of a stack."""
    return [
        *_of_functions(stack),
        *_of_roles(stack),
        *_documents(stack, "managed_policy", "AWS::IAM::ManagedPolicy", "PolicyDocument"),
        *_documents(stack, "bucket_policy", "AWS::S3::BucketPolicy", "PolicyDocument"),
        *_documents(stack, "queue_policy", "AWS::SQS::QueuePolicy", "PolicyDocument"),
        *_statements(stack),
        *_documents(stack, "key_policy", "AWS::KMS::Key", "KeyPolicy"),
    ]


def _of_functions(stack: Stack) -> list[Figure]:
    """Return the resource policy of every function: Lambda adds one statement for each permission."""
    permissions = stack.of_kind("AWS::Lambda::Permission")
    figures = []
    for logical in stack.of_kind(FUNCTION):
        name = stack.name_of(logical)
        arn = identities.arn(FUNCTION, name)
        statements = [
            _statement(identities.made_name(stack.name, permission, ""), arn, properties)
            for permission, properties in permissions.items()
            if properties["FunctionName"] in (name, arn)
        ]
        policy = {"Version": "2012-10-17", "Id": "default", "Statement": statements}
        figures.append(Figure("function_policy", logical, _bytes(policy) if statements else 0))
    return figures


def _statement(sid: str, function: str, permission: Mapping[str, Any]) -> Json:
    statement: Json = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": permission["Principal"]},
        "Action": permission["Action"],
        "Resource": function,
    }
    condition: dict[str, Any] = {}
    if "SourceArn" in permission:
        condition["ArnLike"] = {"AWS:SourceArn": permission["SourceArn"]}
    if "SourceAccount" in permission:
        condition["StringEquals"] = {"AWS:SourceAccount": permission["SourceAccount"]}
    return {**statement, "Condition": condition} if condition else statement


def _of_roles(stack: Stack) -> list[Figure]:
    """Return each role's inline policies, its own and those attached to it, and its trust policy."""
    attached = list(stack.of_kind("AWS::IAM::Policy").values())
    inline, trust = [], []
    for logical, role in stack.of_kind(ROLE).items():
        name = stack.name_of(logical)
        given = [*role.get("Policies", []), *(one for one in attached if name in one.get("Roles", []))]
        size = sum(len(compact(policy["PolicyDocument"])) for policy in given)
        inline.append(Figure("role_inline", logical, size))
        trust.append(Figure("role_trust", logical, len(compact(role["AssumeRolePolicyDocument"]))))
    return [*inline, *largest(trust)]


def _documents(stack: Stack, quota: str, kind: str, document: str) -> list[Figure]:
    found = stack.of_kind(kind)
    figures = [Figure(quota, logical, _bytes(properties[document])) for logical, properties in found.items()]
    return figures or [Figure(quota, NONE, 0)]


def _statements(stack: Stack) -> list[Figure]:
    return [
        Figure("queue_statements", logical, len(properties["PolicyDocument"]["Statement"]))
        for logical, properties in stack.of_kind("AWS::SQS::QueuePolicy").items()
    ]


def _bytes(document: Any) -> int:
    return len(compact(document).encode())
