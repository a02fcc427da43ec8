"""Least privilege: every function has its own role, and no role may do more than it is meant to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.local.template import Json, resources_of
from tests.support import shipped

TEMPLATE = shipped.template()
# The functions' own; test_access_logs.py has the account's for its gateway.
ROLES = {
    name: role for name, role in resources_of(TEMPLATE, "AWS::IAM::Role").items() if name != "GatewayRole"
}
FUNCTIONS = resources_of(TEMPLATE, "AWS::Serverless::Function")

# Actions that AWS grants on every resource or not at all.
ON_ANYTHING = {
    "xray:PutTraceSegments": "X-Ray knows no resources",
    "xray:PutTelemetryRecords": "X-Ray knows no resources",
    "dynamodb:ListStreams": "streams are listed all together",
    "translate:TranslateText": "Amazon Translate knows no resources for texts",
}


def as_list(value: str | Json | list[str | Json]) -> list[str | Json]:
    return value if isinstance(value, list) else [value]


def statements(role: str) -> Iterator[Json]:
    """Yield a role's statements, also those that a condition decides on."""
    for policy in ROLES[role]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            yield statement["Fn::If"][1] if "Fn::If" in statement else statement


def actions(role: str, service: str) -> set[str]:
    return {
        str(action)
        for statement in statements(role)
        for action in as_list(statement["Action"])
        if str(action).startswith(f"{service}:")
    }


def resources_for(role: str, action: str) -> set[str]:
    return {
        resource if isinstance(resource, str) else str(next(iter(resource.values())))
        for statement in statements(role)
        if action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }


def test_every_function_has_a_role_of_its_own() -> None:
    roles = [function["Role"]["Fn::GetAtt"][0] for function in FUNCTIONS.values()]

    assert sorted(roles) == sorted(ROLES)


@pytest.mark.parametrize("role", ROLES)
def test_roles_are_for_lambda_only_and_take_no_managed_policies(role: str) -> None:
    (trust,) = ROLES[role]["AssumeRolePolicyDocument"]["Statement"]

    assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert "ManagedPolicyArns" not in ROLES[role]


def test_functions_take_no_policies_besides_their_role() -> None:
    assert not any("Policies" in function for function in FUNCTIONS.values())


@pytest.mark.parametrize("role", ROLES)
def test_no_action_is_a_pattern(role: str) -> None:
    for statement in statements(role):
        assert statement["Effect"] == "Allow"
        assert "NotAction" not in statement
        assert not [action for action in as_list(statement["Action"]) if "*" in str(action)]


@pytest.mark.parametrize("role", ROLES)
def test_a_statement_on_every_resource_is_on_the_reasoned_list(role: str) -> None:
    for statement in statements(role):
        if "*" in as_list(statement["Resource"]):
            assert set(map(str, as_list(statement["Action"]))) <= set(ON_ANYTHING)
        assert "NotResource" not in statement


@pytest.mark.parametrize(
    ("role", "group"),
    [
        (f"{name}Role", f"{name}LogGroup")
        for name in ("Api", "Wait", "Analyze", "Search", "Cleanup", "Reconcile", "Notify")
    ],
)
def test_functions_write_to_their_own_log_group(role: str, group: str) -> None:
    reading = {"logs:FilterLogEvents"} if role == "ApiRole" else set()
    assert actions(role, "logs") == {"logs:CreateLogStream", "logs:PutLogEvents"} | reading
    assert resources_for(role, "logs:PutLogEvents") == {str([group, "Arn"])}


def test_the_api_neither_deletes_nor_receives_but_for_dead_letters() -> None:
    dead = {str([f"{kind}DeadLetterQueue", "Arn"]) for kind in ("Analysis", "Cleanup")}
    for action in ("sqs:ReceiveMessage", "sqs:ChangeMessageVisibility", "sqs:DeleteMessage"):
        assert resources_for("ApiRole", action) == dead
    assert not resources_for("ApiRole", "sqs:SendMessage") & dead
    assert not [action for action in actions("ApiRole", "s3") if "Delete" in action]
    assert resources_for("ApiRole", "s3:PutObject") == {"${DocumentsBucket.Arn}/documents/*"}


def test_the_analysis_writes_beside_documents_and_never_over_them() -> None:
    for action in ("s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"):
        assert resources_for("AnalyzeRole", action) == {
            "${DocumentsBucket.Arn}/jobs/*",
            "${DocumentsBucket.Arn}/documents/*/understood/*",
            "${DocumentsBucket.Arn}/documents/*/index/*",
        }


@pytest.mark.parametrize(
    ("role", "queue"),
    [
        ("AnalyzeRole", "AnalysisQueue"),
        ("CleanupRole", "CleanupQueue"),
        ("NotifyRole", "NotificationQueue"),
    ],
)
def test_workers_reach_their_own_queue_only_and_announce(role: str, queue: str) -> None:
    for action in actions(role, "sqs"):
        announced = {"NotificationQueue"} if action == "sqs:SendMessage" else set()
        assert resources_for(role, action) == {str([name, "Arn"]) for name in {queue, *announced}}


def test_who_notifies_reaches_no_file_and_writes_as_one_sender() -> None:
    assert not actions("NotifyRole", "s3")
    assert actions("NotifyRole", "ses") == {"ses:SendEmail"}
    (mail,) = (one for one in statements("NotifyRole") if one["Sid"] == "Mail")
    assert mail["Condition"] == {"StringEquals": {"ses:FromAddress": {"Ref": "MailFrom"}}}
    senders = {role for role in ROLES if actions(role, "ses")}
    assert senders == {"NotifyRole"}


def test_the_cleanup_removes_every_version_but_changes_no_document() -> None:
    assert {"s3:DeleteObjectVersion", "s3:ListBucketVersions"} <= actions("CleanupRole", "s3")
    assert resources_for("CleanupRole", "s3:PutObject") == {"${DocumentsBucket.Arn}/jobs/*"}


def test_those_who_wait_only_read_records() -> None:
    services = {
        action.partition(":")[0]
        for one in statements("WaitRole")
        for action in map(str, as_list(one["Action"]))
    }

    reading = {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"}
    assert actions("WaitRole", "dynamodb") == reading
    assert services - {"logs", "xray", "ssm", "dynamodb"} == set()


def test_the_search_reads_shelves_and_indexes_and_nothing_else() -> None:
    assert actions("SearchRole", "dynamodb") == {"dynamodb:GetItem", "dynamodb:Query"}
    (shelves,) = [one for one in statements("SearchRole") if one["Sid"] == "Shelves"]
    assert shelves["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["SHELF#*"]}}
    assert actions("SearchRole", "s3") == {"s3:GetObject", "s3:ListBucket"}
    assert resources_for("SearchRole", "s3:GetObject") == {"${DocumentsBucket.Arn}/documents/*/index/*"}
    assert not actions("SearchRole", "sqs") | actions("SearchRole", "ssm") | actions("SearchRole", "lambda")
    assert {role for role in ROLES if actions(role, "lambda")} == {"ApiRole"}
    assert resources_for("ApiRole", "lambda:InvokeFunction") == {str(["SearchFunction", "Arn"])}


def test_only_the_cleanup_and_the_expiry_remove_records() -> None:
    removing = {role for role in ROLES if "dynamodb:DeleteItem" in actions(role, "dynamodb")}

    # The others remove records that are no jobs: the push its own, the analysis what it has published, the
    # API webhooks.
    assert removing == {"CleanupRole", "ReconcileRole", "PushRole", "AnalyzeRole", "ApiRole"}
    for role, sid, keys in (
        ("PushRole", "Watchers", ["WATCHED#*", "CONNECTION#*"]),
        ("AnalyzeRole", "Withdraw", ["DOCUMENT#*", "CONTENT#*", "SHELF#*"]),
        ("ApiRole", "RemoveWebhooks", ["WEBHOOKS#*"]),
    ):
        (only,) = (one["Condition"] for one in statements(role) if one["Sid"] == sid)
        assert only == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": keys}}


def test_the_reconciliation_reads_and_writes_no_file() -> None:
    assert not {"s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"} & actions("ReconcileRole", "s3")
