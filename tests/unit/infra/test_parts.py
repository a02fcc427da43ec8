"""Parts of a template are taken in as if they stood in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from infra.local.parts import substituted, with_parts
from infra.local.template import load_file, load_template
from tests.support.paths import ROOT

PART: dict[str, Any] = {
    "Parameters": {"Queue": {"Type": "String"}, "Mode": {"Type": "String", "Default": "on"}},
    "Conditions": {"On": {"Fn::Equals": [{"Ref": "Mode"}, "on"]}},
    "Resources": {"Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Name": {"Ref": "Queue"}}}},
}


def template(**changes: Any) -> dict[str, Any]:
    properties = {"Location": "part.yaml", "Parameters": {"Queue": {"Fn::GetAtt": ["Jobs", "QueueName"]}}}
    resources = {
        "Jobs": {"Type": "AWS::SQS::Queue"},
        "Part": {"Type": "AWS::Serverless::Application", "Properties": properties | changes},
    }
    return {"Resources": resources}


def taken_in(outer: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    return with_parts(outer, Path("folder"), {Path("folder/part.yaml"): part}.__getitem__)


def test_resources_and_conditions_stand_in_the_template() -> None:
    whole = taken_in(template(), PART)
    assert sorted(whole["Resources"]) == ["Alarm", "Jobs"]
    assert whole["Resources"]["Alarm"]["Properties"] == {"Name": {"Fn::GetAtt": ["Jobs", "QueueName"]}}
    assert whole["Conditions"] == {"On": {"Fn::Equals": ["on", "on"]}}


def test_a_template_without_parts_is_returned_as_it_is() -> None:
    plain = {"Resources": {"Jobs": {"Type": "AWS::SQS::Queue"}}}
    assert taken_in(plain, PART) is plain


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("jobs", "jobs!"),
        (3, "3!"),
        ({"Ref": "Jobs"}, "${Jobs}!"),
        ({"Fn::GetAtt": ["Jobs", "QueueName"]}, "${Jobs.QueueName}!"),
    ],
)
def test_a_value_stands_in_a_text(value: Any, text: str) -> None:
    assert substituted({"Fn::Sub": "${Queue}!"}, {"Queue": value}) == {"Fn::Sub": text}


def test_a_value_that_is_no_name_stands_beside_its_text() -> None:
    value = {"Fn::If": ["On", {"Ref": "Jobs"}, ""]}
    assert substituted({"Fn::Sub": "${Queue} ${AWS::Region} ${!Queue}"}, {"Queue": value}) == {
        "Fn::Sub": ["${Queue} ${AWS::Region} ${!Queue}", {"Queue": value}]
    }


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ({}, "without a value: Queue"),
        ({"Queue": "a", "Stage": "b"}, "does not have: Stage"),
    ],
)
def test_values_that_are_missing_or_unknown_are_refused(parameters: dict[str, str], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        taken_in(template(Parameters=parameters), PART)


def test_one_name_for_two_things_is_refused() -> None:
    part = {**PART, "Resources": {"Jobs": {"Type": "AWS::SNS::Topic"}}}
    with pytest.raises(ValueError, match="Jobs is one thing in the template"):
        taken_in(template(), part)


def test_the_monitoring_has_every_parameter_and_no_reference_that_the_template_lacks() -> None:
    part = load_file(ROOT / "infra" / "monitoring.yaml")
    given = load_file(ROOT / "template.yaml")["Resources"]["Monitoring"]["Properties"]["Parameters"]
    assert set(given) == set(part["Parameters"])
    whole = load_template(ROOT / "template.yaml")
    assert set(part["Resources"]) < set(whole["Resources"])
    assert "Monitoring" not in whole["Resources"]
