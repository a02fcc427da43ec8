"""The base of the images: production's has a digest, or CloudFormation refuses the deployment."""

from __future__ import annotations

import re
from typing import Any

import pytest

from infra.local.docker.base import DEBIAN, TRUSTING
from tests.support.template import TEMPLATE

PARAMETER = TEMPLATE["Parameters"]["BaseImage"]
DIGEST = f"@sha256:{'0a' * 32}"
NAMED = [PARAMETER["Default"], DEBIAN, TRUSTING]


def holds(function: Any, values: dict[str, str]) -> Any:
    """Evaluate a rule's function as CloudFormation documents it, of those that this template's rules have."""
    if not isinstance(function, dict):
        return function
    ((name, argument),) = function.items()
    if name == "Ref":
        return values[argument]
    given = [holds(one, values) for one in argument]
    if name == "Fn::Not":
        return not given[0]
    if name == "Fn::Equals":
        return given[0] == given[1]
    assert name == "Fn::Contains"
    return given[1] in given[0]


def deploys(stage: str, image: str) -> bool:
    values = {"Stage": stage, "BaseImage": image}
    rules = TEMPLATE["Rules"].values()
    return bool(re.fullmatch(PARAMETER["AllowedPattern"], image)) and all(
        holds(assertion["Assert"], values)
        for rule in rules
        if holds(rule["RuleCondition"], values)
        for assertion in rule["Assertions"]
    )


@pytest.mark.parametrize("image", NAMED)
def test_a_base_by_name_is_for_every_stage_but_production(image: str) -> None:
    assert deploys("dev", image)
    assert not deploys("prod", image)


@pytest.mark.parametrize("image", [*NAMED, "python", "images.example.com:5000/team/base:1"])
@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_a_base_by_digest_is_for_every_stage(stage: str, image: str) -> None:
    assert deploys(stage, image + DIGEST)


@pytest.mark.parametrize(
    "image",
    ["python:3.12", "python@sha256:0", f"python{DIGEST}0", f"python {DIGEST}", f"a@b{DIGEST}", DIGEST, ""],
)
@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_what_could_be_another_image_tomorrow_is_refused(stage: str, image: str) -> None:
    assert not deploys(stage, image)
