"""What the measuring of quotas takes a template's values for."""

from __future__ import annotations

from typing import Any

import pytest

from infra.aws.deploy import stages
from infra.aws.quotas.resolve import Stack
from infra.aws.quotas.stages import ASSUMED, given, longest
from infra.local.errors import LocalError
from tests.support import shipped

TEMPLATE = shipped.template()
RESOURCES: dict[str, Any] = {
    "Queue": {"Type": "AWS::SQS::Queue"},
    "Rule": {"Type": "AWS::Events::Rule"},
    "Function": {
        "Type": "AWS::Lambda::Function",
        "Properties": {"FunctionName": {"Fn::Sub": "${AWS::StackName}-api"}},
    },
}
QUEUE = "stack-Queue-XXXXXXXXXXXX"


@pytest.fixture
def stack() -> Stack:
    return Stack({"Resources": RESOURCES}, "stack", {"Stage": "dev"})


@pytest.mark.parametrize(
    ("value", "resolved"),
    [
        ({"Ref": "Stage"}, "dev"),
        ({"Ref": "Function"}, "stack-api"),
        ({"Ref": "Queue"}, f"https://sqs.ap-southeast-1.amazonaws.com/123456789012/{QUEUE}"),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, f"arn:aws:sqs:ap-southeast-1:123456789012:{QUEUE}"),
        ({"Fn::GetAtt": "Queue.QueueName"}, QUEUE),
        ({"Fn::Sub": "${Queue.QueueName}/${Stage}/${!Kept}"}, f"{QUEUE}/dev/${{Kept}}"),
        ({"Fn::Sub": ["${own}/${Stage}", {"own": {"Ref": "Function"}}]}, "stack-api/dev"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Stage"}]]}, "a-dev"),
        ({"Fn::If": ["HasKey", {"Ref": "AWS::NoValue"}, {"Ref": "Stage"}]}, "dev"),
        ({"Key": {"Ref": "AWS::NoValue"}, "Keys": [{"Ref": "AWS::NoValue"}, 1]}, {"Keys": [1]}),
    ],
)
def test_what_intrinsic_functions_stand_for(stack: Stack, value: Any, resolved: Any) -> None:
    assert stack.resolve(value) == resolved


def test_an_unknown_function_is_refused(stack: Stack) -> None:
    with pytest.raises(LocalError, match="Fn::Cidr"):
        stack.resolve({"Fn::Cidr": []})


def test_a_reference_to_nothing_is_refused(stack: Stack) -> None:
    with pytest.raises(LocalError, match="Nowhere"):
        stack.resolve({"Ref": "Nowhere"})


def test_cloudformation_cuts_the_names_that_it_makes() -> None:
    stack = Stack({"Resources": RESOURCES}, "s" * 60, {})

    assert len(stack.name_of("Rule")) == 64


def test_every_text_without_a_bound_has_an_assumed_length() -> None:
    assert longest(TEMPLATE).keys() == TEMPLATE["Parameters"].keys()
    assert ASSUMED.keys() <= TEMPLATE["Parameters"].keys()


def test_an_assumed_length_is_above_what_the_stages_set() -> None:
    for stage in stages().values():
        values = given(TEMPLATE, stage["parameter_overrides"])
        for name, most in ASSUMED.items():
            assert len(values[name]) <= most, name


def test_a_parameter_that_nobody_knows_how_long_is_refused() -> None:
    template = {"Parameters": {"Free": {"Type": "String"}}}
    with pytest.raises(LocalError, match="Free"):
        longest(template)


def test_a_setting_without_a_parameter_is_refused() -> None:
    with pytest.raises(LocalError, match="Misspelt"):
        given(TEMPLATE, ["Misspelt=1"])
