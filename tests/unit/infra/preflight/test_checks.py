"""What facts mean: pure decisions, without an account."""

from __future__ import annotations

from typing import Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from infra.aws.deploy import stages
from infra.aws.preflight import account_checks, settings_checks
from infra.aws.preflight.facts import (
    Identity,
    Leftovers,
    Level,
    Quota,
    Rights,
    Sender,
    StackState,
    Unanswered,
)
from infra.aws.preflight.quota_check import concurrency, fitting
from infra.aws.preflight.rights import BY_TYPE, needs
from infra.aws.preflight.services import BY_TYPE as SERVICES
from infra.aws.preflight.stage import Reservation, Stage, read_stage
from tests.support import shipped

OURS = {"Project": "clauseworks", "Stage": "dev"}
# What SAM makes of its own types.
MADE = {
    "AWS::Serverless::Function": [
        "AWS::Lambda::Function",
        "AWS::Lambda::EventSourceMapping",
        "AWS::Lambda::Permission",
        "AWS::Events::Rule",
    ],
    "AWS::Serverless::Api": [
        "AWS::ApiGateway::RestApi",
        "AWS::ApiGateway::Deployment",
        "AWS::ApiGateway::Stage",
    ],
}
DIGEST = f"python@sha256:{'0' * 64}"


def stage(name: str = "dev", **parameters: str) -> Stage:
    """Return a stage as shipped, with some settings changed."""
    section: dict[str, Any] = stages()[name]
    changed = [f"{key}={value}" for key, value in parameters.items()]
    given = {**section, "parameter_overrides": [*section["parameter_overrides"], *changed]}
    return read_stage(name, given, shipped.template())


# --- The stage --------------------------------------------------------------------------------------


def test_settings_stand_before_the_template_s_defaults() -> None:
    assert stage().value("WaitConcurrency") == "10"
    assert stage().value("SearchConcurrency") == "10"
    assert stage("prod").value("WaitConcurrency") == "100"
    assert stage().value("NoSuchParameter") == ""


def test_settings_may_be_one_text_as_the_sam_cli_takes_them() -> None:
    section = {
        "stack_name": "a",
        "parameter_overrides": "Stage=dev MailFrom='Us <a@b.c>'",
        "tags": "Project=x",
    }
    read = read_stage("dev", section, shipped.template())
    assert (read.value("MailFrom"), read.tags) == ("Us <a@b.c>", {"Project": "x"})


def test_a_stage_has_only_the_resources_whose_condition_holds() -> None:
    assert not {"PushFunction", "Budget", "Key"} & set(stage().resources())
    full = stage(Push="true", AlarmEmail="a@b.c", MonthlyBudget="5", CustomerKey="true").resources()
    assert {"PushFunction", "Budget", "Key", "AlarmTopic"} <= set(full)
    assert "AlarmTopic" not in stage(AlarmEmail="a@b.c", AlarmTopicArn="arn:x").resources()
    assert stage(Translators="apertium,amazon").holds("HasAmazonTranslate")
    assert not stage().holds("HasAmazonTranslate")


def test_names_are_those_that_the_stack_will_have() -> None:
    names = stage(Push="true").names("AWS::Serverless::Function", "FunctionName")
    assert {"clauseworks-dev-api", "clauseworks-dev-wait", "clauseworks-dev-push"} <= set(names)
    assert "/aws/lambda/clauseworks-dev-api" in stage().names("AWS::Logs::LogGroup", "LogGroupName")
    assert stage().kept("AWS::DynamoDB::Table") == ["JobsTable"]


def test_every_resource_of_the_template_has_its_actions_and_services() -> None:
    kinds = {resource["Type"] for resource in shipped.template()["Resources"].values()}
    assert kinds <= set(BY_TYPE)
    assert all(kind.startswith(tuple(SERVICES)) for kind in kinds)


@pytest.mark.parametrize("kind", BY_TYPE)
def test_actions_are_those_that_cloudformation_says_it_calls(kind: str) -> None:
    called = {action for made in MADE.get(kind, [kind]) for action in handlers(made)}
    asked = {action.lower() for actions in BY_TYPE[kind].values() for action in actions}
    assert asked <= called


def handlers(kind: str) -> set[str]:
    """Return what CloudFormation calls for a type, by the schemas that come with cfn-lint."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    used = [
        schema["handlers"][name]["permissions"]
        for name in ("create", "read", "update")
        if name in schema["handlers"]
    ]
    return {action.lower() for actions in used for action in actions}


def test_actions_are_asked_for_on_names_of_the_stack() -> None:
    wanted = needs(stage(), Identity("1" * 12, "arn:aws:iam::1:user/a", "aws"), "eu-central-1")
    by_resource = {need.resource: need.actions for need in wanted}
    assert len(by_resource) == len(wanted)
    function = f"arn:aws:lambda:eu-central-1:{'1' * 12}:function:clauseworks-dev-api"
    assert "lambda:CreateFunction" in by_resource[function]
    assert not any("{" in resource for resource in by_resource)
    assert not any(action.startswith(("kms:", "budgets:")) for need in wanted for action in need.actions)


# --- Concurrency ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("executions", "level"),
    [(10, Level.STOP), (119, Level.STOP), (120, Level.OK), (1000, Level.OK)],
)
def test_a_hundred_stay_unreserved(executions: int, level: Level) -> None:
    # The stage reserves 20, and its 11 workers fit in what is left.
    assert concurrency(stage(), Quota(executions, executions)).level is level


def test_values_that_fit_are_named_and_do_fit() -> None:
    found = concurrency(stage("prod"), Quota(150, 150))
    assert "these fit: WaitConcurrency=" in found.remedy[-1]
    values = dict(pair.split("=") for pair in found.remedy[-1].split("these fit: ")[1].split(", "))
    assert concurrency(stage("prod", **values), Quota(150, 150)).level is not Level.STOP


def test_the_quota_asked_for_is_enough() -> None:
    wide = stage("prod", WaitConcurrency="950", AnalysisConcurrency="300")
    found = concurrency(wide, Quota(1000, 700))
    desired = int(found.remedy[1].split("--desired-value ")[1])
    assert concurrency(wide, Quota(desired, desired - 300)).level is Level.OK


def test_workers_that_may_take_all_are_a_warning() -> None:
    found = concurrency(stage(AnalysisConcurrency="500"), Quota(500, 500))
    assert found.level is Level.WARNING
    assert "507 workers" in found.seen


def test_nothing_fits_below_the_smallest_values() -> None:
    reserved = [Reservation("a", 50, "A"), Reservation("b", 5, "")]
    assert fitting(reserved, {"A": 1}, 105) is None
    assert fitting(reserved, {"A": 1}, 106) == {"A": 1}
    assert fitting(reserved, {"A": 1}, 125) == {"A": 20}
    assert fitting(reserved, {"A": 1}, 1000) == {"A": 50}


# --- Settings ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_the_shipped_settings_are_taken(name: str) -> None:
    assert settings_checks.settings(stage(name)).level is Level.OK


@pytest.mark.parametrize(
    ("parameters", "seen"),
    [
        ({"Waitconcurrency": "5"}, "Waitconcurrency is no parameter"),
        ({"WaitConcurrency": "0"}, "at least 1"),
        ({"WaitConcurrency": "5000"}, "at most 1000"),
        ({"WaitConcurrency": "many"}, "has to be a number"),
        ({"Push": "yes"}, "one of true, false"),
        ({"DirectusSecretParameter": "secret"}, "has to match"),
        ({"Engine": "openai"}, "OpenaiBaseUrl"),
        ({"Summariser": "openai", "OpenaiBaseUrl": "https://a/v1"}, "OpenaiModel is empty"),
        ({"Translators": "bedrock"}, "BedrockModel is empty"),
        ({"BedrockModel": "a"}, "BedrockModelArns"),
        ({"Embeddings": "openai", "EmbeddingsModel": "a"}, "EmbeddingsUrl"),
        ({"Embeddings": "bedrock", "EmbeddingsModelArns": "arn:a"}, "EmbeddingsModel"),
        ({"Embeddings": "bedrock", "EmbeddingsModel": "a"}, "EmbeddingsModelArns"),
    ],
)
def test_a_setting_that_cloudformation_or_a_job_would_refuse_stops(
    parameters: dict[str, str], seen: str
) -> None:
    found = settings_checks.settings(stage(**parameters))
    assert found.level is Level.STOP
    assert seen in found.seen


def test_a_parameter_without_any_value_stops() -> None:
    read = read_stage("dev", {"stack_name": "a", "parameter_overrides": ["Stage=dev"]}, shipped.template())
    assert "DirectusSecretParameter has no value" in settings_checks.settings(read).seen


@pytest.mark.parametrize(
    ("name", "image", "level"),
    [
        ("prod", DIGEST, Level.OK),
        ("prod", "python:3.11", Level.STOP),
        ("prod", "python@sha256:short", Level.STOP),
        ("dev", "python:3.11", Level.OK),
    ],
)
def test_production_needs_a_digest(name: str, image: str, level: Level) -> None:
    found = settings_checks.base_image(stage(name, BaseImage=image))
    assert found.level is level
    commands = [line for line in found.remedy if line.startswith("$ python -m infra.images digest")]
    assert bool(commands) == (level is Level.STOP)


@pytest.mark.parametrize(
    ("name", "parameters", "level"),
    [
        ("dev", {}, Level.OK),
        ("dev", {"MonthlyBudget": "50"}, Level.STOP),
        ("dev", {"MonthlyBudget": "50", "AlarmTopicArn": "arn:x"}, Level.STOP),
        ("dev", {"MonthlyBudget": "50", "AlarmEmail": "a@b.c"}, Level.OK),
        ("prod", {}, Level.STOP),
        ("prod", {"AlarmTopicArn": "arn:x"}, Level.WARNING),
        ("prod", {"AlarmEmail": "a@b.c"}, Level.WARNING),
        ("prod", {"AlarmEmail": "a@b.c", "MonthlyBudget": "200"}, Level.OK),
    ],
)
def test_somebody_is_told_in_production(name: str, parameters: dict[str, str], level: Level) -> None:
    assert settings_checks.alarms(stage(name, **parameters)).level is level


# --- The account ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "level", "remedy"),
    [
        ("CREATE_COMPLETE", Level.OK, ""),
        ("UPDATE_ROLLBACK_COMPLETE", Level.OK, ""),
        ("REVIEW_IN_PROGRESS", Level.OK, ""),
        ("ROLLBACK_COMPLETE", Level.STOP, "delete-stack"),
        ("DELETE_FAILED", Level.STOP, "delete-stack"),
        ("UPDATE_IN_PROGRESS", Level.STOP, "describe-stacks"),
        ("UPDATE_ROLLBACK_FAILED", Level.STOP, "continue-update-rollback"),
    ],
)
def test_a_stack_has_to_take_an_update(status: str, level: Level, remedy: str) -> None:
    found = account_checks.stack(stage(), StackState(status, OURS))
    assert found.level is level
    assert remedy in " ".join(found.remedy)


def test_a_stack_of_somebody_else_is_left_alone() -> None:
    found = account_checks.stack(stage(), StackState("CREATE_COMPLETE", {"Project": "website"}))
    assert found.level is Level.STOP
    assert (
        "not ours: its tag Project is website, not clauseworks, its tag Stage is none, not dev" in found.seen
    )


def test_secrets_are_those_of_what_is_configured() -> None:
    assert list(account_checks.wanted_secrets(stage())) == ["/clauseworks-dev/directus-secret"]
    full = stage(
        DirectusUrl="https://d",
        OpenaiBaseUrl="https://o/v1",
        Embeddings="openai",
        EmbeddingsKeyParameter="/e",
    )
    assert list(account_checks.wanted_secrets(full)) == [
        "/clauseworks-dev/directus-secret",
        "/clauseworks-dev/directus-token",
        "/clauseworks-dev/openai-api-key",
        "/e",
    ]


def test_rights_under_conditions_are_a_warning_and_missing_ones_stop() -> None:
    assert account_checks.rights(Rights(5)).level is Level.OK
    assert account_checks.rights(Rights(5, unsure=["a:B"])).level is Level.WARNING
    assert account_checks.rights(Rights(5, unsimulated="iam:GetRole is not allowed")).level is Level.WARNING
    found = account_checks.rights(Rights(5, missing=["a:B", "c:D"], unsure=["e:F"]))
    assert (found.level, found.seen) == (Level.STOP, "2 of 5 actions are not allowed: a:B, c:D")


def test_mail_that_ses_does_not_send_stops() -> None:
    mail = stage(MailFrom="jobs@example.com")
    assert account_checks.sender(mail, Sender("example.com", sends=True, to_anybody=True)).level is Level.OK
    assert (
        account_checks.sender(mail, Sender("example.com", sends=False, to_anybody=True)).level is Level.STOP
    )
    assert account_checks.sender(mail, Sender("", sends=True, to_anybody=True)).level is Level.STOP


def test_the_keys_of_the_root_user_are_a_warning() -> None:
    root = Identity("1" * 12, f"arn:aws:iam::{'1' * 12}:root", "aws")
    assert account_checks.credentials(root).level is Level.WARNING


def test_what_is_in_the_way_stops_and_what_was_kept_warns() -> None:
    assert account_checks.leftovers(stage(), Leftovers(["function a"], ["table b"])).level is Level.STOP
    assert account_checks.leftovers(stage(), Leftovers([], ["table b"])).level is Level.WARNING
    assert account_checks.leftovers(stage(), Leftovers()).level is Level.OK


def test_a_part_that_may_not_be_asked_is_not_known() -> None:
    denied = Unanswered("bedrock:GetInferenceProfile", "AccessDeniedException", "no")
    [found] = account_checks.parts({"Bedrock": denied})
    assert found.level is Level.WARNING
