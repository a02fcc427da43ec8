"""Deploying to AWS: what samconfig.toml says fits the template, and what is asked for is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from infra.aws import deploy as aws
from infra.aws.__main__ import main
from infra.local.errors import LocalError
from tests.support import shipped

PARAMETERS: dict[str, Any] = shipped.template()["Parameters"]


def overrides(stage: str) -> dict[str, str]:
    given = aws.stages()[stage]["parameter_overrides"]
    return dict(entry.split("=", 1) for entry in given)


def test_there_are_two_stages() -> None:
    assert set(aws.stages()) == {"dev", "prod"}


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_every_setting_is_a_parameter_of_the_template_that_takes_it(stage: str) -> None:
    for name, value in overrides(stage).items():
        parameter = PARAMETERS[name]
        if parameter["Type"] == "Number":
            assert parameter.get("MinValue", 0) <= int(value) <= parameter.get("MaxValue", 10**9)
        if "AllowedValues" in parameter:
            assert value in map(str, parameter["AllowedValues"])


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_what_has_no_default_is_set(stage: str) -> None:
    assert {name for name, parameter in PARAMETERS.items() if "Default" not in parameter} <= set(
        overrides(stage)
    )
    assert overrides(stage)["Stage"] == stage


def test_people_look_at_what_changes_in_production() -> None:
    assert aws.stages()["prod"]["confirm_changeset"] is True


def test_a_stage_is_built_then_deployed() -> None:
    build, deploy = aws.commands(Path("/sam"), "dev")
    assert build == ["/sam", "build", "--config-env", "dev"]
    assert deploy == ["/sam", "deploy", "--config-env", "dev"]


@pytest.mark.parametrize("stage", ["default", "test"])
def test_another_stage_is_refused(stage: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["deploy", stage])
    assert "'dev', 'prod'" in capsys.readouterr().err


class Parameters:
    """A parameter store in memory."""

    def __init__(self) -> None:
        self.stored: dict[str, str] = {}

    def put_parameter(self, **parameter: Any) -> None:
        assert (parameter["Type"], parameter["Overwrite"]) == ("SecureString", True)
        self.stored[parameter["Name"]] = parameter["Value"]


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_secrets_are_stored_where_the_stage_reads_them(stage: str) -> None:
    parameters, secret = Parameters(), "s" * 32
    aws.store_secrets(parameters, stage, {"DIRECTUS_SECRET": secret}, lambda _name: "asked")
    named = overrides(stage)
    assert parameters.stored == {
        named["DirectusSecretParameter"]: secret,
        named["DirectusTokenParameter"]: "asked",
    }


def test_a_short_secret_is_refused_and_nothing_stored() -> None:
    parameters = Parameters()
    with pytest.raises(LocalError, match="at least 32 characters"):
        aws.store_secrets(parameters, "dev", {"DIRECTUS_SECRET": "short"}, lambda _name: "")
    assert not parameters.stored
