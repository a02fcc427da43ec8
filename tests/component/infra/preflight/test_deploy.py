"""``preflight`` and ``deploy`` as they are called: real boto3 clients, an account behind HTTP, one page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from infra.aws.__main__ import main
from tests.support.fakes.aws_account import AwsAccount
from tests.support.preflight import Machine

Capture = pytest.CaptureFixture[str]
DIGEST = f"python:3.11-slim-bookworm@sha256:{'a' * 64}"
READS = re.compile(r"\w+:(Get|Describe|List|BatchCheck|Simulate|GET)\w*")


def level(page: str, check: str) -> str:
    """Return what a page says of a check."""
    found = re.search(rf"^(ok|warning|stop) +{re.escape(check)}  ", page, re.MULTILINE)
    assert found, f"{check}\n{page}"
    return found[1]


def joined(page: str) -> str:
    """Return a page without its line breaks."""
    return " ".join(page.split())


def test_a_fresh_account_is_told_everything_at_once_and_nothing_is_done(
    machine: Machine, account: AwsAccount, capsys: Capture
) -> None:
    account.executions, account.parameters = 10, {}
    assert main(["deploy", "dev"]) == 1
    page = capsys.readouterr().out
    assert (level(page, "concurrency"), level(page, "secrets")) == ("stop", "stop")
    assert "10 at once in this account" in joined(page)
    assert "L-B99A9384" in page
    assert "--desired-value 1000" in page
    assert "make secrets STAGE=dev" in page
    assert page.endswith("nothing was built or made.\n")
    assert machine.commands == []
    assert all(READS.fullmatch(action) for action in account.calls)


def test_a_caller_without_rights_is_told_which_actions_miss(
    machine: Machine, account: AwsAccount, capsys: Capture
) -> None:
    account.allowed = [
        "iam:Get*",
        "iam:Simulate*",
        "lambda:Get*",
        "ssm:Describe*",
        "ecr:GetAuthorizationToken",
    ]
    assert main(["deploy", "dev"]) == 1
    page = capsys.readouterr().out
    assert level(page, "permissions") == "stop"
    for action in ("lambda:CreateFunction", "iam:PassRole", "ecr:PutImage", "s3:CreateBucket"):
        assert action in page
    assert not re.search("lambda:GetFunction\\b|iam:GetRole|ecr:GetAuthorizationToken", page)
    # What may not be asked is not known, and does not count as wrong.
    assert level(page, "stack") == "warning"
    assert "cloudformation:DescribeStacks is not allowed" in joined(page)
    assert machine.commands == []


def test_without_the_simulation_reading_calls_tell_what_misses(
    machine: Machine, account: AwsAccount, capsys: Capture
) -> None:
    account.allowed = ["lambda:*", "ssm:*", "cloudformation:*", "ecr:GetAuthorizationToken"]
    assert main(["deploy", "dev"]) == 1
    missing = joined(capsys.readouterr().out).split("actions are not allowed: ")[1].split(" ->")[0]
    assert missing.split(", ") == [
        "ecr:BatchCheckLayerAvailability",
        "iam:GetRole",
        "dynamodb:DescribeTable",
        "sqs:GetQueueUrl",
        "events:DescribeRule",
        "logs:DescribeLogGroups",
        "apigateway:GET",
    ]
    assert machine.commands == []
    assert all(READS.fullmatch(action) for action in account.calls)


def test_reading_alone_leaves_open_whether_the_caller_may_write(
    machine: Machine, account: AwsAccount, capsys: Capture
) -> None:
    account.allowed = ["[!i]*:*", "iam:GetRole"]
    assert main(["preflight", "dev"]) == 0
    page = capsys.readouterr().out
    assert level(page, "permissions") == "warning"
    assert "iam:SimulatePrincipalPolicy is not allowed" in joined(page)
    assert machine.commands == []


def test_a_good_account_is_deployed_after_the_page(
    machine: Machine, account: AwsAccount, capsys: Capture
) -> None:
    assert main(["deploy", "dev"]) == 0
    page = capsys.readouterr().out
    assert not re.search("^(stop|warning)", page, re.MULTILINE)
    assert page.endswith("nothing stops the deployment.\n")
    assert machine.commands == ["build --config-env dev", "deploy --config-env dev"]
    assert all(READS.fullmatch(action) for action in account.calls)


def test_production_as_shipped_lacks_an_address_and_a_digest(
    machine: Machine, account: AwsAccount, capsys: Capture
) -> None:
    assert main(["deploy", "prod"]) == 1
    page = capsys.readouterr().out
    assert {line.split("  ")[2].strip() for line in page.splitlines() if line.startswith("stop")} == {
        "base image",
        "alarms, budget",
    }
    assert "python -m infra.images digest" in page
    assert machine.commands == []
    machine.set("prod", BaseImage=DIGEST, AlarmEmail="ops@example.com", MonthlyBudget="200")
    assert main(["deploy", "prod"]) == 0
    assert machine.commands == [
        f"build --config-env prod --parameter-overrides BaseImage={DIGEST}",
        "deploy --config-env prod",
    ]


def test_everything_that_a_stage_configures_is_asked_for(
    machine: Machine, account: AwsAccount, capsys: Capture
) -> None:
    machine.set(
        "dev",
        DirectusUrl="https://directus.example.com",
        MailFrom="Clauseworks <jobs@example.com>",
        Engine="openai",
        OpenaiBaseUrl="https://models.example.com/v1",
        OpenaiModel="small",
        BedrockModel="anthropic.small",
        BedrockModelArns="arn:aws:bedrock:*::foundation-model/anthropic.small",
        Translators="amazon,apertium",
        VectorBucket="clauseworks-vectors",
    )
    account.identities = {"example.com": False}
    account.parameters.pop("/clauseworks-dev/directus-token")
    assert main(["preflight", "dev"]) == 1
    page = capsys.readouterr().out
    assert "/clauseworks-dev/directus-token (the workers' token for Directus)" in joined(page)
    assert "/clauseworks-dev/openai-api-key (the key of the engine openai)" in joined(page)
    assert level(page, "e-mail") == "stop"
    assert level(page, "Bedrock, anthropic.small") == "stop"
    assert level(page, "S3 Vectors, clauseworks-vectors") == "stop"
    assert level(page, "Amazon Translate") == "ok"

    account.identities, account.sandbox = {"example.com": True}, True
    account.models, account.vector_buckets = {"anthropic.small": "AVAILABLE"}, ["clauseworks-vectors"]
    account.parameters |= {
        "/clauseworks-dev/directus-token": "SecureString",
        "/clauseworks-dev/openai-api-key": "String",
    }
    assert main(["preflight", "dev"]) == 0
    page = capsys.readouterr().out
    assert (level(page, "e-mail"), level(page, "secrets")) == ("warning", "warning")
    assert level(page, "Bedrock, anthropic.small") == "ok"


def test_the_translator_of_amazon_is_not_in_every_region(
    machine: Machine, account: AwsAccount, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    machine.set("dev", Translators="amazon")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-2")
    assert main(["preflight", "dev"]) == 1
    assert "eu-central-2 has no translate" in joined(capsys.readouterr().out)


def test_invalid_credentials_hide_no_other_check(
    machine: Machine, account: AwsAccount, capsys: Capture
) -> None:
    account.valid = False
    machine.without_docker()
    machine.set("dev", MonthlyBudget="50", WaitConcurrency="many")
    assert main(["deploy", "dev"]) == 1
    page = capsys.readouterr().out
    checks = ("credentials", "Docker engine", "alarms, budget", "settings")
    assert [level(page, check) for check in checks] == ["stop"] * 4
    assert "InvalidClientTokenId" in page
    assert level(page, "account") == "warning"
    assert account.calls == ["sts:GetCallerIdentity"]
    assert machine.commands == []


@pytest.mark.parametrize(
    ("variables", "check", "seen"),
    [
        ({"AWS_DEFAULT_REGION": ""}, "region", "no region is set"),
        ({"AWS_DEFAULT_REGION": "eu-mars-1"}, "region", "eu-mars-1 is no region that boto3 knows"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "credentials", "reach AWS from this machine"),
        ({"AWS_PROFILE": "nobody"}, "credentials", "nobody"),
        (
            {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""},
            "credentials",
            "Unable to locate credentials",
        ),
    ],
)
def test_what_is_not_set_is_named(
    machine: Machine,
    account: AwsAccount,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
    variables: dict[str, str],
    check: str,
    seen: str,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name)
    assert main(["preflight", "dev"]) == 1
    page = capsys.readouterr().out
    assert level(page, check) == "stop"
    assert seen in page


def test_the_sam_cli_has_to_be_installed_or_to_be_had(
    machine: Machine, account: AwsAccount, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Capture
) -> None:
    monkeypatch.setenv("CLAUSEWORKS_CACHE", str(tmp_path / "empty"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    assert main(["deploy", "dev"]) == 1
    page = capsys.readouterr().out
    assert level(page, "SAM CLI") == "stop"
    assert "aws-sam-cli" in page
    assert not (tmp_path / "empty").exists()


def test_the_stage_s_own_reservations_are_free_for_it(
    machine: Machine, account: AwsAccount, capsys: Capture
) -> None:
    own = {"clauseworks-dev-wait": 10, "clauseworks-dev-search": 10}
    account.stacks = {
        "clauseworks-dev": {"status": "UPDATE_COMPLETE", "tags": {"Project": "clauseworks", "Stage": "dev"}}
    }
    account.functions, account.executions = list(own), 140
    account.reserved = {**own, "somebody-else": 20}
    assert main(["preflight", "dev"]) == 0
    page = joined(capsys.readouterr().out)
    assert "140 at once in this account, 120 free for this stage; it reserves 20" in page
    account.reserved["somebody-else"] = 30
    assert main(["preflight", "dev"]) == 1
    assert "these fit: WaitConcurrency=5, SearchConcurrency=5" in joined(capsys.readouterr().out)


def test_names_of_an_earlier_stack_are_found(machine: Machine, account: AwsAccount, capsys: Capture) -> None:
    account.tables = ["aaa", "clauseworks-dev-JobsTable-1ABC", "zzz"]
    account.buckets = ["clauseworks-dev-documentsbucket-x1", "clauseworks-dev-others"]
    assert main(["preflight", "dev"]) == 0
    page = joined(capsys.readouterr().out)
    assert "table clauseworks-dev-JobsTable-1ABC, bucket clauseworks-dev-documentsbucket-x1;" in page
    account.log_groups = ["/aws/lambda/clauseworks-dev-api", "/aws/lambda/clauseworks-dev-push"]
    account.functions = ["clauseworks-dev-wait"]
    assert main(["preflight", "dev"]) == 1
    page = joined(capsys.readouterr().out)
    # The stage has no push: its log group is in nobody's way.
    assert "log group /aws/lambda/clauseworks-dev-api, function clauseworks-dev-wait ->" in page


def test_a_secret_is_seen_without_its_value_where_only_that_may_be_read(
    machine: Machine, account: AwsAccount, capsys: Capture
) -> None:
    account.allowed = ["[!s]*:*", "s[!s]*:*", "ssm:GetParameters"]
    assert main(["preflight", "dev"]) == 0
    page = capsys.readouterr().out
    assert level(page, "secrets") == "ok"
    assert "AQICAHh" not in page
