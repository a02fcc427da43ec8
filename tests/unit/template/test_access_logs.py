"""The gateway's logs: that they can be written, and that nothing stands in them that is nobody's business."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.support.template import RESOURCES, TEMPLATE

STAGES = {"Api": "AccessLogSetting", "PushStage": "AccessLogSettings"}
# What holds no token, no text, no id of a document and nothing about a person, whoever sends what: counted or
# chosen by the gateway, or written in the template. Left out are path, query and headers (words of a search,
# names of files, tokens), authorizers and identities (who, from where, with what), and messages of errors.
HARMLESS = {
    "requestId",
    "requestTime",
    "httpMethod",
    "resourcePath",
    "routeKey",
    "eventType",
    "status",
    "error.responseType",
    "responseLatency",
    "integrationLatency",
    "responseLength",
}


def setting(stage: str) -> dict[str, Any]:
    return dict(RESOURCES[stage]["Properties"][STAGES[stage]])


@pytest.mark.parametrize("stage", STAGES)
def test_only_harmless_variables_are_logged(stage: str) -> None:
    fields = json.loads(setting(stage)["Format"])
    for value in fields.values():
        variable = re.fullmatch(r"\$context\.([\w.]+)", value)
        assert variable, value
        assert variable[1] in HARMLESS
    assert {"request_id", "time", "route", "status"} <= set(fields)


def test_every_stage_of_a_gateway_logs() -> None:
    kinds = {"AWS::Serverless::Api", "AWS::ApiGatewayV2::Stage"}
    assert {name for name, resource in RESOURCES.items() if resource["Type"] in kinds} == set(STAGES)
    for stage in STAGES:
        assert setting(stage)["DestinationArn"] == {"Fn::GetAtt": ["AccessLogGroup", "Arn"]}


def test_the_logs_are_kept_as_long_as_all_others_and_encrypted_with_the_stacks_key() -> None:
    group, other = (RESOURCES[name]["Properties"] for name in ("AccessLogGroup", "ApiLogGroup"))
    assert group["RetentionInDays"] == other["RetentionInDays"]
    assert group["KmsKeyId"] == other["KmsKeyId"]
    statements = RESOURCES["Key"]["Properties"]["KeyPolicy"]["Statement"]
    (logs,) = (statement for statement in statements if statement["Sid"] == "Logs")
    arns = logs["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]
    patterns = [arn["Fn::Sub"].partition(":log-group:")[2].removesuffix("*") for arn in arns]
    names = [
        resource["Properties"]["LogGroupName"]["Fn::Sub"]
        for resource in RESOURCES.values()
        if resource["Type"] == "AWS::Logs::LogGroup"
    ]
    assert len(names) > 8
    assert all(any(name.startswith(pattern) for pattern in patterns) for name in names)


def test_the_stages_wait_for_the_accounts_role_which_outlasts_the_stack() -> None:
    tags = RESOURCES["AccessLogGroup"]["Properties"]["Tags"]
    (waits,) = (tag["Fn::If"] for tag in tags if "Fn::If" in tag)
    assert waits[0] == "HasGatewayRole"
    assert waits[1]["Value"] == {"Ref": "GatewayAccount"}
    account, role = RESOURCES["GatewayAccount"], RESOURCES["GatewayRole"]
    assert account["Properties"] == {"CloudWatchRoleArn": {"Fn::GetAtt": ["GatewayRole", "Arn"]}}
    for resource in (account, role):
        assert resource["Condition"] == "HasGatewayRole"
        assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"
    (trust,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "apigateway.amazonaws.com"}
    (policy,) = role["Properties"]["Policies"]
    (allowed,) = policy["PolicyDocument"]["Statement"]
    assert all(re.fullmatch(r"logs:[A-Za-z]+", action) for action in allowed["Action"])
    assert "ManagedPolicyArns" not in role["Properties"]
    # As the template ships, an account that has no such role gets one.
    assert TEMPLATE["Conditions"]["HasGatewayRole"] == {"Fn::Equals": [{"Ref": "GatewayLogsRole"}, "true"]}
    assert TEMPLATE["Parameters"]["GatewayLogsRole"]["Default"] == "true"
