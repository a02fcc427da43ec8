"""What operators have: alarms, a dashboard and outputs, and what is there only on request."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.local.template import resources_of
from tests.support.template import FUNCTIONS, QUEUES, RESOURCES, TEMPLATE, WORKERS

ALARMS = resources_of(TEMPLATE, "AWS::CloudWatch::Alarm")


@pytest.mark.parametrize("queue", ["AnalysisDeadLetterQueue", "CleanupDeadLetterQueue"])
def test_any_dead_letter_raises_an_alarm(queue: str) -> None:
    (alarm,) = (
        alarm
        for alarm in ALARMS.values()
        if alarm.get("MetricName") == "ApproximateNumberOfMessagesVisible"
        and alarm["Dimensions"][0]["Value"] == {"Fn::GetAtt": [queue, "QueueName"]}
    )

    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)


@pytest.mark.parametrize("queue", WORKERS.values())
def test_an_old_message_raises_an_alarm_only_where_nothing_is_deleted(queue: str) -> None:
    alarms = [alarm["Metrics"] for alarm in ALARMS.values() if "Metrics" in alarm]
    (metrics,) = (entries for entries in alarms if queue in json.dumps(entries))
    measured = {entry["MetricStat"]["Metric"]["MetricName"] for entry in metrics if "MetricStat" in entry}
    (expression,) = (entry["Expression"]["Fn::Sub"] for entry in metrics if "Expression" in entry)

    assert measured == {"ApproximateAgeOfOldestMessage", "NumberOfMessagesDeleted"}
    assert "age > ${StalledAfterSeconds} AND FILL(deleted, 0) < 1" in expression


@pytest.mark.parametrize("metric", ["Errors", "Throttles"])
def test_every_function_has_an_alarm_on(metric: str) -> None:
    watched = {
        _function_of(alarm["Dimensions"][0]["Value"])
        for alarm in ALARMS.values()
        if alarm.get("Namespace") == "AWS/Lambda" and alarm["MetricName"] == metric
    }

    # Waiting clients are throttled on purpose.
    assert watched == set(FUNCTIONS) - ({"WaitFunction"} if metric == "Throttles" else set())


def _function_of(value: dict[str, Any]) -> str:
    """Return the function that a name is of; that of an optional function is empty without it."""
    function: str = value.get("Fn::If", ["", value])[1]["Ref"]
    return function


def test_alarms_tell_the_topic_where_there_is_one() -> None:
    for alarm in ALARMS.values():
        condition, (told,), _ = alarm["AlarmActions"]["Fn::If"]
        assert condition == "HasAlarmTopic"
        assert told == {"Fn::If": ["HasForeignTopic", {"Ref": "AlarmTopicArn"}, {"Ref": "AlarmTopic"}]}


def test_the_dashboard_shows_every_queue_and_the_functions_that_always_run() -> None:
    text = RESOURCES["OperationsDashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    shown = json.loads(text)["widgets"]

    assert all(widget["properties"]["metrics"] for widget in shown)
    assert all(f"${{{queue}.QueueName}}" in text for queue in QUEUES)
    assert all(f"${{{name}}}" in text for name in FUNCTIONS if name != "PushFunction")


@pytest.mark.parametrize(
    ("resource", "condition"),
    [("Key", "HasKey"), ("AlarmTopic", "HasOwnTopic"), ("Budget", "HasBudget")],
)
def test_what_costs_extra_is_there_only_where_it_is_asked_for(resource: str, condition: str) -> None:
    assert RESOURCES[resource]["Condition"] == condition


def test_everything_of_the_push_is_there_only_where_it_is_asked_for() -> None:
    conditional = {name for name, resource in RESOURCES.items() if resource.get("Condition") == "HasPush"}
    outputs = {name for name, output in TEMPLATE["Outputs"].items() if output.get("Condition") == "HasPush"}

    assert conditional == {name for name in RESOURCES if name.startswith("Push")}
    assert outputs == {name for name in TEMPLATE["Outputs"] if name.startswith("Push")}
    assert RESOURCES["JobsTable"]["Properties"]["StreamSpecification"]["Fn::If"][0] == "HasPush"
    assert TEMPLATE["Parameters"]["Push"]["Default"] == "false"


def outputs_of(kind: str) -> dict[str, Any]:
    return {name: output["Value"] for name, output in TEMPLATE["Outputs"].items() if kind in name}


def test_outputs_name_what_operators_need() -> None:
    assert {f"{queue}Url" for queue in QUEUES} == set(outputs_of("Queue"))
    assert {f"{function}Name" for function in FUNCTIONS} == set(outputs_of("Function"))
    assert {"ApiUrl", "ApiId", "StageName", "JobsTable", "DocumentsBucket"} <= set(TEMPLATE["Outputs"])
