"""The parts of the template that several files look at."""

from __future__ import annotations

from infra.local.template import Json, resources_of
from tests.support import shipped

TEMPLATE = shipped.template()
RESOURCES: dict[str, Json] = TEMPLATE["Resources"]
FUNCTIONS = resources_of(TEMPLATE, "AWS::Serverless::Function")
QUEUES = resources_of(TEMPLATE, "AWS::SQS::Queue")
WORKERS = {
    "AnalyzeFunction": "AnalysisQueue",
    "CleanupFunction": "CleanupQueue",
    "NotifyFunction": "NotificationQueue",
}


def event_sources(kind: str) -> dict[str, Json]:
    return {
        name: event["Properties"]
        for name, function in FUNCTIONS.items()
        for event in function.get("Events", {}).values()
        if event["Type"] == kind
    }


def longest(function: str) -> int:
    """Return the largest time-out that a function can be given, in seconds."""
    value = FUNCTIONS[function]["Timeout"]
    return int(TEMPLATE["Parameters"][value["Ref"]]["MaxValue"] if isinstance(value, dict) else value)


def queue_named_by(reference: Json) -> str:
    name, attribute = reference["Fn::GetAtt"]
    assert attribute == "Arn"
    return str(name)
