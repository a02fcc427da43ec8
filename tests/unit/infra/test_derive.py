from __future__ import annotations

import copy
import json

import pytest

from infra.local.derive import RUNTIME, Code, derive, function_packages, parameters_from
from infra.local.errors import LocalError
from infra.local.template import Json, resources_of
from tests.support import shipped

TEMPLATE = shipped.template()
PACKAGES = function_packages(TEMPLATE)
CODE = {name: Code("bucket", f"{package}.zip", {"EXTRA": package}) for name, package in PACKAGES.items()}


@pytest.fixture
def local() -> Json:
    return derive(TEMPLATE, CODE, {"AnalysisConcurrency": "7"})


def functions(template: Json) -> dict[str, Json]:
    return resources_of(template, "AWS::Serverless::Function")


def test_functions_are_known_by_their_package() -> None:
    assert PACKAGES == {
        "ApiFunction": "api",
        "WaitFunction": "api",
        "PushFunction": "api",
        "AnalyzeFunction": "analyze",
        "SearchFunction": "analyze",
        "CleanupFunction": "cleanup",
        "ReconcileFunction": "cleanup",
        "NotifyFunction": "notify",
    }


def test_image_functions_become_zips_with_the_same_handler(local: Json) -> None:
    for name, function in functions(local).items():
        image = functions(TEMPLATE)[name]
        assert function["Handler"] == image["ImageConfig"]["Command"][0]
        assert function["Runtime"] == RUNTIME
        assert function["CodeUri"] == {"Bucket": "bucket", "Key": f"{PACKAGES[name]}.zip"}
        assert not {"PackageType", "ImageConfig"} & set(function)
        assert "Metadata" not in local["Resources"][name]


def test_environment_is_the_templates_with_what_the_zip_needs(local: Json) -> None:
    for name, function in functions(local).items():
        variables = function["Environment"]["Variables"]
        assert variables == {**functions(TEMPLATE)[name]["Environment"]["Variables"], "EXTRA": PACKAGES[name]}
    assert local["Globals"] == TEMPLATE["Globals"]


def test_limits_of_concurrency_become_numbers(local: Json) -> None:
    limits = {
        name: event["Properties"]["ScalingConfig"]["MaximumConcurrency"]
        for name, function in functions(local).items()
        for event in function.get("Events", {}).values()
        if event["Type"] == "SQS"
    }

    assert limits == {"AnalyzeFunction": 7, "CleanupFunction": 2, "NotifyFunction": 5}
    assert functions(local)["AnalyzeFunction"]["Timeout"] == 900
    assert functions(local)["WaitFunction"]["ReservedConcurrentExecutions"] == 50


def test_roles_are_the_templates_but_for_who_sends_email(local: Json) -> None:
    roles = resources_of(TEMPLATE, "AWS::IAM::Role")
    changed = {
        statement["Sid"]
        for name, role in resources_of(local, "AWS::IAM::Role").items()
        for policy, given in zip(role["Policies"], roles[name]["Policies"], strict=True)
        for statement in policy["PolicyDocument"]["Statement"]
        if statement not in given["PolicyDocument"]["Statement"]
    }
    assert changed == {"Mail"}


def test_nothing_is_kept_on_deletion(local: Json) -> None:
    for resource in local["Resources"].values():
        assert not {"DeletionPolicy", "UpdateReplacePolicy"} & set(resource)
        assert "DeletionProtectionEnabled" not in resource["Properties"]
    assert "Rules" not in local


def test_only_rules_on_tls_alarms_on_metric_math_and_logs_of_the_gateway_are_left_out(local: Json) -> None:
    gone = set(TEMPLATE["Resources"]) - set(local["Resources"])

    stalled = {f"{kind}StalledAlarm" for kind in ("Analysis", "Cleanup", "Notification")}
    access_logs = {"AccessLogGroup", "GatewayAccount", "GatewayRole"}
    assert gone == {"DocumentsBucketTlsOnly", "QueuesTlsOnly"} | stalled | access_logs
    assert "AccessLogSetting" not in json.dumps(local)


def test_the_template_itself_is_not_changed() -> None:
    before = copy.deepcopy(TEMPLATE)
    derive(TEMPLATE, CODE, {})

    assert before == TEMPLATE


def test_a_function_without_a_command_is_refused() -> None:
    template = copy.deepcopy(TEMPLATE)
    del template["Resources"]["ApiFunction"]["Properties"]["ImageConfig"]

    with pytest.raises(LocalError, match="ApiFunction"):
        derive(template, CODE, {})


def test_parameters_are_set_by_the_names_of_the_environment() -> None:
    settings = {
        "DIRECTUS_URL": "http://cms",
        "S3_PUBLIC_ENDPOINT": "http://s3",
        "LOG_RETENTION_DAYS": "7",
        "HOME": "/",
    }

    assert parameters_from(TEMPLATE, settings) == {
        "DirectusUrl": "http://cms",
        "S3PublicEndpoint": "http://s3",
        "LogRetentionDays": "7",
    }
